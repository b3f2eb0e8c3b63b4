"""The frames that the benchmarks send: a real photograph that moves, with the noise of a sensor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from millstream import codecs
from millstream.frames import Frame
from millstream.load_testing import devices
from millstream.media import image_file as picture

PHOTOGRAPH = Path(__file__).parent.parent / "examples" / "media" / "astronaut.jpg"


def moving(count: int, width: int = 640, height: int = 480) -> list[NDArray[np.uint8]]:
    """Make `count` frames of a size; a frame larger than the photograph repeats it."""
    photograph = picture.decode_image_file(PHOTOGRAPH.read_bytes()).pixels[:480, :640]
    tiles = (-(-height // photograph.shape[0]), -(-width // photograph.shape[1]), 1)
    return devices.moving(np.tile(photograph, tiles)[:height, :width], count)


def encoded(count: int, width: int = 640, height: int = 480) -> list[bytes]:
    """Make `count` frames as JPEG of quality 0.8, as the page sends them."""
    encoder = codecs.load("jpeg").open_encoder(0.8)
    return [encoder.encode(Frame(pixels)).payload for pixels in moving(count, width, height)]
