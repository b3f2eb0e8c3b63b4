"""One stream of a session: what its page, its session and its own calls do to it.

It owns the parts: the loop, the life cycle, the slots, and what comes in and goes out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from millstream.declare.binding import Binding
from millstream.errors import BacklogExceeded, ProtocolError
from millstream.jobs import Failure, Notice, Notify, Worker
from millstream.runtime.context import SessionContext
from millstream.runtime.conversation.conversation import Conversation
from millstream.runtime.metrics import StreamMetrics
from millstream.runtime.stream.av_receiver import open_receiver
from millstream.runtime.stream.capture import StreamCapture
from millstream.runtime.stream.credit import StreamCredit
from millstream.runtime.stream.encoding import StreamEncoding
from millstream.runtime.stream.lifecycle import Ending, Lifecycle, LifecycleEvent
from millstream.runtime.stream.loop import StreamLoop
from millstream.runtime.stream.output import StreamOutput
from millstream.runtime.stream.slots import StreamSlots
from millstream.runtime.stream.status import StreamStatus
from millstream.runtime.user_code import guarded, is_for_the_caller
from millstream.wire.messages import KeyFrame, Stop
from millstream.wire.packet import INDEPENDENT, Packet, PacketKind

MAX_MESSAGE: Final = 200
"""Characters that the page may say of why its capture failed."""


class Stream:
    """One running stream event of one session.

    Args:
        context: What it shares with the rest of its session.
        number: The page's number for it.
        binding: The stream event.
        frames: The page's number for the frames of a video with audio; 0 if there is no audio, or nothing else.
        on_end: Called with its binding when it is over, and whether it succeeded; `None` if it was cancelled.

    Attributes:
        number, binding, frames: As given.
        metrics: What has happened, but for what `statistics` adds.
        encoding: Says how its frames are encoded.
    """

    def __init__(
        self,
        context: SessionContext,
        number: int,
        binding: Binding,
        frames: int,
        on_end: Callable[[Binding, bool | None], None],
    ) -> None:
        self._on_end = on_end
        assert binding.stream is not None
        self.number, self.binding, self.frames = number, binding, frames
        self.metrics = StreamMetrics()
        self._context, self._component = context, binding.stream
        self._lifecycle = Lifecycle()
        self._receiver = open_receiver(binding, context.manifest.components[binding.stream].streams, number, frames)
        self._credit = StreamCredit(context, binding, self._receiver, self._on_idle, self.fault)
        self._capture = StreamCapture(context, binding)
        self._output = StreamOutput(context, number, binding)
        self.encoding = StreamEncoding(context, binding, frames or number, self._output.channel)
        self._status = StreamStatus(context.sender, number, binding)
        is_talk = binding.turns is not None
        self._conversation = (
            Conversation(context, number, binding, self._output.channel, self._open) if is_talk else None
        )
        self._loop = StreamLoop(
            context=context,
            number=number,
            binding=binding,
            lifecycle=self._lifecycle,
            receiver=self._receiver,
            credit=self._credit,
            output=self._output,
            conversation=self._conversation,
            metrics=self.metrics,
            open=self._open,
            fail=self._fail,
        )
        self._slots = StreamSlots(
            context=context,
            binding=binding,
            component=binding.stream,
            status=self._status,
            loop=self._loop,
            fault=self.fault,
        )
        self._task: asyncio.Task[None] | None = None
        self._has_asked_for_key = False

    async def live(self) -> None:
        """Work in slots until it ends, send what is left, say that it is over, and let what follows begin."""
        self._task, is_cancelled = asyncio.current_task(), False
        self.encoding.begin()
        try:
            with guarded(self.fault):
                await self._loop.run(self._slots)
        except asyncio.CancelledError:
            ending = self._lifecycle.ending
            if ending is None or ending.reason != "cancelled":  # its session ends: nobody takes what is left
                raise
            is_cancelled = True  # nobody waits for what is left, and perhaps nobody takes it
        finally:
            if self._loop.ticket is not None:
                self._context.queue.leave(self._loop.ticket)
        self._output.end()
        if not is_cancelled:
            await self._output.flush()
        self._say_ended()
        if self._lifecycle.ending is not None:
            self._on_end(self.binding, self._lifecycle.ending.is_success)

    def close(self) -> None:
        """Let go of everything; the last thing that is done to a stream."""
        self._context.calls.deferring.discard(self.number)
        self._output.close()

    # ---- what its page and its session do to it ----------------------------------------------------------------

    def receive(self, packet: Packet, now: float) -> None:
        """Take a packet from the page, at a time of the session's clock.

        Raises:
            ProtocolError: It does not belong here, is out of sequence, or came without credit.
        """
        receiver, recording = self._receiver, self._capture.recording
        try:
            if receiver.is_open and packet.kind is PacketKind.SOUND:
                packet = recording.put(packet)
            receiver.put(packet, now)
            self.metrics.received += 1
            if receiver.needs_key is not self._has_asked_for_key:
                self._ask_for_key(packet)
            if receiver.is_open:
                if recording.is_full:
                    self._end_recording()
                if packet.payload and not self._status.has_ended and packet.kind is receiver.kind:
                    self._captured(packet, now)
                self._credit.give(now)
                self._loop.wake.set()
        except BacklogExceeded as error:
            self._end(Ending("error", str(error), is_success=False))
        except BaseException as error:  # costs this stream, and not its page; `fault` logs it
            if isinstance(error, ProtocolError) or is_for_the_caller(error):
                raise
            self.fault(error)

    def _captured(self, packet: Packet, now: float) -> None:
        """Let the component hold what it captured, and learn from it what the link is like."""
        if packet.flags & INDEPENDENT or packet.kind is PacketKind.SOUND:
            self._context.values.capture(self._component, packet)
        else:
            self._capture.add(packet, is_whole=not self._receiver.needs_key)
        self._credit.measure(packet)
        if now >= self.encoding.look_at:
            self.encoding.follow(packet, self._receiver.call_s, now)

    def _ask_for_key(self, packet: Packet) -> None:
        """Ask the page for a frame that stands alone, once, when one that others build on is missing."""
        self._has_asked_for_key = self._receiver.needs_key
        if self._has_asked_for_key:
            self._context.sender.control.send(KeyFrame(stream=packet.stream, component=packet.component))

    def stop(self, message: Stop) -> None:
        """Let the page end the stream."""
        self._capture.stopped()
        ending = _ending_of(message, self.binding)
        # Who presses Stop in a conversation wants silence, and no last reply.
        if self._conversation is not None or ending.reason == "error" or not self._receiver.keeps_all:
            self._end(ending)
        elif self._stop(ending, message.final):
            self._slots.limit_call()

    def cancel(self) -> None:
        """End it at once: what runs is closed, what was not handled is dropped."""
        if not self._lifecycle.is_ended:
            self._end(Ending("cancelled", is_success=None))
            self._output.audio.cut()
            self._say_ended()
            if self._task is not None:
                self._task.cancel()

    def shut_down(self) -> None:
        """End it after the running call, because the app is being shut down."""
        self._end(Ending("shutdown", "The app is being restarted.", is_success=None))

    def shown(self, sequence: int, page_us: int) -> None:
        """Note that one of its frames was on the screen at `page_us`."""
        captured_us = self._output.channel.captured.pop(sequence, 0)
        if captured_us:
            self.metrics.glass.add(max(page_us - captured_us, 0) / 1_000_000)

    def statistics(self) -> StreamMetrics:
        """Give the counters, up to date."""
        lane, channel = self._receiver.statistics(), self._output.channel
        self.metrics.fold()
        self.metrics.handled, self.metrics.dropped = lane.taken, lane.dropped
        self.metrics.backlog_s = max(self.metrics.backlog_s, lane.waiting_s)
        self.metrics.sent, self.metrics.replaced = channel.sent, channel.replaced
        self.metrics.has_slot, self.metrics.rtt_s = self._receiver.is_open, self._context.sender.link.rtt_s or None
        self.metrics.encodings, self.metrics.encodings_s = channel.encoder.encodings, channel.encoder.spent_s
        return self.metrics

    # ---- how it ends -------------------------------------------------------------------------------------------

    def _end_recording(self) -> None:
        """Stop as the user would: nothing more is to be recorded."""
        ending = Ending("length")
        if not self._receiver.keeps_all:
            self._end(ending)
        elif self._stop(ending, None):
            self._slots.give_up()

    def _stop(self, ending: Ending, final: int | None) -> bool:
        """End it when what the page still holds is handled; gives whether there is anything to wait for."""
        if not self._lifecycle.on(LifecycleEvent.STOPPED, ending):
            return False
        if self._lifecycle.is_ended:
            self._ended()
            return False
        self._slots.drain(final)
        return True

    def _end(self, ending: Ending) -> None:
        if self._lifecycle.on(LifecycleEvent.ENDED, ending):
            self._ended()

    def _fail(self, failure: Failure) -> None:
        if failure.kind == "media" and not self._receiver.keeps_all:
            self.metrics.broken += 1
            self._receiver.lose()
            self._context.reports.reject(failure)
            return
        self.metrics.errors += 1
        # The page shows it where it happened, in the frame that records and on the outputs; no toast says it again.
        message = failure.message if failure.is_visible else ""
        if self._lifecycle.on(LifecycleEvent.FAILED, Ending("error", message, is_success=False)):
            self._ended()

    def _ended(self) -> None:
        if self._conversation is not None:
            self._conversation.interrupt()
        self._loop.wake.set()

    def fault(self, error: BaseException) -> None:
        """End it because of what should not have happened: that costs this stream, and not its page."""
        self._fail(self._context.reports.fault(f"the stream of {self.binding.name}", error))

    def _on_idle(self, idle_s: float) -> None:
        message = f"Nothing was captured for {idle_s:g} seconds, so the recording has ended."
        self._context.reports.tell(Notice("info", message))
        self._end(Ending("idle", message))

    def _say_ended(self) -> None:
        if self._lifecycle.ending is not None and not self._status.has_ended:
            self._capture.keep(is_open=self._receiver.is_open)
            self._status.ended(self._lifecycle.ending)

    def _open(self, notify: Notify) -> Worker:
        """Get a worker for a call that is made in the slot of the stream."""
        return self._context.calls.open(self.binding, notify, self._loop.ticket)

    def __repr__(self) -> str:
        return f"<Stream {self.number} of {self.binding.name}: {self._lifecycle!r}, {self._receiver.received} packets>"


def _ending_of(message: Stop, binding: Binding) -> Ending:
    match message.reason:
        case "user":
            return Ending("user")
        case "device":
            return Ending("device", "The camera or microphone is not available any more.")
        case "backlog":
            more = f"More than {binding.max_backlog:g} seconds of audio wait"
            return Ending("error", f"{more}, because {binding.name}() is too slow.", is_success=False)
        case "failed":
            return Ending("error", message.message[:MAX_MESSAGE], is_success=False)
