"""Gallery of moments.

Whatever moves in front of your camera is kept as an image, with the time at which it happened.

Try: press Record, hold still, then move; click an image to see it in full, and go on with the arrow keys.
"""

import time

import numpy as np

import millstream as gr

MOST = 60
EVERY_S = 1.0
CHANGE = 10.0


def outline(frame: np.ndarray) -> np.ndarray:
    """Reduce a frame to what is compared: its brightness, in a grid of some hundred points."""
    return frame[8::24, 8::24].mean(axis=2)


def watch(frame: np.ndarray, moments: list | None, seen: tuple | None) -> tuple:
    """Handle one frame: if it differs from the last one that was kept, put it first into the gallery."""
    now, view = time.monotonic(), outline(frame)
    is_new = seen is None or seen[1].shape != view.shape
    if not is_new and (now - seen[0] < EVERY_S or np.abs(view - seen[1]).mean() < CHANGE):
        return gr.skip(), seen
    return [(frame, time.strftime("%H:%M:%S")), *(moments or [])][:MOST], (now, view)


with gr.Blocks() as demo:
    seen = gr.State()
    with gr.Row():
        camera = gr.Image(label="Camera", sources=["webcam"])
        moments = gr.Gallery(label="Moments", columns=4, height=420, interactive=False)
    gr.ClearButton([moments], value="Forget them")
    camera.stream(watch, [camera, moments, seen], [moments, seen], stream_every=0.2, time_limit=None)

if __name__ == "__main__":
    demo.launch()
