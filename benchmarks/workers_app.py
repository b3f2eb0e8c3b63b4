"""An app whose handler computes 8 ms of pure Python for each frame, which holds the interpreter."""

import time

import numpy as np

import millstream as gr

HANDLER_S = 0.008

with gr.Blocks() as demo:

    def compute(frame: np.ndarray) -> np.ndarray:
        """Compute until this thread has used its share of CPU."""
        until = time.thread_time() + HANDLER_S
        while time.thread_time() < until:
            pass
        return frame

    camera, shown = gr.Image(sources="webcam", label="Camera", streaming=True), gr.Image(label="Shown")
    camera.stream(compute, camera, shown, stream_every=0, concurrency_limit=None)

if __name__ == "__main__":
    demo.launch(server_port=0)
