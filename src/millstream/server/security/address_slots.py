"""Places for work that visitors ask for, shared among their addresses: one that asks for much waits for itself."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from typing import Final

MAX_WAITING: Final = 1024
"""Askers of all addresses that may wait."""


class AddressSlots:
    """Gives places to addresses in turn. Used on the loop.

    Args:
        places: How many there are.
        of_address: How many one address may have at once.
        waiting: How many of one address may wait.
    """

    def __init__(self, places: int, of_address: int, waiting: int) -> None:
        self._free = places
        self._of_address = of_address
        self._most_waiting = waiting
        self._taken: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    async def enter(self, address: str) -> bool:
        """Wait for a place, which `leave` gives back; `False` at once if too many wait already."""
        queue = self._waiting.get(address, ())
        if len(queue) >= self._most_waiting or sum(map(len, self._waiting.values())) >= MAX_WAITING:
            return False
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(place)
        self._admit()
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._forget(address, place)
            else:  # it was given just now
                self.leave(address)
            raise
        return True

    def leave(self, address: str) -> None:
        """Give a place back."""
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
            place = self._waiting[address][0]
            self._forget(address, place)
            if not place.done():
                place.set_result(None)
                self._free -= 1
                self._taken[address] += 1
                if address in self._waiting:
                    self._waiting.move_to_end(address)

    def _forget(self, address: str, place: asyncio.Future[None]) -> None:
        queue = self._waiting.get(address, deque())
        if place in queue:
            queue.remove(place)
        if not queue:
            self._waiting.pop(address, None)
