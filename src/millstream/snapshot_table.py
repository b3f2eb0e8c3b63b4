"""Snapshots of sessions, by key, and who may put them: pure data, with the time passed in.

Whatever holds the snapshots of an app for its gateways holds one of these. It sees bytes, and hashes of tokens.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

OwnerT = TypeVar("OwnerT")

MAX_BYTES: Final = 512 * 1024 * 1024
"""Bytes of all snapshots together; beyond it those go that were put longest ago."""

MAX_SNAPSHOT_BYTES: Final = 1024 * 1024
"""The largest snapshot of a session. What is in its files and frames is not in its snapshot."""

KEEP_S: Final = 120.0
"""How long a snapshot outlives its owner, and the memory of one that was taken outlives its session."""


class SnapshotOwner(Protocol):
    """A gateway, as its store notifies it; called on its loop."""

    def taken(self, key: bytes) -> None:
        """Another gateway has taken this snapshot: let go of its session."""

    def late(self, key: bytes, head: bytes, body: bytes) -> None:
        """A snapshot has been taken that nobody waits for any more: keep it for its page."""

    def forgotten(self) -> None:
        """The store was restarted and is empty: put all snapshots again."""


class TakenSnapshot(NamedTuple, Generic[OwnerT]):
    """A snapshot that has a new owner: its two parts, and whom it belonged to."""

    head: bytes
    body: bytes
    before: OwnerT


@dataclass(slots=True)
class _Entry(Generic[OwnerT]):
    """The entry of one key; without a body there is nothing to take."""

    owner: OwnerT
    head: bytes = b""
    body: bytes | None = None

    @property
    def size(self) -> int:
        return len(self.head) + len(self.body or b"")


class SnapshotTable(Generic[OwnerT]):
    """The snapshots of one app. A key belongs to who put it first, and from then on to who took it last.

    So a session has one owner: whoever takes its snapshot is the only one who can put the next, and an owner that was
    out of reach meanwhile hears from `put` that it is none any more.

    Args:
        max_bytes: What all of them may take.
        keep_s: How long one is kept when its owner has gone, and how long one that was dropped is remembered.

    Attributes:
        size: Bytes of all of them.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, keep_s: float = KEEP_S) -> None:
        self._max_bytes, self._keep_s = max_bytes, keep_s
        self._entries: OrderedDict[bytes, _Entry[OwnerT]] = OrderedDict()
        self._ends: OrderedDict[bytes, float] = OrderedDict()
        self.size = 0

    @property
    def due(self) -> float | None:
        """When `expire` is to be called next; `None` if nothing waits to be forgotten."""
        return next(iter(self._ends.values()), None)

    def put(self, owner: OwnerT, key: bytes, head: bytes, body: bytes | None, now: float) -> bool:
        """Keep the newest snapshot of a key; with `body=None` the body stays as it was.

        Returns:
            Whether the key is the owner's. If not, nothing is kept: the session is somebody else's now.
        """
        self.expire(now)
        entry = self._entries.setdefault(key, _Entry(owner))
        if entry.owner != owner:
            return False
        self._entries.move_to_end(key)
        self._ends.pop(key, None)
        self.size -= entry.size
        entry.head, entry.body = head, entry.body if body is None else body
        self.size += entry.size
        while self.size > self._max_bytes:
            self._forget(next(iter(self._entries)))
        return True

    def take(self, owner: OwnerT, key: bytes, now: float) -> TakenSnapshot[OwnerT] | None:
        """Give a snapshot to a new owner, whose the key is then; `None` if there is none, or it is its own.

        A new owner that puts none within `keep_s` has failed to restore the session, and is forgotten.
        """
        self.expire(now)
        entry = self._entries.get(key)
        if entry is None or entry.body is None or entry.owner == owner:
            return None
        taken = TakenSnapshot(entry.head, entry.body, entry.owner)
        self.size -= entry.size
        self._entries[key] = _Entry(owner)
        self._end_later(key, now)
        return taken

    def drop(self, owner: OwnerT, key: bytes, now: float) -> None:
        """Forget a snapshot of an owner's own; for a while it is remembered that earlier ones may put none."""
        entry = self._entries.get(key)
        if entry is not None and entry.owner == owner:
            self.size -= entry.size
            entry.head, entry.body = b"", None
            self._end_later(key, now)

    def leave(self, owner: OwnerT, now: float) -> None:
        """Note that an owner has gone: its snapshots wait for somebody who takes them."""
        for key in [key for key, entry in self._entries.items() if entry.owner == owner]:
            if key not in self._ends:
                self._end_later(key, now)

    def expire(self, now: float) -> None:
        """Forget those that nobody has come for in time."""
        while self._ends and next(iter(self._ends.values())) <= now:
            self._forget(next(iter(self._ends)))

    def _end_later(self, key: bytes, now: float) -> None:
        self._ends[key] = now + self._keep_s
        self._ends.move_to_end(key)

    def _forget(self, key: bytes) -> None:
        self.size -= self._entries.pop(key).size
        self._ends.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)
