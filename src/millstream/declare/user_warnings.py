"""The line of the user's program: warnings of keywords that mean nothing here, and of what was put right."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Final

OURS: Final = frozenset({"millstream", "threading", "asyncio", "concurrent"})
"""Packages whose frames are none of the user's program."""

LATER: Final = frozenset({"api_name", "api_names", "api_description", "api_visibility", "show_api"})
"""Keywords about an HTTP API, which is to come: accepted without a word, as there is nothing to be changed."""


def asks_for_nothing(name: str, value: object, neutral: Mapping[str, object]) -> bool:
    """Tell a keyword that is unknown here, but whose value says that it is not wanted, or `...` for any value."""
    if name not in neutral:
        return False
    return neutral[name] is ... or value == neutral[name] or (not neutral[name] and not value)


def asked_for(given: Mapping[str, object]) -> list[str]:
    """Name the keywords that request something: `None` and `False` do not, whatever it is that is not wanted."""
    return [name for name, value in given.items() if value is not None and value is not False]


def warn_ignored(what: str, names: Iterable[str]) -> None:
    """Warn once, at the line of the user's program, that arguments of Gradio's have no meaning here; not of `LATER`."""
    if listed := ", ".join(sorted(set(names) - LATER)):
        warn(f"{what} ignores {listed}: no meaning in Millstream")


def warn(message: str) -> None:
    """Warn, at the line of the user's program, of what can be put right without asking."""
    warnings.warn(message, UserWarning, stacklevel=user_level())


def user_level() -> int:
    """Count the frames up to the first one of the user's program, as `stacklevel` wants it.

    What a handler has returned is looked at in a thread of our own, with no such frame: the level is beyond all then,
    and no line of Python's library is blamed.
    """
    level = 1
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_users(frame):
        level, frame = level + 1, frame.f_back
    return level


def user_scope() -> Mapping[str, object]:
    """Give the global variables of the first caller outside of this package."""
    try:
        return sys._getframe(user_level() - 1).f_globals
    except ValueError:  # there is none
        return {}


def _is_users(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] not in OURS
