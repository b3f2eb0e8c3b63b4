"""uvicorn's server without its pauses: it notices at once that it is to end, and that its last connection has ended."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import Final

import uvicorn

TICK_S: Final = 1.0
"""How often the date in the headers of answers is renewed; it has no fractions of seconds."""

LOOK_S: Final = 0.01


class PromptServer(uvicorn.Server):
    """Ends without a pause, and sleeps while nothing happens; uvicorn's own looks ten times a second for either."""

    _should_exit = False
    _wake: Callable[[], object] | None = None

    @property
    def should_exit(self) -> bool:
        """True once the server is to end; may be set in any thread, and by a handler of signals."""
        return self._should_exit

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        self._should_exit = value
        wake = self._wake
        if value and wake is not None:
            try:
                wake()
            except RuntimeError:  # the loop was closed meanwhile
                return

    async def main_loop(self) -> None:
        """Serve until `should_exit` is set."""
        is_over = asyncio.Event()
        self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, is_over.set)
        while not await self.on_tick(0):
            try:
                await asyncio.wait_for(is_over.wait(), TICK_S)
            except TimeoutError:
                continue
        self._wake = None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nothing more, and let requests end, for `config.timeout_graceful_shutdown` seconds at most."""
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            await asyncio.wait_for(self._wait_tasks_to_complete(), self.config.timeout_graceful_shutdown)
        except TimeoutError:
            for task in list(self.server_state.tasks):
                task.cancel("the server ends")
        await self.lifespan.shutdown()

    async def _wait_tasks_to_complete(self) -> None:
        state = self.server_state
        await asyncio.sleep(0)  # connections that are idle have been closed, and end now
        while state.connections or state.tasks:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(LOOK_S)
        for each in self.servers:
            await each.wait_closed()
