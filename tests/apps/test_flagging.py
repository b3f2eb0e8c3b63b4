import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import millstream as gr
from millstream.apps.flagging.written_cells import inert
from millstream.components.values.named_string import NamedString
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # TestPage runs handlers, which write files here, on its loop


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_a_visitor_flags_a_result(tmp_path: Path) -> None:
    options = {"flagging_options": [("Wrong", "bad"), "Odd"], "flagging_dir": tmp_path}
    demo = gr.Interface(lambda text: f"={text}", gr.Textbox(label="Said"), "text", **options)
    with TestPage(demo) as page:
        page.set("Said", "one, two")
        page.click("Submit")
        page.click("Wrong")
        page.click("Flag as Odd")
        assert {toast.title for toast in page.toasts} == {"Flagged"}
    headings, *values = rows(tmp_path / "dataset1.csv")
    assert headings == ["Said", "output", "flag", "username", "timestamp"]
    assert [row[:4] for row in values] == [["one, two", "'=one, two", "bad", ""], ["one, two", "'=one, two", "Odd", ""]]


def test_each_result_is_written_down_in_automatic_mode(tmp_path: Path) -> None:
    logger = gr.SimpleCSVLogger()
    demo = gr.Interface(
        str.upper, "text", "text", flagging_mode="auto", flagging_dir=tmp_path, flagging_callback=logger
    )
    with TestPage(demo) as page:
        page.set(demo.input_components[0].id, "a")
        page.click("Submit")
        page.wait_for((tmp_path / "log.csv").exists)
    assert rows(tmp_path / "log.csv") == [["a", "A"]]


def test_an_interface_asks_for_nothing_by_itself() -> None:
    demo = gr.Interface(str.upper, "text", "text")
    assert "Flag" not in [getattr(part, "value", "") for part in demo.elements.values()]
    with pytest.raises(gr.DeclarationError, match="flagging_mode='sometimes'"):
        gr.Interface(str.upper, "text", "text", flagging_mode="sometimes")  # type: ignore[arg-type]
    with pytest.raises(gr.DeclarationError, match="is not a FlaggingCallback"):
        gr.Interface(str.upper, "text", "text", flagging_callback=print)  # type: ignore[arg-type]


class Kept(gr.FlaggingCallback):
    def setup(self, components: Sequence[Any], flagging_dir: str | Path) -> None:
        self.found: list[object] = [[part.label for part in components], str(flagging_dir)]

    def flag(self, flag_data: Sequence[object], flag_option: str | None = None, username: str | None = None) -> int:
        self.found.append((list(flag_data), flag_option, username))
        return len(self.found)


def test_a_callback_of_the_app() -> None:
    kept = Kept()
    demo = gr.Interface(str.upper, "text", "text", flagging_callback=kept)
    with TestPage(demo) as page:
        page.click("Flag")
    assert kept.found[1:] == [".millstream/flagged", (["", ""], "", None)]


def test_media_and_files_are_copied_beside_the_table(tmp_path: Path) -> None:
    note = tmp_path / "a note.txt"
    note.write_text("x")
    with gr.Blocks():
        parts = [
            gr.Image(label="../Image"), gr.Image(label="Pil"), gr.Audio(label="Sound"), gr.File(label="File"),
            gr.File(label="Files", file_count="multiple"), gr.Textbox(label="Text"), gr.Number(label="N"),
            gr.Label(label="L"),
        ]  # fmt: skip
    logger = gr.CSVLogger()
    folder = tmp_path / "flagged"
    logger.setup(parts, folder)
    sound = (8000, np.zeros(80, np.int16))
    pixels = np.zeros((4, 5, 3), np.uint8)
    values = [pixels, Image.new("L", (2, 2)), sound, str(note), [str(note)], str(note), -0.5, {"label": "@x"}]
    assert logger.flag(values, "+flag", "ann") == 1
    assert logger.flag([None] * 8) == 2
    _, row, empty = rows(folder / "dataset1.csv")
    for name in row[:4]:
        assert (folder / name).resolve().is_relative_to(folder)
        assert (folder / name).stat().st_size > 0
    assert (folder / json.loads(row[4])[0]).read_text() == "x"
    assert row[5:10] == [str(note), "-0.5", '{"label": "@x"}', "'+flag", "ann"]
    assert empty[:10] == [""] * 10


