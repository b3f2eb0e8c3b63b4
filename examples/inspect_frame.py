"""Inspect a frame.

What your program knows of each frame, as data and as a sentence, ten times a second.

Try: cover the camera with a hand, come close to a lamp, and open parts of the data: they stay open.
"""

import numpy as np

import millstream as gr

WORDS = ((0.25, "dark"), (0.6, "well lit"), (1.01, "bright"))
CHANNELS = ("red", "green", "blue")


def measured(frame: np.ndarray) -> dict[str, object]:
    """Measure a frame; what is 0 to 1 is a share of the whole range."""
    light = frame.mean(axis=2) / 255
    levels, _ = np.histogram(light, bins=8, range=(0, 1))
    return {
        "size": frame.shape[1::-1],
        "brightness": np.round(light.mean(), 3),
        "contrast": np.round(light.std(), 3),
        "mean": {name: np.round(frame[..., at].mean() / 255, 3) for at, name in enumerate(CHANNELS)},
        "histogram": np.round(levels / light.size, 3),
    }


def described(frame: np.ndarray) -> list[tuple[str, str | float | None]]:
    """Say in a sentence what the figures mean; each word has the figure behind it as its label."""
    light = frame.mean(axis=2) / 255
    word = next(word for bound, word in WORDS if light.mean() < bound)
    strongest = CHANNELS[int(frame.reshape(-1, 3).mean(axis=0).argmax())]
    return [
        ("The frame is ", None),
        (word, "brightness"),
        (", its strongest colour is ", None),
        (strongest, "colour"),
        (", and its contrast is ", None),
        ("strong" if light.std() > 0.2 else "weak", "contrast"),
        (".", None),
    ]


with gr.Blocks() as demo:
    with gr.Row():
        camera = gr.Image(label="Camera", sources=["webcam"])
        with gr.Column():
            sentence = gr.HighlightedText(label="In words", show_legend=True)
            data = gr.JSON(label="Measured")
    camera.stream(lambda frame: (described(frame), measured(frame)), camera, [sentence, data], stream_every=0.1)

if __name__ == "__main__":
    demo.launch()
