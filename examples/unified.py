"""One image.

The result replaces the camera's preview: a mirror that shows what your function makes of you.

Try: press Record and move; the colours follow the warmth slider at once.
"""

import numpy as np

import millstream as gr

CSS = """
.mirror { max-width: 640px; margin-inline: auto; }
"""


def warm(frame: np.ndarray, warmth: float) -> np.ndarray:
    """Strengthen red and weaken blue by `warmth` (-1 to 1; 0 changes nothing)."""
    gains = np.array([1 + 0.4 * warmth, 1.0, 1 - 0.4 * warmth])
    return np.clip(frame * gains, 0, 255).astype(np.uint8)


with gr.Blocks() as demo:
    with gr.Column(elem_classes=["mirror"]), gr.Group(elem_classes=["mirror-frame"]):
        mirror = gr.Image(sources=["webcam"], label="Mirror")
        warmth = gr.Slider(label="Warmth", minimum=-1.0, maximum=1.0, step=0.1, value=0.5)
    mirror.stream(warm, [mirror, warmth], [mirror], time_limit=30, stream_every=0.1)

if __name__ == "__main__":
    demo.launch(css=CSS)
