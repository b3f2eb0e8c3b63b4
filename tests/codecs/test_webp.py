from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from millstream.codecs import webp
from millstream.errors import MediaError
from millstream.frames import Frame


def test_transparency_survives() -> None:
    pixels = np.full((20, 30, 4), 200, np.uint8)
    pixels[:10, :, 3] = 0
    decoded = webp.open_decoder().decode(webp.open_encoder(0.8).encode(Frame(pixels)).payload)
    assert (decoded.pixels[:, :, 3] == pixels[:, :, 3]).all()


def test_quality_runs_from_0_to_1() -> None:
    frame = Frame(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))
    sizes = [len(webp.open_encoder(quality).encode(frame).payload) for quality in (0.0, 0.5, 1.0)]
    assert sizes == sorted(sizes)


def test_a_frame_that_is_too_wide_names_the_remedy() -> None:
    with pytest.raises(MediaError, match=r'16384x1 does not fit.*format="png"'):
        webp.open_encoder(0.8).encode(Frame(np.zeros((1, 16384, 3), np.uint8)))


def test_the_first_frame_of_an_animation_is_decoded() -> None:
    colours = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "lime")]
    file = BytesIO()
    colours[0].save(file, "WEBP", save_all=True, append_images=colours[1:], lossless=True)
    assert webp.open_decoder().decode(file.getvalue()).pixels[0, 0].tolist() == [255, 0, 0]
