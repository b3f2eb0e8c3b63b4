"""The snapshots of one gateway's sessions: put under their tokens' keys, and taken over from others."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from millstream.declare.component import Component
from millstream.declare.manifest import Manifest
from millstream.errors import Closed
from millstream.runtime.restored import Restored, read_snapshot
from millstream.runtime.run_in_thread import run_in_thread
from millstream.runtime.state.initial import Initial
from millstream.runtime.state.resume_tokens import digest_of
from millstream.runtime.state.snapshot import Seal, Snapshot, SnapshotHead
from millstream.runtime.state.snapshot_store import SnapshotStore

logger = logging.getLogger("millstream.session")

TAKE_S: Final = 1.0
"""How long a page that comes back may wait for its snapshot; then it begins a new session."""


class Written(Protocol):
    """A session that is written down."""

    def let_go(self) -> None:
        """End: it goes on in another gateway."""

    def renew(self) -> None:
        """Put all of it again."""


class Snapshots:
    """The `SnapshotOwner` of one gateway.

    Args:
        store: Keeps the snapshots of all gateways.
        seal: Signs them.
        manifest: The declaration; no snapshot of another build is restored.
    """

    def __init__(self, store: SnapshotStore, seal: Seal, manifest: Manifest) -> None:
        self.build, self._manifest = manifest.build, manifest
        self._store, self._seal = store, seal
        self._sessions: dict[bytes, Written] = {}
        self._restoring: set[str] = set()
        self._warned: set[int] = set()
        store.attach(self)

    def key(self, token: bytes, visitor: str) -> bytes:
        """Give the key under which a session is put, by the digest of a resume token."""
        return self._seal.key(token, visitor)

    def put(self, session: Written, key: bytes, head: SnapshotHead, body: bytes | None) -> None:
        """Put a session under one of its keys; `None` leaves the body as it was."""
        self._sessions[key] = session
        self._store.put(key, self._seal.head(key, head), None if body is None else self._seal.body(key, body))

    def drop(self, key: bytes) -> None:
        """Forget what was put under a key. Harmless if another gateway has it."""
        if self._sessions.pop(key, None) is not None:
            self._store.drop(key)

    async def restored(self, token: str, visitor: str, initial: Initial, folder: Path) -> Restored | None:
        """Take over the session that a page comes back to, and read it; `None` if there is none.

        Args:
            token: The resume token of the page.
            visitor: Whose page it is.
            initial: The values of a new session, which become those of this one.
            folder: Where its files go.

        Raises:
            Closed: That is being done for an earlier connection of the page, which gets its session if it comes back.
            Busy: There is no thread to be had.
        """
        if token in self._restoring:
            raise Closed("the session is being restored for an earlier connection of the page; come back")
        self._restoring.add(token)
        try:
            snapshot = await self.take(token, visitor)
            if snapshot is None:
                return None
            return await run_in_thread("restore", partial(read_snapshot, snapshot, self._manifest, initial, folder))
        finally:
            self._restoring.remove(token)

    async def take(self, token: str, visitor: str) -> Snapshot | None:
        """Take over the session that a page comes back to; `None` if there is none that could go on here."""
        key = self.key(digest_of(token), visitor)
        try:
            async with asyncio.timeout(TAKE_S):
                found = await self._store.take(key)
        except TimeoutError:
            logger.warning("a page has come back, and the store of snapshots does not answer: its session is lost")
            return None
        if found is None:
            return None
        snapshot = self._seal.opened(key, *found)
        if snapshot is None:
            logger.error("a snapshot is not as a gateway of this app has signed it, and is not restored")
        elif snapshot.body.build == self.build:
            return snapshot
        self._store.drop(key)
        return None

    def taken(self, key: bytes) -> None:
        session = self._sessions.pop(key, None)
        if session is not None:
            session.let_go()

    def forgotten(self) -> None:
        for session in set(self._sessions.values()):
            session.renew()

    def warn(self, component: Component, error: BaseException) -> None:
        """Say once that the values of a component cannot be written down."""
        if component.id not in self._warned:
            self._warned.add(component.id)
            logger.warning(
                "the value of %s cannot be written down (%s): if the server is replaced, it begins anew. "
                "Keep in it only what can be pickled; locks, models and open files belong into the module",
                component.name,
                error,
            )
