"""Buttons that upload and download: their values are those of a `File`."""

from pathlib import Path
from typing import Any

import pytest

import millstream as gr
from millstream.errors import DeclarationError
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and these read and write files


def test_what_is_uploaded_can_be_downloaded(tmp_path: Path) -> None:
    seen: list[Any] = []

    def given(paths: list[Any]) -> str:
        seen.extend((path.orig_name, Path(path).read_bytes()) for path in paths)
        return str(paths[0])

    with gr.Blocks() as demo:
        upload = gr.UploadButton("Take", file_count="multiple", file_types=[".txt"])
        download = gr.DownloadButton("Give")
        upload.upload(given, upload, download)
        download.click(lambda path: seen.append(Path(path).read_bytes()), download, None)
    with TestPage(demo) as page:
        files = [page.run(page.upload(name, "text/plain", name.encode())) for name in ("a.txt", "b.txt")]
        page.set("Take", files)
        page.fire("Take", "upload")
        assert page.value("Give") == [b"a.txt"]
        page.set("Give", files[1:])  # nobody but the app gives it a file
        page.click("Give")
    assert seen == [("a.txt", b"a.txt"), ("b.txt", b"b.txt"), b"a.txt"]


def test_properties(tmp_path: Path) -> None:
    (tmp_path / "icon.svg").write_text("<svg/>")
    with gr.Blocks():
        upload = gr.UploadButton(variant="primary", size="sm", icon=tmp_path / "icon.svg", file_count="directory")
        download = gr.DownloadButton("Get", tmp_path / "icon.svg", interactive=False)
        with pytest.raises(DeclarationError, match=r"icon='gone\.png' is not a file"):
            gr.DownloadButton(icon="gone.png")
        with pytest.warns(UserWarning, match="size='xl' is not one of"):
            assert gr.UploadButton(size="xl").size == "lg"  # type: ignore[arg-type]
    props = upload.props()
    assert [props[name] for name in ("label", "variant", "size", "max_files", "folder", "replaces", "interactive")] == [
        "Upload a file", "primary", "sm", 100, True, True, True,
    ]  # fmt: skip
    assert str(props["icon"]).startswith("{'url': 'data:image/svg+xml;base64,")
    assert (download.props()["label"], download.is_interactive, len(download.files(download._initial))) == (
        "Get",
        True,
        1,
    )


def test_templates() -> None:
    with gr.Blocks():
        assert (gr.Files().tag, gr.Files().file_count, gr.Files(file_count="single").file_count) == (
            "file", "multiple", "single",
        )  # fmt: skip
        assert (gr.Mic().tag, gr.Microphone().sources) == ("audio", ["microphone"])
        assert (gr.Webcam().tag, gr.Webcam().sources) == ("image", ["webcam"])
        assert (gr.PlayableVideo().tag, gr.PlayableVideo().format) == ("video", "mp4")
        with pytest.raises(DeclarationError, match="sources='upload' is not one of 'microphone'"):
            gr.Microphone(sources="upload")
    assert (gr.Json, gr.Highlight, gr.Checkboxgroup) == (gr.JSON, gr.HighlightedText, gr.CheckboxGroup)
