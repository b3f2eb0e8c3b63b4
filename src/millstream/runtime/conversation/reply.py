"""One answer of a conversation, and the floor on which the app's handlers speak one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Final, NamedTuple

from millstream.declare.event import Binding
from millstream.declare.injected import Turn
from millstream.errors import Busy
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.context import SessionContext, StartedCall
from millstream.runtime.send.channel import Channel
from millstream.runtime.send.progress import ProgressSender
from millstream.types import Failure, Notify, Role, Worker
from millstream.voice.utterances import Span
from millstream.wire.packet import Packet


class Utterance(NamedTuple):
    """What somebody said: a stretch of the microphone, and the packets that hold it."""

    span: Span
    packets: tuple[Packet, ...]


NOTHING: Final = Utterance(Span(0, 0), ())
"""What a greeting answers."""


class HandlerLock:
    """Calls the handlers of one conversation; no two of them at once.

    Args:
        desk: What the stream shares with the rest of its session.
        stream: The stream's number.
        binding: The stream's binding.
        channel: The way of its pictures.
        open_worker: Gets a worker for a call that is made in the stream's place.
        on_sound: Called when a handler's sound begins.
    """

    def __init__(
        self,
        context: SessionContext,
        stream: int,
        binding: Binding,
        channel: Channel,
        open_worker: Callable[[Notify], Worker],
        on_sound: Callable[[], None],
    ) -> None:
        self._open_worker = open_worker
        self.context, self.stream, self.binding = context, stream, binding
        self._channel = channel
        self._on_sound = on_sound
        self._lock = asyncio.Lock()
        self._last: Worker | None = None

    @property
    def is_taken(self) -> bool:
        """Whether a handler is being called, or was closed and has not ended."""
        return self._lock.locked() or (self._last is not None and not self._last.released.done())

    def voice(self) -> AudioOutput:
        """Make the way of the sound of one call."""
        return AudioOutput(self.context.players, self.stream, self._on_sound)

    async def call(self, role: Role, said: Utterance, voice: AudioOutput, turn: Turn | None = None) -> bool:
        """Call a handler when the one before has ended, and deliver what comes of it; an error is shown, and no more.

        If it is cancelled the handler is closed; one that does not end is waited for by the next call alone.

        Returns:
            Whether there was no error.
        """
        async with self._lock:
            if self._last is not None:
                await asyncio.wait([self._last.released])
            try:
                return await self._call(role, said, voice, turn)
            except Busy as error:
                self.context.report(Failure(str(error), title="Busy"))
                return False
            finally:
                voice.end()

    async def _call(self, role: Role, said: Utterance, voice: AudioOutput, turn: Turn | None) -> bool:
        context, meter = self.context, ProgressSender(self.context, self.binding, stream=self.stream)
        worker = self._last = self._open_worker(meter.hear)
        try:
            began = context.begin_turn(self._begin(said, role), said.span, turn)
            async with aclosing(worker.submit(began.job)) as results:
                async for result in results:
                    failure = result.failure or await context.deliver(
                        began, result, self._channel, voice, is_whole=True
                    )
                    if failure is not None:
                        self.fail(failure)
                    if failure is not None or voice.is_cut:
                        return failure is None
            return True
        finally:
            meter.rest()
            meter.close()
            await worker.close()

    async def recognise(self, said: Utterance) -> str:
        """Ask what was said; nothing if that fails, which is shown. Does not wait for the handlers."""
        context, meter = self.context, ProgressSender(self.context, self.binding, stream=self.stream)
        try:
            worker = self._open_worker(meter.hear)
        except Busy as error:
            context.report(Failure(str(error), title="Busy"))
            return ""
        try:
            began = context.begin_turn(self._begin(said, "recognise"), said.span)
            async with aclosing(worker.submit(began.job)) as results:
                async for result in results:
                    if result.failure is not None:
                        self.fail(result.failure)
                    return result.text
        finally:
            meter.close()
            await worker.close()
        return ""

    def _begin(self, said: Utterance, role: Role) -> StartedCall:
        return self.context.begin_stream(self.binding, self.stream, said.packets, role)

    def fail(self, failure: Failure) -> None:
        """Show why a call failed; the conversation goes on."""
        if failure.kind != "handler":
            self.context.reject(failure)
        self.context.report(failure)


class Reply:
    """One call of a handler that answers a turn, and what is heard of it.

    Args:
        floor: Where it is called.
        said: What it answers.
        role: The handler, or the greeting.
        previous: The turn before.
    """

    def __init__(self, floor: HandlerLock, said: Utterance, role: Role, previous: Turn | None) -> None:
        self._floor = floor
        self._said, self._role = said, role
        self._voice = floor.voice()
        self._task: asyncio.Task[None] | None = None
        self.is_over = False
        self.turn = Turn(lambda: self._voice.heard_s, previous)

    @property
    def has_begun(self) -> bool:
        """Whether anything of it has been handed to a player."""
        return self._voice.has_begun

    async def live(self) -> None:
        """Give the answer, and wait until all of it was heard."""
        self._task = asyncio.current_task()
        try:
            if not self.is_over:
                await self._floor.call(self._role, self._said, self._voice, self.turn)
                await self._voice.heard_out(self._floor.context.settings.pause_s)
        except asyncio.CancelledError:
            if not self.is_over:
                raise
        finally:
            self.is_over = True

    def interrupt(self) -> None:
        """End it now: silence first, then the generator is closed."""
        if not self.is_over:
            self.turn.interrupted = True
            self._voice.cut()
            self.stop()

    def stop(self) -> None:
        """End it now; what has been handed over is heard to its end."""
        if not self.is_over:
            self.is_over = True
            if self._task is not None:
                self._task.cancel()

    def __repr__(self) -> str:
        return f"<Reply of {self._floor.binding.name}: {self.turn!r}>"
