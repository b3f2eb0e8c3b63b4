"""Remove an object.

Take a photo, paint over what should not be there, and OpenCV fills the place in from its surroundings.

Try: photograph your desk, paint over a pen, and press Remove; small things vanish best.
"""

import cv2
import numpy as np

import millstream as gr


def remove(drawing: dict, radius: float) -> np.ndarray:
    """Fill in what is painted over, from the pixels around it."""
    if drawing["background"] is None:
        raise gr.Error("Take a photo first, or upload one.")
    picture = np.ascontiguousarray(drawing["background"][..., :3])
    painted = np.zeros(picture.shape[:2], np.uint8)
    for layer in drawing["layers"]:
        painted |= np.where(layer[..., 3] > 0, 255, 0).astype(np.uint8)
    if not painted.any():
        raise gr.Error("Paint over something first.")
    painted = cv2.dilate(painted, np.ones((5, 5), np.uint8))  # a thin rim of the object would colour the result
    return cv2.inpaint(picture, painted, radius, cv2.INPAINT_TELEA)


with gr.Blocks(title="Remove an object") as demo:
    gr.Markdown("## Paint over it, and it is gone")
    with gr.Row():
        drawing = gr.ImageMask(label="Photo", sources=["webcam", "upload"], brush=gr.Brush(default_size=24))
        result = gr.Image(label="Without it", format="png")
    with gr.Row():
        radius = gr.Slider(1, 15, value=4, step=1, label="Radius", info="How far the fill looks around, in pixels.")
        go = gr.Button("Remove", variant="primary", scale=0)
    go.click(remove, [drawing, radius], result)

if __name__ == "__main__":
    demo.launch()
