"""The two clocks of a session: the server's, and the page's as the server knows it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

COMPARED: Final = 8
"""How many of the last comparisons are kept; the fastest of them tells the offset."""


def server_us() -> int:
    """Read the server's monotonic clock: that of the running loop, in microseconds."""
    return int(asyncio.get_running_loop().time() * 1_000_000)


class PageClock:
    """Translates times of one page's clock, within half a round trip.

    Both times of a comparison are one-way: the page's time was read before the message travelled. So the smallest
    difference seen is nearest to the truth, and what is late by it is late on the way.
    """

    def __init__(self) -> None:
        self._offsets: deque[int] = deque(maxlen=COMPARED)

    def compare(self, page_us: int, now_us: int) -> None:
        """Note that a message said `page_us` when it came in at `now_us` of the server's clock."""
        self._offsets.append(now_us - page_us)

    def to_server_us(self, page_us: int) -> int:
        """Translate a time of the page; before the first comparison it is taken as it is."""
        return page_us + (min(self._offsets) if self._offsets else 0)

    def age_s(self, page_us: int, now_us: int) -> float:
        """Say how long ago something happened in the page, without the time the fastest message takes; at least 0."""
        return max(now_us - self.to_server_us(page_us), 0) / 1_000_000
