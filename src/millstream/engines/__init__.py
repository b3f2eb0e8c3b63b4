"""Where handlers run. An engine is a module here, found by its name, with a class `Engine`."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from millstream.errors import DeclarationError
from millstream.jobs import Engine


def load(name: str) -> Engine:
    """Make the engine called `name`.

    Raises:
        DeclarationError: There is no engine of that name.
    """
    module = f"{__name__}.{name}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or find_spec(module) is None:
        raise DeclarationError(f"engine {name!r} does not exist: there is no module {module}")
    return cast("Engine", import_module(module).Engine())
