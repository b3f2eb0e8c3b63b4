"""Where handlers run. An engine is a module here, found by its name, with a class `Engine`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Final, cast

from millstream.errors import DeclarationError, nearest
from millstream.jobs import Engine

NAMES: Final = tuple(sorted(each.name for each in iter_modules(__path__)))
"""The names of all engines."""


def load(name: str) -> Engine:
    """Make the engine called `name`.

    Raises:
        DeclarationError: There is no engine of that name.
    """
    check(name)
    return cast("Engine", import_module(f"{__name__}.{name}").Engine())


def check(name: str, where: str = "") -> None:
    """Check that there is an engine called `name`.

    Args:
        name: What was given.
        where: What messages call the event, or function, that it was given to.

    Raises:
        DeclarationError: There is none.
    """
    if name not in NAMES:
        said = f"{where}: " if where else ""
        raise DeclarationError(
            f"{said}engine {name!r} does not exist; there are {', '.join(NAMES)}{nearest(name, NAMES)}"
        )


def imports_app(name: str) -> bool:
    """Tell whether an engine runs handlers in processes that have to import the app."""
    return bool(getattr(import_module(f"{__name__}.{name}"), "IMPORTS_APP", False))
