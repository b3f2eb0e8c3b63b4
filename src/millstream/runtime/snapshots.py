"""The snapshots of one gateway's sessions: put under their tokens' keys, and taken over from others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from millstream.declare.element import Element
from millstream.declare.manifest import Manifest
from millstream.errors import Busy, Closed
from millstream.run_in_thread import run_in_thread
from millstream.runtime.restored import Restored, read_snapshot
from millstream.runtime.state.initial import Initial
from millstream.runtime.state.resume_tokens import digest_of
from millstream.runtime.state.snapshot import Seal, Snapshot, SnapshotHead
from millstream.runtime.state.snapshot_store import SnapshotStore
from millstream.snapshot_table import KEEP_S, MAX_SNAPSHOT_BYTES

logger = logging.getLogger("millstream.session")

Parts: TypeAlias = tuple[bytes, bytes]
"""Head and body of a snapshot, signed."""

MAX_UNRESTORED: Final = 64
"""The most snapshots that are kept here because they could not be restored; the oldest is forgotten first."""


class Written(Protocol):
    """A session that is written down."""

    def let_go(self) -> None:
        """End: it goes on in another gateway."""

    def renew(self) -> None:
        """Put all of it again."""


class _Unrestored:
    """A snapshot that was taken and could not be restored: it is put back, and waits for its page as it did before.

    It is kept here, too: its key is this gateway's now, and a store gives nobody what is his own.
    """

    def __init__(self, parts: Parts, put: Callable[[bytes, bytes], None], end: asyncio.TimerHandle) -> None:
        self.parts, self._put, self._end = parts, put, end

    def let_go(self) -> None:
        self._end.cancel()

    def renew(self) -> None:
        self._put(*self.parts)


class Snapshots:
    """The `SnapshotOwner` of one gateway.

    Args:
        store: Keeps the snapshots of all gateways.
        seal: Signs them.
    """

    def __init__(self, store: SnapshotStore, seal: Seal) -> None:
        self._store, self._seal = store, seal
        self._sessions: dict[bytes, Written] = {}
        self._restoring: set[str] = set()
        self._warned: set[int] = set()
        self._is_warned_of_size = False
        store.attach(self)

    def key(self, token: bytes, visitor: str) -> bytes:
        """Give the key under which a session is put, by the digest of a resume token."""
        return self._seal.key(token, visitor)

    def put(self, session: Written, key: bytes, head: SnapshotHead, body: bytes | None) -> bool:
        """Put a session under one of its keys; `None` leaves the body as it was. False if it is too large."""
        signed = self._seal.head(key, head), None if body is None else self._seal.body(key, body)
        size = len(signed[0]) + len(signed[1] or b"")
        if size > MAX_SNAPSHOT_BYTES:
            if not self._is_warned_of_size:
                logger.warning("a snapshot of %d bytes is not kept: at most %d are allowed", size, MAX_SNAPSHOT_BYTES)
            self._is_warned_of_size = True
            return False
        self._sessions[key] = session
        self._store.put(key, *signed)
        return True

    def drop(self, key: bytes) -> None:
        """Forget what was put under a key. Harmless if another gateway has it."""
        if self._sessions.pop(key, None) is not None:
            self._store.drop(key)

    def leave(self, key: bytes) -> None:
        """Leave what was put under a key to whoever takes it: its session ends here, and goes on there."""
        self._sessions.pop(key, None)

    async def restored(
        self,
        token: str,
        visitor: str,
        manifest: Manifest,
        initial: Initial,
        folder: Path,
        is_ready: Callable[[], bool],
    ) -> Restored | None:
        """Take over the session that a page comes back to, and read it; `None` if there is none.

        If that fails, the session can still be restored, here or in another gateway; of its files those are lost that
        have been moved by then.

        Args:
            token: The resume token of the page.
            visitor: Whose page it is.
            manifest: That of the page; no snapshot of another build is restored.
            initial: The values of a new session, which become those of this one.
            folder: Where its files go.
            is_ready: Whether pages are still served here.

        Raises:
            Closed: That is being done for an earlier connection of the page, or there is no thread to be had, or the
                server is being stopped; the page gets its session if it comes back.
        """
        if token in self._restoring:
            raise Closed("the session is being restored for an earlier connection of the page; come back")
        self._restoring.add(token)
        key = self.key(digest_of(token), visitor)
        try:
            parts = await self._take(key)
            snapshot = None if parts is None else self._opened(key, parts, manifest.build)
            if parts is None or snapshot is None:
                return None
            try:
                reading = partial(read_snapshot, snapshot, manifest, initial, folder)
                restored = await run_in_thread("restore", reading) if is_ready() else None
                if restored is None or not is_ready():
                    raise Closed("the server is being stopped; come back")
            except BaseException as error:
                self._put_back(key, parts)
                if isinstance(error, Busy):  # with any other code than that of a lost link its page would give up
                    raise Closed(str(error)) from error
                raise
            return restored
        finally:
            self._restoring.remove(token)

    async def _take(self, key: bytes) -> Parts | None:
        return self._unrestored(key) or await self._store.take(key) or self._unrestored(key)

    def _unrestored(self, key: bytes) -> Parts | None:
        """Give, and keep no longer, a snapshot that was put back, maybe just now."""
        session = self._sessions.get(key)
        if not isinstance(session, _Unrestored):
            return None
        session.let_go()
        self.drop(key)
        return session.parts

    def _put_back(self, key: bytes, parts: Parts) -> None:
        others = [other for other, session in self._sessions.items() if isinstance(session, _Unrestored)]
        if len(others) >= MAX_UNRESTORED:
            self._sessions[others[0]].let_go()
            self.drop(others[0])
        end = asyncio.get_running_loop().call_later(KEEP_S, self.drop, key)
        unrestored = self._sessions[key] = _Unrestored(parts, partial(self._store.put, key), end)
        unrestored.renew()

    def _opened(self, key: bytes, parts: Parts, build: str) -> Snapshot | None:
        """Read a snapshot; `None` if it cannot go on here."""
        snapshot = self._seal.opened(key, *parts)
        if snapshot is None:
            logger.error("a snapshot is not as a gateway of this app has signed it, and is not restored")
        elif snapshot.body.build == build:
            return snapshot
        self._store.drop(key)
        return None

    def taken(self, key: bytes) -> None:
        session = self._sessions.pop(key, None)
        if session is not None:
            session.let_go()

    def late(self, key: bytes, head: bytes, body: bytes) -> None:
        if key not in self._sessions:
            self._put_back(key, (head, body))

    def forgotten(self) -> None:
        for session in set(self._sessions.values()):
            session.renew()

    def warn(self, element: Element, error: BaseException) -> None:
        """Say once that the value or the arguments of an element cannot be written down."""
        if element.id not in self._warned:
            self._warned.add(element.id)
            logger.warning(
                "the value of %s cannot be written down (%s): if the server is replaced, it starts over. "
                "Keep only picklable objects in it; keep locks, models and open files in module variables",
                element.name,
                error,
            )
