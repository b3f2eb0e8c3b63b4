"""Runs the user's program in a replica, up to where it would serve its app."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from millstream.apps.program import ProgramError, find, split
from millstream.server.launch import NotServed, overriding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from millstream.declare.declaration import Declaration


class LoadedApp(NamedTuple):
    """An app, and the arguments of its program's `launch()`."""

    app: Declaration
    arguments: Mapping[str, object]


def load(target: str) -> LoadedApp:
    """Run the program of `FILE` or `FILE:NAME` as Python runs a script, and leave it in place as `__main__`.

    States of its classes, which other replicas send, are found there.

    Raises:
        CommandError: There is no such file, or no app in it.
        ProgramError: The program failed.
    """
    path, name = split(target)
    main = ModuleType("__main__")
    main.__file__ = str(path)
    sys.modules["__main__"] = main
    sys.argv[:] = [str(path)]
    sys.path.insert(0, str(path.parent))
    served: NotServed | None = None
    with overriding({}, serves=False):
        try:
            exec(compile(path.read_bytes(), str(path), "exec"), vars(main))  # noqa: S102 - the operator's own program
        except NotServed as found:
            served = found
        except Exception as error:
            raise ProgramError(error, path) from error
    app = find(vars(main), path, name) if name is not None or served is None else served.declaration
    return LoadedApp(app, served.arguments if served is not None and served.declaration is app else {})
