"""The calls of one session: jobs made of its values, and the workers that run them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import NamedTuple

from millstream.declare.binding import Binding
from millstream.declare.injected import Turn
from millstream.declare.manifest import Manifest
from millstream.jobs import Job, Notify, Occurrence, Role, Worker
from millstream.runtime.call.call_limits import CallLimits
from millstream.runtime.page_info import PageInfo
from millstream.runtime.queue import RunQueue
from millstream.runtime.state.files import LEFT, SessionFiles
from millstream.runtime.state.values import Claim, Values
from millstream.tickets import Ticket
from millstream.types import Stored
from millstream.wire.packet import Packet


class Cause(NamedTuple):
    """The cause of a call: a run with its event, or the packets of a stream.

    Attributes:
        call: The number of the call; 0 for the next one.
        run: The page's number of the run that it belongs to; 0 for a stream, or for none.
        event: What has happened, of an ordinary event.
        stream: The number of the stream that it belongs to; 0 for none.
        packets: What drives it, of a stream.
        role: What is called.
    """

    call: int = 0
    run: int = 0
    event: Occurrence | None = None
    stream: int = 0
    packets: tuple[Packet, ...] = ()
    role: Role = "handler"


@dataclass(frozen=True, slots=True)
class StartedCall:
    """A call that has begun: its job, what it may write, and the run that it belongs to (0: a stream, or none)."""

    job: Job
    claim: Claim
    run: int = 0


class SessionCalls:
    """Begins the calls of one session.

    Args:
        manifest: The declaration.
        limits: Opens workers.
        queue: Hands out slots.
        page: The page.
        values: The values of the components.
        store: The files.

    Attributes:
        numbers: Gives each call its number.
        deferring: The streams whose frames are encoded when the link is free for them.
    """

    def __init__(
        self,
        manifest: Manifest,
        limits: CallLimits,
        queue: RunQueue,
        page: PageInfo,
        values: Values,
        store: SessionFiles,
    ) -> None:
        self._manifest = manifest
        self._limits, self._queue = limits, queue
        self._page, self._values, self._store = page, values, store
        self.numbers = itertools.count(1)
        self.deferring: set[int] = set()

    def open(self, binding: Binding, notify: Notify, ticket: Ticket | None) -> Worker:
        """Get a worker for a call, which holds the slot of `ticket` as long as anything of it runs.

        Raises:
            Busy: None can be had.
        """
        worker = self._limits.open(binding, self._page.caller, notify)
        if ticket is not None:
            self._queue.hold(ticket, worker)
        return worker

    def begin(self, binding: Binding, cause: Cause, inputs: tuple[Stored, ...] | None = None) -> StartedCall:
        """Begin a call.

        Args:
            binding: Whose handler is called.
            cause: What it is called for.
            inputs: The values of the inputs when that happened; of those that never leave the server the values of now
                count, as for all inputs by default.
        """
        page, values, server_side = self._page, self._values, self._manifest.server_side
        if inputs is None:
            inputs = values.read(binding.inputs)
        elif not server_side.isdisjoint(binding.inputs):
            pairs = zip(binding.inputs, inputs, strict=True)
            inputs = tuple(values[number] if number in server_side else stored for number, stored in pairs)
        job = Job(
            binding=binding.number,
            call=cause.call or next(self.numbers),
            inputs=inputs,
            packets=cause.packets,
            changes=values.changes(binding.inputs + binding.outputs) if values.changed else {},
            stream=cause.stream,
            source=cause.packets[-1].sequence if cause.packets else 0,
            event=cause.event,
            request=page.request,
            folder=self._store.folder,
            room=min(map(LEFT, self._store.quotas)),
            role=cause.role,
            is_developers=page.is_developers,
            decodes=page.decodes,
            defers=cause.stream in self.deferring,
        )
        return StartedCall(job, values.claim(binding.outputs, is_stream=cause.stream > 0), cause.run)

    def begin_turn(self, began: StartedCall, span: tuple[int, int], turn: Turn | None = None) -> StartedCall:
        """Make a call of a stream that of a turn; without packets the stream's component holds nothing."""
        binding, packets = self._manifest.bindings[began.job.binding], began.job.packets
        pairs = zip(binding.inputs, began.job.inputs, strict=True)
        inputs = tuple(None if number == binding.stream else stored for number, stored in pairs)
        return replace(began, job=replace(began.job, inputs=inputs, span=span if packets else None, turn=turn))
