"""The last requests of a server that is replaced, while others accept on the same socket."""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from typing import Final

from millstream.server.process.protocols import BoundedHttp

ACCEPTED_S: Final = (0.2, 0.8)
"""How long at least, and at most, connections that were accepted may take to send their first request."""

LOOK_S: Final = 0.02


async def settle(connections: AbstractSet[object], until: float) -> None:
    """Wait for the first request of each connection, and have each closed after the one that it serves.

    Args:
        connections: All connections of the server; those of pages are left alone.
        until: The end of the wait in any case, on the clock of the loop.
    """
    loop = asyncio.get_running_loop()
    least, most = (min(loop.time() + seconds, until) for seconds in ACCEPTED_S)
    while loop.time() < most and (loop.time() < least or any(map(_is_fresh, connections))):  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(LOOK_S)
    for connection in list(connections):
        if isinstance(connection, BoundedHttp):
            connection.shutdown()


def _is_fresh(connection: object) -> bool:
    return isinstance(connection, BoundedHttp) and connection.cycle is None
