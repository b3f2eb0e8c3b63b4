"""The first words of a page and to it: its hello, the welcome, and the values that are not in its manifest."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterator
from typing import Final

from millstream import codecs
from millstream.errors import ProtocolError
from millstream.runtime.state.addresses import addressed, file_value
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.initial import Initial
from millstream.runtime.state.values import Values
from millstream.types import Blob, Transport
from millstream.wire.encoding import decode_page_message
from millstream.wire.messages import Hello, Refuse, Value, Welcome
from millstream.wire.packet import VERSION, is_packet

BUSY: Final = Refuse(code="busy", message="The app has too many visitors right now. This page keeps trying.")


async def greeted(transport: Transport, timeout_s: float) -> Hello:
    """Wait for a page's hello.

    Raises:
        ProtocolError: It said something else, or nothing in time.
    """
    try:
        async with asyncio.timeout(timeout_s):
            message = await transport.receive()
    except TimeoutError:
        raise ProtocolError("the page said nothing", 1008) from None
    hello = None if is_packet(message) else decode_page_message(message)
    if not isinstance(hello, Hello):
        raise ProtocolError("the page did not begin with hello")
    return hello


def refusal(hello: Hello, builds: Container[str], *, is_ready: bool) -> Refuse | None:
    """Say why a page is not served at all: it is of another version, or the app is not ready; `None` if it may be."""
    if hello.version != VERSION or (hello.build and hello.build not in builds):
        return Refuse(code="version", message="The app has been updated; please reload the page.")
    if not is_ready:
        return Refuse(code="shutdown", message="The app is being restarted; try again in a moment.")
    return None


def welcome(build: str, secret: str, clocks_us: tuple[int, int], resume: str) -> Welcome:
    """Make the answer to a page that has come.

    Args:
        build: The manifest's.
        secret: The session's.
        clocks_us: What the page's hello said of its clock, and when that was on the server's.
        resume: The token for its return; empty if there is none.
    """
    return Welcome(
        version=VERSION,
        build=build,
        session=secret,
        server_us=clocks_us[1],
        page_us=clocks_us[0],
        resume=resume,
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
