"""However an image comes, a handler gets its pixels or the user is told at once; the page gets what browsers show."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import millstream as gr
from millstream.components.values.pixels import UnfitImage, to_pixels
from millstream.errors import DeclarationError, InvalidValue, MediaError
from millstream.media.image_file import decode_image_file
from millstream.media.image_header import FORMATS, WEB, TooLarge, format_of
from millstream.testing import TestPage
from millstream.types import Blob

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and these read and write files

Image.init()


def smooth(width: int = 48, height: int = 32) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([x * 4, y * 6, (x + y) * 3], axis=2).astype(np.uint8))


def saved(image: Image.Image, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def of_mode(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(smooth().convert("L")).astype(np.uint16) << 8)
    if mode == "LA":
        return smooth().convert("RGBA").convert("LA")
    return smooth().convert(mode)


MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "I;16", "F")


def every_file() -> dict[str, bytes]:
    """Give every format that Pillow writes, in every mode that it can write it in."""
    files = {}
    for name in Image.SAVE:
        for mode in MODES:
            try:
                with warnings.catch_warnings(action="ignore"):
                    files[f"{name} {mode}"] = saved(of_mode(mode), name)
            except (OSError, KeyError, ValueError, AttributeError):
                continue  # not written in this mode
    return files


FILES = every_file()


@pytest.mark.parametrize("name", FILES)
def test_every_format_reaches_a_handler_or_is_refused_when_it_is_uploaded(name: str, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(FILES[name])
    seen: list[Any] = []
    with gr.Blocks() as demo:
        image = gr.Image(label="Image")
        gr.Button("Go").click(seen.append, image, None)
    with TestPage(demo) as page:
        found = format_of(FILES[name])
        if found not in FORMATS:
            with pytest.raises(InvalidValue, match=r"Image 'Image' cannot read photo\.jpg.*take one of AVIF, BMP, GIF"):
                page.set("Image", file)
            return
        page.set("Image", file)
        (run,) = page.click("Go")
        assert run.error == ""
    (pixels,) = seen
    assert (pixels.dtype, pixels.shape[2]) == (np.uint8, 3)
    mode = name.split()[1]
    is_exact = mode not in ("1", "P", "CMYK", "I", "I;16", "F") or name in (
        "PNG I;16",
        "TIFF I;16",
        "PPM I;16",
        "TIFF F",
    )
    if is_exact and found not in ("ICO", "GIF"):  # of which one is smaller, and the other has a palette
        grey = smooth().convert("L").convert("RGB")
        expected = np.asarray(smooth() if mode in ("RGB", "RGBA", "YCbCr") else grey)
        assert np.abs(pixels.astype(int) - expected).mean() < 6


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_browsers_do_not_show_is_encoded_for_them(name: str, files: Any) -> None:
    file = files.path / "a.jpg"
    file.write_bytes(saved(smooth(), name))
    with gr.Blocks():
        image = gr.Image()
    for blob in (
        image.postprocess(str(file), files),
        image.declared(file),
        image.inspect(Blob("a", "application/octet-stream", path=file), files),
    ):
        assert isinstance(blob, Blob)
        assert blob.mime == image.inspect(Blob("b", "", data=file.read_bytes()), files).mime
        assert (blob.shown is None) == (name in WEB)
        if blob.shown is not None:
            assert (blob.shown.mime, format_of(blob.shown.data or b"")) == ("image/webp", "WEBP")
        assert isinstance(image.preprocess(blob, files), np.ndarray)


def test_what_cannot_be_shown_says_so_where_it_was_returned_or_declared(files: Any) -> None:
    for data in (
        b"8BPS\0\1" + bytes(30),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0\0\0\x18ftypheic" + bytes(30),
    ):
        file = files.path / "a.png"
        file.write_bytes(data)
        with gr.Blocks():
            with pytest.raises(InvalidValue, match=r"cannot read a\.png, whose format is (PSD|SVG|HEIC): take one of"):
                gr.Image().postprocess(file, files)
            with pytest.raises(DeclarationError, match="whose format is"):
                gr.Image(file)


PHOTO = (6_000, 4_000)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 megapixels, held upright."""
    file = tmp_path_factory.mktemp("photos") / "IMG_0001.JPG"
    exif = Image.Exif()
    exif[0x0112] = 6
    smooth(*PHOTO).save(file, "JPEG", exif=exif)
    return file


def test_a_photo_of_24_megapixels_reaches_the_handler_whole_and_upright(photo: Path) -> None:
    seen: list[Any] = []
    with gr.Blocks() as demo:
        image, out = gr.Image(label="Image"), gr.Image(label="Out")

        def note(pixels: Any) -> Any:
            seen.append(pixels.shape)
            return pixels

        gr.Button("Go").click(note, image, out)
        gr.Button("Again").click(note, out, out)
    with TestPage(demo) as page:
        page.set("Image", photo)
        for label in ("Go", "Again"):
            (run,) = page.click(label)
            assert run.error == ""
        assert page.value("Out").shape == (6_000, 4_000, 3)
    assert seen == [(6_000, 4_000, 3)] * 2


