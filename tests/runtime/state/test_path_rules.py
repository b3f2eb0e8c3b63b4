"""Which files of the server's disk may be shown, and to whom."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from millstream.errors import InvalidValue
from millstream.runtime.state.path_rules import PathRules


def checked(tree: Path, path: Path, *, allowed: tuple[str, ...] = (), blocked: tuple[str, ...] = ()) -> Path:
    """Give the path that may be served to the session whose folder is `mine`."""
    stores = tree / "temp" / "stores"
    rules = PathRules([tree / path for path in allowed], [tree / path for path in blocked], stores)
    return rules.check(path, stores / "mine")


@pytest.mark.parametrize("path", ["cwd/a.png", "temp/b.png", "temp/stores/mine/e"])
def test_what_may_be_shown_is_resolved(tree: Path, path: str) -> None:
    assert checked(tree, tree / "cwd" / ".." / path) == (tree / path).resolve()


@pytest.mark.parametrize(
    "path",
    [
        "outside/c.png",
        "cwd/../outside/c.png",
        "cwd-evil/d.png",
        "cwd/.git/config",
        "cwd/.env",
        "temp/stores/theirs/f",
        "temp/stores/mine/../theirs/f",
        "cwd/missing.png",
        "cwd",
    ],
)
def test_what_may_not_be_shown_is_refused_with_the_remedy(tree: Path, path: str) -> None:
    with pytest.raises(InvalidValue, match=r"allowed_paths|check the handler's return value"):
        checked(tree, tree / path)


def test_a_name_that_no_file_can_have_is_refused(tree: Path) -> None:
    with pytest.raises(InvalidValue, match="no file can have that name"):
        checked(tree, Path("a\0b"))


@pytest.mark.parametrize(
    ("path", "said"), [("", "names no file: return a path, or None"), ("pictures", "'pictures' is a folder")]
)
def test_no_path_and_a_folder_are_told_apart(tree: Path, path: str, said: str) -> None:
    (tree / "cwd/pictures").mkdir()
    with pytest.raises(InvalidValue, match=said):
        checked(tree, Path(path))


def test_links_are_followed_before_the_rules_are_applied(tree: Path) -> None:
    (tree / "cwd/link.png").symlink_to(tree / "outside/c.png")
    with pytest.raises(InvalidValue):
        checked(tree, Path("link.png"))
    assert checked(tree, Path("link.png"), allowed=("outside",)).name == "c.png"


def test_a_pipe_is_not_a_file(tree: Path) -> None:
    os.mkfifo(tree / "cwd/pipe")
    with pytest.raises(InvalidValue):
        checked(tree, Path("pipe"))


def test_allowed_and_blocked_paths(tree: Path) -> None:
    assert checked(tree, tree / "outside/c.png", allowed=("outside",)).name == "c.png"
    assert checked(tree, tree / "outside/c.png", allowed=("outside/c.png",)).name == "c.png"
    assert checked(tree, tree / "cwd/.env", allowed=("cwd/.env",)).name == ".env"
    for blocked in ("cwd", "cwd/a.png"):
        with pytest.raises(InvalidValue):
            checked(tree, tree / "cwd/a.png", allowed=("cwd",), blocked=(blocked,))
