"""The Protocol of whatever keeps the snapshots of sessions: a broker, or an object in the same process."""

from __future__ import annotations

from typing import Protocol

from millstream.snapshot_table import SnapshotOwner


class SnapshotStore(Protocol):
    """One gateway's way to the snapshots of all; see `SnapshotTable` for whose a key is.

    A key is 32 bytes, the SHA-256 of a resume token and of whom it was given to: the store learns neither. A snapshot
    has a head, which is small and changes often, and a body; both are signed by the gateways, which restore nothing
    that the store has made up or mixed up. No method but `take` waits, and none raises when the store is out of reach.
    """

    def attach(self, owner: SnapshotOwner) -> None:
        """Set who is notified; once, before anything else."""

    def put(self, key: bytes, head: bytes, body: bytes | None = None) -> None:
        """Keep the newest snapshot, of `MAX_SNAPSHOT_BYTES` at most; with `body=None` the body stays as it was.

        If the key is somebody else's, nothing is kept, and `owner.taken` is called.
        """

    async def take(self, key: bytes) -> tuple[bytes, bytes] | None:
        """Take over a snapshot, `(head, body)`, at once and for good; `None` if there is none, or no store now.

        Its owner until now is notified by `taken`. A store that does not answer is not waited for: what it gives
        afterwards, or when the caller is cancelled, goes to `owner.late`.
        """

    def drop(self, key: bytes) -> None:
        """Forget a snapshot of one's own: its session is over, or has another key."""
