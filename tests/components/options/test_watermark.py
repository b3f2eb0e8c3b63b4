"""Watermarks: where they lie, on which results, and whose files they may be."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

import millstream as gr
from millstream.components.options.watermark import Stamp
from millstream.errors import DeclarationError, InvalidValue
from millstream.frames import Frame
from millstream.media.image_file import decode_image_file
from millstream.testing import TestPage

RED = np.full((2, 4, 3), (255, 0, 0), np.uint8)


def image(**arguments: object) -> gr.Image:
    with gr.Blocks():
        return gr.Image(**arguments)


def red(pixels: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Give left, top, right and bottom of what is red."""
    rows, columns = np.nonzero((pixels[:, :, 0] > 128) & (pixels[:, :, 1] < 128))
    return [] if len(rows) == 0 else [(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)]


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("bottom-right", [(86, 38, 90, 40)]),
        ("bottom-left", [(10, 38, 14, 40)]),
        ("top-right", [(86, 10, 90, 12)]),
        ("top-left", [(10, 10, 14, 12)]),
        ((3, 4), [(3, 4, 7, 6)]),
        ([98, 49], [(98, 49, 100, 50)]),
        ((-3, -1), [(0, 0, 1, 1)]),
        ((200, 0), []),
        ((0, -50), []),
    ],
)
def test_its_position(position: object, expected: object, files) -> None:
    given = np.zeros((50, 100, 3), np.uint8)
    shown = image(watermark=gr.WatermarkOptions(RED, position)).postprocess(given, files)
    assert isinstance(shown, Frame)
    assert red(shown.pixels) == expected
    assert not given.any(), "the array is the handler's own"


def test_one_that_is_larger_than_the_image_is_cut_off() -> None:
    shown = Stamp(np.full((90, 90, 3), (255, 0, 0), np.uint8), "bottom-right").on(
        Frame(np.zeros((20, 30, 3), np.uint8))
    )
    assert red(shown.pixels) == [(0, 0, 20, 10)]


@pytest.mark.parametrize("channels", [3, 4])
def test_its_transparency_counts(channels: int, files) -> None:
    mark = np.concatenate([RED, np.full((2, 4, 1), 64, np.uint8)], axis=2)
    below = np.full((20, 20, channels), 255, np.uint8)
    shown = image(watermark=gr.WatermarkOptions(mark, "top-left")).postprocess(below, files)
    assert np.abs(shown.pixels[10, 10].astype(int) - [255, 191, 191, 255][:channels]).max() <= 1
    assert (shown.pixels[0, 0] == 255).all()


def test_a_result_that_is_clear_shows_it_all_the_same(files) -> None:
    shown = image(watermark=gr.WatermarkOptions(RED, "top-left")).postprocess(np.zeros((20, 20, 4), np.uint8), files)
    assert shown.pixels[10, 10].tolist() == [255, 0, 0, 255]
    assert shown.pixels[0, 0].tolist() == [0, 0, 0, 0]


FORMS: dict[str, Callable[[Path], object]] = {
    "an array": lambda _: RED,
    "an image of Pillow's": lambda _: Pillow.fromarray(RED),
    "a path": lambda path: path,
    "text": str,
    "options": lambda path: gr.WatermarkOptions(watermark=path),
    "a dict": lambda path: {"watermark": str(path)},
}


@pytest.mark.parametrize("form", FORMS)
def test_its_forms(form: str, tmp_path: Path, files) -> None:
    path = tmp_path / "mark.png"
    Pillow.fromarray(RED).save(path)
    component = image(watermark=FORMS[form](path))
    assert red(component.postprocess(np.zeros((50, 100, 3), np.uint8), files).pixels) == [(86, 38, 90, 40)]
    assert red(component.postprocess(np.zeros((50, 100), np.float32), files).pixels) == [(86, 38, 90, 40)]


def test_files_and_the_initial_image_get_it_too(files) -> None:
    path = files.path / "black.png"
    Pillow.fromarray(np.zeros((50, 100, 3), np.uint8)).save(path)
    component = image(value=str(path), watermark=RED, format="png")
    initial, shown = component.initial(), component.postprocess(path, files)
    for blob in (initial, shown):
        assert (blob.name, red(decode_image_file(blob.data).pixels)) == ("black.png", [(86, 38, 90, 40)])
    assert not path.exists(), "the session's copy is not needed any more"


