"""Snapshots in memory: the store of several gateways in one process."""

from __future__ import annotations

import asyncio

from millstream.snapshot_table import SnapshotOwner, SnapshotTable


class MemorySnapshots:
    """Keeps the snapshots of hosts that live on one loop; each gets a way of its own with `connect`.

    Attributes:
        table: All snapshots.
    """

    def __init__(self) -> None:
        self.table = SnapshotTable[MemorySnapshotStore]()
        self._stores: list[MemorySnapshotStore] = []

    def connect(self) -> MemorySnapshotStore:
        """Make one gateway's `SnapshotStore`."""
        store = MemorySnapshotStore(self)
        self._stores.append(store)
        return store

    def forget(self) -> None:
        """Begin anew, as a broker that was started again."""
        self.table = SnapshotTable[MemorySnapshotStore]()
        for store in self._stores:
            store.tell_forgotten()


class MemorySnapshotStore:
    """A `SnapshotStore` without a broker.

    Attributes:
        puts: How often something was put.
    """

    def __init__(self, snapshots: MemorySnapshots) -> None:
        self._snapshots = snapshots
        self.puts = 0
        self._owner: SnapshotOwner | None = None
        self._is_gone = False
        self._loop = asyncio.get_running_loop()

    def attach(self, owner: SnapshotOwner) -> None:
        self._owner = owner

    def put(self, key: bytes, head: bytes, body: bytes | None = None) -> None:
        self.puts += 1
        if not self._is_gone and not self._snapshots.table.put(self, key, head, body, self._loop.time()):
            self.tell_taken(key)

    async def take(self, key: bytes) -> tuple[bytes, bytes] | None:
        taken = self._snapshots.table.take(self, key, self._loop.time())
        if taken is None:
            return None
        taken.before.tell_taken(key)
        return taken.head, taken.body

    def drop(self, key: bytes) -> None:
        if not self._is_gone:
            self._snapshots.table.drop(self, key, self._loop.time())

    def vanish(self) -> None:
        """Be gone without a word, as a gateway that was killed."""
        self._owner, self._is_gone = None, True
        self._snapshots.table.leave(self, self._loop.time())

    def tell_forgotten(self) -> None:
        """Tell the gateway, soon, that nothing of what it put is there any more."""
        if self._owner is not None:
            self._loop.call_soon(self._owner.forgotten)

    def tell_taken(self, key: bytes) -> None:
        """Tell the gateway, soon, that a session is not its own any more."""
        if self._owner is not None:
            self._loop.call_soon(self._owner.taken, key)
