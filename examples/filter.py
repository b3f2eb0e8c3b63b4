"""Live filter.

Turn your camera into a cartoon, a pencil drawing or an upside-down world, and switch while it runs.

Try: change the filter during the recording; it applies to the very next frame.
"""

import cv2
import numpy as np

import millstream as gr


def cartoon(frame: np.ndarray) -> np.ndarray:
    """Draw dark outlines over flat colours, which are computed on a smaller frame for speed."""
    height, width = frame.shape[:2]
    small = cv2.resize(frame, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    flat = cv2.bilateralFilter(small, d=9, sigmaColor=60, sigmaSpace=9) // 32 * 32 + 16
    grey = cv2.medianBlur(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), 5)
    outlines = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, blockSize=9, C=4)
    return cv2.bitwise_and(cv2.resize(flat, (width, height)), cv2.cvtColor(outlines, cv2.COLOR_GRAY2RGB))


def edges(frame: np.ndarray) -> np.ndarray:
    """Draw white lines on black where the brightness changes."""
    return cv2.Canny(cv2.GaussianBlur(frame, (5, 5), 0), 40, 120)


def flip(frame: np.ndarray) -> np.ndarray:
    """Turn the frame upside down."""
    return cv2.flip(frame, 0)


FILTERS = {"cartoon": cartoon, "edges": edges, "flip": flip}


def apply_filter(frame: np.ndarray, name: str) -> np.ndarray:
    """Handle one frame; `name` is the current value of the dropdown."""
    return FILTERS[name](frame)


with gr.Blocks() as demo:
    with gr.Row():
        with gr.Column():
            name = gr.Dropdown(choices=list(FILTERS), value="flip", label="Filter")
            camera = gr.Image(sources=["webcam"], type="numpy", label="Camera")
        with gr.Column():
            result = gr.Image(streaming=True, label="Filtered")
    camera.stream(apply_filter, [camera, name], [result], time_limit=30, stream_every=0.1, concurrency_limit=30)

if __name__ == "__main__":
    demo.launch()
