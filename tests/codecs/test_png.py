from __future__ import annotations

import numpy as np

from millstream.codecs import png
from millstream.frames import Frame


def test_transparency_survives() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 4), np.uint8)
    decoded = png.open_decoder().decode(png.open_encoder(0.8).encode(Frame(pixels)).payload)
    assert decoded.has_alpha
    assert (decoded.pixels == pixels).all()


def test_quality_means_nothing() -> None:
    frame = Frame(np.full((4, 4, 3), 7, np.uint8))
    assert png.open_encoder(0.1).encode(frame) == png.open_encoder(1.0).encode(frame)
