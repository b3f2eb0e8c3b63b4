"""One open page: reads what it says, and owns everything that must end with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from millstream import codecs
from millstream.declare.i18n import TEXTS
from millstream.declare.live_manifest import LiveManifest
from millstream.declare.manifest import Manifest
from millstream.errors import Busy, ProtocolError
from millstream.jobs import Failure
from millstream.runtime.actions import Actions
from millstream.runtime.audio.players import Players
from millstream.runtime.background import Background
from millstream.runtime.calls import Results, SessionCalls
from millstream.runtime.clock import server_us
from millstream.runtime.context import SessionContext
from millstream.runtime.events import Events
from millstream.runtime.inbox import Inbox
from millstream.runtime.journal import Journal
from millstream.runtime.link import SessionLink
from millstream.runtime.page_info import PageInfo
from millstream.runtime.renders import begin_renders, new_fragments
from millstream.runtime.reports import Reports
from millstream.runtime.restoration import go_on
from millstream.runtime.restored import Restored
from millstream.runtime.send.sender import Sender
from millstream.runtime.send.toasts import Toasts
from millstream.runtime.session_notes import begin_notes, wound_down
from millstream.runtime.shared import ELSEWHERE, GOODBYE, SENT_AWAY, STALLED, Closing, Shared
from millstream.runtime.state.disposal import Disposal
from millstream.runtime.state.expiry import ExpiringValues
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.initial import Initial
from millstream.runtime.state.reach import Reach
from millstream.runtime.state.timers import Timers
from millstream.runtime.state.values import Values
from millstream.runtime.stream.stream import Stream
from millstream.runtime.streams import Streams
from millstream.runtime.translation import PLAIN, Translation, translation
from millstream.runtime.welcome import initial_updates, welcome
from millstream.tickets import Ticket
from millstream.types import Transport
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Ack, Hello, Outputs, Welcome
from millstream.wire.packet import CodecNumber

logger = logging.getLogger("millstream.session")

GOODBYE_S: Final = 0.5
"""How long the last messages may take when the server ends a session."""

RESULTS_S: Final = 2.0
"""How long they may take when the app is being stopped: the results of what it waited for are among them."""


class Session:
    """One open page, from its welcome to its end; `link` is the connection with it.

    Args:
        secret: The session's id. It authorises uploads, so only its page may know it.
        shared: What all sessions use.
        page: What is known of the page.
        initial: The values that the components start with.
        folder: Where its files may be put.
        restored: What another gateway has left of it; `None` for a new one.
    """

    def __init__(
        self,
        secret: str,
        shared: Shared,
        page: PageInfo,
        initial: Initial,
        folder: Path,
        restored: Restored | None = None,
    ) -> None:
        settings, words = shared.settings, translation(page.language) if TEXTS else PLAIN
        self.secret = secret
        self.tag = page.request.session_hash
        self.visitor, self.address = page.visitor, page.caller.address
        self._tokens = shared.tokens
        self.store = SessionFiles(folder, shared.allowances.session(page.caller.address), owner=settings.gateway)
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closing: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()
        self.link = SessionLink(
            settings.grace_s,
            partial(self.end, 1001),
            lambda: shared.absences.begin(self, self._inbox.silent_s),
            lambda: shared.absences.end(self, is_back=self.link.is_attached),
        )
        stalled, kept = partial(self.end, *STALLED), self.link.kept
        self._sender = Sender(settings.max_control, stalled, self._on_stall, self.link.clock, kept, shared.totals)
        self._sender.control.encode = words.encode
        self._goodbye_s = GOODBYE_S
        self._initial, self._restored, self.page = initial, restored, page
        self.reports = Reports(Toasts(self._sender.control).tell, self.page, settings.show_error)
        manifest = shared.manifest if shared.renders is None else LiveManifest(shared.manifest)
        reach = Reach(manifest, self._sender.told, self.reports.reject)
        first = initial.values if words.values is None else words.values(initial.values, manifest.components)
        self._values = Values(manifest, first, reach.note, initial.own)
        self._background = Background(self._fault)
        self._disposal = Disposal(folder, self._background.start)
        self._context = self._composed(shared, manifest, words)
        self._streams = Streams(self._context, lambda *end: self.events.follow(*end))  # noqa: PLW0108 - made below
        self.events = Events(self._context, reach, self._streams)
        begin_notes(self._context, self._streams, self.events)
        self._expiry = ExpiringValues(self._values, shared.expiring, self._background.start)
        self._timers = Timers(manifest, self._values, self.events.raise_event, self.link.clock)
        if shared.renders is not None:
            begin_renders(self._context, reach, self._timers, self._expiry, self._streams, self.events)
        actions = Actions(self._context, self.events, self._streams, self._fault, partial(self.end, *GOODBYE))
        self._inbox = Inbox(self.page, settings.messages_per_s, actions, self.link.clock, shared.totals, self._refuse)
        self._inbox.decode = words.decode

    def _composed(self, shared: Shared, manifest: Manifest, words: Translation) -> SessionContext:
        """Put together what the streams, runs and events share."""
        settings, page, values, store = shared.settings, self.page, self._values, self.store
        calls = SessionCalls(manifest, shared.call_limits, shared.queue, page, values, store)
        told = self._sender, page, self.reports, calls
        fragments = None if shared.renders is None else new_fragments(manifest, shared.renders, values, store, told)
        journal = None
        if shared.snapshots is not None:
            tokens, let_go = partial(shared.tokens.digests, self), partial(self.end, *ELSEWHERE)
            journal = Journal(shared.snapshots, page, values, tokens, let_go, self._restored)
        return SessionContext(
            manifest=manifest,
            settings=settings,
            queue=shared.queue,
            totals=shared.totals,
            page=page,
            values=values,
            store=store,
            sender=self._sender,
            players=Players(self._sender),
            clock=self.link.clock,
            background=self._background,
            calls=calls,
            results=Results(
                manifest=manifest,
                settings=settings,
                page=page,
                values=values,
                store=store,
                sender=self._sender,
                reports=self.reports,
                on_change=partial(_raise_change, self),
                delete=self._disposal.delete,
                translate=words.result,
            ),
            reports=self.reports,
            journal=journal,
            fragments=fragments,
        )

    async def live(self, hello: Hello) -> Closing:
        """Begin, serve the page over all transports that are attached, and end; says why that was.

        What the session made is gone then.
        """
        try:
            self._welcome(hello)
            closing = await self._closing
            if self.link.is_attached:
                await self._sender.drained(self._goodbye_s)
        finally:
            journal, goes_on = self._context.journal, self.closing == SENT_AWAY
            if journal is not None and goes_on:
                journal.conclude()
                self._context.queue.bequeath(self.tickets)
            self.link.end()
            await self._background.close()
            self.store.shut()
            self._timers.close()
            self._streams.close()
            if journal is not None:
                if goes_on:
                    await journal.handed_over()
                journal.close()
            self._tokens.revoke(self)
        return closing

    @property
    def streams(self) -> Mapping[int, Stream]:
        """Its open streams, by number."""
        return self._streams.running

    @property
    def tickets(self) -> Sequence[Ticket]:
        """The tickets of its streams and runs in the queue."""
        return [*self._streams.tickets, *self.events.runs.tickets]

    @property
    def closing(self) -> Closing | None:
        """Why the session has ended; `None` while it lives."""
        return self._closing.result() if self._closing.done() else None

    def end(self, code: int, reason: str) -> None:
        """End the session soon; the first reason counts."""
        if not self._closing.done():
            self._closing.set_result(Closing(code, reason))

    async def bid_farewell(self) -> None:
        """Run what belongs to the end of a page: `unload` handlers and `delete_callback`s; then delete its files.

        If it goes on elsewhere, that is for whoever has it then; its files are moved there.
        """
        if (journal := self._context.journal) is not None and journal.is_taken:
            self._expiry.close()
            return
        settings = self._context.settings
        try:
            async with asyncio.timeout(settings.abandon_s + settings.farewell_s):  # others may have to end before
                if journal is None or not journal.is_unloaded:
                    await self.events.unload()
            async with asyncio.timeout(settings.farewell_s):
                await self._expiry.delete_all()
        except TimeoutError:
            logger.warning("session %s: unload handlers or delete_callbacks take too long; not waited for", self.tag)
        except Busy as error:
            logger.warning("session %s: not all of its delete_callbacks were called: %s", self.tag, error)
        finally:
            self._expiry.close()
            await self._disposal.delete_all()

    def forget(self) -> None:
        """Let go of what it held, at its very end: the rest is small, and may wait for the garbage collector."""
        if (fragments := self._context.fragments) is not None:
            fragments.close()
        self._values.clear()
        self.store.clear()
        self._sender.clear()

    def drain(self) -> set[asyncio.Task[None]]:
        """Begin nothing for the page any more, and end streams after their running call.

        Where another gateway could go on with it, streams and what waits in the queue are left to that.

        Returns:
            What is at work for it: a set that is empty as soon as nothing is.
        """
        self._goodbye_s = RESULTS_S
        self._timers.close()
        if self._context.journal is not None:
            self._inbox.rests = True
            winding_down = asyncio.create_task(wound_down(self._context.journal.source))
            work = {winding_down}
            winding_down.add_done_callback(work.discard)
            return work
        self.events.close()
        self._streams.shut_down()
        return self._background.tasks

    # ---- the link ----------------------------------------------------------------------------------------------

    async def attach(self, transport: Transport, returned: Hello | None = None) -> bool:
        """Serve the page over a transport, until that is lost or the session ends; the caller closes it.

        Args:
            transport: An accepted connection.
            returned: Tells what a page that has come back has got so far: it gets the rest, and goes on.

        Returns:
            Whether another transport has replaced this one.

        Raises:
            Closed: The session is over.
        """
        write = self._sender.write if returned is None else partial(self._resume, returned)
        return await self.link.serve(transport, self._inbox.read, write)

    async def _resume(self, hello: Hello, transport: Transport) -> None:
        self._sender.acknowledge(Ack(seen=hello.seen, audio=hello.audio))
        self._sender.channels.renew_credit()
        message = self._greeting(hello, used=hello.resume)
        message.resumed, message.seen, message.received = True, self.page.seen, self._streams.resume()
        message.moved, self._restored = self._restored is not None, None
        if self._context.journal is not None:
            self._context.journal.renew()
        await transport.send(encode_message(message))
        await self._sender.write(transport)

    def _greeting(self, hello: Hello, used: str = "") -> Welcome:
        """Make the answer to a hello that came with the token `used`, with a token for the next one."""
        now_us = server_us()
        self.page.clock.compare(hello.page_us, now_us)
        token = self._tokens.issue(self, used) if self._context.settings.grace_s > 0 else ""
        return welcome(self._context.manifest.build, self.secret, (hello.page_us, now_us), token)

    def _on_stall(self) -> None:
        """Let go of a page that takes nothing: where it may come back its link is as good as lost."""
        if self._context.settings.grace_s > 0:
            self.link.lose("the page does not take its messages")
        else:
            self.end(*STALLED)

    def _refuse(self, error: ProtocolError) -> None:
        """End it because of what its page said."""
        logger.warning("session %s: closed with %d: %s", self.tag, error.code, repr(str(error))[:200])
        self.end(error.code, str(error))

    def _fault(self, error: BaseException) -> Failure:
        """Show that something broke off that should not have; the session goes on."""
        failure = self.reports.fault(f"something in session {self.tag}", error)
        self.reports.report(failure)
        return failure

    def _welcome(self, hello: Hello) -> None:
        self._context.players.bandwidth.takes_opus = CodecNumber.OPUS in hello.decodes
        special = codecs.special()
        self.page.decodes, self.page.encodes = special.intersection(hello.decodes), special & set(hello.encodes)
        if self._restored is not None:
            go_on(self._restored, hello, self._context, self._streams, self.events)
        else:
            self.page.seen = hello.seq
            self._sender.send(self._greeting(hello))
        for number, value in initial_updates(self._initial, self._values, self.store):
            updates = {number: {"value": value}}
            call = next(self._context.calls.numbers)
            self._sender.send(Outputs(call=call, seen=self.page.seen, updates=updates))
        for name, error in self._initial.faults:
            self.reports.report(self.reports.fault(f"the initial value of {name}", error))
        if self._restored is None:
            self.events.load()
            if self._context.journal is not None:
                self._context.journal.renew()
        self._timers.start()

    def statistics(self) -> dict[str, object]:
        """Give the counters of the running streams, and of what waits and works, as plain data."""
        return {
            "streams": self._streams.statistics(),
            "runs": len(self.events.runs.running),
            "playbacks": self._context.players.statistics(),
            "stored_bytes": self.store.used,
        }

    def __repr__(self) -> str:
        return f"<Session {self.tag}: {len(self.streams)} streams, {len(self.events.runs.running)} runs>"


def _raise_change(session: Session, number: int, rank: int) -> None:
    """Raise the `change` event of a component; the events of a session are made after its results."""
    session.events.raise_change(number, rank)
