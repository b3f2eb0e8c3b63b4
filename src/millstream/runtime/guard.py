"""The edge to users' code: handlers and callbacks may raise anything, and that ends here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def guarded(report: Callable[[BaseException], None]) -> Iterator[None]:
    """Hand whatever the code inside raises to `report`, which logs it. A cancellation goes through."""
    try:
        yield
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the handler call, one of the three edges; `report` logs it
        report(error)
