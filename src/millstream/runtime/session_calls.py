"""The calls of one session: jobs made of its values, and the workers that run them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from millstream.declare.binding import Binding
from millstream.declare.injected import Turn
from millstream.declare.manifest import Manifest
from millstream.jobs import Job, Notify, Occurrence, Role, Worker
from millstream.runtime.call.call_limits import CallLimits
from millstream.runtime.page_info import PageInfo
from millstream.runtime.queue import RunQueue
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.values import Claim, Values
from millstream.tickets import Ticket
from millstream.types import Stored
from millstream.wire.packet import Packet


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

    def begin(
        self, binding: Binding, inputs: tuple[Stored, ...], *, call: int, run: int = 0, event: Occurrence | None = None
    ) -> StartedCall:
        """Begin a call of an ordinary event. Inputs that never leave the server are read now."""
        server_side = self._manifest.server_side
        if not server_side.isdisjoint(binding.inputs):
            pairs = zip(binding.inputs, inputs, strict=True)
            inputs = tuple(self._values[number] if number in server_side else stored for number, stored in pairs)
        job = self._job(binding, call, inputs, event=event)
        return StartedCall(job, self._values.claim(binding.outputs, is_stream=False), run)

    def begin_stream(
        self, binding: Binding, stream: int, packets: tuple[Packet, ...], role: Role = "handler"
    ) -> StartedCall:
        """Begin a call of a stream, on inputs as they are now."""
        inputs = self._values.read(binding.inputs)
        job = self._job(binding, next(self.numbers), inputs, packets=packets, stream=stream)
        job = job if role == "handler" else replace(job, role=role)
        return StartedCall(job, self._values.claim(binding.outputs, is_stream=True))

    def begin_turn(self, began: StartedCall, span: tuple[int, int], turn: Turn | None = None) -> StartedCall:
        """Make a call of a stream that of a turn; without packets the stream's component holds nothing."""
        binding, packets = self._manifest.bindings[began.job.binding], began.job.packets
        pairs = zip(binding.inputs, began.job.inputs, strict=True)
        inputs = tuple(None if number == binding.stream else stored for number, stored in pairs)
        return replace(began, job=replace(began.job, inputs=inputs, span=span if packets else None, turn=turn))

    def _job(
        self,
        binding: Binding,
        call: int,
        inputs: tuple[Stored, ...],
        *,
        packets: tuple[Packet, ...] = (),
        stream: int = 0,
        event: Occurrence | None = None,
    ) -> Job:
        return Job(
            binding=binding.number,
            call=call,
            inputs=inputs,
            packets=packets,
            changes=self._values.changes(binding.inputs + binding.outputs) if self._values.changed else {},
            stream=stream,
            source=packets[-1].sequence if packets else 0,
            event=event,
            request=self._page.request,
            folder=self._store.folder,
            room=self._store.room,
            is_developers=self._page.is_developers,
            decodes=self._page.decodes,
            defers=stream in self.deferring,
        )
