"""Bounded buffers, each with the policy that `keep` names; `All` keeps everything or refuses more. See `latest.py`.

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
    """Base of the policies: items come out in the order in which they were put in.

    Attributes:
        needs_key: Whether deltas are being dropped: time to ask the sender for a key item.
        queue: The waiting items, each with its duration in seconds; read-only.
    """

    def __init__(self) -> None:
        self.queue: deque[tuple[Item, float]] = deque()
        self._put = self._taken = self._dropped = 0
        self._is_closed = False
        self.needs_key = False

    @abstractmethod
    def put(self, item: Item, *, seconds: float = 0.0) -> None:
        """Offer an item that lasts `seconds` (0 for a frame). Never blocks.

        Raises:
            LaneClosed: `close` was called.
            BacklogExceeded: The policy keeps everything and the bound is reached; the item was not taken in.
        """

    @abstractmethod
    def take_all(self) -> list[Item]:
        """Take everything that waits, in order: to be joined (audio), or decoded in turn and the last one used.

        Raises:
            LaneClosed: None waits and none will come any more.
        """

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
        return self.queue.popleft()[0]

    def clear(self) -> None:
        """Drop everything that waits, and count it as dropped."""
        self._dropped += len(self.queue)
        self.queue.clear()

    def lose(self) -> None:
        """Note that an item is missing, so that items that build on it are useless."""

    def close(self) -> None:
        """Accept nothing more. What waits can still be taken. Closing twice is allowed."""
        self._is_closed = True

    def __len__(self) -> int:
        return len(self.queue)

    @property
    def seconds(self) -> float:
        """The duration of all that waits."""
        return sum(seconds for _, seconds in self.queue)

    @property
    def size(self) -> int:
        """The bytes of all that waits."""
        return sum(len(item.payload) for item, _ in self.queue)

    def statistics(self) -> LaneStatistics:
        """Count the items that came, went and wait."""
        return LaneStatistics(self._put, self._taken, self._dropped, len(self), self.seconds, self.size)


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

    def put(self, item: Item, *, seconds: float = 0.0) -> None:
        if self._is_closed:
            raise LaneClosed("put into a closed lane")
        if self.queue:
            self._check(item, seconds)
        elif len(item.payload) > self._max_bytes:
            raise self._too_large(len(item.payload))
        self.queue.append((item, seconds))
        self._put += 1

    def take_all(self) -> list[Item]:
        if not self.queue and self._is_closed:
            raise LaneClosed("the lane is closed and empty")
        items = list(map(_first, self.queue))
        self.queue.clear()
        self._taken += len(items)
        return items

    def _check(self, item: Item, seconds: float) -> None:
        """Refuse an item that would exceed a bound, behind others that wait."""
        if (all_s := self.seconds + seconds) > self._max_seconds:
            raise BacklogExceeded(
                f"{all_s:.1f} s wait for the handler and {self._max_seconds:g} s are allowed: "
                "make the handler faster, or raise max_backlog"
            )
        if (size := self.size + len(item.payload)) > self._max_bytes:
            raise self._too_large(size)
        if len(self.queue) >= self._max_count:
            raise BacklogExceeded(f"{len(self.queue)} packets wait for the handler and no more are allowed")

    def _too_large(self, size: int) -> BacklogExceeded:
        return BacklogExceeded(f"{size} bytes wait for the handler and {self._max_bytes} are allowed")
