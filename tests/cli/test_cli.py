"""The `millstream` command, in this process as far as nothing is served, and as a program where something is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import millstream
from millstream.cli import main
from millstream.cli.demo import example
from millstream.cli.program import CommandError, find, split

APP = "import millstream as gr\nwith gr.Blocks(title={title!r}) as {name}:\n    gr.Textbox()\n"


@contextmanager
def command(*arguments: str, cwd: Path | None = None) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command; gives the process and its first line of output."""
    words = [sys.executable, "-m", "millstream", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=cwd, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


def title_of(line: str) -> str:
    """Load the page whose address the line names; gives its title."""
    assert "Running on local URL" in line
    page = httpx.get(line.rsplit(maxsplit=1)[-1], trust_env=False).text
    return page.partition("<title>")[2].partition("</title>")[0]


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must fail; gives the one line that it says."""
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"millstream {millstream.__version__}\n"


def test_without_a_command_it_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "run" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["demo", "app", "anything"])
def test_run_serves_an_app_that_is_not_launched(tmp_path: Path, name: str) -> None:
    (tmp_path / "it.py").write_text(APP.format(title="Mine", name=name))
    with command("run", "it.py", "--port", "0", cwd=tmp_path) as (_, line):
        assert title_of(line) == "Mine"


def test_run_keeps_what_the_program_says_and_lets_the_command_win(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("TITLE = 'From a neighbour'")
    launch = "if __name__ == '__main__':\n    demo.launch(server_port=1, css='h1 { color: teal }')\n"
    source = "from neighbour import TITLE\n" + APP.format(title="x", name="demo").replace("'x'", "TITLE") + launch
    (tmp_path / "it.py").write_text(source)
    with command("run", str(tmp_path / "it.py"), "--port", "0") as (_, line):
        assert title_of(line) == "From a neighbour"
        assert "h1 { color: teal }" in httpx.get(line.split()[-1], trust_env=False).text


def test_run_serves_the_app_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(APP.format(title="One", name="one") + APP.format(title="Two", name="two"))
    with command("run", "it.py:two", "--port", "0", cwd=tmp_path) as (_, line):
        assert title_of(line) == "Two"


def test_a_program_that_fails_does_so_with_its_own_traceback(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text("raise ValueError('mine')")
    with command("run", "it.py", cwd=tmp_path) as (process, line):
        assert (line, process.wait(30)) == ("", 1)
        assert process.stderr is not None
        assert "ValueError: mine" in process.stderr.read()


def test_mistakes_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nothing, several = tmp_path / "nothing.py", tmp_path / "several.py"
    nothing.write_text("x = 1")
    several.write_text(APP.format(title="a", name="one") + APP.format(title="b", name="two"))
    assert "there is no file 'missing.py'" in fails(capsys, "run", "missing.py")
    assert "makes no app" in fails(capsys, "run", str(nothing))
    assert "one, two" in fails(capsys, "run", str(several))
    assert "'x' in nothing.py is no app: it is of type int" in fails(capsys, "run", f"{nothing}:x")
    assert "is not defined there" in fails(capsys, "run", f"{nothing}:y")
    assert "there is no example 'x'" in fails(capsys, "demo", "x")


def test_a_file_may_have_a_colon_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a:b"
    path.write_text("")
    assert split(str(path)) == (path, None)
    assert split(f"{path}:name") == (path, "name")


def test_the_same_app_under_two_names_is_one() -> None:
    with millstream.Blocks() as app:
        pass
    assert find({"one": app, "two": app, "x": 1}, Path("it.py"), None) is app


def test_demo_finds_the_examples() -> None:
    assert example("demo").read_text()
    assert example("simplest").name == "simplest.py"
    with pytest.raises(CommandError, match="simplest"):
        example("../secrets")


@pytest.mark.slow
def test_demo_serves_an_example() -> None:
    with command("demo", "simplest", "--port", "0") as (_, line):
        assert title_of(line)


def test_demo_names_the_extra_that_its_examples_need(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "demo.py").write_text("import a_module_that_nobody_has")
    monkeypatch.setattr("millstream.cli.demo.PACKAGE", tmp_path)
    said = fails(capsys, "demo")
    assert "a_module_that_nobody_has" in said
    assert "pip install 'millstream[examples]'" in said
