from __future__ import annotations

import runpy
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from millstream.codecs import jpeg
from millstream.errors import MediaError
from millstream.frames import Frame, Pixels

COFFEE = Path(__file__).parents[2] / "examples" / "media" / "coffee.jpg"


@pytest.fixture(params=["simplejpeg", "pillow"], autouse=True)
def back_end(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "pillow":
        monkeypatch.setattr(jpeg, "simplejpeg", None)
    return str(request.param)


@pytest.fixture(scope="module")
def photograph() -> Pixels:
    return np.array(Image.open(COFFEE).convert("RGB").resize((320, 240)))


def encode(pixels: Pixels, quality: float = 0.8) -> bytes:
    return jpeg.open_encoder(quality).encode(Frame(pixels)).payload


def psnr_db(ours: Pixels, theirs: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.mean((ours.astype(float) - theirs) ** 2)))


def pillow_jpeg(pixels: Pixels, mode: str, **options: bool) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "JPEG", quality=95, **options)
    return file.getvalue()


def test_a_photograph_is_as_good_as_it_should_be(photograph: Pixels) -> None:
    assert psnr_db(jpeg.open_decoder().decode(encode(photograph)).pixels, photograph) > 32


def test_quality_runs_from_0_to_1(photograph: Pixels) -> None:
    sizes = [len(encode(photograph, quality)) for quality in (-1.0, 0.0, 0.5, 0.8, 1.0, 2.0)]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (sizes[1], sizes[-2])


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_grey_and_print_colours_become_rgb(photograph: Pixels, mode: str) -> None:
    decoded = jpeg.open_decoder().decode(pillow_jpeg(photograph, mode)).pixels
    expected = np.asarray(Image.fromarray(photograph).convert(mode).convert("RGB"))
    assert decoded.shape == photograph.shape
    assert psnr_db(decoded, expected) > 32


def test_progressive_frames_are_read(photograph: Pixels) -> None:
    decoded = jpeg.open_decoder().decode(pillow_jpeg(photograph, "RGB", progressive=True))
    assert psnr_db(decoded.pixels, photograph) > 32


def test_a_frame_of_endless_passes_is_refused(photograph: Pixels) -> None:
    payload = pillow_jpeg(photograph, "RGB", progressive=True)
    scan = payload[payload.index(b"\xff\xda") : -2]
    with pytest.raises(MediaError, match="more than 64 passes"):
        jpeg.open_decoder().decode(payload[:-2] + scan * 60 + payload[-2:])


def test_a_header_within_metadata_hides_no_passes(photograph: Pixels) -> None:
    payload = pillow_jpeg(photograph, "RGB", progressive=True)
    hidden = encode(photograph)[:600]  # up to its own header, which is that of one pass
    segment = b"\xff\xe1" + (len(hidden) + 2).to_bytes(2) + hidden
    scan = payload[payload.index(b"\xff\xda") : -2]
    assert psnr_db(jpeg.open_decoder().decode(payload[:2] + segment + payload[2:]).pixels, photograph) > 32
    with pytest.raises(MediaError, match="more than 64 passes"):
        jpeg.open_decoder().decode(payload[:2] + segment + payload[2:-2] + scan * 60 + payload[-2:])


def test_alpha_is_dropped(photograph: Pixels) -> None:
    transparent = np.dstack([photograph, np.zeros(photograph.shape[:2], np.uint8)])
    assert psnr_db(jpeg.open_decoder().decode(encode(transparent)).pixels, photograph) > 32


@pytest.mark.parametrize("view", ["mirrored", "upside_down", "cropped", "swapped", "one_row"])
def test_views_of_a_frame_are_encoded_as_they_look(photograph: Pixels, view: str) -> None:
    pixels = {
        "mirrored": photograph[:, ::-1],
        "upside_down": photograph[::-1],
        "cropped": photograph[20:120, 33:200],
        "swapped": photograph[:, :, ::-1],
        "one_row": photograph[:1],
    }[view]
    assert encode(pixels) == encode(pixels.copy())


def test_other_formats_are_refused(photograph: Pixels) -> None:
    file = BytesIO()
    Image.fromarray(photograph).save(file, "PNG")
    with pytest.raises(MediaError, match="PNG image is not allowed here, only JPEG"):
        jpeg.open_decoder().decode(file.getvalue())


def test_the_error_says_what_is_broken(photograph: Pixels) -> None:
    with pytest.raises(MediaError, match="the JPEG image is broken"):
        jpeg.open_decoder().decode(encode(photograph)[:-100])


def test_pillow_stands_in_where_simplejpeg_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simplejpeg", None)
    assert runpy.run_path(str(jpeg.__file__))["simplejpeg"] is None


def test_with_a_rate_the_quality_follows_it() -> None:
    frame = Frame(np.random.default_rng(1).integers(60, 190, (120, 160, 3), np.uint8))
    encoder = jpeg.open_encoder(0.9)
    best = len(encoder.encode(frame).payload)
    for wanted in (best * 2 // 3, best // 2, best * 3 // 4):
        encoder.set_rate(wanted * 8 * 10, 10.0)
        sizes = [len(encoder.encode(frame).payload) for _ in range(10)]
        assert 0.85 * wanted < sizes[-1] < 1.15 * wanted
    encoder.set_rate(1000)
    worst = [len(encoder.encode(frame).payload) for _ in range(10)][-1]
    assert worst == len(jpeg.open_encoder(0.2).encode(frame).payload)
    encoder.set_rate(0)
    assert len(encoder.encode(frame).payload) == best
