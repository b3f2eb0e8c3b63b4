"""Each kind of message that a page may send, and the part of its session that acts upon it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from millstream import codecs
from millstream.errors import Closed
from millstream.jobs import Failure
from millstream.runtime.clock import server_us
from millstream.runtime.context import SessionContext
from millstream.runtime.events import Events
from millstream.runtime.latency import LatencyReports
from millstream.runtime.streams import Streams
from millstream.wire.messages import (
    Ack,
    Bye,
    Cancel,
    Clock,
    Credit,
    Encodes,
    Fire,
    KeyFrame,
    Open,
    PageMessage,
    Played,
    RunState,
    Set,
    Shown,
    Stop,
    Visible,
    Watch,
)


class Actions:
    """The table of what comes of a page's messages.

    Args:
        context: What the parts of the session share.
        events, streams: The parts that act.
        fault: Called with an error that should not have happened; gives what the user reads of it.
        leave: Called when the page takes its leave.

    Attributes:
        by_type: Called with a message, by its type; give what is to be awaited before the next message, if anything.
        streams: Get the packets.
    """

    def __init__(
        self,
        context: SessionContext,
        events: Events,
        streams: Streams,
        fault: Callable[[BaseException], Failure],
        leave: Callable[[], None],
    ) -> None:
        self.streams = streams
        self._context, self._runs = context, events.runs
        self._fault = fault
        self._leave = leave
        sender = context.sender
        self.by_type: dict[type, Callable[[Any], Awaitable[None] | None]] = {
            Set: events.edits.edit,
            Fire: events.fire,
            Cancel: lambda message: events.cancel_run(message.run),
            Open: events.open,
            Stop: streams.stop,
            Shown: streams.shown,
            Credit: sender.channels.grant,
            KeyFrame: sender.channels.request_key_frame,
            Played: context.players.report,
            Clock: self._compare_clocks,
            Visible: lambda message: None,  # a hidden page gives credit for frames without showing them
            Encodes: self._learn_encoders,
            Watch: LatencyReports(context, streams, fault).watch,
            Ack: sender.acknowledge,
            Bye: self._say_goodbye,
        }

    def fail(self, message: PageMessage, error: BaseException) -> None:
        """Show that we could not act upon a message. A run that it was to begin is over, or it would be awaited."""
        failure = self._fault(error)
        if isinstance(message, Fire):
            number, call = message.binding, next(self._context.calls.numbers)
            state = RunState(run=message.run, call=call, binding=number, state="failed", message=failure.message)
            self._context.sender.control.send(state)

    def _compare_clocks(self, message: Clock) -> None:
        now_us, sender = server_us(), self._context.sender
        link, seen, journal = sender.link, self._context.page.seen, self._context.journal
        if journal is not None:  # once a second for every page that does not rest
            journal.look()
            seen = journal.seen
        # Who has something at work here is to be heard more often: others may wait for a slot of a page that is gone.
        rests = message.idle and not self.streams.running and not self._runs.running
        sender.rest(is_resting=rests)
        self._context.page.clock.compare(message.page_us, now_us)
        link.up.heard(message.page_us / 1e6, now_us / 1e6)
        if message.heard_us:
            link.down.heard(message.server_us / 1e6, message.heard_us / 1e6)
        sender.control.send(Clock(page_us=message.page_us, server_us=now_us, seen=seen, idle=rests))

    def _learn_encoders(self, message: Encodes) -> None:
        self._context.page.encodes = codecs.special().intersection(message.encodes)

    def _say_goodbye(self, message: Bye) -> None:
        self._leave()
        raise Closed("the page said goodbye")  # nothing more is sent
