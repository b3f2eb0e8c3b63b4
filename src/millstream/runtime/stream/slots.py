"""Slots of a stream: what begins and ends with one, what the queue says, and how what is left in one is handled."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.jobs import Worker
from millstream.runtime.alarm import Alarm
from millstream.runtime.context import SessionContext
from millstream.runtime.stream.lifecycle import LifecycleEvent, LifecycleState
from millstream.runtime.stream.loop import StreamLoop
from millstream.runtime.stream.status import StreamStatus

logger = logging.getLogger("millstream.session")


@dataclass(kw_only=True, eq=False)
class StreamSlots:
    """Begins and ends the slots of a stream; the stream's `Queued`.

    Attributes:
        component: The number of the component that the stream is of.
        fault: Called with an error that should not have happened.
        surrender: Ends the stream at once: others want its slot, and its page is away.
    """

    context: SessionContext
    binding: Binding
    component: int
    status: StreamStatus
    loop: StreamLoop
    fault: Callable[[BaseException], None]
    surrender: Callable[[], None]
    _give_up_alarm: Alarm = field(init=False)
    _overdue_alarm: Alarm = field(init=False)

    def __post_init__(self) -> None:
        self._give_up_alarm = Alarm(self.give_up, self.fault, self.context.clock)
        self._overdue_alarm = Alarm(self._close_call, self.fault, self.context.clock)

    def begin(self) -> None:
        """Let packets in, and tell the page that it may send them."""
        self.loop.lifecycle.on(LifecycleEvent.ADMITTED)
        self.loop.receiver.open(self.context.clock.time())
        self.context.values.recording[self.component] += 1
        self.status.running(self.loop.ticket)
        self.loop.input.watch()
        if self.loop.conversation is not None:
            self.loop.conversation.open()

    async def end(self, worker: Worker) -> None:
        """Let no more packets in, but for audio that the next slot gets, and close the worker."""
        self.loop.receiver.close(is_over=self.loop.lifecycle.is_ended)
        self.context.values.recording[self.component] -= 1
        self.loop.input.rest()
        self._give_up_alarm.cancel()
        self._overdue_alarm.cancel()
        # As for a run: a call that does not end keeps the slot, but what follows the stream does not wait for it.
        if self.loop.conversation is not None:
            await self.loop.conversation.close()
        await worker.close()

    # ---- what is left in a slot --------------------------------------------------------------------------------

    def drain(self, final: int | None) -> None:
        """Have the page hand over what it still holds: up to packet `final`, or to the one flagged as the last."""
        if self.loop.conversation is not None:
            self.loop.conversation.finish()
        self.loop.receiver.flush(final)
        self.status.stopping()
        self.loop.input.give(self.context.clock.time())
        if self._give_up_alarm.due is None:
            self._give_up_alarm.set(self.context.clock.time() + self.context.settings.flush_s)
        self.loop.input.wake.set()

    def give_up(self) -> None:
        """Drain no longer: what has come is all."""
        self.loop.receiver.give_up()
        self.loop.input.wake.set()

    def limit_call(self) -> None:
        """Give the running call the time that it has after Stop."""
        self._overdue_alarm.set(self.context.clock.time() + self.context.settings.stop_s)

    def _close_call(self) -> None:
        """Close a generator that goes on for too long after Stop, at its next yield."""
        self.loop.lifecycle.on(LifecycleEvent.EXPIRED)
        seconds = self.context.settings.stop_s
        logger.warning("%s() still runs %g seconds after Stop: its generator is closed", self.binding.name, seconds)

    # ---- what the queue says -----------------------------------------------------------------------------------

    def admitted(self) -> None:
        self.loop.input.wake.set()

    def extended(self) -> None:
        self.status.running(self.loop.ticket)

    def expired(self) -> None:
        """Give up the slot: at once what keeps only the latest, else when all that was captured is handled."""
        self.loop.lifecycle.on(LifecycleEvent.EXPIRED)
        if self.loop.lifecycle.state is LifecycleState.EXPIRING:
            if self.loop.receiver.keeps_all and not self.context.clock.is_stopped:
                self.drain(None)
            else:
                self.loop.receiver.flush(None)
                self.loop.receiver.give_up()
        self.loop.input.wake.set()
        if self.context.clock.is_stopped and self.loop.output.is_delivering:
            self.surrender()

    def refused(self, error: Busy) -> None:
        self.loop.refuse(error)

    def stands(self, position: int, eta_s: float) -> None:
        self.status.waiting(position, eta_s, again=self.loop.lifecycle.has_run)
