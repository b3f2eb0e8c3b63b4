"""Runs a user's program as Python would, and finds the app in it."""

from __future__ import annotations

import difflib
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, NamedTuple

import millstream
from millstream.declare.app_source import MAIN, module_name
from millstream.errors import MillstreamError

if TYPE_CHECKING:
    from millstream.apps.blocks import Blocks
    from millstream.declare.declaration import Declaration
    from millstream.server.gateways.gateway import Gateway
    from millstream.server.versions import Versions

USUAL_NAMES: Final = ("demo", "app")
USUAL_FILES: Final = ("app.py", "demo.py", "main.py", "run.py")


_NOT_THEIRS: Final = (f"{Path(millstream.__file__).parent}{os.sep}", "<frozen ")
"""Files whose lines in a traceback say nothing about the user's program."""


class CommandError(MillstreamError):
    """A mistake in the command line; the message says what to write instead."""


class ProgramError(MillstreamError):
    """A user's program failed while it ran.

    Attributes:
        report: The traceback as Python would have printed it, without our own lines.
    """

    def __init__(self, error: Exception, path: Path) -> None:
        super().__init__(f"{path.name} failed")
        trace: traceback.TracebackException | None
        trace = whole = traceback.TracebackException.from_exception(error)
        while trace is not None:
            trace.stack[:] = [frame for frame in trace.stack if not frame.filename.startswith(_NOT_THEIRS)]
            trace = trace.__cause__ or trace.__context__
        # No line of the program was run, so it could not be parsed: the error itself says where.
        title = "" if whole.stack else "Traceback (most recent call last):\n"
        self.report = "".join(line for line in whole.format() if line != title)


class LoadedApp(NamedTuple):
    """An app, and what its program passes to `launch()`, by name."""

    app: Declaration
    arguments: Mapping[str, object]


def reported(work: Callable[[], int | None]) -> int:
    """Do something with a program, and give the exit code: what is wrong with the program is on standard error."""
    try:
        return work() or 0
    except CommandError as error:
        sys.stderr.write(f"millstream: {error}\n")
    except ProgramError as error:
        sys.stderr.write(error.report)
    return 1


def serve(
    target: str,
    arguments: Mapping[str, object],
    *,
    inbrowser: bool = False,
    gateway: Gateway | None = None,
    versions: Versions | None = None,
) -> None:
    """Serve the app of `FILE` or `FILE:NAME`, until Ctrl-C.

    Without a name, the file runs as under `python FILE`, so that the arguments of its own `launch()` apply; an app that
    it does not launch is launched here.

    Args:
        target: The file, with or without the name of a variable in it.
        arguments: Arguments for `launch()`; they override those in the file.
        inbrowser: Whether to open the page in the browser.
        gateway: The place of this process among several.
        versions: Keeps the sessions for versions that follow when the file is edited.

    Raises:
        CommandError: There is no such file, there is no app in it, or the app cannot be served.
        ProgramError: The program failed.
    """
    from millstream.server.launch import overriding

    path, name = split(target)
    ways = overriding(arguments, inbrowser=inbrowser, gateway=gateway, versions=versions)
    with ways as overrides, _in_place(path, name) as module:
        _run(path, module)
        if name is not None or not overrides.launches:
            _launch(find(vars(module), path, name))


def load(target: str) -> LoadedApp:
    """Run the program of `FILE` or `FILE:NAME` as `serve` does, up to where it would serve its app.

    It stays in the place of this program, so that values of its classes, which other processes send, are found.

    Raises:
        CommandError: There is no such file, or there is no app in it.
        ProgramError: The program failed.
    """
    path, name = split(target)
    module = _module_of(path, name)
    _take_place(module, path)
    return _loaded(path, name, module)


def declared(target: str) -> LoadedApp:
    """Do what `load` does, and take the place back.

    Raises:
        CommandError, ProgramError: See `load`.
    """
    path, name = split(target)
    with _in_place(path, name) as module:
        return _loaded(path, name, module)


def _loaded(path: Path, name: str | None, module: ModuleType) -> LoadedApp:
    from millstream.server.launch import NotServed, overriding

    served: NotServed | None = None
    with overriding({}, serves=False):
        try:
            _run(path, module)
        except ProgramError as error:
            if not isinstance(error.__cause__, NotServed):
                raise
            served = error.__cause__
    app = find(vars(module), path, name) if name is not None or served is None else served.declaration
    return LoadedApp(app, served.arguments if served is not None and served.declaration is app else {})


