"""One launched app: its engine, its queue and all its sessions. The server hands it connections; it knows no socket."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from millstream import codecs
from millstream.declare.injected import Request
from millstream.declare.manifest import Manifest
from millstream.declare.page_manifests import pages_by_build
from millstream.errors import Busy, InvalidValue, QuotaExceeded, Refused
from millstream.jobs import Engine
from millstream.run_in_thread import run_in_thread
from millstream.runtime.absences import Absences
from millstream.runtime.app_metrics import AppMetrics, measured
from millstream.runtime.call.call_limits import CallLimits
from millstream.runtime.call.program import AppProgram
from millstream.runtime.drain import drain
from millstream.runtime.inspection import UploadInspector
from millstream.runtime.journal import HAND_OVER_S
from millstream.runtime.lending import lend, lent
from millstream.runtime.metrics import Totals
from millstream.runtime.page_info import page_of
from millstream.runtime.queue import SlotQueue
from millstream.runtime.rendering.registry import RenderRegistry
from millstream.runtime.session import Session
from millstream.runtime.sessions import Sessions
from millstream.runtime.settings import Settings
from millstream.runtime.shared import Closing, Elsewhere, Shared
from millstream.runtime.snapshots import Snapshots
from millstream.runtime.state.addresses import file_value
from millstream.runtime.state.expiry import expiring
from millstream.runtime.state.file_quota import FileQuotas
from millstream.runtime.state.initial import Beginning
from millstream.runtime.state.owned import new_secret
from millstream.runtime.state.path_rules import PathRules
from millstream.runtime.state.resume_tokens import ResumeTokens
from millstream.runtime.state.snapshot import Seal
from millstream.runtime.state.snapshot_store import SnapshotStore
from millstream.runtime.state.temp_folders import TempFolders
from millstream.runtime.state.upload import Upload
from millstream.runtime.user_code import guarded
from millstream.runtime.welcome import BUSY, greeted, refusal
from millstream.types import Blob, Transport
from millstream.wire.close_codes import CLOSE_LOGGED_OUT
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Hello, Refuse

__all__ = ["Host", "Settings"]

logger = logging.getLogger("millstream.session")

LAST_S = 0.6
"""How long sessions may take to end once the time for draining is over."""


class Host:
    """Serves the pages of one manifest.

    Args:
        manifest: The frozen declaration.
        settings: Bounds and rules.
        engine: Where handlers run; started and closed here.
        queue: Makes the queue on the running loop: who may work, and who waits.
        folders: Where the files of sessions are; made and removed here.
        snapshots: Where sessions are written down for other gateways of the app, and the secret by which these know
            each other's.

    Attributes:
        totals: What was counted since the start.
        sessions: Those that live.
    """

    def __init__(
        self,
        manifest: Manifest,
        settings: Settings,
        *,
        engine: Engine,
        queue: Callable[[], SlotQueue],
        folders: TempFolders,
        snapshots: tuple[SnapshotStore, bytes] | None = None,
    ) -> None:
        self.manifest = manifest
        self._manifests = pages_by_build(manifest)
        self.settings = settings
        self.sessions = Sessions()
        self._engine, self._new_queue, self._folders = engine, queue, folders
        self._store = snapshots if settings.grace_s > 0 else None
        self.totals = Totals()
        self._living: set[asyncio.Task[None]] = set()
        self._is_ready = False
        self._shared: Shared | None = None
        self._pages: dict[str, Shared] = {}
        self._cleaning: asyncio.Task[None] | None = None
        self._inspector: UploadInspector

    @property
    def is_ready(self) -> bool:
        """True if new pages are served: after `start` and before `close`."""
        return self._is_ready

    async def start(self) -> None:
        """Make what all sessions share, on the running loop.

        Removes what a killed process left in the temp folder. Where sessions outlive their process, that is done
        `settings.grace_s` later: pages that come back here need their files.
        """
        manifest, settings = self.manifest, self.settings
        program, self._inspector, beginnings = await run_in_thread("start", self._prepare)
        self._engine.start(program, settings.engine_limits)
        await self._engine.prepare([each.number for each in manifest.bindings if each.handler is not None])
        queue = self._new_queue()
        allowances = FileQuotas(settings.max_session_bytes, settings.max_address_bytes, settings.max_total_bytes)
        call_limits = CallLimits(self._engine, settings)
        absences = Absences(queue, settings.abandon_s)
        tokens = ResumeTokens[Session](lambda session: session.page.seen, settings.gateway)
        snapshots = None if self._store is None else Snapshots(self._store[0], Seal(self._store[1]))
        renders = RenderRegistry(settings.gateway) if manifest.has_renders else None
        if renders is not None:
            program.rendered, self._inspector.rendered = renders.manifests, renders.components
        for build, page in self._manifests.items():
            own = (allowances, beginnings[build], expiring(page.components.values()))
            parts = (*own, absences, tokens, snapshots, renders)
            self._pages[build] = Shared(page, settings, call_limits, queue, self.totals, *parts)
        self._shared = next(iter(self._pages.values()))
        if snapshots is not None:
            self._cleaning = asyncio.create_task(self._remove_orphans())
        self._is_ready = True

    async def close(self, drain_s: float | None = None) -> None:
        """End every session; returns at the latest about a second after `drain_s` (default `settings.drain_s`).

        New pages are refused. Open ones are sent away in batches: what they have begun goes on to its end, whatever
        waits in the queue included, and their results still arrive; then each is closed with 1012. Generators and what
        is left after `drain_s` are cancelled. Where another gateway could go on with them, they wait for it for two
        seconds more (`HAND_OVER_S`). A handler that ignores all of this is abandoned in its thread, named in the log
        and in `statistics()["engine"]["abandoned"]`. Of a start that failed nothing is left either.
        """
        self._is_ready = False
        if self._cleaning is not None:
            self._cleaning.cancel()
        if self._shared is not None:
            await self._end_sessions(self._shared, self.settings.drain_s if drain_s is None else drain_s)
        await self._engine.close()
        try:
            await run_in_thread("clean", self._folders.remove)
        except Busy:
            self._folders.remove()  # nobody is left who could be held up

    async def _end_sessions(self, shared: Shared, drain_s: float) -> None:
        await drain(list(self.sessions.values()), drain_s)
        shared.queue.close()
        try:
            async with asyncio.timeout(LAST_S + (HAND_OVER_S if shared.snapshots is not None else 0.0)):
                await self._all_gone()
        except TimeoutError:
            logger.warning("%d sessions did not end in time", len(self.sessions))

    async def serve(
        self,
        transport: Transport,
        request: Request,
        visitor: str = "",
        *,
        is_developers: bool = False,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        """Serve one page over one connection from its hello on, and close that. Never raises for what a page does.

        A page that comes back goes on with its session, which has let go of the connection before then.

        Args:
            transport: An accepted connection.
            request: What handlers see of the HTTP request that opened it.
            visitor: What tells browsers apart (a cookie's value, say); files are served to their own visitor only, and
                only the same one can come back.
            is_developers: Whether the page is the developer's, who reads why a handler fails.
            elsewhere: Serves the page over this transport if another gateway has its session.
        """
        await lend(transport, self._serve(transport, request, visitor, is_developers, elsewhere))

    def leave(self, secret: str, visitor: str) -> None:
        """End a session whose page has been closed; that of another visitor is as good as none."""
        session = self.sessions.find(secret, visitor)
        if session is not None:
            session.end(1001, "the page said goodbye")

    def log_out(self, visitor: str) -> None:
        """End the sessions of a visitor whose login has ended, also those that wait for their page to come back."""
        for session in self.sessions.of(visitor):
            session.end(CLOSE_LOGGED_OUT, "logged out")

    async def _serve(
        self, transport: Transport, request: Request, visitor: str, is_developers: bool, elsewhere: Elsewhere | None
    ) -> Closing:
        hello = await greeted(transport, self.settings.hello_s)
        known = self._known(hello, visitor) if hello.resume else None
        if known is None and elsewhere is not None and (closing := await elsewhere(hello)) is not None:
            return closing
        refusal = self._refusal(hello, is_known=known is not None)
        if refusal is not None:
            await transport.send(encode_message(refusal))
            raise Refused(refusal.message, refusal.code)
        if known is not None:
            return await lent(known, known.attach(transport, hello), transport)
        assert self._shared is not None
        self.totals.sessions += 1
        shared = self._pages.get(hello.build, self._shared)  # a program that names no page means the main page
        initial, folder, restored = await shared.beginning.of_session(), self._folders.of_session(), None
        if shared.snapshots is not None and hello.resume:
            restored = await shared.snapshots.restored(
                hello.resume, visitor, shared.manifest, initial, folder, lambda: self._is_ready
            )
        if not self._is_ready:  # any more: nobody would send this page away
            raise Refused("the app is being restarted", "shutdown")
        request = replace(request, session_hash=secrets.token_hex(8) if restored is None else restored.tag)
        secret = new_secret(self.settings.gateway)
        page = page_of(request, visitor, shared.manifest, self.settings, is_developers=is_developers)
        session = Session(secret, shared, page, initial, folder, restored)
        self.sessions.add(session)
        task = asyncio.create_task(self._live(session, hello))
        self._living.add(task)
        task.add_done_callback(self._living.discard)
        return await lent(session, session.attach(transport, hello if restored else None), transport)

    def _known(self, hello: Hello, visitor: str) -> Session | None:
        """Find the session that a page comes back to, if it still is, and is this visitor's."""
        session = self._shared.tokens.find(hello.resume) if self._shared is not None else None
        return session if session is not None and session.visitor == visitor and session.closing is None else None

    async def _live(self, session: Session, hello: Hello) -> None:
        """Live a session to its end, in a task of its own: no connection has to outlast it."""
        try:
            with guarded(partial(_fail, session)):
                await session.live(hello)
            await session.bid_farewell()
        finally:
            self.sessions.remove(session)
            self._engine.end_session(session.tag)
            session.forget()
            session.gone.set_result(None)

    def _refusal(self, hello: Hello, *, is_known: bool) -> Refuse | None:
        if (refuse := refusal(hello, self._manifests, is_ready=self._is_ready)) is not None:
            return refuse
        if is_known or len(self.sessions) < self.settings.max_sessions:
            return None
        return BUSY if self._shared is None or not self._shared.absences.make_room() else None

    def begin_upload(
        self, session: str, visitor: str, name: str, announced: int = 0, component: int | None = None
    ) -> Upload:
        """Begin to take in a file of a page, to be used as an `async with` block.

        Args:
            session: The session that it is for.
            visitor: Whose it has to be.
            name: What the visitor calls it. It ends as this does (`.png`), since libraries go by that; nothing else of
                the name is in its path.
            announced: How large it is said to be, for an early refusal; 0 if that is not known.
            component: Number of the component that it is meant for, which looks at it.

        Raises:
            InvalidValue: The session is gone, or is another visitor's.
            QuotaExceeded: It does not fit.
        """
        found = self.sessions.find(session, visitor)
        if found is None:
            raise InvalidValue("the page of this upload is closed; reload it and try again")

        def inspect(blob: Blob, room: int) -> Blob:
            return self._inspector.inspect(blob, component, found.store.folder, room)

        return Upload(found.store, name, self.settings.max_file_size, announced, inspect)

    async def upload(
        self, session: str, name: str, mime: str, body: bytes, component: int | None = None
    ) -> dict[str, object]:
        """Give a file to a session at once; returns the value `{"file", "name", "type", "size"}` that its page may set.

        Its parameters are those of `begin_upload`; `mime` is what the file is said to be, and `body` the file.

        Raises:
            UnfitUpload: The component cannot take the file.
            InvalidValue: The session is gone.
            QuotaExceeded: The file or the session's files together are too large.
        """
        if session not in self.sessions:
            raise InvalidValue("the page of this upload is closed; reload it and try again")
        if len(body) > self.settings.max_file_size:
            raise QuotaExceeded(f"a file may have {self.settings.max_file_size} bytes, this one has {len(body)}")
        store = self.sessions[session].store
        handle, blob = await self._inspector.taken_in(Blob(name, mime, data=body), component, store)
        self.totals.uploaded(blob.size)
        return file_value(handle, blob)

    def file(self, visitor: str, handle: str) -> Blob | None:
        """Find a file by its handle among the sessions of one visitor."""
        return self.sessions.file(visitor, handle)

    def statistics(self) -> Mapping[str, object]:
        """Counters as plain data: sessions, streams (age at handler start, on the glass, drops, backlog), engine."""
        return {
            "served": self.totals.sessions,
            "waiting": self._shared.queue.waiting if self._shared is not None else 0,
            "sessions": {session.tag: session.statistics() for session in self.sessions.values()},
            "ended_streams": self.totals.all_events().statistics(),
            "engine": self._engine.statistics(),
            "stored_bytes": self._shared.allowances.used if self._shared is not None else 0,
        }

    def metrics(self) -> AppMetrics:
        """Give the figures of this moment."""
        return measured(self.totals, self.sessions.values(), self._engine, self._shared)

    async def _remove_orphans(self) -> None:
        await asyncio.sleep(self.settings.grace_s)
        try:
            await run_in_thread("clean", self._folders.remove_orphans)
        except Busy:
            logger.warning("files left by killed processes in the temporary directory are removed at the next start")

    def _prepare(self) -> tuple[AppProgram, UploadInspector, dict[str, Beginning]]:
        self._folders.make()
        if self._store is None:
            self._folders.remove_orphans()
        for name in ("jpeg", "pcm16"):
            codecs.load(name).open_encoder(1.0).close()  # so that no first frame waits for an import
        settings = self.settings
        rules = PathRules(settings.allowed_paths, settings.blocked_paths, self._folders.root, settings.max_image_pixels)
        for component in self.manifest.components.values():
            component.take_rules(rules.permits)
        beginnings = {build: Beginning(page.components.values()) for build, page in self._manifests.items()}
        program = AppProgram(self.manifest, rules, settings.show_error, devices=settings.devices)
        return program, UploadInspector(self.manifest, rules), beginnings

    async def _all_gone(self) -> None:
        while self.sessions:
            await asyncio.wait([session.gone for session in self.sessions.values()])


def _fail(session: Session, error: BaseException) -> None:
    logger.error("session %s failed", session.tag, exc_info=error)
    session.end(1011, "something went wrong in the server")
