"""Galleries: what handlers get and give, what stays the same file, and what no page gets away with."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.browser.videos import piece

import millstream as gr
from millstream.components.images.encoded_images import EncodedImages
from millstream.components.options.media_source import DeclaredFiles
from millstream.errors import DeclarationError, InvalidValue
from millstream.frames import Frame
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and these read and write files


def image(shade: int, size: tuple[int, int] = (48, 64)) -> Any:
    return np.full((*size, 3), shade, np.uint8)


def items(page: TestPage, label: str = "Gallery") -> Any:
    return page.page.values[page.page.find(label)]


def handles(page: TestPage, label: str = "Gallery") -> list[str]:
    return [item["media"]["file"] for item in items(page, label)]


def returning(value: Any, **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        gallery = gr.Gallery(label="Gallery", **options)
        gr.Button("Go").click(lambda: value, None, gallery)
    return demo


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Pillow.fromarray(image(9)).save(path)
    return path


def test_images_of_every_kind_are_shown_with_their_captions(photo: Path) -> None:
    given = [
        image(1),
        (Pillow.fromarray(image(2)), "two"),
        photo,
        (str(photo), None),
        ("https://example.org/a.mp4", "<b>"),
    ]
    with TestPage(returning(given)) as page:
        (run,) = page.click("Go")
        assert run.error == ""
        assert [item["caption"] for item in items(page)] == [None, "two", None, None, "<b>"]
        assert items(page)[4]["media"] == {"url": "https://example.org/a.mp4", "type": "video/mp4"}
        assert [item["media"].get("type") for item in items(page)][:3] == ["image/webp", "image/webp", "image/png"]
        shown = page.value("Gallery")
        assert shown[2][0].tolist() == image(9).tolist()


def test_videos_are_told_by_their_names_and_checked_by_their_content(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(piece(0, frames=3))
    with TestPage(returning([path])) as page:
        page.click("Go")
        assert items(page)[0]["media"]["type"] == "video/mp4"
    path.write_bytes(b"no video")
    with TestPage(returning([path])) as page:
        (run,) = page.click("Go")
        assert "item 0: cannot read a.mp4" in run.error


@pytest.mark.parametrize("kind", ["filepath", "numpy", "pil"])
def test_a_list_that_grows_by_one_sends_one(kind: str) -> None:
    """What a stream has appended stays the file that the page shows, whatever its handler makes of the list."""
    seen: list[Any] = []

    def append(frame: Any, shots: Any) -> Any:
        seen.append(shots)
        return [*(shots or []), (frame, f"no. {len(shots or [])}")]

    with gr.Blocks() as demo:
        camera = gr.Image(sources="webcam", label="Camera")
        gallery = gr.Gallery(label="Gallery", type=kind)  # type: ignore[arg-type]
        camera.stream(append, [camera, gallery], gallery)
    with TestPage(demo) as page:
        before: list[str] = []
        for shade in (10, 60, 110, 160):
            page.stream("Camera", [image(shade)], rate_hz=10)
            assert handles(page)[:-1] == before
            before = handles(page)
        assert len(before) == 4
        assert [item["caption"] for item in items(page)] == ["no. 0", "no. 1", "no. 2", "no. 3"]
    assert type(seen[-1][0][0]).__name__ == {"filepath": "NamedString", "numpy": "ndarray", "pil": "Image"}[kind]


def test_a_list_that_the_app_keeps_is_not_sent_again(photo: Path) -> None:
    """Equal content is one file, from call to call, and a new caption does not change that."""
    kept: list[Any] = [(photo, "a")]

    def add(count: int) -> Any:
        kept.append((image(20 + len(kept)), str(count)))
        return [(media, f"{text}!") for media, text in kept]

    with gr.Blocks() as demo:
        gallery = gr.Gallery(label="Gallery")
        count = gr.Number(1, label="Count")
        gr.Button("Go").click(add, count, gallery)
    with TestPage(demo) as page:
        page.click("Go")
        first = handles(page)
        page.click("Go")
        assert handles(page)[:2] == first
        kept[1] = (image(200), "changed")
        page.click("Go")
        assert handles(page)[0] == first[0]
        assert handles(page)[1] != first[1]


def test_files_that_are_known_leave_no_copies_behind(photo: Path) -> None:
    with TestPage(returning([photo])) as page:
        for _ in range(5):
            page.click("Go")
            page.advance(0.1)
        assert page.page.welcome is not None
        folder = page.host.sessions[page.page.welcome.session].store.folder
        assert len([path for path in folder.rglob("*") if path.is_file()]) == 1


def test_an_array_that_was_changed_in_place_is_another_image() -> None:
    pixels = image(5)

    def paint() -> Any:
        pixels[0, 0] += 1
        return [pixels]

    with gr.Blocks() as demo:
        gr.Button("Go").click(paint, None, gr.Gallery(label="Gallery", format="png"))
    with TestPage(demo) as page:
        page.click("Go")
        first = handles(page)
        page.click("Go")
        assert handles(page) != first
        assert page.value("Gallery")[0][0][0, 0].tolist() == [7, 7, 7]


def test_the_images_of_a_process_are_remembered_within_bounds() -> None:
    images = EncodedImages(max_bytes=1000)
    noise = np.random.default_rng(0)
    for _ in range(5):
        frame = Frame(noise.integers(0, 255, (12, 12, 3), np.uint8))
        images.file(frame, "png", 1.0)
        assert images.file(frame, "png", 1.0).data == images.file(frame, "png", 1.0).data
    assert images.hits >= 10
    assert int(repr(images).split(" bytes")[0].split()[-1]) <= 1000


# ---- the user's own ------------------------------------------------------------------------------------------------


def noting(seen: list[Any], **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        gallery = gr.Gallery(label="Gallery", **options)
        gr.Button("Go").click(seen.append, gallery, None)
    return demo


def uploaded(page: TestPage, name: str, data: bytes, mime: str = "image/png") -> Any:
    return page.run(page.upload(name, mime, data, page.page.find("Gallery")))


def test_uploads_are_images_and_videos(photo: Path) -> None:
    seen: list[Any] = []
    with TestPage(noting(seen)) as page:
        files = [uploaded(page, "a.png", photo.read_bytes()), uploaded(page, "b.mp4", piece(0, frames=3), "video/mp4")]
        page.set("Gallery", files)
        page.click("Go")
        page.set("Gallery", [{"media": files[1], "caption": "kept"}, files[0]])
        page.click("Go")
        page.set("Gallery", None)
        page.click("Go")
        assert page.toasts == []
    (first, second), (third, fourth) = seen[0], seen[1]
    assert [Path(path).suffix for path, _ in (first, second, third, fourth)] == [".png", ".mp4", ".mp4", ".png"]
    assert first[0].orig_name == "a.png"
    assert [caption for _, caption in (first, second, third, fourth)] == [None, None, "kept", None]
    assert seen[2] is None


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"text", "takes images and videos, but got a.txt, which is neither"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "which is neither"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0", "a.png"),
    ],
)
def test_what_is_uploaded_has_to_be_one(name: str, data: bytes, message: str) -> None:
    with TestPage(noting([], type="numpy")) as page, pytest.raises(InvalidValue, match=message):
        uploaded(page, name, data)


def test_what_a_page_may_not_set(photo: Path) -> None:
    seen: list[Any] = []
    with TestPage(noting(seen, file_types=[".jpg"])) as page, page.another() as other:
        mine, strangers = uploaded(page, "a.png", photo.read_bytes()), uploaded(other, "a.jpg", photo.read_bytes())
        fit = uploaded(page, "a.jpg", photo.read_bytes())
        values: list[Any] = [
            [mine], [strangers], fit, "a.jpg", [5], [{"media": fit, "caption": 5}], [{"media": fit, "path": "/etc"}],
            [{"media": {"url": "file:///etc/passwd"}, "caption": None}], [{"media": {"url": "javascript:1"}}],
            [{"media": None, "caption": None}], [fit] * 1001, [{"media": fit, "caption": "x" * 10_001}],
        ]  # fmt: skip
        for value in values:
            page.set("Gallery", value)
        page.click("Go")
        assert [toast.level for toast in page.toasts] == ["error"] * len(values)
    assert seen == [None]


# ---- selections ----------------------------------------------------------------------------------------------------


def test_a_selection_tells_where_the_image_is(photo: Path) -> None:
    told: list[Any] = []

    def select(event: gr.SelectData) -> None:
        value: Any = event.value
        media = value.get("image") or value.get("video")
        told.append((event.index, media["url"], value["caption"], media["path"] and Path(media["path"]).name))
        if media["url"] is None:
            assert Path(media["path"]).read_bytes()

    with gr.Blocks() as demo:
        gallery = gr.Gallery([(photo, "file"), image(3), ("https://x.org/b.webm", "link")], label="Gallery")
        gallery.select(select, None, None)
    with TestPage(demo) as page:
        for index in (0, 1, 2):
            (run,) = page.fire("Gallery", "select", {"index": index})
            assert run.error == ""
        (forged,) = page.fire("Gallery", "select", {"index": 99, "value": {"image": {"path": "/etc/passwd"}}})
        assert forged.state == "failed"
    assert [entry[:3] for entry in told] == [(0, None, "file"), (1, None, None), (2, "https://x.org/b.webm", "link")]


# ---- declarations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a.png", "takes a list of at most 1000 images and videos"),
        ([np.zeros(3)], r"item 0: got an array of shape \(3,\)"),
        ([image(1), np.full((2, 2, 3), np.nan)], "item 1: got .*NaN"),
        ([(image(1), "a", "b")], r"\(media, caption\)"),
        ([gr.Boxes([[1, 2, 3, 4]])], "no marks alone"),
        (["javascript:alert(1)"], "item 0: takes a path"),
        ([5], "item 0"),
        ([image(1)] * 1001, "at most 1000"),
        ([(image(1), "x" * 10_001)], "captions of at most"),
    ],
)
def test_what_does_not_fit_is_refused(value: Any, message: str) -> None:
    with gr.Blocks(), pytest.raises(DeclarationError, match=message):
        gr.Gallery(value)


def test_four_dimensions_are_a_list() -> None:
    with gr.Blocks():
        stored: Any = gr.Gallery().postprocess(np.zeros((3, 4, 5, 3), np.uint8), DeclaredFiles())
    assert len(stored) == 3
    assert stored[0]["media"].key
    assert pickle.loads(pickle.dumps(stored)) == stored  # as results of other processes come


def test_arguments_are_checked() -> None:
    with gr.Blocks():
        props = gr.Gallery(columns=[1, 2, 4], rows=2, height="auto", buttons=["download"], sources="webcam").props()
        assert (props["columns"], props["rows"], props["height"]) == ([1, 2, 4], 2, None)
        assert props["buttons"] == ["download"]
        with pytest.warns(UserWarning, match="columns=0 is not a number from 1"):
            gr.Gallery(columns=0)
        with pytest.warns(UserWarning, match="object_fit='big' is not one of"):
            gr.Gallery(object_fit="big")  # type: ignore[arg-type]
        with pytest.warns(UserWarning, match="show_share_button"):
            gr.Gallery(show_share_button=True)  # type: ignore[call-arg]
        with pytest.raises(DeclarationError, match="type='jpg' is not one of"):
            gr.Gallery(type="jpg")  # type: ignore[arg-type]
