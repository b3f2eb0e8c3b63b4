"""Snapshots in memory: the store of several gateways in one process."""

from __future__ import annotations

import asyncio

from millstream.runtime.state.snapshot_store import SnapshotOwner
from millstream.snapshot_table import SnapshotTable


class MemorySnapshots:
    """Keeps the snapshots of hosts that live on one loop; each gets a way of its own with `connect`.

    Attributes:
        table: All snapshots.
    """

    def __init__(self) -> None:
        self.table = SnapshotTable[MemorySnapshotStore]()

    def connect(self) -> MemorySnapshotStore:
        """Make one gateway's `SnapshotStore`."""
        return MemorySnapshotStore(self.table)


class MemorySnapshotStore:
    """A `SnapshotStore` without a broker."""

    def __init__(self, table: SnapshotTable[MemorySnapshotStore]) -> None:
        self._table = table
        self._owner: SnapshotOwner | None = None
        self._loop = asyncio.get_running_loop()

    def attach(self, owner: SnapshotOwner) -> None:
        self._owner = owner

    def put(self, key: bytes, head: bytes, body: bytes | None = None) -> None:
        if not self._table.put(self, key, head, body, self._loop.time()):
            self.tell_taken(key)

    async def take(self, key: bytes) -> tuple[bytes, bytes] | None:
        taken = self._table.take(self, key, self._loop.time())
        if taken is None:
            return None
        taken.before.tell_taken(key)
        return taken.head, taken.body

    def drop(self, key: bytes) -> None:
        self._table.drop(self, key, self._loop.time())

    def leave(self) -> None:
        """Be gone, as a gateway that was killed."""
        self._table.leave(self, self._loop.time())

    def tell_taken(self, key: bytes) -> None:
        """Tell the gateway, soon, that a session is not its own any more."""
        if self._owner is not None:
            self._loop.call_soon(self._owner.taken, key)
