"""Temporary folders: locked as long as their process lives, and removed after it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from millstream.runtime.state.files import CallFiles
from millstream.runtime.state.path_rules import PathRules
from millstream.runtime.state.temp_folders import PREFIX, TempFolders

KEEPER = """
import sys, tempfile
from millstream.runtime.state.temp_folders import TempFolders
tempfile.tempdir = sys.argv[1]
folders = TempFolders()
folders.make()
(folders.of_session()).mkdir()
print(folders.root, flush=True)
sys.stdin.read()
folders.remove()
"""


@contextmanager
def keeper(temp: Path, *prefix: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Run another process with its own folders in `temp`."""
    command = [*prefix, sys.executable, "-c", KEEPER, str(temp)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_is_removed_at_the_next_start(tree: Path) -> None:
    temp = tree / "temp"
    before = set(temp.iterdir())
    foreign, link = temp / f"{PREFIX}{os.getpid()}-abc", temp / f"{PREFIX}link"
    foreign.mkdir()
    link.symlink_to(tree / "outside")
    with keeper(temp) as (first, its), keeper(temp) as (second, others):
        folders, more = TempFolders(), TempFolders()
        folders.make()
        more.make()
        assert folders.root.stat().st_mode & 0o777 == 0o700
        # Nobody removes what is in use, not even within one process.
        assert all(folder.exists() for folder in (its, others, folders.root, more.root, foreign, link))
        first.kill()
        first.wait()
        assert its.exists()
        third = TempFolders()
        third.make()
        assert its.exists(), "its pages may still come for their files"
        third.remove_orphans()
        assert not its.exists()
        assert all(path.exists() for path in (others, folders.root, foreign, link, tree / "outside/c.png"))
        session = folders.of_session()
        assert not session.exists()
        CallFiles(session, 100, PathRules([], [], folders.root)).temporary("").write_bytes(b"x")
        assert session.stat().st_mode & 0o777 == 0o700
        for one in (folders, more, third):
            one.remove()
            assert not one.root.exists()
        second.communicate("")
        assert not others.exists()
    assert set(temp.iterdir()) - before == {foreign, link}


@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare makes processes with the same number")
def test_processes_with_the_same_number_keep_their_folders(tree: Path) -> None:
    """As two containers have them that share a volume: each sees itself as process 1."""
    apart = ("unshare", "--user", "--map-root-user", "--pid", "--fork")
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces here")
    with keeper(tree / "temp", *apart) as (first, its), keeper(tree / "temp", *apart) as (second, others):
        assert its.exists()
        assert others.exists()
        first.communicate("")
        second.communicate("")