def test_what_cannot_have_one_says_so(files, caplog) -> None:
    component = image(watermark=RED)
    assert component.postprocess(None, files) is None
    with pytest.raises(InvalidValue, match="cannot put its watermark on an address"):
        component.postprocess("https://example.org/a.png", files)
    component.postprocess(gr.Boxes([[0, 0, 1, 1]]), files)
    assert "watermark= is not put on frames with marks" in caplog.text


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gr.WatermarkOptions(3), "watermark=int 3 is not a path, an array or a Pillow image"),
        (lambda: gr.WatermarkOptions(RED, "middle"), "position='middle' is not 'top-left', .* or .x, y. in pixels"),
        (lambda: gr.WatermarkOptions(RED, (1, 2, 3)), "is not 'top-left'"),
        (lambda: gr.WatermarkOptions(RED, (1.5, 2)), "is not 'top-left'"),
        (lambda: image(watermark=3), "Image: watermark=int 3 is not a WatermarkOptions, nor an image"),
        (lambda: image(watermark="none.png"), "Image 'Image': the file 'none.png' cannot be read"),
        (lambda: image(watermark=__file__), "cannot use the watermark"),
        (lambda: image(watermark=np.zeros((2, 2, 7))), "cannot use the watermark an array of shape"),
    ],
)
def test_mistakes_are_found_where_they_are_declared(make: Callable[[], object], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        make()


@pytest.mark.blocking  # in a TestPage the handler runs on the loop
def test_a_handler_changes_it_and_reads_no_file_that_it_may_not_show(tmp_path: Path) -> None:
    path = tmp_path / "mark.png"

    def show(secret: str) -> object:
        Pillow.fromarray(RED).save(path)
        mark = gr.WatermarkOptions(secret or path, "top-left")
        return gr.Image(np.zeros((50, 100, 3), np.uint8), watermark=mark)

    def again() -> object:
        path.unlink()
        return np.zeros((50, 100, 3), np.uint8)

    with gr.Blocks() as demo:
        name, result = gr.Textbox(label="Name"), gr.Image(label="Result", format="png")
        gr.Button("Show").click(show, name, result)
        gr.Button("Again").click(again, None, result)
    with TestPage(demo) as page:
        for button in ("Show", "Again"):
            page.click(button)
            assert red(page.value("Result")) == [(10, 10, 14, 12)]
        page.set("Name", "/etc/passwd")
        (run,) = page.click("Show")
        assert "may not be shown" in run.error


def video(**arguments: object) -> gr.Video:
    with gr.Blocks():
        return gr.Video(
            watermark=gr.WatermarkOptions(np.full((16, 32, 3), (255, 0, 0), np.uint8), "top-left"), **arguments
        )


def black_film(path: Path, frames: int = 5) -> Path:
    """Write a video of black frames, each 128 by 64 pixels."""
    import av

    with av.open(str(path), "w") as writer:
        stream = writer.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for _ in range(frames):
            writer.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 128, 3), np.uint8), format="rgb24")))
        writer.mux(stream.encode())
    return path


def marks_of(film: bytes) -> list[list[tuple[int, int, int, int]]]:
    """Give where each frame of a video is red."""
    import io

    import av

    with av.open(io.BytesIO(film)) as reader:
        return [red(frame.to_ndarray(format="rgb24")) for frame in reader.decode(video=0)]


MARKED = [[(10, 10, 42, 26)]] * 5


def test_each_frame_of_a_video_gets_it(files) -> None:
    pytest.importorskip("av")
    path = black_film(files.path / "film.mp4")
    shown = video().postprocess(path, files)
    assert (shown.name, shown.mime) == ("film.mp4", "video/mp4")
    assert marks_of(shown.data) == MARKED
    assert gr.Video().postprocess(black_film(files.path / "film.mp4"), files).data != shown.data


def test_the_initial_video_gets_it(tmp_path: Path) -> None:
    pytest.importorskip("av")
    initial = video(value=black_film(tmp_path / "film.mp4")).initial()
    assert marks_of(initial.data) == MARKED
    assert (tmp_path / "film.mp4").exists()


def test_of_a_streamed_video_frames_get_it_and_files_do_not(files, caplog) -> None:
    pytest.importorskip("av")
    source = video(streaming=True).source()
    source.piece([np.zeros((64, 128, 3), np.uint8)] * 5, files)
    whole, _ = source.end()
    assert marks_of(whole.data) == MARKED
    assert "watermark" not in caplog.text
    source.piece(black_film(files.path / "film.mp4"), files)
    assert "watermark= is not put on segments that are files: yield frames" in caplog.text


def test_a_video_at_an_address_cannot_have_one(files) -> None:
    with pytest.raises(InvalidValue, match="Video 'Video' cannot put its watermark on an address"):
        video().postprocess("https://example.org/a.mp4", files)