def _run(path: Path, module: ModuleType) -> None:
    """Run a program as a module.

    Raises:
        ProgramError: It failed.
    """
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), vars(module))  # noqa: S102 - the user's own program
    except Exception as error:
        raise ProgramError(error, path) from error


def _launch(app: Blocks) -> None:
    """Launch an app that its program does not launch.

    Raises:
        CommandError: It cannot be launched, for instance because the port is in use.
    """
    try:
        app.launch()
    except (MillstreamError, OSError, TypeError, ValueError) as error:
        raise CommandError(getattr(error, "strerror", None) or str(error)) from error


def split(target: str) -> tuple[Path, str | None]:
    """Split `FILE` or `FILE:NAME`.

    Raises:
        CommandError: There is no such file.
    """
    file, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier() or Path(target).is_file():
        file, name = target, ""
    path = Path(file)
    if path.is_dir():
        inside = next((f" such as {path / usual}" for usual in USUAL_FILES if (path / usual).is_file()), "")
        raise CommandError(f"{file!r} is a folder; write the path of a Python program in it{inside}")
    if not path.is_file():
        raise CommandError(f"there is no file {file!r}; {_other_file(path, name)}")
    if path.suffix == ".ipynb":
        raise CommandError(f"{path.name} is a notebook: call launch() in it, or save it as a Python program")
    return path.resolve(), name or None


def _other_file(path: Path, name: str) -> str:
    """Suggest the file that may have been meant."""
    beside = [each.name for each in sorted(path.parent.glob("*.py"))] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, beside, n=1)
    if near:
        meant = path.with_name(near[0])
        return f"did you mean {f'{meant}:{name}' if name else str(meant)!r}?"
    return "write the path of a Python program, as in `millstream run app.py`"


def find(found: Mapping[str, object], path: Path, name: str | None) -> Blocks:
    """Find the app among a program's variables: by name, else `demo`, `app`, or the only one.

    Raises:
        CommandError: There is none, or there are several.
    """
    from millstream.apps.blocks import Blocks

    apps = {key: value for key, value in found.items() if isinstance(value, Blocks) and value.parent is None}
    if name is not None:
        wanted = found.get(name)
        if isinstance(wanted, Blocks):
            return wanted
        what = f"is of type {type(wanted).__name__}" if name in found else "is not defined there"
        others = f"its apps are {', '.join(sorted(apps))}" if apps else "name a variable that holds a Blocks"
        raise CommandError(f"{name!r} in {path.name} is not an app: it {what}; {others}")
    for usual in USUAL_NAMES:
        if usual in apps:
            return apps[usual]
    if len({id(app) for app in apps.values()}) == 1:
        return next(iter(apps.values()))
    if not apps:
        raise CommandError(
            f"{path.name} makes no app: put a Blocks, an Interface or a ChatInterface into a variable called demo"
        )
    names = ", ".join(sorted(apps))
    raise CommandError(
        f"{path.name} has several apps ({names}): choose one, as in `millstream run {path.name}:{min(apps)}`"
    )


@contextmanager
def _in_place(path: Path, name: str | None) -> Iterator[ModuleType]:
    """Have a program take the place of this one for the length of the block."""
    module = _module_of(path, name)
    before = sys.argv, list(sys.path), sys.modules.get(module.__name__)
    _take_place(module, path)
    try:
        yield module
    finally:
        sys.argv, sys.path[:], known = before
        if known is None:
            sys.modules.pop(module.__name__, None)
        else:
            sys.modules[module.__name__] = known


def _module_of(path: Path, name: str | None) -> ModuleType:
    """Make the module that a program runs as: without the name of an app, `__main__`."""
    module = ModuleType(MAIN if name is None else module_name(path))
    module.__file__ = str(path)
    return module


def _take_place(module: ModuleType, path: Path) -> None:
    """Set what Python sets for a script: its arguments, the folder of its neighbours, and its module.

    Whoever pickles or unpickles values of its classes finds them in that module.
    """
    sys.argv = [str(path)]
    sys.path.insert(0, str(path.parent))
    sys.modules[module.__name__] = module
