import base64
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image as Pillow

import millstream as gr
from millstream.codecs import load
from millstream.components.values.pixels import UnfitImage, to_pixels
from millstream.errors import DeclarationError, InvalidValue, MediaError
from millstream.frames import Frame
from millstream.media.image_file import decode_image_file
from millstream.testing import TestPage
from millstream.types import Blob

RED = np.zeros((4, 6, 3), np.uint8)
RED[..., 0] = 255


def image(**arguments: object) -> gr.Image:
    with gr.Blocks():
        return gr.Image(**arguments)


def test_a_frame_is_given_as_it_is() -> None:
    frame = Frame(RED.copy())
    assert image().preprocess(frame, None) is frame.pixels


@pytest.mark.parametrize(
    ("mode", "shape"),
    [
        ("RGB", (4, 6, 3)),
        ("RGBA", (4, 6, 4)),
        ("L", (4, 6)),
        ("CMYK", (4, 6, 4)),
        ("HSV", (4, 6, 3)),
        ("LAB", (4, 6, 3)),
    ],
)
@pytest.mark.parametrize("alpha", [False, True])
def test_arrays_have_the_mode_that_was_asked_for(mode: str, shape: tuple[int, ...], alpha: bool) -> None:
    pixels = np.concatenate([RED, np.full((4, 6, 1), 128, np.uint8)], axis=2) if alpha else RED.copy()
    array = image(image_mode=mode).preprocess(Frame(pixels), None)
    assert array.shape == shape
    assert array.dtype == np.uint8
    assert array.flags.c_contiguous
    assert array.flags.writeable
    if mode == "L":
        assert abs(int(array[0, 0]) - 76) <= 1
    if mode == "RGBA":
        assert array[0, 0].tolist() == [255, 0, 0, 128 if alpha else 255]


def test_without_a_mode_the_channels_stay() -> None:
    assert image(image_mode=None).preprocess(Frame(np.zeros((2, 2, 4), np.uint8)), None).shape == (2, 2, 4)


def test_pillow_images() -> None:
    picture = image(type="pil", image_mode="L").preprocess(Frame(RED.copy()), None)
    assert (picture.mode, picture.size) == ("L", (6, 4))


@pytest.mark.parametrize("format", ["webp", "png", "jpeg", "jpg"])
def test_file_paths(files, format: str) -> None:
    path = image(type="filepath", format=format).preprocess(Frame(RED.copy()), files)
    assert isinstance(path, str)
    assert path.endswith(f".{format}")
    with Pillow.open(path) as picture:
        assert picture.size == (6, 4)


def test_a_mode_that_the_format_cannot_hold_is_written_as_png(files) -> None:
    path = image(type="filepath", format="jpeg", image_mode="RGBA").preprocess(Frame(RED.copy()), files)
    assert path.endswith(".png")


def png(pixels: np.ndarray = RED) -> bytes:
    return load("png").open_encoder(1).encode(Frame(pixels)).payload


def test_uploads_are_decoded() -> None:
    array = image().preprocess(Blob("a.png", "image/png", data=png()), None)
    assert np.array_equal(array, RED)


def test_uploads_as_paths_stay_as_they_are(files) -> None:
    stored = files.path / "here.png"
    stored.write_bytes(png())
    component = image(type="filepath")
    assert component.preprocess(Blob("a.png", "image/png", path=stored), files) == str(stored)
    copied = component.preprocess(Blob("a.png", "image/png", data=png()), files)
    assert Path(copied).read_bytes() == png()


def test_broken_uploads_are_refused() -> None:
    with pytest.raises(MediaError):
        image().preprocess(Blob("a.png", "image/png", data=png()[:20]), None)
    with pytest.raises(InvalidValue, match="is gone"):
        image().preprocess(Blob("a.png", "image/png"), None)


def test_nothing_is_nothing() -> None:
    assert image().preprocess(None, None) is None
    assert image().postprocess(None, None) is None


@pytest.mark.parametrize(
    "returned",
    [
        RED,
        RED.astype(float) / 255,
        RED.astype(np.float32) / 255,
        (RED / 255).astype(np.float16),
        RED.astype(np.int64),
        RED > 0,
        RED[:, ::-1],
        np.asfortranarray(RED),
        Pillow.fromarray(RED),
        Pillow.fromarray(RED).convert("P"),
        Pillow.fromarray(RED).convert("CMYK"),
    ],
)
def test_what_handlers_may_return(returned: object) -> None:
    frame = image().postprocess(returned, None)
    assert isinstance(frame, Frame)
    assert frame.pixels.dtype == np.uint8
    assert np.abs(frame.pixels.astype(int) - RED).max() <= 2


