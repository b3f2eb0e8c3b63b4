"""Goes on with a session that another gateway has written down."""

from __future__ import annotations

from itertools import count
from typing import Final

from millstream.jobs import Failure, Notice, Occurrence
from millstream.runtime.context import SessionContext
from millstream.runtime.events import Events
from millstream.runtime.restored import Restored
from millstream.runtime.run import TriggeredEvent
from millstream.runtime.state.snapshot import StreamNote, occurrence_of
from millstream.runtime.streams import Streams
from millstream.wire.messages import Hello, Open, RunState, Silence

INTERRUPTED: Final = "This was interrupted because the server was replaced. Try again."

EPOCH_CALLS: Final = 1 << 24
"""Calls and playbacks of each gateway that a session has had are numbered in a range of their own."""

MOST_SEEN: Final = 2**53
"""No page has heard more messages than it can count."""


def go_on(restored: Restored, hello: Hello, context: SessionContext, streams: Streams, events: Events) -> None:
    """Let a session that has just been made go on where the snapshot ends, before anything of its page is read.

    Streams go on by themselves, and what waited in the queue keeps its position. A call that ran is not made again: it
    has failed, for its page and for what follows it.
    """
    (head, body), sender, seen = restored.snapshot, context.sender, min(max(hello.seen, 0), MOST_SEEN)
    context.page.seen, context.page.acted = body.seen, head.seen
    sender.control.go_on(seen, min(max(hello.audio, 0), MOST_SEEN))
    first = restored.epoch * EPOCH_CALLS
    context.calls.numbers, context.players.last = count(first + 1), first
    for number, changes in restored.changed.items():
        context.values.change(number, changes)
    context.values.touched.update(body.values, body.lost)  # the next gateway has to get them from this one
    sender.told.owe(list(restored.changed))
    sender.told.number(restored.changed, seen)
    events.go_on(head)
    for playback in head.playbacks:
        sender.send(Silence(playback=playback))
    streams.last, streams.sent = body.last_stream, {number: (last, limit) for number, last, limit in hello.sent}
    for note in body.streams:
        _go_on_with_stream(note, context, streams, events)
    _go_on_with_runs(restored, context, events)
    if restored.missing:
        lost = ", ".join(restored.missing)
        context.reports.tell(Notice("warning", f"The server was replaced, and lost: {lost}. Enter it again."))


def _go_on_with_stream(note: StreamNote, context: SessionContext, streams: Streams, events: Events) -> None:
    binding = context.manifest.numbered.get(note.binding)
    opening = Open(stream=note.number, binding=note.binding, pictures=note.frames)
    if note.number not in streams.sent:
        return  # the page knows that it is over
    if binding is None:  # a render of the other gateway has made it
        streams.refuse(opening, "error", INTERRUPTED)
    elif note.is_stopping:  # what was still to be handled is gone
        streams.refuse(opening, "error", INTERRUPTED)
        events.follow(binding, False)
    else:
        streams.open(opening, binding, note)


def _go_on_with_runs(restored: Restored, context: SessionContext, events: Events) -> None:
    runs, waiting, bindings = restored.snapshot.head.runs, [], context.manifest.numbered
    renders = {note.binding for note in runs if note.binding in bindings and bindings[note.binding].renders}
    for place, note in enumerate(runs):
        if place in restored.inputs:
            waiting.append((note, restored.inputs[place]))
            continue
        context.sender.control.send(
            RunState(run=note.number, call=note.call, binding=note.binding, state="failed", message=INTERRUPTED)
        )
    if len(waiting) < sum(note.binding not in renders for note in runs):
        context.reports.report(Failure(INTERRUPTED))
    for place, note in enumerate(runs):
        if place not in restored.inputs and note.binding in bindings and note.binding not in renders:
            events.follow(bindings[note.binding], False, note.rank)
    for note, inputs in waiting:
        binding, event = bindings[note.binding], occurrence_of(note.event)
        events.runs.trigger(TriggeredEvent(binding, note.number, inputs, event, note.call, note.ticket, note.rank))
    begun = {note.binding for note, _ in waiting}
    for number in sorted(({*restored.snapshot.body.rendered, *renders} & bindings.keys()) - begun):
        events.begin(bindings[number], Occurrence(None, "load"))