def test_other_columns_begin_another_file_and_rows_of_other_lengths_are_refused(tmp_path: Path) -> None:
    with gr.Blocks():
        one, two = gr.Textbox(label="One"), gr.Textbox(label="Two")
    logger = gr.CSVLogger()
    with pytest.raises(gr.Error, match="setup"):
        logger.flag(["x"])
    for parts in ([one], [one, two], [one, two]):
        logger.setup(parts, tmp_path)
        logger.flag(["x"] * len(parts))
    assert [len(rows(tmp_path / f"dataset{number}.csv")) for number in (1, 2)] == [2, 3]
    with pytest.raises(gr.Error, match="1 values were flagged for 2 components"):
        logger.flag(["x"])
    with pytest.raises(gr.DeclarationError, match="not a name of a file in the folder"):
        gr.CSVLogger(dataset_file_name="../x.csv").setup([one], tmp_path)


def test_what_a_visitor_writes_is_no_path(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with gr.Blocks():
        parts = [gr.MultimodalTextbox(label="Message"), gr.Gallery(label="Gallery")]
    logger, folder = gr.CSVLogger(), tmp_path / "flagged"
    logger.setup(parts, folder)
    lent = NamedString(str(secret), "b.txt")
    logger.flag([{"text": str(secret), "files": [lent]}, [(lent, str(secret))]])
    message, gallery = map(json.loads, rows(folder / "dataset1.csv")[1][:2])
    assert message["text"] == gallery[0][1] == str(secret)
    assert (folder / message["files"][0]).read_text() == (folder / gallery[0][0]).read_text() == "secret"


@pytest.mark.parametrize("logger", [gr.CSVLogger(), gr.SimpleCSVLogger()])
def test_no_value_spoils_the_file(logger: gr.CSVLogger, tmp_path: Path) -> None:
    with gr.Blocks():
        parts = [gr.Textbox(label="Text"), gr.JSON(label="Data")]
    logger.setup(parts, tmp_path)
    long = "é" * 200_000
    assert [logger.flag(["a\r=1+1", []]), logger.flag([long, [long]]), logger.flag(["b", None])] == [1, 2, 3]
    table = next(tmp_path.glob("*.csv"))
    first, second, third = rows(table)[-3:]
    assert (first[0], third[0]) == ("a\r=1+1", "b"), "the end of a line begins no row"
    assert (tmp_path / second[0]).read_text(encoding="utf-8") == long
    assert json.loads((tmp_path / second[1]).read_text(encoding="utf-8")) == [long]


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "-3", "+4.5", "-1e9", "plain"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


def test_a_folder_takes_so_much_and_what_others_wrote_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "log.csv").write_text("old,row\n")
    with gr.Blocks():
        parts = [gr.Textbox(label="Text"), gr.Image(label="Image")]
    logger = gr.SimpleCSVLogger(max_bytes=200)
    logger.setup(parts, tmp_path)
    assert logger.flag(["a", None]) == 2
    monkeypatch.setattr("millstream.apps.flagging.csv_logger._count", None)
    assert logger.flag(["b", np.zeros((40, 40, 3), np.uint8)]) == 3, "its own rows are not read again"
    with pytest.raises(gr.Error, match="as much space as it may"):
        [logger.flag(["x" * 50, None]) for _ in range(3)]
    assert len(rows(tmp_path / "log.csv")) < 6
    demo = gr.Interface(
        str.upper, "text", "text", flagging_mode="auto", flagging_callback=logger, flagging_dir=tmp_path
    )
    with TestPage(demo) as page:
        page.click("Submit")
        page.wait_for(lambda: caplog.records)
        assert page.toasts == []
