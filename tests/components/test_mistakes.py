"""Mistakes that newcomers make: each message says what was wrong, and what to write."""

import numpy as np
import pytest

import millstream as gr
from millstream.testing import TestPage


@pytest.mark.parametrize(
    ("component", "said"),
    [
        (lambda: gr.Image(sources=["camera"]), r"sources=\['camera'\] is called 'webcam'"),
        (lambda: gr.Audio(sources=["mic"]), r"sources=\['mic'\] is called 'microphone'"),
        (lambda: gr.Image(sources=["telescope"]), "is not one of 'upload', 'webcam', 'clipboard'"),
    ],
)
def test_a_source_by_another_word(component, said: str) -> None:
    with pytest.raises(gr.DeclarationError, match=said), gr.Blocks():
        component()


@pytest.mark.parametrize("word", ["every", "interval"])
def test_the_interval_of_a_stream_by_another_word(word: str) -> None:
    with gr.Blocks():
        camera = gr.Image(sources=["webcam"])
        with pytest.raises(TypeError, match=f"no argument '{word}'; did you mean 'stream_every'"):
            camera.stream(lambda frame: None, camera, None, **{word: 0.1})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.linspace(-0.5, 0.5, 48).reshape(4, 4, 3), "these are between -0.5 and 0.5: add 0.5"),
        (np.linspace(-1, 1, 48).reshape(4, 4, 3), r"return (image + 1) / 2"),
        (np.linspace(0, 255, 48).reshape(4, 4, 3), "divide by 255"),
        (np.zeros((3, 8, 8), np.uint8), "the channels come last here, as np.moveaxis(image, 0, -1) has them"),
        (np.zeros((4, 4, 3), np.uint8).tolist(), "takes one image, but got a list: return np.array(…, dtype=np.uint8)"),
        ((np.zeros((4, 4, 3), np.uint8),), "takes one image, but got a tuple: return the image alone, and name the"),
        ([np.zeros((4, 4, 3), np.uint8)], "takes one image, but got a list: return the image alone, and name the"),
        (gr.Error("No face"), "<lambda>() returned its Error for Image 'Out': say `raise`, not `return`"),
        (gr.Image, "but got the class Image"),
        (object(), "but got an object: "),
        (gr.Textbox(), "Image 'Out' was updated with a Textbox; return an Image or update(…)"),
        ("", "names no file: return a path, or None for nothing"),
    ],
    ids=[
        *("centred", "from -1", "to 255", "channels first", "list", "tuple of one", "list of one", "error", "class"),
        *("object", "other component", "empty path"),
    ],
)
def test_what_is_no_image(value: object, said: str) -> None:
    with gr.Blocks() as demo:
        gr.Button("Go").click(lambda: value, None, gr.Image(label="Out"))
    with TestPage(demo) as page:
        (run,) = page.click("Go")
    assert run.error is not None
    assert said in run.error


def test_a_gallery_says_which_of_its_images_is_none() -> None:
    with pytest.raises(gr.InvalidValue, match="Gallery 'Gallery': item 1: takes images, but got None"):
        gr.Gallery().declared([np.zeros((4, 4, 3), np.uint8), None])


@pytest.mark.parametrize("given", [gr.Image, 5, [gr.Image]])
def test_an_interface_of_what_is_no_component(given: object) -> None:
    said = "Interface: inputs and outputs are components, but got"
    with pytest.raises(gr.DeclarationError, match=said):
        gr.Interface(lambda frame: frame, given, "image")  # type: ignore[arg-type]  # that is the mistake


def test_an_error_that_is_raised_on_purpose_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> None:
        raise gr.Error("Take another one.")

    with gr.Blocks() as demo:
        gr.Button("Go").click(refuse)
    with TestPage(demo) as page:
        page.click("Go")
    assert [record.message for record in caplog.records] == ["handler refuse raised gr.Error: Take another one."]
    assert caplog.records[0].exc_info is None
