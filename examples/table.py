"""Live table.

Each frame of the camera becomes a row of a table that grows while you look at it.

Try: press Record, cover the lens, then sort by brightness with a click on its header, and search for a colour.
"""

import numpy as np

import millstream as gr

HEADERS = ["frame", "brightness", "contrast", "colour"]
COLOURS = ("red", "green", "blue")
MOST_ROWS = 5_000


def measure(frame: np.ndarray, rows: list[list[object]]) -> tuple[list[list[object]], list[list[object]]]:
    means = frame.mean(axis=(0, 1))
    row = [len(rows) + 1, round(float(frame.mean()), 1), round(float(frame.std()), 1), COLOURS[int(means.argmax())]]
    rows = [*rows, row][-MOST_ROWS:]
    return rows, rows


with gr.Blocks(title="Table") as demo:
    rows = gr.State([])
    with gr.Row():
        camera = gr.Image(label="Camera", sources=["webcam"])
        table = gr.Dataframe(headers=HEADERS, label="Frames", show_search="search", max_height=420)
    camera.stream(measure, [camera, rows], [rows, table], stream_every=0.05)

if __name__ == "__main__":
    demo.launch()
