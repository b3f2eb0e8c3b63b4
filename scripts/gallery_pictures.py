"""Draws the moving pictures of the gallery's cards, with the examples themselves: strips of frames, in `media/cards`.

Used when an example with a camera is new, or its look has changed: `python scripts/gallery_pictures.py [NAME …]`.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
FRAMES = 6
SIZE = (256, 160)


def frames() -> Iterator[np.ndarray]:
    """Give frames of the video that the examples bring along, a third of a second apart."""
    import av

    with av.open(str(EXAMPLES / "media" / "astronaut.mp4")) as video:
        for index, frame in enumerate(video.decode(video=0)):
            if index % 10 == 0:
                yield frame.to_ndarray(format="rgb24")


DRAWN = {
    "blur_background": ("focus", 0.6),
    "detect": ("detect", 0.3),
    "filter": ("apply_filter", "cartoon"),
    "hide_faces": ("hide", 0.5),
    "unified": ("warm", 0.8),
    "video_filter": ("heat",),
}
"""The function of each example that changes a frame, and its further arguments."""


def pictures(name: str) -> list[np.ndarray]:
    """Draw the frames of one card."""
    if name == "generator":
        return [picture for picture, _ in islice(import_module(name).grow(7, 1000.0), 40, 40 + FRAMES)]
    function, *arguments = DRAWN[name]
    draw = getattr(import_module(name), function)
    return [draw(frame, *arguments) for frame in islice(frames(), FRAMES)]


def strip(shown: list[np.ndarray]) -> Image.Image:
    """Lay frames side by side, cropped to the shape of a card."""
    width, height = SIZE
    whole = Image.new("RGB", (width * len(shown), height))
    for index, frame in enumerate(shown):
        image = Image.fromarray(frame)
        scale = max(width / image.width, height / image.height)
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
        left, top = (image.width - width) // 2, (image.height - height) // 3
        whole.paste(image.crop((left, top, left + width, top + height)), (index * width, 0))
    return whole


if __name__ == "__main__":
    sys.path.insert(0, str(EXAMPLES))
    target = EXAMPLES / "media" / "cards"
    target.mkdir(exist_ok=True)
    for card in sys.argv[1:] or [*DRAWN, "generator"]:
        strip(pictures(card)).save(target / f"{card}.webp", quality=45, method=6)
