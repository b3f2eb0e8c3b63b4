"""Runs a user's program as Python would, and finds the app in it."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from millstream.errors import MillstreamError

if TYPE_CHECKING:
    from millstream.apps.blocks import Blocks

USUAL_NAMES: Final = ("demo", "app")


class CommandError(MillstreamError):
    """The command was used wrongly; the message says what to write instead."""


def serve(target: str, arguments: Mapping[str, object], *, inbrowser: bool = False) -> None:
    """Serve the app of `FILE` or `FILE:NAME`, until Ctrl-C.

    Without a name the file is run as `python FILE` would run it, so that what it passes to `launch()` counts; an app
    that it does not launch is launched here.

    Args:
        target: The file, and perhaps the name of a variable in it.
        arguments: Arguments for `launch()`; they win over those in the file.
        inbrowser: Whether to open the page in the browser.

    Raises:
        CommandError: There is no such file, or no app in it.
    """
    from millstream.server.launch import overriding

    path, name = split(target)
    with overriding(arguments, inbrowser=inbrowser) as overrides, _as_script(path):
        if name is None:
            found = runpy.run_path(str(path), run_name="__main__")
            if overrides.launches:
                return
        else:
            found = runpy.run_path(str(path), run_name=path.stem)
        find(found, path, name).launch()


def split(target: str) -> tuple[Path, str | None]:
    """Take `FILE` or `FILE:NAME` apart.

    Raises:
        CommandError: There is no such file.
    """
    file, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier() or Path(target).is_file():
        file, name = target, ""
    path = Path(file)
    if not path.is_file():
        raise CommandError(
            f"there is no file {file!r}; write the path of a Python program, as in `millstream run app.py`"
        )
    return path.resolve(), name or None


def find(found: Mapping[str, object], path: Path, name: str | None) -> Blocks:
    """Find the app among a program's variables: by name, else `demo`, `app`, or the only one.

    Raises:
        CommandError: There is none, or it is not clear which one is meant.
    """
    from millstream.apps.blocks import Blocks

    if name is not None:
        wanted = found.get(name)
        if isinstance(wanted, Blocks):
            return wanted
        what = f"is of type {type(wanted).__name__}" if name in found else "is not defined there"
        raise CommandError(
            f"{name!r} in {path.name} is no app: it {what}; name a variable that holds a Blocks or Interface"
        )
    apps = {key: value for key, value in found.items() if isinstance(value, Blocks) and value.parent is None}
    for usual in USUAL_NAMES:
        if usual in apps:
            return apps[usual]
    if len({id(app) for app in apps.values()}) == 1:
        return next(iter(apps.values()))
    if not apps:
        raise CommandError(f"{path.name} makes no app: put a Blocks or Interface into a variable called demo")
    names = ", ".join(sorted(apps))
    raise CommandError(
        f"{path.name} has several apps ({names}): choose one, as in `millstream run {path.name}:{min(apps)}`"
    )


@contextmanager
def _as_script(path: Path) -> Iterator[None]:
    """Set `sys.argv` and `sys.path` as Python does for a script: its neighbours can be imported."""
    before = sys.argv, list(sys.path)
    sys.argv = [str(path)]
    sys.path.insert(0, str(path.parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = before
