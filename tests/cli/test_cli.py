"""The `millstream` command, in this process as far as nothing is served, and as a program where something is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.server.test_serving import wait_until

import millstream
from millstream import installation
from millstream.apps.program import CommandError, find, split
from millstream.cli import main
from millstream.cli.demo import example
from millstream.client import Client

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


def test_run_records_visits_where_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(APP.format(title="Mine", name="demo"))
    with command("run", "it.py", "--port", "0", "--record", "runs", cwd=tmp_path) as (_, line):
        assert "is being recorded" in httpx.get(line.split()[-1], trust_env=False).text
        with Client(line.split()[-1]):
            pass
        wait_until(lambda: list(tmp_path.glob("runs/*.msr")))


def test_run_serves_the_app_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(APP.format(title="One", name="one") + APP.format(title="Two", name="two"))
    with command("run", "it.py:two", "--port", "0", cwd=tmp_path) as (_, line):
        assert title_of(line) == "Two"


def test_link_serves_an_app_twice_at_once_and_over_the_link(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(APP.format(title="Far away", name="demo"))
    with command("link", "--up", "8", "--rtt", "50", "run", "it.py", cwd=tmp_path) as (process, line):
        assert line.startswith("* Over a link of 8.0 Mbit/s up, any Mbit/s down, 50 ms: http://127.0.0.1:")
        assert title_of(process.stdout.readline()) == "Far away"
        page = httpx.get(line.rsplit(maxsplit=1)[-1], trust_env=False)
        assert "<title>Far away</title>" in page.text
        assert page.elapsed.total_seconds() > 0.05


def test_a_program_that_fails_does_so_with_its_own_traceback(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text("raise ValueError('mine')")
    with command("run", "it.py", cwd=tmp_path) as (process, line):
        assert (line, process.wait(30)) == ("", 1)
        assert process.stderr is not None
        assert process.stderr.read().splitlines() == [
            "Traceback (most recent call last):",
            f'  File "{tmp_path / "it.py"}", line 1, in <module>',
            "    raise ValueError('mine')",
            "ValueError: mine",
        ]


def test_mistakes_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nothing, several = tmp_path / "nothing.py", tmp_path / "several.py"
    nothing.write_text("x = 1")
    several.write_text(APP.format(title="a", name="one") + APP.format(title="b", name="two"))
    assert "there is no file 'missing.py'" in fails(capsys, "run", "missing.py")
    assert "makes no app" in fails(capsys, "run", str(nothing))
    assert "one, two" in fails(capsys, "run", str(several))
    assert "'x' in nothing.py is not an app: it is of type int" in fails(capsys, "run", f"{nothing}:x")
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
    assert installation.extra_command("examples") in said


# ---- how it answers when it is used wrongly ---------------------------------------------------------------------


def misused(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Run the command, which must not understand its words; gives the lines that it says."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.splitlines()


@pytest.mark.parametrize(
    ("words", "problem", "command"),
    [
        (
            "run app.py --watch=src",
            "there is no option --watch; say `millstream run app.py --reload`",
            "millstream run",
        ),
        ("run app.py --share", "there is no option --share; there is no tunnel", "millstream run"),
        ("run app.py --porrt 7", "there is no option --porrt; did you mean --port?", "millstream run"),
        ("run app.py --server-port=7", "there is no option --server-port; did you mean --port?", "millstream run"),
        ("run app.py --server_name x", "there is no option --server_name; did you mean --host?", "millstream run"),
        ("run app.py --por 7", "there is no option --por; did you mean --port?", "millstream run"),
        ("run app.py --quux", "there is no option --quux", "millstream run"),
        ("run app.py another.py", "'another.py' is one argument too many", "millstream run"),
        ("run", "FILE[:NAME] is missing", "millstream run"),
        ("run app.py --port abc", "--port: 'abc' is not a port: give a number from 0 to 65535", "millstream run"),
        ("run app.py --port 70000", "--port: '70000' is not a port", "millstream run"),
        ("run app.py --port", "--port: expected one argument", "millstream run"),
        ("demo --reload", "there is no option --reload", "millstream demo"),
        ("app.py", "there is no command 'app.py'; did you mean `millstream run app.py`?", "millstream"),
        ("app.py --port 1", "there is no command 'app.py'; did you mean `millstream run app.py`?", "millstream"),
        ("rum app.py", "there is no command 'rum'; did you mean `millstream run`?", "millstream"),
        ("help", "there is no command 'help'; did you mean `millstream --help`?", "millstream"),
        ("zzz", "there is no command 'zzz'; there are run, deploy, demo, link, load and replay", "millstream"),
        ("link --up 2", "COMMAND is missing", "millstream link"),
        ("link --up 0 run app.py", "--up: '0' is not a rate: give Mbit/s above 0", "millstream link"),
        ("link --down inf run app.py", "--down: 'inf' is not a rate", "millstream link"),
        ("link --rtt -1 run app.py", "--rtt: '-1' is not a time", "millstream link"),
        ("link --rtt soon run app.py", "--rtt: 'soon' is not a time", "millstream link"),
        ("link run app.py --porrt 7", "there is no option --porrt; did you mean --port?", "millstream link run"),
        ("--vresion", "there is no option --vresion; did you mean --version?", "millstream"),
    ],
)
def test_a_wrong_word_gets_the_nearest_and_the_usage(
    capsys: pytest.CaptureFixture[str], words: str, problem: str, command: str
) -> None:
    first, usage, *_, last = misused(capsys, *words.split())
    assert first.startswith(f"{command}: {problem}")
    assert usage.startswith(f"usage: {command} [-h]")
    assert last == f"Try `{command} --help`."


@pytest.mark.parametrize("words", [["-h"], ["--help"], ["run", "-h"], ["run", "--help"], ["demo", "--help"]])
def test_help_is_not_a_mistake(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: millstream {words[0] if len(words) > 1 else '[-h]'}")


def test_a_file_that_is_not_there_is_looked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.py").write_text(APP.format(title="a", name="demo"))
    (tmp_path / "notes.ipynb").write_text("{}")
    assert f"did you mean '{tmp_path / 'app.py'}'?" in fails(capsys, "run", str(tmp_path / "ap.py"))
    assert f"did you mean '{tmp_path / 'app.py'}:demo'?" in fails(capsys, "run", f"{tmp_path / 'app'}:demo")
    assert f"is a folder; write the path of a Python program in it such as {tmp_path}" in fails(
        capsys, "run", str(tmp_path)
    )
    assert "is a notebook" in fails(capsys, "run", str(tmp_path / "notes.ipynb"))
    assert "it is not defined there; its apps are demo" in fails(capsys, "run", f"{tmp_path / 'app.py'}:dmo")
    unknown = fails(capsys, "run", str(tmp_path / "app.py"), "--host", "300.1.1.1")
    assert unknown.startswith("millstream: server_name='300.1.1.1' is unknown on this machine")


@pytest.mark.parametrize(
    ("source", "first", "last"),
    [
        ("x = (", '  File "', "SyntaxError: '(' was never closed"),
        ("\0", "SyntaxError: source code", "SyntaxError: source code string cannot contain null bytes"),
        ("import a_module_that_nobody_has", "Traceback", "ModuleNotFoundError: No module named"),
        ("import millstream as gr\ngr.Row(scael=1)", "Traceback", "TypeError: Row() has no argument 'scael'"),
        ("import millstream as gr\ngr.Blocks().launch(server_name='300.1.1.1')", "Traceback", "OSError"),
    ],
)
def test_a_program_that_fails_shows_none_of_our_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, first: str, last: str
) -> None:
    (tmp_path / "it.py").write_text(source)
    assert main(["run", str(tmp_path / "it.py")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(first)
    assert said.splitlines()[-1].startswith(last)
    assert str(Path(millstream.__file__).parent) not in said
    assert "runpy" not in said
