"""One stream of a session: what its page, its session and its own calls do to it.

It owns the parts: the loop, the life cycle, the slots, and what comes in and goes out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from millstream.declare.binding import Binding
from millstream.jobs import Failure, Notify, Worker
from millstream.runtime.context import SessionContext
from millstream.runtime.conversation.conversation import Conversation
from millstream.runtime.metrics import StreamMetrics
from millstream.runtime.stream.av_receiver import open_receiver
from millstream.runtime.stream.capture import StreamCapture
from millstream.runtime.stream.encoding import StreamEncoding
from millstream.runtime.stream.input import StreamInput
from millstream.runtime.stream.lifecycle import Ending, Lifecycle, LifecycleEvent
from millstream.runtime.stream.loop import StreamLoop
from millstream.runtime.stream.output import StreamOutput
from millstream.runtime.stream.slots import StreamSlots
from millstream.runtime.stream.status import StreamStatus
from millstream.runtime.user_code import guarded
from millstream.wire.messages import Stop

MAX_MESSAGE: Final = 200
"""Characters that the page may say of why its capture failed."""

AWAY: Final = "The connection was lost for too long while others were waiting, so the recording has ended."


class Stream:
    """One running stream event of one session.

    Args:
        context: What it shares with the rest of its session.
        number: The page's number for it.
        binding: The stream event.
        frames: The page's number for the frames of a video with audio; 0 if there is no audio, or nothing else.
        on_end: Called with its binding when it is over, and whether it succeeded; `None` if it was cancelled.
        sent: What the page has sent of it to another gateway, by the number of the packets: see `Hello.sent`.

    Attributes:
        number, binding, frames: As given.
        metrics: What has happened, but for what `statistics` adds.
        receiver: Takes in what the page sends.
        loop: Handles it.
        encoding: Says how its frames are encoded.
        receive: Takes a packet from the page, at a time of the session's clock: see `StreamInput.receive`.
    """

    def __init__(
        self,
        context: SessionContext,
        number: int,
        binding: Binding,
        frames: int,
        on_end: Callable[[Binding, bool | None], None],
        sent: Mapping[int, tuple[int, int]],
    ) -> None:
        self._on_end = on_end
        assert binding.stream is not None
        self.number, self.binding, self.frames = number, binding, frames
        self.metrics, self._context, self._component = StreamMetrics(), context, binding.stream
        self._lifecycle = Lifecycle()
        carries = context.manifest.components[binding.stream].streams
        self.receiver = open_receiver(binding, carries, number, frames, sent)
        self._capture = StreamCapture(context, binding)
        self._output = StreamOutput(context, number, binding)
        self.encoding = StreamEncoding(context, binding, frames or number, self._output.channel)
        self._input = self._opened_input()
        self.receive = self._input.receive
        self._status = StreamStatus(context.sender, number, binding)
        is_talk = binding.turns is not None
        self._conversation = (
            Conversation(context, number, binding, self._output.channel, self._open) if is_talk else None
        )
        self.loop = StreamLoop(
            context=context,
            number=number,
            binding=binding,
            lifecycle=self._lifecycle,
            receiver=self.receiver,
            input=self._input,
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
            loop=self.loop,
            fault=self.fault,
            surrender=partial(self.cancel, AWAY),
        )
        self._work: asyncio.Task[None] | None = None

    def _opened_input(self) -> StreamInput:
        return StreamInput(
            context=self._context,
            binding=self.binding,
            receiver=self.receiver,
            capture=self._capture,
            encoding=self.encoding,
            metrics=self.metrics,
            end=self._end,
            fill=self._end_recording,
            fault=self.fault,
        )

    @property
    def position(self) -> int:
        """Where it waits for a slot, counted from 1; 0 if it does not wait."""
        return self._status.position

    async def live(self) -> None:
        """Work in slots until it ends, send what is left, say that it is over, and let what follows begin."""
        self.encoding.begin()
        # A task of its own: to cancel a stream ends what it is doing, and not what follows.
        work = self._work = asyncio.ensure_future(self.loop.run(self._slots))
        try:
            with guarded(self._broke_off):  # if its session ends, nobody takes what is left
                await work
        finally:
            if self.loop.ticket is not None:
                self._context.queue.leave(self.loop.ticket)
        self._output.end()
        await self._output.flush()
        self._say_ended()
        if self._lifecycle.ending is not None:
            self._on_end(self.binding, self._lifecycle.ending.is_success)

    def close(self) -> None:
        """Let go of everything; the last thing that is done to a stream."""
        self._context.calls.deferring.discard(self.number)
        self._output.close()

    # ---- what its page and its session do to it ----------------------------------------------------------------

    def stop(self, message: Stop) -> None:
        """Let the page end the stream."""
        self._capture.stopped()
        ending = _ending_of(message, self.binding)
        # Who presses Stop in a conversation wants silence, and no last reply.
        if self._conversation is not None or ending.reason == "error" or not self.receiver.keeps_all:
            self._end(ending)
        elif self._stop(ending, message.final):
            self._slots.limit_call()

    def cancel(self, message: str = "") -> None:
        """End it at once, and tell the user why: what runs is closed, what was not handled is dropped."""
        if not self._lifecycle.is_ended:
            self._end(Ending("cancelled", message, is_success=None))
            self._output.cut()
            self._say_ended()
            if self._work is not None:
                self._work.cancel()

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
        lane, channel = self.receiver.statistics(), self._output.channel
        self.metrics.fold()
        self.metrics.handled, self.metrics.dropped = lane.taken, lane.dropped
        self.metrics.backlog_s = max(self.metrics.backlog_s, lane.waiting_s)
        self.metrics.sent, self.metrics.replaced = channel.sent, channel.replaced
        self.metrics.has_slot, self.metrics.rtt_s = self.receiver.is_open, self._context.sender.link.rtt_s or None
        self.metrics.encodings, self.metrics.encodings_s = channel.encoder.encodings, channel.encoder.spent_s
        return self.metrics

    # ---- how it ends -------------------------------------------------------------------------------------------

    def _end_recording(self) -> None:
        """Stop as the user would: nothing more is to be recorded."""
        ending = Ending("length")
        if not self.receiver.keeps_all:
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
        if failure.kind == "media" and not self.receiver.keeps_all:
            self.metrics.broken += 1
            self.receiver.lose()
            self._context.reports.reject(failure)
            return
        self.metrics.errors += 1
        if failure.is_lost:  # with its worker process: the next call has another one, which begins with a key frame
            self.receiver.lose()
            self._context.reports.report(failure)
            return
        # The page shows it where it happened, in the frame that records and on the outputs. No toast says it again,
        # but while another stream goes on in that frame.
        message = failure.message if failure.is_visible else ""
        if self._lifecycle.on(LifecycleEvent.FAILED, Ending("error", message, is_success=False)):
            if self._context.values.recording[self._component] > 1:
                self._context.reports.report(failure)
            self._ended()

    def _ended(self) -> None:
        if self._conversation is not None:
            self._conversation.interrupt()
        self._input.wake.set()

    def fault(self, error: BaseException) -> None:
        """End it because of what should not have happened: that costs this stream, and not its page."""
        self._fail(self._context.reports.fault(f"the stream of {self.binding.name}", error))

    def _broke_off(self, error: BaseException) -> None:
        """Take what its work has ended with, which is no fault if it was cancelled."""
        ending = self._lifecycle.ending
        is_wanted = ending is not None and ending.reason == "cancelled"
        if not (is_wanted and isinstance(error, asyncio.CancelledError)):
            self.fault(error)

    def _say_ended(self) -> None:
        if self._lifecycle.ending is not None and not self._input.is_over:
            self._capture.keep(is_open=self.receiver.is_open)
            self._status.ended(self._lifecycle.ending)
            self._input.is_over = True

    def _open(self, notify: Notify) -> Worker:
        """Get a worker for a call that is made in the slot of the stream."""
        return self._context.calls.open(self.binding, notify, self.loop.ticket)

    def __repr__(self) -> str:
        return f"<Stream {self.number} of {self.binding.name}: {self._lifecycle!r}, {self.receiver.received} packets>"


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
