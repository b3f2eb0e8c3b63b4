"""The modules that are run again after an edit, and what is refused; the rest is in tests/browser/test_reload.py."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from millstream.apps.program import CommandError
from millstream.apps.reloading import Reloader, forget, serve_reloading, user_modules
from millstream.cli import main
from millstream.server.versions import Versions


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program of three modules, of which `page` uses `words`, and `model` neither."""
    (tmp_path / "words.py").write_text("def greeting():\n    return 'Hello'\n")
    (tmp_path / "page.py").write_text("from words import greeting\n")
    (tmp_path / "model.py").write_text("import json\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("words", "page", "model"):
        import_module(name)
    yield tmp_path.resolve()
    for name in ("words", "page", "model"):
        sys.modules.pop(name, None)


def test_what_has_changed_is_imported_again_and_so_is_what_uses_it(folder: Path) -> None:
    forget([folder / "words.py"])
    assert {"words", "page"}.isdisjoint(sys.modules)
    assert "model" in sys.modules  # it keeps what it has loaded


def test_libraries_are_nobodys_own_modules(folder: Path) -> None:
    assert {"words", "page", "model"} <= set(user_modules())
    assert not {
        name for name in user_modules() if name.partition(".")[0] in ("millstream", "numpy", "json", "starlette")
    }


def test_the_folders_of_imported_modules_are_followed(folder: Path, tmp_path: Path) -> None:
    app = tmp_path / "elsewhere" / "app.py"
    app.parent.mkdir()
    app.touch()
    assert folder in Reloader(str(app), app, {}, Versions())._folders()


def test_it_is_refused_together_with_workers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "app.py").touch()
    assert main(["run", str(folder / "app.py"), "--reload", "--workers", "2"]) == 1
    assert "--reload serves from one process: leave --workers out while you edit" in capsys.readouterr().err


def test_without_watchfiles_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(CommandError, match=r"--reload needs watchfiles: .*pip install .*\[reload\]"):
        serve_reloading("app.py", {})


def test_a_broken_edit_is_reported_and_does_not_end_the_watcher(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = folder / "app.py"
    app.write_text("import millstream as gr\n1 / 0\n")
    Reloader(str(app), app, {}, Versions()).reload([app])
    said = capsys.readouterr().err
    assert "line 2" in said
    assert "ZeroDivisionError" in said
    assert "The edit of app.py does not run" in said
