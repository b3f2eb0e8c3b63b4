"""The broker of an app in an actor of Ray: the same as in a process of its own, heard by long polls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from millstream.broker.broker import Broker, Peer
from millstream.errors import ProtocolError

logger = logging.getLogger("millstream.broker")

LISTEN_S: Final = 1.0
"""How long a call of a gateway, to hear something, takes at most."""

SILENT_S: Final = 2.5
"""A gateway that has not called for so long is lost."""

IDLE_S: Final = 600.0
"""Without gateways for so long, the app is gone, and the broker with it."""


@dataclass(eq=False)
class Line:
    """One gateway's connection.

    Attributes:
        called_at: When the gateway has called last.
        peer: What it is to the broker.
        waiting: Messages for the gateway.
        news: Set when there are some, or the line was cut.
    """

    called_at: float
    peer: Peer = field(init=False)
    waiting: list[bytes] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, message: bytes) -> None:
        """Keep a message for the next call."""
        self.waiting.append(message)
        self.news.set()


class BrokerActor:
    """Serves the replicas of an app; all methods belong to the loop of the actor.

    Args:
        broker: What is asked.
        leave: Ends the actor for good.
    """

    def __init__(self, broker: Broker, leave: Callable[[], None]) -> None:
        self._broker, self._leave = broker, leave
        self._lines: dict[str, Line] = {}
        self._loop = asyncio.get_running_loop()
        self._idle_since = self._loop.time()
        self._loop.call_later(LISTEN_S, self._check)

    async def tell(self, line: str, messages: Sequence[bytes]) -> None:
        """Take messages of a gateway on a line that it has named; the first message there is `Enrol`.

        Raises:
            ProtocolError: It makes no sense: the line is cut.
        """
        found = self._lines.get(line) or self._opened(line)
        found.called_at = self._loop.time()
        try:
            for data in messages:
                found.peer.receive(data)
        except ProtocolError:
            self._cut(line)
            raise

    async def hear(self, line: str) -> list[bytes]:
        """Wait, for `LISTEN_S` at most, for messages to a gateway, and give them in order.

        Raises:
            ProtocolError: The line was cut, or is none of this broker's.
        """
        found = self._known(line)
        found.called_at = self._loop.time()
        if not found.waiting:
            found.news.clear()
            try:
                async with asyncio.timeout(LISTEN_S):
                    await found.news.wait()
            except TimeoutError:
                return []
        given, self._known(line).waiting = found.waiting, []
        return given

    def _opened(self, line: str) -> Line:
        opened = self._lines[line] = Line(self._loop.time())
        opened.peer = self._broker.connect(opened.send, lambda: self._cut(line))
        return opened

    def _known(self, line: str) -> Line:
        found = self._lines.get(line)
        if found is None:
            raise ProtocolError("this broker does not know the line: enrol again")
        return found

    def _cut(self, line: str) -> None:
        found = self._lines.pop(line, None)
        if found is not None:
            found.news.set()
            found.peer.lost()

    def _check(self) -> None:
        """Cut the lines of gateways that are silent; leave when there have been none for long."""
        now = self._loop.time()
        for line in [line for line, found in self._lines.items() if found.called_at + SILENT_S < now]:
            logger.warning("gateway %s is lost", self._lines[line].peer.gateway)
            self._cut(line)
        if self._lines:
            self._idle_since = now
        elif self._idle_since + IDLE_S < now:
            self._leave()
        self._loop.call_later(LISTEN_S, self._check)