def test_a_photo_beyond_the_budget_is_refused_when_it_is_uploaded(photo: Path, files: Any) -> None:
    with gr.Blocks():
        image = gr.Image(label="Photo")
        path = gr.Image(type="filepath")
    blob = Blob("IMG_0001.JPG", "image/jpeg", path=photo)
    said = (
        r"Image 'Photo' cannot read IMG_0001\.JPG: an image of 6000x4000 has more than the 1000000 pixels that are "
        r"allowed; make it smaller, or allow more by launch\(max_image_pixels=…\)"
    )
    with pytest.raises(InvalidValue, match=said):
        image.inspect(blob, files)
    with pytest.raises(MediaError, match=said):
        image.preprocess(blob, files)
    assert path.preprocess(path.inspect(blob, files), files) == str(photo)
    files.max_image_pixels = 24_000_000
    assert image.preprocess(image.inspect(blob, files), files).shape == (6_000, 4_000, 3)


@pytest.mark.parametrize(
    ("size", "shape"), [({"height": 480}, (1_500, 1_000, 3)), ({"width": "900px"}, (3_000, 2_000, 3))]
)
def test_a_larger_photo_is_scaled_down_if_a_size_says_that_it_is_enough(
    photo: Path, files: Any, size: dict[str, Any], shape: tuple[int, ...]
) -> None:
    files.max_image_pixels = 6_000_000
    blob = Blob("a.jpg", "image/jpeg", path=photo)
    with gr.Blocks():
        for each in (gr.Image(), gr.Image(height="50%")):
            with pytest.raises(MediaError, match="more than the 6000000 pixels"):
                each.preprocess(blob, files)
        image = gr.Image(**size)
    pixels = image.preprocess(image.inspect(blob, files), files)
    assert pixels.shape[0] * pixels.shape[1] <= 6_000_000
    assert pixels.shape == (3_000, 2_000, 3)


def test_what_may_not_be_scaled_down_is_refused() -> None:
    progressive = saved(smooth(200, 100), "JPEG", progressive=True)
    plain = saved(smooth(200, 100), "JPEG")
    assert decode_image_file(plain, 10_000, at_least=(50, 25)).width == 100
    for data in (progressive, saved(smooth(200, 100), "PNG"), saved(smooth(400, 200), "JPEG")):
        with pytest.raises(TooLarge):
            decode_image_file(data, 10_000, at_least=(50, 25))
    with pytest.raises(TooLarge):
        decode_image_file(plain, 10_000, at_least=(200, 100))


@pytest.mark.parametrize("mode", [*MODES, "PA", "HSV", "LAB", "RGBX", "RGBa", "La"])
def test_images_of_pillow_in_every_mode(mode: str, files: Any) -> None:
    picture = of_mode(mode) if mode in MODES else Image.new(mode, (48, 32))
    with gr.Blocks():
        image = gr.Image()
    frame = image.postprocess(picture, files)
    assert frame.pixels.shape[:2] == (32, 48)
    if mode in ("L", "I", "I;16", "F"):
        np.testing.assert_array_equal(frame.pixels[:, :, 0], np.asarray(smooth().convert("L")))


def test_floats_of_pillow_and_arrays_of_16_bits() -> None:
    with gr.Blocks():
        image = gr.Image()
    assert image.postprocess(Image.fromarray(np.full((2, 2), 0.5, np.float32)), None).pixels[0, 0, 0] == 128
    assert image.postprocess(Image.fromarray(np.full((2, 2), np.nan, np.float32)), None).pixels[0, 0, 0] == 0
    assert image.postprocess(np.full((2, 2), 0x4321, np.uint16), None).pixels[0, 0, 0] == 0x43
    assert image.postprocess(np.full((2, 2), 0x4321, ">u2"), None).pixels[0, 0, 0] == 0x43  # as TIFF readers give it
    assert image.postprocess(np.full((2, 2), 200, np.uint16), None).pixels[0, 0, 0] == 200
    assert image.postprocess(np.full((2, 2, 1), True), None).pixels[0, 0].tolist() == [255, 255, 255]


KINDS = [
    np.uint8,
    np.int8,
    np.uint16,
    np.int16,
    np.int32,
    np.int64,
    np.bool_,
    np.float16,
    np.float32,
    np.float64,
    complex,
]


@given(st.sampled_from(KINDS).flatmap(lambda kind: hnp.arrays(kind, hnp.array_shapes(max_dims=4, max_side=5))))
def test_every_array_is_an_image_or_refused(array: np.ndarray) -> None:
    try:
        pixels = to_pixels(array)
    except UnfitImage:
        return
    assert (pixels.dtype, pixels.shape[:2]) == (np.uint8, array.shape[:2])
    assert pixels.shape[2] in (3, 4)


def test_the_budget_is_the_apps() -> None:
    from millstream.server.options import ServerOptions

    assert ServerOptions.resolve({}, {}).max_image_pixels == 64_000_000
    assert ServerOptions.resolve({"max_image_pixels": 1e8}, {}).max_image_pixels == 100_000_000
    assert ServerOptions.resolve({}, {"MILLSTREAM_MAX_IMAGE_PIXELS": "5000"}).max_image_pixels == 5_000
    for bad in (0, -1, 1.5):
        with pytest.raises(ValueError, match="not a number of pixels"):
            ServerOptions.resolve({"max_image_pixels": bad}, {})
