"""The module and the variable in which a worker process finds the app."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import millstream as gr
from millstream.declare import app_source
from millstream.declare.app_source import AppSource, find_source, is_worker
from millstream.engines.process.main import check_same
from millstream.errors import DeclarationError
from millstream.jobs import Signature
from millstream.server.launch import launch

with gr.Blocks() as at_top:
    pass

APP = "import millstream as gr\nwith gr.Blocks() as demo:\n    gr.Textbox()\n"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave no module behind, and no worker."""
    monkeypatch.setattr(app_source._processes, "is_worker", False)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    known = set(sys.modules)
    yield
    for name in set(sys.modules) - known:
        if not name.startswith("millstream"):
            del sys.modules[name]


def executed(code: str, **names: object) -> gr.Blocks:
    scope: dict[str, Any] = {"__name__": "__main__", **names}
    exec(code, scope)
    found: gr.Blocks = scope["demo"]
    return found


def test_an_app_of_an_imported_module_is_found_by_its_name() -> None:
    assert find_source(at_top) == AppSource(__name__, None, "at_top", is_main=False)


def test_an_app_of_a_script_is_found_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "shop.py"
    path.write_text(APP)
    assert find_source(executed(APP, __file__=str(path))) == AppSource("shop", str(path), "demo", is_main=True)


def test_an_app_of_a_notebook_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"notebook or at a prompt.*save it as a file"):
        find_source(executed(APP))


def test_an_app_in_a_function_is_refused() -> None:
    with gr.Blocks() as demo:
        pass
    with pytest.raises(DeclarationError, match="no variable at the top level"):
        find_source(demo)


def load(path: Path, code: str) -> Any:
    path.write_text(code)
    return AppSource(path.stem, str(path), "demo", is_main=True).load()


def test_the_import_ends_where_the_app_is_launched_and_serves_nothing(tmp_path: Path) -> None:
    demo = load(tmp_path / "shop.py", f"{APP}demo.launch()\nraise SystemExit('too far')\n")
    assert is_worker()
    assert demo is sys.modules["shop"].demo is sys.modules["__main__"].demo
    assert [element.name for element in demo.walk()] == ["Textbox 'Textbox'"]


def test_an_app_that_goes_on_after_it_was_launched_is_imported_to_its_end(tmp_path: Path) -> None:
    code = f"{APP}app, url, _ = demo.launch(prevent_thread_lock=True)\nlast = url\n"
    load(tmp_path / "shop.py", code)
    assert sys.modules["shop"].last == ""


def test_an_app_that_only_a_script_makes_is_refused_with_the_remedy(tmp_path: Path) -> None:
    code = 'if __name__ == "__main__":\n    demo = 1\n'
    with pytest.raises(DeclarationError, match=r"shop.py has no 'demo'.*move what makes the app out of"):
        load(tmp_path / "shop.py", code)


def test_a_server_launches(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="no argument"):
        launch(at_top, nonsense=1)


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ((Signature("one"), Signature("other")), r"event 1 .* calls two\(\) in the server, but other\(\) in a worker"),
        ((Signature("one"),), "2 events in the server, but 1 in a worker"),
    ],
)
def test_an_app_that_is_another_one_in_a_worker_is_refused(theirs: tuple[Signature, ...], said: str) -> None:
    ours = (Signature("one"), Signature("two"))
    check_same(ours, ours)
    with pytest.raises(DeclarationError, match=said):
        check_same(ours, theirs)
