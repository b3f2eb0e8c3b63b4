"""A replica's connection to a broker that is an actor: a `Transport` of calls."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from millstream.errors import Closed


class BrokerLink:
    """One line to the actor. `BrokerConnection` gives each call a deadline: a node that is lost says nothing.

    Args:
        tell: Says messages on a line; raises `Closed` if that failed.
        hear: Waits, not for long, for messages on a line; raises `Closed` if that failed.
    """

    def __init__(
        self, tell: Callable[[str, Sequence[bytes]], Awaitable[None]], hear: Callable[[str], Awaitable[list[bytes]]]
    ) -> None:
        self._tell, self._hear = tell, hear
        self._line = secrets.token_hex(8)
        self._heard: deque[bytes] = deque()
        self._is_known = asyncio.Event()
        self._is_closed = False

    async def send(self, message: bytes) -> None:
        """Send a message; returns when the broker has it, so that messages arrive in order.

        Raises:
            Closed: The broker is lost, or has cut the line.
        """
        self._check()
        await self._tell(self._line, [message])
        self._is_known.set()

    async def receive(self) -> bytes:
        """Wait for the next message.

        Raises:
            Closed: The broker is lost, or has cut the line.
        """
        await self._is_known.wait()
        while not self._heard:
            self._check()
            self._heard.extend(await self._hear(self._line))
        return self._heard.popleft()

    async def close(self, code: int, reason: str) -> None:
        """Let go of the line; the actor notices that nobody calls any more."""
        self._is_closed = True

    def _check(self) -> None:
        if self._is_closed:
            raise Closed("the line to the broker is closed")