def test_grey_becomes_three_channels_and_alpha_stays() -> None:
    grey = np.arange(24, dtype=np.uint8).reshape(4, 6)
    for array in (grey, grey[:, :, None], Pillow.fromarray(grey)):
        assert np.array_equal(image().postprocess(array, None).pixels, np.stack([grey] * 3, axis=2))
    rgba = np.zeros((4, 6, 4), np.uint8)
    assert image().postprocess(rgba, None).has_alpha
    assert image().postprocess(Pillow.fromarray(rgba), None).has_alpha


def test_deep_images_are_scaled() -> None:
    deep = Pillow.fromarray(np.full((2, 2), 0x8000, np.uint16))
    assert image().postprocess(deep, None).pixels.max() == 128
    whole = Pillow.fromarray(np.full((2, 2), 200, np.int32))
    assert image().postprocess(whole, None).pixels.max() == 200


def test_tensors_are_arrays() -> None:
    class Tensor:
        def __array__(self, dtype=None, copy=None) -> np.ndarray:
            return RED

    assert np.array_equal(image().postprocess(Tensor(), None).pixels, RED)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (
            RED.astype(float),
            r"Image 'Image' got an array of shape \(4, 6, 3\) and type float64: .*between 0 and 1.*255: divide",
        ),
        (np.full((2, 2), np.nan), "some are NaN"),
        (np.full((2, 2), -np.inf), "some are infinite, as the logarithm of 0: put something"),
        (np.full((2, 2), -0.5), "between 0 and 1"),
        (np.full((2, 2), 300), "between 0 and 255"),
        (np.zeros((2, 2, 2), np.uint8), r"the shape has to be \(height, width\)"),
        (np.zeros((0, 2, 3), np.uint8), "1 to 16383 pixels"),
        (np.zeros((20_000, 1), np.uint8), "1 to 16383 pixels"),
        (np.array([["a"]]), "the type has to be uint8"),
        (np.zeros((2, 2), complex), "the type has to be uint8"),
        (5, r"takes an array, a Pillow image, a path.*but got int 5"),
        ([[1, 2], [3, 4]], "but got a list"),
        (b"bytes", "but got bytes"),
    ],
)
def test_what_is_not_an_image(returned: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        image().postprocess(returned, None)


def test_a_little_overshoot_is_forgiven() -> None:
    pixels = to_pixels(np.array([[1.0005, -0.0005]]))
    assert pixels[0, :, 0].tolist() == [255, 0]


@given(
    hnp.arrays(st.sampled_from([np.uint8, np.int32, np.float32, np.bool_]), hnp.array_shapes(max_dims=4, max_side=5))
)
def test_every_array_is_an_image_or_refused(array: np.ndarray) -> None:
    try:
        pixels = to_pixels(array)
    except UnfitImage:
        return
    assert pixels.shape[:2] == array.shape[:2]
    assert pixels.shape[2] in (3, 4)
    assert pixels.dtype == np.uint8


def test_paths_are_asked_for(files) -> None:
    picture = files.path / "a.png"
    picture.write_bytes(png())
    for path in (picture, str(picture)):
        assert image().postprocess(path, files).path == picture
    text = files.path / "a.txt"
    text.write_text("x")
    with pytest.raises(InvalidValue, match=r"takes files of type image, but got .*a\.txt"):
        image().postprocess(text, files)
    with pytest.raises(InvalidValue, match="not allowed"):
        image().postprocess("/etc/passwd", files)


def test_images_in_an_address_go_to_the_browser() -> None:
    data = "data:image/png;base64,AAAA"
    assert image().wire(image().postprocess(data, None)) == {"url": data}


def test_large_images_in_an_address_become_files() -> None:
    data = np.random.default_rng(1).bytes(300_000)
    blob = image().postprocess("data:image/png;base64," + base64.b64encode(data).decode(), None)
    assert (blob.name, blob.mime, blob.data) == ("image.png", "image/png", data)
    with pytest.raises(InvalidValue, match="images in base64"):
        image().postprocess("data:image/png," + "%" * 300_000, None)
    with pytest.raises(InvalidValue, match="images in base64"):
        image().postprocess("https://example.com/" + "a" * 300_000, None)


@pytest.mark.parametrize(
    ("format", "streamed", "alpha", "codec"),
    [
        ("webp", True, False, ("jpeg", 0.8)),
        ("png", True, False, ("jpeg", 0.8)),
        ("webp", True, True, ("png", 1.0)),
        ("webp", False, False, ("webp", 0.8)),
        ("png", False, False, ("png", 0.8)),
        ("jpg", False, False, ("jpeg", 0.8)),
        ("jpeg", False, True, ("png", 1.0)),
        ("webp", False, True, ("webp", 0.8)),
    ],
)
def test_how_images_travel(format: str, streamed: bool, alpha: bool, codec: tuple[str, float]) -> None:
    frame = Frame(np.zeros((2, 2, 4 if alpha else 3), np.uint8))
    assert image(format=format).codec(streamed, frame) == codec


def test_declared_images(files) -> None:
    path = files.path / "a.png"
    path.write_bytes(png())
    for value in (RED, Pillow.fromarray(RED), str(path), path):
        stored = image(value=value, format="png").initial()
        assert isinstance(stored, Blob)
        assert np.array_equal(decode_image_file(stored.data).pixels, RED)


def test_properties() -> None:
    options = gr.WebcamOptions(mirror=False, constraints={"video": {"width": 640}}, size=(320, 240), quality=0.5)
    props = image(sources="webcam", webcam_options=options, height=300, width="50%", placeholder="Show me").props()
    assert {
        "sources": ["webcam"],
        "streaming": False,
        "mirror": False,
        "constraints": {"video": {"width": 640}},
        "size": [320, 240],
        "quality": 0.5,
        "height": 300,
        "width": "50%",
        "placeholder": "Show me",
        "buttons": ["download", "fullscreen"],
        "format": "webp",
    }.items() <= props.items()


def test_sources_by_default() -> None:
    assert image().sources == ["upload", "webcam", "clipboard"]
    assert image(streaming=True).sources == ["webcam"]


def test_an_input_that_streams_needs_the_camera() -> None:
    with pytest.raises(DeclarationError, match="add 'webcam' to its sources"):
        image(streaming=True, sources=["upload"], interactive=True)


def test_buttons_can_be_taken_away() -> None:
    assert image(buttons=["fullscreen", "share"]).buttons == ["fullscreen"]
    assert image(show_fullscreen_button=False).buttons == ["download"]
    assert image(show_download_button=False).updated({"show_download_button": True}).patch(
        ["show_download_button"]
    ) == {"buttons": ["download", "fullscreen"]}


def test_gradios_older_words_for_the_camera() -> None:
    props = image(mirror_webcam=False, webcam_constraints={"video": True}).props()
    assert (props["mirror"], props["constraints"]) == (False, {"video": True})


def test_only_the_app_decides_for_every_camera() -> None:
    asked = [image(webcam_options=gr.WebcamOptions(mirror=mirror)).props()["mirror"] for mirror in (None, True, False)]
    assert asked == [None, True, False]
    assert image().props()["mirror"] is None
    assert image(mirror_webcam=True).props()["mirror"] is True


def test_components_can_be_used_from_several_threads() -> None:
    component, frames = image(), [Frame(RED.copy()) for _ in range(20)]
    threads = [threading.Thread(target=component.preprocess, args=(frame, None)) for frame in frames]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_recording_is_told_to_the_page() -> None:
    assert image().props()["recording"] is False
    assert image(recording=True).props()["recording"] is True
    assert gr.Image(recording=False).given == {"recording": False}
    with pytest.raises(DeclarationError, match="cannot record from upload: add 'webcam' to its sources"):
        image(recording=True, sources="upload")


def test_the_alternative_text_comes_with_the_image_that_it_describes() -> None:
    with gr.Blocks() as demo:
        photo = gr.Image(label="Photo")
        gr.Button("Caption").click(lambda: gr.Image(alt_text="A cat"), None, photo)
    assert "alt_text" not in photo.props()
    with TestPage(demo) as page:
        page.click("Caption")
        assert page.props("Photo")["alt_text"] == "A cat"
