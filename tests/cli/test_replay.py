"""`millstream replay`, and the fixture that makes a recording a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.testing.test_replay import record, say, text_app

from millstream.cli import main

APP = """
import millstream as gr

with gr.Blocks() as demo:
    text, out = gr.Textbox(label="Text"), gr.Textbox(label="Out")
    text.submit({handler}, text, out)
"""


@pytest.fixture
def visit(tmp_path: Path) -> str:
    return str(record(tmp_path, text_app(), say("one")))


def program(folder: Path, handler: str, end: str = "") -> str:
    path = folder / "app.py"
    path.write_text(APP.format(handler=handler) + end)
    return str(path)


@pytest.mark.parametrize("end", ["", "demo.launch()\n", "if __name__ == '__main__':\n    demo.launch()\n"])
def test_an_app_that_does_the_same_ends_well_whether_it_is_launched_or_not(
    tmp_path: Path, visit: str, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", visit, program(tmp_path, "str.upper", end)]) == 0
    assert " 0 different" in capsys.readouterr().out


def test_an_app_that_does_something_else_ends_with_3(
    tmp_path: Path, visit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", visit, f"{program(tmp_path, 'str.lower')}:demo"]) == 3
    said = capsys.readouterr().out
    assert "'ONE' became 'one'" in said
    assert "p95 ms" in said


def test_what_is_no_recording_or_no_app_is_said_in_one_line(
    tmp_path: Path, visit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = program(tmp_path, "str.upper")
    for arguments, words in (([app, app], "not a recording"), ([visit, "nothing.py"], "there is no file")):
        assert main(["replay", *arguments]) == 1
        said = capsys.readouterr()
        assert words in said.err
        assert (said.out, said.err.count("\n")) == ("", 1)


def test_a_program_that_fails_shows_its_own_traceback(
    tmp_path: Path, visit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", visit, program(tmp_path, "str.upper", "1 / 0\n")]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_fixture_makes_a_test_of_a_recording(tmp_path: Path, visit: str) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["millstream.testing.fixtures"]\n')
    name = Path(visit).name
    for handler in ("upper", "lower"):
        use = f"\ndef test_{handler}(replayed):\n    replayed({name!r}, demo)\n"
        (tmp_path / f"test_{handler}.py").write_text(APP.format(handler=f"str.{handler}") + use)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "1 failed, 1 passed" in ended.stdout, ended.stdout
    assert "'ONE' became 'one'" in ended.stdout
