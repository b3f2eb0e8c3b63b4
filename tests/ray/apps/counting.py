"""An app on a cluster: counts clicks, echoes frames, and writes down each page that is gone."""

import os
import time
from pathlib import Path

import millstream as gr

GONE = Path(os.environ["MILLSTREAM_TEST_FOLDER"]) / "gone"


def add(count):
    return count + 1, count + 1


def add_slowly(count):
    time.sleep(1.5)
    return count + 1, count + 1


def note_gone():
    with GONE.open("a") as file:
        file.write(f"{os.getpid()}\n")


with gr.Blocks(title="Counting") as demo:
    camera = gr.Image(label="camera", sources=["webcam"])
    output = gr.Image(label="output")
    count = gr.State(0)
    shown = gr.Number(0, label="count")
    file = gr.File(label="file")
    size = gr.Number(label="size")
    gr.Button("Add").click(add, count, [count, shown])
    gr.Button("Add slowly").click(add_slowly, count, [count, shown])
    file.change(lambda path: os.path.getsize(path) if path else 0, file, size)
    camera.stream(lambda frame: frame, camera, output, stream_every=0, concurrency_limit=None)
    demo.unload(note_gone)

if __name__ == "__main__":
    demo.launch(grace=1)
