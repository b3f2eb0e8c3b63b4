"""The first words to a page: the welcome, and the values that are not in its manifest."""

from __future__ import annotations

from collections.abc import Iterator

from millstream import codecs
from millstream.runtime.clock import server_us
from millstream.runtime.state.addresses import addressed, file_value
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.initial import Initial
from millstream.runtime.state.values import Values
from millstream.types import Blob
from millstream.wire.messages import Value, Welcome
from millstream.wire.packet import VERSION


def welcome(build: str, secret: str, page_us: int = 0, seen: int | None = None) -> Welcome:
    """Make the answer to a page that has come, or that has come back.

    Args:
        build: The manifest's.
        secret: The session's.
        page_us: What the page's hello said of its clock.
        seen: The last sequence of a page that has come back which was acted upon; `None` for a new one.
    """
    return Welcome(
        version=VERSION,
        build=build,
        session=secret,
        server_us=server_us(),
        page_us=page_us,
        resumed=seen is not None,
        seen=seen or 0,
        decodes=sorted(codecs.special()),
    )


def initial_updates(initial: Initial, values: Values, store: SessionFiles) -> Iterator[tuple[int, Value]]:
    """Give the values that differ from those in the page's manifest; each fits into a message, not all together."""
    for number in sorted(initial.shown):
        value, stored = initial.shown.pop(number), values[number]
        if isinstance(stored, Blob):
            yield number, file_value(store.add(stored), stored)
        else:
            store.hold(values.component(number).files(stored), number)
            yield number, addressed(value, store)
