import pytest

import millstream as gr
from millstream.testing import TestPage


def test_a_handler_hears_which_file_was_downloaded_and_which_was_taken_out() -> None:
    seen: list[object] = []

    def downloaded(event: gr.DownloadData) -> None:
        seen.append(("downloaded", event.index, event.file.orig_name, event.file.path))

    def deleted(event: gr.DeletedFileData) -> None:
        seen.append(("deleted", event.index, event.file))

    with gr.Blocks() as demo:
        files = gr.File(label="Files", file_count="multiple")
        files.download(downloaded)
        files.delete(deleted)
    with TestPage(demo) as page:
        page.fire("Files", "download", {"index": 1, "value": "b.txt"})
        page.set("Files", [])
        page.fire("Files", "delete", {"index": 0, "value": "a.txt"})
    assert seen == [("downloaded", 1, "b.txt", "b.txt"), ("deleted", 0, gr.FileData("a.txt", "a.txt"))]


@pytest.mark.parametrize("said", [{"index": "1"}, {"index": True}, {"value": 5}, {"value": "x" * 20_000}])
def test_what_no_page_gets_away_with(said: dict[str, object]) -> None:
    with pytest.raises(gr.InvalidValue, match="in a form that no file has"):
        gr.DownloadData(None, said)  # type: ignore[arg-type]
