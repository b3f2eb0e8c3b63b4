"""The loop that a frame goes through: `live` is the life of a stream, `_turn` one stretch of it, `_call` one call."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import Final, Literal, NamedTuple, TypedDict, Unpack, cast

from millstream.admission import Ticket
from millstream.declare.event import Binding
from millstream.errors import BacklogExceeded, Busy, ProtocolError
from millstream.runtime.alarm import Alarm
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.call.user_code import guarded
from millstream.runtime.clock import server_us
from millstream.runtime.context import SessionContext, StartedCall
from millstream.runtime.conversation.conversation import Conversation
from millstream.runtime.metrics import StreamMetrics
from millstream.runtime.send.progress import ProgressSender
from millstream.runtime.state.values import Claim
from millstream.runtime.stream.receiver import open_intake
from millstream.runtime.stream.recording import StreamRecording
from millstream.types import Failure, Notice, Notify, Result, Role, Worker
from millstream.wire.messages import Credit, KeyFrame, Stop, StreamState
from millstream.wire.packet import Packet

logger = logging.getLogger("millstream.session")

FAREWELL_S: Final = 1.0
"""How long the last pictures of a stream may wait for credit when it ends."""

SLOW_INTERVALS: Final = 3
"""A stream with long intervals is idle only after this many of them."""

DISCARDING: Final = frozenset({"cancelled", "error"})
"""Ends after which nothing more is shown; after any other the running call still counts."""

TICK_S: Final = 0.001
"""Credit is not looked at more often than this."""

MAX_ENCODE_S: Final = 0.2
"""A page that claims to take longer for a picture is not believed."""

MAX_MESSAGE: Final = 200
"""Characters that the page may say of why its capture failed."""


class Ending(NamedTuple):
    """Why a stream ends, what the user reads of it, and whether that is a success (`None`: it was cancelled)."""

    reason: str
    message: str = ""
    is_success: bool | None = True


class Stream:
    """One running stream event of one session: a `Queued` of the queue, turn after turn.

    Args:
        desk: What it shares with the rest of its session.
        number: The page's number for it.
        binding: The stream event.
        pictures: The page's number for the pictures of a film; 0 if there is no sound, or nothing else.
    """

    def __init__(self, context: SessionContext, number: int, binding: Binding, pictures: int = 0) -> None:
        assert binding.stream is not None
        self.number = number
        self.pictures = pictures
        self.binding = binding
        self._context = context
        self._component = binding.stream
        self._channel = context.sender.open(number)
        self._voice = AudioOutput(context.players, number)
        self._meter = ProgressSender(context, binding, stream=number)
        self._receiver = open_intake(binding, context.manifest.components[binding.stream].streams, number, pictures)
        is_kept = context.manifest.components[binding.stream].streams == "sound" and context.manifest.keeps_recording(
            binding
        )
        self._tape = StreamRecording(context.values.component(binding.stream).longest_s, is_kept=is_kept)
        is_talk = binding.turns is not None
        self._conversation = Conversation(context, number, binding, self._channel, self._open) if is_talk else None
        self.metrics = StreamMetrics()
        self._ticket: Ticket | None = None
        self._ending: Ending | None = None
        self._after_flush: Ending | None = None
        self._is_expiring = self._has_run = self._has_said_ended = self._has_asked_for_key = False
        self._at_stop: Claim | None = None
        self._encode_s = 0.0
        self._wake = asyncio.Event()
        self._credit_alarm = Alarm(self._give_credit, self.fault)
        self._idle_alarm = Alarm(self._watch_idle, self.fault)
        self._flush_alarm = Alarm(self._give_up_flush, self.fault)
        self._stop_alarm = Alarm(self._give_up_call, self.fault)
        self._task: asyncio.Task[None] | None = None

    async def live(self) -> None:
        """Wait for a place, handle what comes until the turn is over, and so on until the stream is."""
        self._task = asyncio.current_task()
        try:
            with guarded(self.fault):
                await self._take_turns()
        except asyncio.CancelledError:
            if self._ending is None:
                raise
        finally:
            self._leave()
        await self._part()

    async def _take_turns(self) -> None:
        try:
            self._ticket = self._context.queue.join(self, self.binding, self._context.caller.visitor)
            while self._ending is None:
                if self._ticket.has_place:
                    await self._turn(self._ticket)
                else:
                    await self._sleep()
        except Busy as error:
            self._ending = Ending("busy", str(error), is_success=False)

    async def _turn(self, ticket: Ticket) -> None:
        """Handle what comes between an admission and the end of the stream, or of its time."""
        worker = self._open(self._meter.hear)
        self._begin_turn()
        try:
            while packets := await self._next():
                await self._call(worker, packets)
            await self._finish(worker)
        finally:
            await self._end_turn(worker)
        if self._ending is None:
            await self._context.queue.idle(ticket)
        if self._ending is None:
            self._context.queue.rejoin(ticket)

    def _open(self, notify: Notify) -> Worker:
        """Get a worker for a call that is made in the place of the stream."""
        return self._context.open(self.binding, notify, self._ticket)

    async def _next(self) -> tuple[Packet, ...]:
        """Wait for what to handle next; nothing if the turn is over."""
        while not self._is_cut_off:
            if packets := self._receiver.take():
                return packets
            if self._receiver.is_flushed:
                self._ending = self._ending or self._after_flush
                break
            self._give_credit()
            await self._sleep()
        return ()

    async def _call(self, worker: Worker, packets: tuple[Packet, ...]) -> None:
        """Handle one picture, or one stretch of sound."""
        role: Role = "handler" if self._conversation is None else "listen"
        began = self._context.begin_stream(self.binding, self.number, packets, role)
        self._note_call(packets)
        self._give_credit()
        async with aclosing(worker.submit(began.job)) as results:
            async for result in results:
                await self._deliver(began, result)
                is_unwanted = self._is_expiring or self._is_unheard(result)
                if self._is_cut_off or (is_unwanted and not result.is_last):
                    break
        self._meter.rest()
        self._receiver.call_ended(self._context.now)

    async def _finish(self, worker: Worker) -> None:
        """End what players were given, as a run does; each answer of a conversation has ended what it played."""
        players = (self._context.manifest.components.get(number) for number in self.binding.outputs)
        if self._conversation is not None or not any(player and player.plays_ahead_s for player in players):
            return
        began = self._context.begin_stream(self.binding, self.number, (), "finish")
        async with aclosing(worker.submit(began.job)) as results:
            async for result in results:
                await self._deliver(began, result)

    def _is_unheard(self, result: Result) -> bool:
        """Whether it has sound for a player that the listener has stopped, as all that its generator yields next."""
        sounding = (number for number, output in result.outputs.items() if output.sound is not None)
        return any(self._voice.is_refused(number) for number in sounding)

    async def _deliver(self, began: StartedCall, result: Result) -> None:
        """Apply a result and hand it over: a plain handler's pictures replace older ones, a generator's wait."""
        if self._ending is not None and self._ending.reason in DISCARDING:
            return
        failure = result.failure
        if result.heard is not None and self._conversation is not None:
            self._conversation.heard(cast("tuple[Packet, ...]", began.job.packets), result.heard)
        elif failure is None:
            is_whole = not result.is_last
            failure = await self._context.deliver(began, result, self._channel, self._voice, is_whole=is_whole)
        if failure is not None:
            self._fail(failure)

    # ---- what happens to it ------------------------------------------------------------------------------------

    def receive(self, packet: Packet) -> None:
        """Take a packet from the page.

        Raises:
            ProtocolError: It does not belong here, is out of sequence, or came without credit.
        """
        with guarded(self.fault, passing=(ProtocolError,)):
            self._receive(packet)

    def _receive(self, packet: Packet) -> None:
        if self._receiver.is_open:
            packet = self._tape.put(packet)
        try:
            self._receiver.put(packet, self._context.now)
        except BacklogExceeded as error:
            self._end(Ending("error", str(error), is_success=False))
            return
        self.metrics.received += 1
        if self._receiver.needs_key is not self._has_asked_for_key:
            self._has_asked_for_key = self._receiver.needs_key
            if self._has_asked_for_key:
                self._context.sender.send(KeyFrame(stream=packet.stream, component=packet.component))
        if self._receiver.is_open:
            if self._tape.is_full:
                self._end_recording()
            if self._receiver.is_value(packet) and packet.payload and not self._has_said_ended:
                self._context.values.capture(self._component, packet)
                self._measure(packet)
            self._give_credit()
            self._wake.set()

    def _end_recording(self) -> None:
        """Stop as the user would: nothing more is to be recorded."""
        ending = Ending("length")
        if not self._receiver.keeps_all:
            self._end(ending)
        elif self._ending is None and self._after_flush is None:
            self._after_flush = ending
            self._flush(None)
            self._give_up_flush()

    def stop(self, message: Stop) -> None:
        """Let the page end the stream."""
        self._at_stop = self._at_stop or self._context.values.claim((self._component,), is_stream=False)
        ending = _ending_of(message, self.binding)
        is_talk = self._conversation is not None  # whoever presses Stop wants silence, and no last answer
        if is_talk or ending.reason == "error" or not self._receiver.is_open or not self._receiver.keeps_all:
            self._end(ending)
        elif self._ending is None:
            self._after_flush = ending
            self._flush(message.final)
            self._stop_alarm.set(self._context.now + self._context.settings.stop_s)

    def cancel(self) -> None:
        """End it at once: what runs is closed, what was not handled is dropped."""
        if self._ending is None:
            self._end(Ending("cancelled", is_success=None))
            self._voice.cut()
            self._say_ended()
            if self._task is not None:
                self._task.cancel()

    def shut_down(self) -> None:
        """End it after the running call, because the app is being shut down."""
        self._end(Ending("shutdown", "The app is being restarted.", is_success=None))

    def shown(self, sequence: int, page_us: int) -> None:
        """Note that one of its pictures was on the screen at `page_us`."""
        captured_us = self._channel.captured.pop(sequence, 0)
        if captured_us:
            self.metrics.glass.add(max(page_us - captured_us, 0) / 1_000_000)

    def admitted(self) -> None:
        self._wake.set()

    def extended(self) -> None:
        self._say_running()

    def expired(self) -> None:
        self._is_expiring = True
        if self._receiver.keeps_all:
            self._flush(None)
        self._wake.set()

    def stands(self, position: int, eta_s: float) -> None:
        self._say("waiting", position=position, eta_s=eta_s, again=self._has_run)

    # ---- turns -------------------------------------------------------------------------------------------------

    def _begin_turn(self) -> None:
        self._is_expiring, self._has_run = False, True
        self._receiver.open(self._context.now)
        self._context.driving[self._component] += 1
        self._say_running()
        self._watch_idle()
        if self._conversation is not None:
            self._conversation.open()

    async def _end_turn(self, worker: Worker) -> None:
        self._receiver.close()
        self._context.driving[self._component] -= 1
        for alarm in (self._credit_alarm, self._idle_alarm, self._flush_alarm, self._stop_alarm):
            alarm.cancel()
        # As for a run: a call that does not end keeps the slot, but what follows the stream does not wait for it.
        if self._conversation is not None:
            await self._conversation.close()
        await worker.close()

    @property
    def _is_cut_off(self) -> bool:
        """Whether nothing more is handled in this turn."""
        return self._ending is not None or (self._is_expiring and not self._receiver.keeps_all)

    def _flush(self, final: int | None) -> None:
        """Have the page hand over what it still holds: up to packet `final`, or to the one flagged as the last."""
        if self._conversation is not None:
            self._conversation.finish()
        self._receiver.flush(final)
        self._say("stopping")
        self._give_credit()
        if self._flush_alarm.due is None:
            self._flush_alarm.set(self._context.now + self._context.settings.flush_s)
        self._wake.set()

    def _give_up_flush(self) -> None:
        self._receiver.give_up()
        self._wake.set()

    def _give_up_call(self) -> None:
        """Close a generator that goes on for too long after Stop, at its next yield."""
        self._is_expiring = True
        seconds = self._context.settings.stop_s
        logger.warning("%s() still runs %g seconds after Stop: its generator is closed", self.binding.name, seconds)

    def fault(self, error: BaseException) -> None:
        """End it because of what should not have happened: that costs this stream, and not its page."""
        self._fail(self._context.fault(f"the stream of {self.binding.name}", error))

    def _end(self, ending: Ending) -> None:
        if self._ending is None:
            self._ending = ending
            if self._conversation is not None:
                self._conversation.interrupt()
            self._wake.set()

    def _fail(self, failure: Failure) -> None:
        if failure.kind == "media" and not self._receiver.keeps_all:
            self.metrics.broken += 1
            self._receiver.lose()
            self._context.reject(failure)
            return
        # The page shows it where it happened, in the frame that records and on the outputs; no toast says it again.
        ending = Ending("error", failure.message if failure.is_visible else "", is_success=False)
        if self._ending is not None and self._ending.is_success:
            self._ending = ending  # the last call, after Stop
        self._end(ending)

    async def _sleep(self) -> None:
        self._wake.clear()
        await self._wake.wait()

    # ---- credit, idleness, measures ----------------------------------------------------------------------------

    def _give_credit(self) -> None:
        now = self._context.now
        for number, limit in self._receiver.grants(now):
            self._context.sender.send(Credit(stream=number, limit=limit))
        at = self._receiver.next_at(now)
        if at is not None and (self._credit_alarm.due is None or at < self._credit_alarm.due):
            self._credit_alarm.set(max(at, now + TICK_S))

    def _watch_idle(self) -> None:
        """End the stream if the page may send and does not; else look again when that might be so."""
        idle_s = max(self._context.settings.idle_s, SLOW_INTERVALS * self.binding.stream_every)
        now, idle_at = self._context.now, self._receiver.active_at + idle_s
        if not self._receiver.has_credit:
            idle_at = now + idle_s
        if now >= idle_at:
            message = f"Nothing was captured for {idle_s:g} seconds, so the recording has ended."
            self._context.tell(Notice("info", message))
            self._end(Ending("idle", message))
        else:
            self._idle_alarm.set(idle_at)

    def _measure(self, packet: Packet) -> None:
        age_s = min(self._context.clock.age_s(packet.captured_us, server_us()), MAX_ENCODE_S)
        self._encode_s += (age_s - self._encode_s) / 8
        if self._channel.rtt_s is not None:
            self._receiver.measured(self._channel.rtt_s, self._encode_s)

    def _note_call(self, packets: tuple[Packet, ...]) -> None:
        self._receiver.call_began(self._context.now)
        self.metrics.age.add(self._context.clock.age_s(packets[-1].captured_us, server_us()))

    # ---- what the page is told ---------------------------------------------------------------------------------

    def _say(self, state: Literal["waiting", "running", "stopping", "ended"], **fields: Unpack[_Fields]) -> None:
        self._context.sender.send(StreamState(stream=self.number, state=state, **fields))

    def _say_running(self) -> None:
        limit_s = self.binding.time_limit or 0.0
        deadline = self._ticket.deadline if self._ticket is not None else None
        self._say("running", limit_s=limit_s, deadline_us=int((deadline or 0.0) * 1_000_000))

    def _say_ended(self) -> None:
        if not self._has_said_ended and self._ending is not None:
            self._has_said_ended = True
            self._keep_recording()
            self._say("ended", reason=self._ending.reason, message=self._ending.message)

    def _keep_recording(self) -> None:
        """Let the component hold all that was recorded.

        If it records again already, or was written or cleared since Stop, only those who ask for the recording get it.
        """
        if self._tape.is_empty:
            return
        is_overtaken = self._at_stop is not None and not self._context.values.holds(self._at_stop, self._component)
        if is_overtaken or self._context.driving[self._component] > self._receiver.is_open:
            self._context.values.capture_late(self._component, self._tape)
        else:
            self._context.values.capture(self._component, self._tape)

    async def _part(self) -> None:
        """Send what is left, say that it is over, and let what follows begin."""
        self._voice.end()
        self._meter.rest()
        self._meter.close()
        try:
            await self._context.sender.flushed(self._channel, FAREWELL_S)
        except TimeoutError:
            self._context.sender.close(self._channel)  # the page does not take the last pictures; the rest goes
        self._say_ended()
        if self._ending is not None:
            self._context.on_end(self.binding, self._ending.is_success)

    def _leave(self) -> None:
        """Free the place, on every path."""
        if self._ticket is not None:
            self._context.queue.leave(self._ticket)

    def close(self) -> None:
        """Let go of everything and count what happened; the last thing that is done to a stream."""
        self._context.sender.close(self._channel)
        self._context.metrics.merge(self.statistics())

    def statistics(self) -> StreamMetrics:
        """Give the counters, up to date."""
        lane = self._receiver.statistics()
        self.metrics.handled, self.metrics.dropped = lane.taken, lane.dropped
        self.metrics.backlog_s = max(self.metrics.backlog_s, lane.waiting_s)
        self.metrics.sent, self.metrics.replaced = self._channel.sent, self._channel.replaced
        return self.metrics

    def __repr__(self) -> str:
        state = self._ending.reason if self._ending else "running" if self._receiver.is_open else "waiting"
        return f"<Stream {self.number} of {self.binding.name}: {state}, {self._receiver.received} packets>"


class _Fields(TypedDict, total=False):
    position: int
    eta_s: float
    limit_s: float
    deadline_us: int
    reason: str
    message: str
    again: bool


def _ending_of(message: Stop, binding: Binding) -> Ending:
    match message.reason:
        case "user":
            return Ending("user")
        case "device":
            return Ending("device", "The camera or microphone is not available any more.")
        case "backlog":
            more = f"More than {binding.max_backlog:g} seconds of sound wait"
            return Ending("error", f"{more}, because {binding.name}() is too slow.", is_success=False)
        case "failed":
            return Ending("error", message.message[:MAX_MESSAGE], is_success=False)
