"""All playbacks of one page, each with its listener."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from millstream.client.listener import Listener
from millstream.errors import Closed
from millstream.wire.messages import Played, Silence
from millstream.wire.packet import Packet


class Listeners:
    """Starts a listener for each playback.

    Args:
        send: Tells the server how far a listener is.
        on_over: Called when a playback is over.
    """

    def __init__(self, send: Callable[[Played], Awaitable[None]], on_over: Callable[[], None]) -> None:
        self._send = send
        self._on_over = on_over
        self._listening: dict[int, tuple[Listener, asyncio.Task[None]]] = {}

    def take(self, packet: Packet) -> Listener | None:
        """Hand a packet to its listener; gives the listener if it is a new one."""
        started = None
        if packet.call not in self._listening:
            started = Listener(packet.call, self._send)
            self._listening[packet.call] = started, asyncio.get_running_loop().create_task(self._listen(started))
        self._listening[packet.call][0].take(packet)
        return started

    async def silence(self, message: Silence) -> None:
        """End a playback at once, and say how much of it was heard."""
        if message.playback in self._listening:
            listener, listening = self._listening[message.playback]
            listening.cancel()
            await listener.fall_silent()

    def cancel(self) -> None:
        """End all playbacks, and say nothing."""
        for _, listening in self._listening.values():
            listening.cancel()

    async def _listen(self, listener: Listener) -> None:
        try:
            await listener.listen()
        except Closed:
            return  # nobody is to be told any more
        finally:
            self._on_over()
