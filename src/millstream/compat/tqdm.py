"""The bars of the `tqdm` package, made by whatever library, as bars of the call that is running."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Final, Protocol, TypeAlias

MODULE: Final = "tqdm.std"
"""All of tqdm's own variants are subclasses of the class in this module."""

PATCHED: Final = ("__init__", "update", "close")
"""tqdm's loop calls `update` about ten times a second, and `close` at its end: these three see everything."""


class ShownBar(Protocol):
    """A bar of ours that stands for one of tqdm's."""

    desc: str | None
    total: float | None
    unit: str
    n: float

    def update(self, n: float = 1) -> None: ...

    def close(self) -> None: ...


MakeBar: TypeAlias = Callable[[], ShownBar]

_make: ContextVar[MakeBar | None] = ContextVar("make", default=None)
_lock = threading.Lock()
_originals: dict[str, Any] = {}
_users = 0


def load() -> None:
    """Import tqdm, if it is installed: later, on an event loop, that would take too long."""
    if importlib.util.find_spec("tqdm") is not None:
        importlib.import_module(MODULE)


@contextmanager
def shown(make: MakeBar) -> Iterator[None]:
    """Show, by bars that `make` gives, what tqdm draws inside, in this thread or task and nowhere else.

    Without tqdm there is nothing to be shown. Its class is as it was when nobody is inside any more.
    """
    module = sys.modules.get(MODULE)
    if module is None:
        yield
        return
    token = _make.set(make)
    _enter(module)
    try:
        yield
    finally:
        _leave(module)
        _make.reset(token)


def _enter(module: ModuleType) -> None:
    global _users  # noqa: PLW0603  # the class that is changed is as global
    with _lock:
        _users += 1
        if _users == 1:
            kind = module.tqdm
            _originals.update({name: vars(kind)[name] for name in PATCHED})
            for name, wrap in zip(PATCHED, (_made, _updated, _closed), strict=True):
                setattr(kind, name, wrap(_originals[name]))


def _leave(module: ModuleType) -> None:
    global _users  # noqa: PLW0603
    with _lock:
        _users -= 1
        if _users == 0:
            for name in PATCHED:
                setattr(module.tqdm, name, _originals.pop(name))


def _made(original: Any) -> Callable[..., None]:
    def init(bar: Any, *args: Any, **keywords: Any) -> None:
        make = _make.get()
        if make is not None and keywords.get("disable", False) is None:
            # "Only on a terminal": the page is as good as one, but the log is none.
            keywords.update(disable=False, file=_Silent())
        _bound(original, bar)(*args, **keywords)
        if make is not None and not bar.disable:
            bar.millstream = make()
            _follow(bar)

    return init


def _updated(original: Any) -> Callable[..., object]:
    def update(bar: Any, n: float | None = 1) -> object:
        drawn: object = _bound(original, bar)(n)
        _follow(bar)
        return drawn

    return update


def _closed(original: Any) -> Callable[..., None]:
    def close(bar: Any) -> None:
        _follow(bar)
        if (mine := _mine(bar)) is not None:
            mine.close()
        _bound(original, bar)()

    return close


def _bound(original: Any, bar: Any) -> Callable[..., Any]:
    """Give a method of a bar, whatever kind of attribute its class holds: tqdm's constructor is not a function."""
    method: Callable[..., Any] = original.__get__(bar, type(bar))
    return method


def _follow(bar: Any) -> None:
    if (mine := _mine(bar)) is not None:
        mine.desc, mine.unit = (bar.desc or "").removesuffix(": "), bar.unit
        mine.total = bar.total
        mine.update(bar.n - mine.n)


def _mine(bar: Any) -> ShownBar | None:
    mine: ShownBar | None = vars(bar).get("millstream")
    return mine


class _Silent:
    """A file that nothing is seen of."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """There is nothing to be written."""
