"""A small tree of files, some of which may be shown."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, a temporary directory, and a place outside of both, with files in them."""
    for name in ("cwd/.git", "temp", "outside", "cwd-evil", "temp/stores/mine", "temp/stores/theirs"):
        (tmp_path / name).mkdir(parents=True)
    files = ("cwd/a.png", "cwd/.git/config", "cwd/.env", "temp/b.png", "outside/c.png", "cwd-evil/d.png")
    for name in (*files, "temp/stores/mine/e", "temp/stores/theirs/f"):
        (tmp_path / name).write_bytes(name.encode())
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    return tmp_path
