"""`millstream run --reload`: the program is run again after each edit, and open pages go on in the new version."""

from __future__ import annotations

import logging
import sys
import sysconfig
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Final

import millstream
from millstream import installation
from millstream.apps.program import CommandError, ProgramError, declared, serve, split
from millstream.errors import MillstreamError
from millstream.server.options import ServerOptions
from millstream.server.versions import Versions

logger = logging.getLogger("millstream")

DEBOUNCE_MS: Final = 100
"""Editors write a file in several steps: what comes within this time is one edit."""

_LIBRARIES: Final = tuple(
    {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {Path(millstream.__file__).resolve().parent}
)
_SUFFIXES: Final = (".py", ".css", ".js", ".html", ".md")


def serve_reloading(target: str, arguments: Mapping[str, object], *, inbrowser: bool = False) -> None:
    """Serve the app of `FILE` or `FILE:NAME` as `serve` does, and follow each edit of it and of what it imports.

    Raises:
        CommandError: There is no such file, no app in it, or watchfiles is not installed.
        ProgramError: The program failed when it was first run.
    """
    try:
        import watchfiles  # noqa: F401
    except ModuleNotFoundError as error:
        raise CommandError(f"--reload needs watchfiles: {installation.extra_command('reload')}") from error
    path, _ = split(target)
    reloader = Reloader(target, path, arguments, Versions())
    threading.Thread(target=reloader.watch, name="millstream-reload", daemon=True).start()
    serve(target, arguments, inbrowser=inbrowser, versions=reloader.versions)


class Reloader:
    """Runs a program again when a file of it has changed.

    Args:
        target: `FILE` or `FILE:NAME`.
        path: The file.
        arguments: Arguments for `launch()` that override those in the file.
        versions: Serves the app.
    """

    def __init__(self, target: str, path: Path, arguments: Mapping[str, object], versions: Versions) -> None:
        self.versions = versions
        self._target, self._path, self._arguments = target, path, arguments

    def watch(self) -> None:
        """Follow edits until the program ends. Runs in a thread of its own."""
        self.versions.begun.wait()  # the program has imported its modules by then
        while True:
            folders = self._folders()
            self._follow(folders)

    def _folders(self) -> list[Path]:
        return _outermost([self._path.parent, *(Path(str(each.__file__)).parent for each in user_modules().values())])

    def _follow(self, folders: list[Path]) -> None:
        """Follow edits in folders, until the program imports modules from further ones."""
        from watchfiles import watch

        for changes in watch(*folders, debounce=DEBOUNCE_MS, step=20, raise_interrupt=False):
            changed = {Path(name).resolve() for _, name in changes if name.endswith(_SUFFIXES)}
            if changed:
                self.reload(changed)
            if self._folders() != folders:
                return

    def reload(self, changed: Iterable[Path]) -> None:
        """Run the program again; if it fails, the version before goes on, and the developer's pages say why."""
        names = ", ".join(sorted(path.name for path in changed))
        forget(changed)
        try:
            declaration, given = declared(self._target)
            merged = {name: value for name, value in {**given, **self._arguments}.items() if value is not None}
            self.versions.replace(declaration, ServerOptions.resolve(merged))
        except ProgramError as error:
            self._say(names, error.report)
        except (MillstreamError, OSError, TypeError, ValueError, RuntimeError) as error:
            self._say(names, f"{type(error).__name__}: {error}")
        else:
            sys.stderr.write(f"* Reloaded after an edit of {names}.\n")

    def _say(self, names: str, report: str) -> None:
        sys.stderr.write(f"{report.rstrip()}\n* The edit of {names} does not run: the app goes on as it was.\n")
        self.versions.tell(f"The edit of {names} does not run", report)


def user_modules() -> dict[str, ModuleType]:
    """Give the modules that are the user's own: in Python, and in no folder of libraries."""
    return {name: module for name, module in list(sys.modules.items()) if name != "__main__" and _is_users(module)}


def forget(changed: Iterable[Path]) -> None:
    """Let modules whose files have changed be imported again, and those that use them."""
    modules = user_modules()
    files = set(changed)
    stale = {name for name, module in modules.items() if Path(str(module.__file__)).resolve() in files}
    while more := {name for name, module in modules.items() if name not in stale and stale & set(_used_by(module))}:
        stale |= more
    for name in stale:
        sys.modules.pop(name, None)


def _used_by(module: ModuleType) -> Iterator[str]:
    """Name the modules that a module has imported, or has something of."""
    for value in list(vars(module).values()):
        if isinstance(value, ModuleType):
            yield value.__name__
        elif isinstance(home := getattr(value, "__module__", None), str):
            yield home


def _is_users(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py"):
        return False
    path = Path(file).resolve()
    return not any(path.is_relative_to(folder) for folder in _LIBRARIES)


def _outermost(folders: Iterable[Path]) -> list[Path]:
    """Leave out folders that are in others."""
    known = {folder.resolve() for folder in folders}
    return sorted(folder for folder in known if not any(parent in known for parent in folder.parents))
