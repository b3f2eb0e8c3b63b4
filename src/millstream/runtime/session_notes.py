"""The events of one session, as they are written down."""

from __future__ import annotations

import asyncio
from typing import Final

from millstream.runtime.context import SessionContext
from millstream.runtime.events import Events
from millstream.runtime.journal import JournalSource, OpenStreams
from millstream.runtime.state.snapshot import SnapshotHead, StreamNote
from millstream.runtime.state.value_notes import REST_BYTES
from millstream.runtime.streams import Streams

LOOK_S: Final = 0.05
"""How often a session that is to go on elsewhere is looked at, as long as something still goes on."""


class SessionNotes:
    """The `JournalSource` of a session.

    Args:
        context: What its parts share.
        streams: Its streams.
        events: Its events.
    """

    def __init__(self, context: SessionContext, streams: Streams, events: Events) -> None:
        self._context, self._streams, self._events = context, streams, events

    def head(self, seen: int) -> SnapshotHead:
        events, runs, room = self._events, self._events.runs.notes(), REST_BYTES // 2
        for run in runs:  # one whose inputs have no room fails elsewhere, as if it had begun
            size = len(run.inputs or b"")
            if size <= room:
                room -= size
            else:
                run.inputs = None
        return SnapshotHead(
            seen=seen,
            last_run=events.last_run,
            runs=runs,
            held=events.held_notes(),
            playbacks=self._context.players.running,
            scripts=events.scripts.awaited,
        )

    @property
    def has_streams(self) -> bool:
        return bool(self._streams.running)

    def streams(self) -> OpenStreams:
        queue = self._context.queue
        notes = [
            StreamNote(
                number=stream.number,
                frames=stream.frames,
                binding=stream.binding.number,
                is_stopping=stream.loop.is_stopping,
                ticket="" if stream.loop.ticket is None else queue.reference(stream.loop.ticket),
            )
            for stream in self._streams.running.values()
        ]
        fragments = self._context.fragments
        return OpenStreams(notes, self._streams.last, [] if fragments is None else fragments.rendered)

    def at_work(self) -> set[int]:
        runs = (run.binding for run in self._events.runs.running.values() if run.has_begun)
        streams = (stream.binding for stream in self._streams.running.values() if stream.loop.is_at_work)
        return {number for binding in (*runs, *streams) for number in binding.inputs}

    def is_busy(self) -> bool:
        is_running = any(run.has_begun and not run.is_over for run in self._events.runs.running.values())
        return is_running or any(
            stream.loop.is_at_work or stream.loop.is_stopping or (stream.receiver.is_open and stream.receiver.is_due)
            for stream in self._streams.running.values()
        )


async def wound_down(notes: JournalSource) -> None:
    """Wait until nothing that has begun goes on."""
    while notes.is_busy():  # noqa: ASYNC110 - a stream says nothing when a call ends: it has no time for that
        await asyncio.sleep(LOOK_S)


def begin_notes(context: SessionContext, streams: Streams, events: Events) -> None:
    """Have a session written down from now on, if another gateway could go on with it."""
    journal = context.journal
    if journal is not None:
        journal.source = SessionNotes(context, streams, events)
        context.calls.journal, context.players.on_begin = journal, journal.note
