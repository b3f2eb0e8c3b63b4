"""Slots for work that visitors cause, shared among their addresses: one that asks for much waits for itself."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from typing import Final

MAX_WAITING: Final = 1024
"""Requests of all addresses that may wait."""


class AddressSlots:
    """Gives slots to addresses in turn. Used on the loop.

    Args:
        slots: The number of slots.
        of_address: The most slots that one address may hold at once.
        waiting: The most requests of one address that may wait.
    """

    def __init__(self, slots: int, of_address: int, waiting: int) -> None:
        self._free = slots
        self._of_address = of_address
        self._most_waiting = waiting
        self._taken: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    async def enter(self, address: str) -> bool:
        """Wait for a slot, which `leave` returns; `False` at once if too many are waiting already."""
        queue = self._waiting.get(address, ())
        if len(queue) >= self._most_waiting or sum(map(len, self._waiting.values())) >= MAX_WAITING:
            return False
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(waiter)
        self._admit()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                self._forget(address, waiter)
            else:  # it was granted at this very moment
                self.leave(address)
            raise
        return True

    def leave(self, address: str) -> None:
        """Return a slot."""
        self._free += 1
        self._taken[address] -= 1
        if not self._taken[address]:
            del self._taken[address]
        self._admit()

    def _admit(self) -> None:
        while self._free:
            address = next((one for one in self._waiting if self._taken.get(one, 0) < self._of_address), None)
            if address is None:
                return
            waiter = self._waiting[address][0]
            self._forget(address, waiter)
            if not waiter.done():
                waiter.set_result(None)
                self._free -= 1
                self._taken[address] += 1
                if address in self._waiting:
                    self._waiting.move_to_end(address)

    def _forget(self, address: str, waiter: asyncio.Future[None]) -> None:
        queue = self._waiting.get(address, deque())
        if waiter in queue:
            queue.remove(waiter)
        if not queue:
            self._waiting.pop(address, None)
