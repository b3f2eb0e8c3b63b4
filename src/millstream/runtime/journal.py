"""Keeps the snapshot of one session up to date: at once before what must not happen twice, else once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

import msgspec

from millstream.runtime.page_info import PageInfo
from millstream.runtime.restored import Restored
from millstream.runtime.snapshots import Snapshots
from millstream.runtime.state.snapshot import SnapshotBody, SnapshotHead, StreamNote
from millstream.runtime.state.value_notes import ValueNotes
from millstream.runtime.state.values import Values

HAND_OVER_S: Final = 2.0
"""How long a page that was sent away may take to reach another gateway."""

EVERY_S: Final = 1.0
"""How often values are written down at most."""


class OpenStreams(NamedTuple):
    """The streams that are open, the last number that the page gave one, and the renders that show something."""

    notes: list[StreamNote]
    last: int
    rendered: list[int]


class JournalSource(Protocol):
    """A session, as its journal reads what goes on in it."""

    def head(self, seen: int) -> SnapshotHead:
        """Give what goes on, and has to be known before more does."""

    @property
    def has_streams(self) -> bool:
        """True if a stream is open."""

    def streams(self) -> OpenStreams:
        """Give the streams."""

    def at_work(self) -> set[int]:
        """Give the components whose values calls have in their hands."""

    def is_busy(self) -> bool:
        """True if a call has begun and not ended, or what has come for a stream is still to be handled."""


class Journal:
    """The snapshot of one session in the store.

    The head is put before each call of a handler: whoever restores the session knows what may have run. The body is
    put when values have changed. Until then the page keeps what it has sent since, so an edit is never lost.

    Args:
        snapshots: Takes it.
        page: The page.
        values: The session's values.
        digests: Gives the digests of the tokens that its page may come back with.
        end: Called when the session goes on in another gateway.
        restored: What another gateway has left of the session; `None` for a new one.

    Attributes:
        due_at: When `look` is worth calling again, in seconds of the loop's clock.
        source: Gives what goes on; set before anything does.
        is_unloaded: Whether the session's `unload` handlers have run, in another gateway.
    """

    source: JournalSource

    def __init__(
        self,
        snapshots: Snapshots,
        page: PageInfo,
        values: Values,
        digests: Callable[[], tuple[bytes, ...]],
        end: Callable[[], None],
        restored: Restored | None = None,
    ) -> None:
        self._snapshots, self._page, self._values = snapshots, page, values
        self._digests, self._end = digests, end
        self._is_final = False
        self.is_unloaded = restored is not None and restored.snapshot.head.unloaded
        self._head: SnapshotHead | None = None
        self._taken = asyncio.Event()
        self._epoch = 0 if restored is None else restored.epoch
        self._notes = ValueNotes(values, snapshots.warn)
        self._keys: tuple[bytes, ...] = ()
        self._body = b""
        self._seen = self._written = 0
        self._fits = True
        self._had_streams = False
        self._loop = asyncio.get_running_loop()
        self._later: asyncio.TimerHandle | None = None
        self.due_at = 0.0

    @property
    def is_taken(self) -> bool:
        """True if the session goes on in another gateway."""
        return self._taken.is_set()

    @property
    def seen(self) -> int:
        """The last message of the page that it need not send again to whoever restores the session."""
        return self._seen if self._is_due else self._page.seen

    @property
    def _is_due(self) -> bool:
        return not self._fits or bool(self._values.touched) or self._had_streams or self.source.has_streams

    def note(self) -> None:
        """Put what goes on, because a call is about to begin, or has ended."""
        if self._keys:  # else nobody could come back yet
            self._put(None)

    def look(self) -> None:
        """Put values and streams if there is something new, now or when it is time; no call of the caller's may run."""
        now = self._loop.time()
        if now >= self.due_at:
            self.due_at = now + EVERY_S
            if self._is_due and (self._write(now) or not self._fits):
                self._put(self._body)
        if self._values.touched and self._later is None:
            self._later = self._loop.call_at(self.due_at, self._look_again)

    def _look_again(self) -> None:
        self._later = None
        self.look()

    def renew(self) -> None:
        """Put all of it, under the keys of now: there are new tokens, or the store has forgotten everything."""
        self._write(self._loop.time())
        self._put(self._body)

    def let_go(self) -> None:
        """End the session here: another gateway has taken it."""
        self._taken.set()
        self._end()

    def conclude(self) -> None:
        """Put all of it for the last time: nothing more happens here."""
        self.renew()
        self._is_final = True

    async def handed_over(self) -> None:
        """Wait a little until another gateway has taken it, because its page went there."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HAND_OVER_S):
                await self._taken.wait()

    def close(self) -> None:
        """Take it out of the store: the session is over, or another gateway has it.

        If another one is to have it, and did not come for it yet, it stays there, as a new gateway takes its time to
        start. `unload` runs here then, and not again there.
        """
        if self._later is not None:
            self._later.cancel()
        for key in self._keys:
            if self._is_final and self._head is not None and not self.is_taken:
                self._head.unloaded = True
                self._snapshots.put(self, key, self._head, None)
                self._snapshots.leave(key)
            else:
                self._snapshots.drop(key)
        self._keys = ()

    def _write(self, now: float) -> bool:
        """Write the body again; true if it has changed."""
        notes, streams = self._notes, self.source.streams()
        notes.update(self.source.at_work(), now)
        self._had_streams = bool(streams.notes)
        body = SnapshotBody(
            build=self._page.build,
            tag=self._page.request.session_hash,
            epoch=self._epoch,
            seen=self._page.seen,
            values=notes.written,
            lost=sorted(notes.lost),
            changed=notes.changed,
            streams=streams.notes,
            last_stream=streams.last,
            rendered=streams.rendered,
        )
        before, self._body = self._body, msgspec.msgpack.encode(body)
        self._written = body.seen
        return self._body != before

    def _put(self, body: bytes | None) -> None:
        """Put it under the key of each token that is good for the session, and forget it under those of others."""
        if self._is_final:
            return
        keys = tuple(self._snapshots.key(digest, self._page.visitor) for digest in self._digests())
        for key in self._keys:
            if key not in keys:
                self._snapshots.drop(key)
        head = self._head = self.source.head(max(self._page.seen, self._page.acted))
        head.unloaded = self.is_unloaded
        fit = [self._snapshots.put(self, key, head, self._body if key not in self._keys else body) for key in keys]
        if not all(fit):
            self._fits = False
        elif body is not None:
            self._fits, self._seen = True, self._written
        self._keys = keys
