"""Find colours.

Hold something red, green or blue to your camera: your browser frames it, on the very frame in which it was found.

Try: move it quickly. Only the corners of the boxes come back, so the video stays as sharp as your camera.
"""

from collections.abc import Iterator

import numpy as np

import millstream as gr

CSS = """
.colours { max-width: 720px; margin-inline: auto; }
"""
COLOURS = {"red": "#d55e00", "green": "#009e73", "blue": "#56b4e9"}
CELL = 16
"""Side of the squares, in pixels, that are told apart."""


def patches(found: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the rows and columns, `(n, 2)`, of each group of neighbouring cells that are set."""
    left = set(map(tuple, np.argwhere(found)))
    while left:
        patch = waiting = [left.pop()]
        for row, column in waiting:
            near = {(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)} & left
            left -= near
            waiting.extend(near)
        yield np.array(patch)


def find(frame: np.ndarray, strength: float) -> gr.Boxes:
    """Box everything whose red, green or blue stands out by so much, from 0 to 1."""
    rows, columns = frame.shape[0] // CELL, frame.shape[1] // CELL
    cells = frame[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL, 3)[:, ::4, :, ::4]
    means = cells.mean(axis=(1, 3)) / 255
    boxes, labels = [], []
    for channel, name in enumerate(COLOURS):
        others = np.delete(means, channel, axis=2).max(axis=2)
        for patch in patches(means[..., channel] - others > strength):
            (top, left), (bottom, right) = patch.min(axis=0), patch.max(axis=0) + 1
            if len(patch) > 3:
                boxes.append((left * CELL, top * CELL, right * CELL, bottom * CELL))
                labels.append(name)
    return gr.Boxes(boxes, labels=labels, colors=[COLOURS[label] for label in labels])


with gr.Blocks() as demo:
    gr.HTML("<h1 style='text-align: center'>What is red, green or blue?</h1>")
    with gr.Column(elem_classes=["colours"]), gr.Group():
        camera = gr.Image(label="Camera", sources="webcam")
        strength = gr.Slider(label="Strength", minimum=0.05, maximum=0.5, step=0.05, value=0.2)
    camera.stream(fn=find, inputs=[camera, strength], outputs=[camera], time_limit=30, stream_every=0)

if __name__ == "__main__":
    demo.launch(css=CSS)
