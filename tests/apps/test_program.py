"""Users' programs: run as Python runs a script, to be served or up to where they would be."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import millstream as gr
from millstream.apps import program
from millstream.apps.program import declared, serve
from millstream.declare.app_source import AppSource, find_source

APP = """
import neighbour
import millstream as gr
class Score:
    pass
with gr.Blocks(title=__name__) as demo:
    gr.Textbox()
with gr.Blocks(title="other") as other:
    gr.Textbox()
if __name__ == "__main__":
    demo.launch(auth=("me", "secret"), server_port=1, share=False)
    raise SystemExit("it went on")
"""

LOAD = """
import pickle, sys
from millstream.apps.program import load
loaded = load(sys.argv[1])
score = loaded.app.scope["Score"]()
assert type(pickle.loads(pickle.dumps(score))) is type(score)
print(loaded.app.title, dict(loaded.arguments), sys.argv)
"""


def loads(target: str, folder: Path) -> str:
    words = [sys.executable, "-c", LOAD, target]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "it.py").write_text(APP)
    (tmp_path / "neighbour.py").write_text("")
    return tmp_path


def test_an_app_has_the_arguments_of_its_launch_and_its_classes_are_found(folder: Path) -> None:
    arguments = {"server_port": 1, "auth": ("me", "secret")}
    assert loads("it.py", folder) == f"__main__ {arguments} {[str(folder / 'it.py')]}\n"


def test_an_app_that_is_named_does_not_get_what_another_is_launched_with(folder: Path) -> None:
    assert loads("it.py:other", folder).startswith("other {} ")


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("__main__", "it", "neighbour"):
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name))
        if name != "__main__":
            del sys.modules[name]


@pytest.mark.parametrize(("name", "is_main"), [("", True), (":demo", False)])
@pytest.mark.usefixtures("clean")
def test_values_of_its_classes_are_found_by_other_processes_while_it_is_served(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_main: bool
) -> None:
    """Also if it leaves its launch to us."""
    (folder / "it.py").write_text(APP.partition("if __name__")[0])
    found: list[tuple[AppSource, bool]] = []

    def launch(app: gr.Blocks) -> None:
        score: Any = app.scope["Score"]()
        found.append((find_source(app), type(pickle.loads(pickle.dumps(score))) is type(score)))

    monkeypatch.setattr(program, "_launch", launch)
    before = sys.modules["__main__"], list(sys.path), sys.argv
    serve(f"{folder / 'it.py'}{name}", {})
    assert found == [(AppSource("it", str(folder / "it.py"), "demo", is_main), True)]
    assert (sys.modules["__main__"], sys.path, sys.argv) == before


@pytest.mark.usefixtures("clean")
def test_a_name_that_another_module_has_is_left_to_it(folder: Path) -> None:
    (folder / "json.py").write_text("import millstream as gr\nwith gr.Blocks(title=__name__) as demo:\n    pass\n")
    known = sys.modules["json"]
    assert declared(f"{folder / 'json.py'}:demo").app.title == "script_json"
    assert sys.modules["json"] is known
    assert "script_json" not in sys.modules
