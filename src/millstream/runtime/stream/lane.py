"""Bounded buffers with a named policy: `Latest` keeps the freshest items, `All` keeps everything or refuses more.

A lane is plain data: it has no loop and no clock, and its writer wakes its reader. It belongs to one thread (the event
loop's).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Generic, Protocol, TypeVar

from millstream.errors import BacklogExceeded, LaneClosed
from millstream.wire.packet import INDEPENDENT, KEY

MAX_DEPENDENT: Final = 64
"""Packets of a delta codec that may wait in a `Latest`: two seconds of video."""

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_COUNT: Final = 1024


class LaneItem(Protocol):
    """The part of an item that a lane needs to know; a `Packet` is one."""

    @property
    def payload(self) -> bytes | memoryview: ...

    @property
    def flags(self) -> int:
        """`KEY` if it can be decoded without the items before it, `INDEPENDENT` if no later item needs it."""


_first = itemgetter(0)

Item = TypeVar("Item", bound=LaneItem)


@dataclass(frozen=True, slots=True)
class LaneStatistics:
    """Counters since the lane was made: `put == taken + dropped + waiting`, always.

    Attributes:
        put: Items that were accepted.
        taken: Items that were handed on.
        dropped: Items that were replaced, cleared or skipped.
        waiting: Items in the lane now.
        waiting_s: Their duration in seconds, as given to `put`.
        waiting_bytes: The size of their payloads.
    """

    put: int
    taken: int
    dropped: int
    waiting: int
    waiting_s: float
    waiting_bytes: int


class Lane(ABC, Generic[Item]):
    """Base of both policies: items come out in the order in which they were put in.

    Attributes:
        needs_key: Whether deltas are being dropped: time to ask the sender for a key item.
        queue: The waiting items, each with its duration in seconds; read-only.
    """

    def __init__(self) -> None:
        self.queue: deque[tuple[Item, float]] = deque()
        self._put = self._taken = self._dropped = 0
        self._seconds = 0.0
        self._bytes = 0
        self._is_closed = False
        self.needs_key = False

    def put(self, item: Item, *, seconds: float = 0.0) -> None:
        """Offer an item that lasts `seconds` (0 for a frame). Never blocks.

        Raises:
            LaneClosed: `close` was called.
            BacklogExceeded: The policy keeps everything and the bound is reached; the item was not taken in.
        """
        if self._is_closed:
            raise LaneClosed("put into a closed lane")
        if self._makes_room(item, seconds):
            self.queue.append((item, seconds))
            self._seconds += seconds
            self._bytes += len(item.payload)
        else:
            self._dropped += 1
        self._put += 1

    @abstractmethod
    def _makes_room(self, item: Item, seconds: float) -> bool:
        """Apply the policy: drop the items that this one replaces; true if it is accepted."""

    def take(self) -> Item | None:
        """Take the oldest waiting item; `None` if there is none yet.

        Raises:
            LaneClosed: None waits and none will come any more.
        """
        if not self.queue:
            if self._is_closed:
                raise LaneClosed("the lane is closed and empty")
            return None
        self._taken += 1
        return self._remove_oldest()

    def take_all(self) -> list[Item]:
        """Take everything that waits, in order: to be joined (audio), or decoded in turn and the last one used.

        Raises:
            LaneClosed: None waits and none will come any more.
        """
        if not self.queue and self._is_closed:
            raise LaneClosed("the lane is closed and empty")
        items = list(map(_first, self.queue))
        self.queue.clear()
        self._taken += len(items)
        self._seconds, self._bytes = 0.0, 0
        return items

    def clear(self) -> None:
        """Drop everything that waits, and count it as dropped."""
        while self.queue:
            self._remove_oldest()
            self._dropped += 1

    def lose(self) -> None:
        """Note that an item is missing, so that items that build on it are useless."""

    def close(self) -> None:
        """Accept nothing more. What waits can still be taken. Closing twice is allowed."""
        self._is_closed = True

    def __len__(self) -> int:
        return len(self.queue)

    def statistics(self) -> LaneStatistics:
        """Count the items that came, went and wait."""
        return LaneStatistics(self._put, self._taken, self._dropped, len(self), self._seconds, self._bytes)

    def _remove_oldest(self) -> Item:
        return self._forget(*self.queue.popleft())

    def _forget(self, item: Item, seconds: float) -> Item:
        self._bytes -= len(item.payload)
        # An empty lane starts from an exact zero again: rounding errors must not add up over a long stream.
        self._seconds = self._seconds - seconds if self.queue else 0.0
        return item


class Latest(Lane[Item]):
    """The newest item wins.

    An item replaces those before it as far as nothing that may still come needs them: the independent one right before
    it goes, and everything goes before a key item on which later ones build. Dependent items stay, in order. More than
    `max_dependent` of them means that the reader has stalled: all are dropped, and so are those that follow, until a
    key item comes (see `needs_key`).
    """

    def __init__(self, max_dependent: int = MAX_DEPENDENT) -> None:
        super().__init__()
        self._max_dependent = max_dependent
        self._builds = False

    def lose(self) -> None:
        """Note that an item is missing: if later ones build on it they are dropped until a key item comes."""
        if self._builds and not (self.queue and self.queue[0][0].flags & KEY):
            self.clear()
            self.needs_key = True

    def _makes_room(self, item: Item, seconds: float) -> bool:
        self._builds = self._builds or not item.flags & INDEPENDENT
        if not self._builds:  # so no waiting item is needed
            if self.queue:
                self.clear()
            return True
        is_key = item.flags & KEY != 0
        if self.needs_key and not is_key:
            return False
        if is_key and not item.flags & INDEPENDENT:
            self.needs_key = False
            self.clear()
        elif self.queue and self.queue[-1][0].flags & INDEPENDENT:
            self._forget(*self.queue.pop())
            self._dropped += 1
        if len(self.queue) >= self._max_dependent:
            self.needs_key = True
            self.clear()
        return is_key or not self.needs_key


class All(Lane[Item]):
    """Nothing is lost: an item that would exceed a bound is refused, never dropped silently.

    Args:
        max_seconds: Bound of the waiting duration. A single waiting item may be longer.
        max_bytes: Bound of the waiting payloads.
        max_count: Bound of the number of items.
    """

    def __init__(self, max_seconds: float, max_bytes: int = MAX_BYTES, max_count: int = MAX_COUNT) -> None:
        super().__init__()
        self._max_seconds = max_seconds
        self._max_bytes = max_bytes
        self._max_count = max_count

    def _makes_room(self, item: Item, seconds: float) -> bool:
        size = len(item.payload)
        if self.queue and self._seconds + seconds > self._max_seconds:
            raise BacklogExceeded(
                f"{self._seconds + seconds:.1f} s wait for the handler and {self._max_seconds:g} s are allowed: "
                "make the handler faster, or raise max_backlog"
            )
        if self._bytes + size > self._max_bytes:
            raise BacklogExceeded(f"{self._bytes + size} bytes wait for the handler and {self._max_bytes} are allowed")
        if len(self.queue) >= self._max_count:
            raise BacklogExceeded(f"{len(self.queue)} packets wait for the handler and no more are allowed")
        return True
