"""One reply of a conversation, and the lock that has the app's handlers called one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Final, NamedTuple

from millstream.declare.binding import Binding
from millstream.declare.injected import Turn
from millstream.errors import Busy
from millstream.jobs import Failure, Notify, Role, Worker
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.calls import Cause, StartedCall
from millstream.runtime.context import SessionContext
from millstream.runtime.send.channel import Channel
from millstream.runtime.send.progress import ProgressSender
from millstream.voice.utterances import Span
from millstream.wire.packet import Packet


class Utterance(NamedTuple):
    """Something that somebody said: a stretch of the microphone, and the packets that hold it."""

    span: Span
    packets: tuple[Packet, ...]


NOTHING: Final = Utterance(Span(0, 0), ())
"""Stands for the utterance that a greeting replies to."""


class HandlerLock:
    """Calls the handlers of one conversation; no two of them at once.

    Args:
        context: What the stream shares with the rest of its session.
        stream: The stream's number.
        binding: The stream's binding.
        channel: Takes its frames.
        open_worker: Gets a worker for a call that is made in the stream's slot.
        on_audio: Called when a handler's audio begins.
    """

    def __init__(
        self,
        context: SessionContext,
        stream: int,
        binding: Binding,
        channel: Channel,
        open_worker: Callable[[Notify], Worker],
        on_audio: Callable[[], None],
    ) -> None:
        self._open_worker = open_worker
        self.context, self.stream, self.binding = context, stream, binding
        self._channel = channel
        self._on_audio = on_audio
        self._lock = asyncio.Lock()
        self._last: Worker | None = None

    @property
    def is_busy(self) -> bool:
        """True while a handler is being called, or was closed and has not ended."""
        return self._lock.locked() or (self._last is not None and not self._last.released.done())

    def open_output(self) -> AudioOutput:
        """Make the output of the audio of one call."""
        return AudioOutput(self.context.players, self.stream, self.binding.number, self._on_audio)

    async def call(self, role: Role, said: Utterance, audio: AudioOutput, turn: Turn | None = None) -> bool:
        """Call a handler when the one before has ended, and deliver what comes of it; an error is shown, and no more.

        If it is cancelled the handler is closed; one that does not end is waited for by the next call alone.

        Returns:
            Whether there was no error.
        """
        async with self._lock:
            if self._last is not None:
                await asyncio.wait([self._last.released])
            try:
                return await self._call(role, said, audio, turn)
            except Busy as error:
                self.context.reports.report(Failure(str(error), title="Busy"))
                return False
            finally:
                audio.end()

    async def _call(self, role: Role, said: Utterance, audio: AudioOutput, turn: Turn | None) -> bool:
        context, progress = self.context, self._open_progress()
        worker = self._last = self._open_worker(progress.hear)
        try:
            began = context.calls.begin_turn(self._begin(said, role), said.span, turn)
            async with aclosing(worker.submit(began.job)) as results:
                async for result in results:
                    context.totals.events[self.binding.name].call.add(result.call_s)
                    failure = result.failure or await context.results.deliver(
                        began, result, self._channel, audio, is_whole=True
                    )
                    if failure is not None:
                        self.fail(failure)
                    if failure is not None or audio.is_cut:
                        return failure is None
            return True
        finally:
            progress.rest()
            progress.close()
            await worker.close()

    async def recognise(self, said: Utterance) -> str:
        """Ask what was said; nothing if that fails, which is shown. Does not wait for the handlers."""
        context, progress = self.context, self._open_progress()
        try:
            worker = self._open_worker(progress.hear)
        except Busy as error:
            context.reports.report(Failure(str(error), title="Busy"))
            return ""
        try:
            began = context.calls.begin_turn(self._begin(said, "recognise"), said.span)
            async with aclosing(worker.submit(began.job)) as results:
                async for result in results:
                    if result.failure is not None:
                        self.fail(result.failure)
                    return result.text
        finally:
            progress.close()
            await worker.close()
        return ""

    def _open_progress(self) -> ProgressSender:
        context = self.context
        return ProgressSender(
            context.sender.control, context.clock, context.reports.tell, self.binding, stream=self.stream
        )

    def _begin(self, said: Utterance, role: Role) -> StartedCall:
        return self.context.calls.begin(self.binding, Cause(stream=self.stream, packets=said.packets, role=role))

    def fail(self, failure: Failure) -> None:
        """Show why a call failed; the conversation goes on."""
        self.context.totals.events[self.binding.name].errors += 1
        if failure.kind != "handler":
            self.context.reports.reject(failure)
        self.context.reports.report(failure)


class Reply:
    """One call of a handler that replies to a turn, and what is heard of it.

    Args:
        handlers: Where it is called.
        said: The utterance that it replies to.
        role: The handler, or the greeting.
        previous: The turn before.
    """

    def __init__(self, handlers: HandlerLock, said: Utterance, role: Role, previous: Turn | None) -> None:
        self._handlers = handlers
        self._said, self._role = said, role
        self._audio = handlers.open_output()
        self._task: asyncio.Task[None] | None = None
        self.is_over = False
        self.turn = Turn(lambda: self._audio.heard_s, previous)

    @property
    def has_begun(self) -> bool:
        """True if anything of it has been handed to a player."""
        return self._audio.has_begun

    async def live(self) -> None:
        """Make the reply, and wait until all of it was heard."""
        self._task = asyncio.current_task()
        try:
            if not self.is_over:
                await self._handlers.call(self._role, self._said, self._audio, self.turn)
                await self._audio.heard_out(self._handlers.context.settings.pause_s)
        except asyncio.CancelledError:
            if not self.is_over:
                raise
        finally:
            self.is_over = True

    def interrupt(self) -> None:
        """End it now: silence first, then the generator is closed."""
        if not self.is_over:
            self.turn.interrupted = True
            self._audio.cut()
            self.stop()

    def stop(self) -> None:
        """End it now; what has been handed over is heard to its end."""
        if not self.is_over:
            self.is_over = True
            if self._task is not None:
                self._task.cancel()

    def __repr__(self) -> str:
        return f"<Reply of {self._handlers.binding.name}: {self.turn!r}>"
