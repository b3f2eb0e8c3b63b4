"""The versions of an app that is edited while it is served: each takes over the sessions of the one before it."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from typing import Final

from millstream.declare.declaration import Declaration
from millstream.jobs import Notice
from millstream.runtime.host import Host
from millstream.server.app import App, create_app
from millstream.server.options import ServerOptions
from millstream.snapshot_table import KEEP_S, SnapshotOwner, SnapshotTable

logger = logging.getLogger("millstream")

DRAIN_S: Final = 1.0
"""Seconds that a running call of the old version gets to finish."""


START_S: Final = 30.0
POLL_S: Final = 0.05
"""How long an edit waits for a server that is still being started, and how often it looks."""


class LocalSnapshots:
    """The `SnapshotStore` of one version, in the process of all of them."""

    def __init__(self, table: SnapshotTable[LocalSnapshots]) -> None:
        self._table = table
        self._owner: SnapshotOwner | None = None

    def attach(self, owner: SnapshotOwner) -> None:
        self._owner = owner

    def put(self, key: bytes, head: bytes, body: bytes | None = None) -> None:
        if not self._table.put(self, key, head, body, asyncio.get_running_loop().time()):
            self._taken(key)

    async def take(self, key: bytes) -> tuple[bytes, bytes] | None:
        found = self._table.take(self, key, asyncio.get_running_loop().time())
        if found is None:
            return None
        found.before._taken(key)
        return found.head, found.body

    def drop(self, key: bytes) -> None:
        self._table.drop(self, key, asyncio.get_running_loop().time())

    def leave(self) -> None:
        """Keep what nobody has taken for `KEEP_S` more: this version has ended."""
        loop = asyncio.get_running_loop()
        self._table.leave(self, loop.time())
        loop.call_later(KEEP_S, lambda: self._table.expire(loop.time()))

    def _taken(self, key: bytes) -> None:
        if self._owner is not None:
            self._owner.taken(key)


class Versions:
    """The versions of one app, of which one is served.

    Attributes:
        begun: Set as soon as there is one.
        first: The one that the server knows; it passes everything on to the newest. `None` before it is served.
    """

    def __init__(self) -> None:
        self._table: SnapshotTable[LocalSnapshots] = SnapshotTable()
        self._secret = secrets.token_bytes(32)
        self._stores: dict[App, LocalSnapshots] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self.first: App | None = None
        self.begun = threading.Event()

    def begin(self, declaration: Declaration, options: ServerOptions) -> App:
        """Make the first version.

        Raises:
            DeclarationError: It cannot work.
        """
        self.first = self._made(declaration, options)
        self.begun.set()
        return self.first

    def replace(self, declaration: Declaration, options: ServerOptions) -> None:
        """Serve another version from now on. Blocks; not to be called on the server's loop.

        Raises:
            DeclarationError: It cannot work; the one before it goes on.
            RuntimeError: Nothing is served yet.
        """
        first, until = self.first, time.monotonic() + START_S
        while first is not None and first.loop is None and time.monotonic() < until:
            time.sleep(POLL_S)
        if first is None or first.loop is None:
            raise RuntimeError("the app is not served yet")
        app = self._made(declaration, options)
        app.follows(first.successor or first)
        try:
            asyncio.run_coroutine_threadsafe(self._succeed(first, app), first.loop).result()
        except BaseException:
            self._stores.pop(app, None)  # it has not begun
            raise

    def _made(self, declaration: Declaration, options: ServerOptions) -> App:
        store = LocalSnapshots(self._table)
        app = create_app(declaration, options, None, (store, self._secret))
        self._stores[app] = store
        return app

    async def _succeed(self, first: App, app: App) -> None:
        before = first.successor or first
        await app.start()
        first.successor = app
        closing = asyncio.create_task(self._close(before))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _close(self, app: App) -> None:
        try:
            await app.close(DRAIN_S)  # its pages come back while it waits for them
        except Exception as error:  # whatever ends badly, nobody is served by it any more
            logger.error("an earlier version of the app could not be closed properly", exc_info=error)
        finally:
            self._stores.pop(app).leave()

    def tell(self, title: str, message: str) -> None:
        """Show something in the pages of the developer, and in no other. To be called in any thread."""
        first = self.first
        newest = None if first is None else first.successor or first
        if first is not None and first.loop is not None and newest is not None and newest.is_running:
            first.loop.call_soon_threadsafe(_tell, newest.host, Notice("error", message, title, 0.0))


def _tell(host: Host, notice: Notice) -> None:
    for session in host.sessions.values():
        if session.page.is_developers:
            session.reports.tell(notice)
