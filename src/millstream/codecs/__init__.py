"""Codecs of the wire. Each is a module here, found by its name, that is a `Codec` and has a `NUMBER` for the wire.

A codec can be imported without any package beyond the library's own dependencies: such a package is imported, and its
absence explained, when a decoder or encoder is opened. A codec that needs one names it as `PACKAGE`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import cast

from millstream.errors import MediaError
from millstream.types import Codec
from millstream.wire.packet import COMMON_CODECS


def load(name: str) -> Codec:
    """Find a codec by its name.

    Raises:
        MediaError: There is no such codec.
    """
    for codec in _codecs().values():
        if name == codec.NAME:
            return codec
    known = ", ".join(sorted(codec.NAME for codec in _codecs().values()))
    raise MediaError(f"there is no codec {name!r}; there are {known}")


def by_number(number: int) -> Codec:
    """Find a codec by its number on the wire.

    Raises:
        MediaError: There is no such codec.
    """
    codec = _codecs().get(number)
    if codec is None:
        raise MediaError(f"there is no codec with number {number}")
    return codec


def special() -> frozenset[int]:
    """Return the numbers of codecs that not every page and server has: they are negotiated before use."""
    return frozenset(_installed(tuple(_codecs().values()))) - COMMON_CODECS


@cache
def _installed(known: tuple[Codec, ...]) -> tuple[int, ...]:
    return tuple(codec.NUMBER for codec in known if find_spec(getattr(codec, "PACKAGE", "millstream")) is not None)


@cache
def _codecs() -> dict[int, Codec]:
    """Import all modules of this package; a module without a number is not a codec."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.NUMBER: cast("Codec", module) for module in modules if hasattr(module, "NUMBER")}
