"""The way down of a stream's results: frames, audio, and how far a call is."""

from __future__ import annotations

from typing import Final

from millstream.declare.event import Binding
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.context import SessionContext, StartedCall
from millstream.runtime.send.progress import ProgressSender
from millstream.types import Failure, Result

FAREWELL_S: Final = 1.0
"""How long the last frames of a stream may wait for credit when it ends."""


class StreamOutput:
    """Delivers what comes of the calls of one stream.

    Args:
        context: What the stream shares with the rest of its session.
        number: The page's number for the stream.
        binding: The stream event.

    Attributes:
        channel: The way of its frames.
        progress: Tells the page how far a call is.
        plays: Whether anything of it is heard.
    """

    def __init__(self, context: SessionContext, number: int, binding: Binding) -> None:
        self._context = context
        self._audio = AudioOutput(context.players, number)
        self.channel = context.sender.open(number)
        self.progress = ProgressSender(context, binding, stream=number)
        outputs = (context.manifest.components.get(component) for component in binding.outputs)
        self.plays = any(output is not None and bool(output.plays_ahead_s) for output in outputs)

    async def deliver(self, began: StartedCall, result: Result) -> Failure | None:
        """Apply a result and hand it over: a plain handler's frames replace older ones, a generator's wait."""
        return await self._context.deliver(began, result, self.channel, self._audio, is_whole=not result.is_last)

    def is_unheard(self, result: Result) -> bool:
        """Whether it has audio for a player that the listener has stopped, as all that its generator yields next."""
        audible = (number for number, output in result.outputs.items() if output.sound is not None)
        return any(self._audio.is_refused(number) for number in audible)

    def cut(self) -> None:
        """Silence what it plays."""
        self._audio.cut()

    async def flush(self) -> None:
        """Send what is left; frames that the page does not take are dropped."""
        self._audio.end()
        self.progress.rest()
        self.progress.close()
        try:
            await self._context.sender.flushed(self.channel, FAREWELL_S)
        except TimeoutError:
            self.close()  # the page does not take the last frames; the rest goes

    def close(self) -> None:
        """Let go of the way down; harmless if repeated."""
        self._context.sender.close(self.channel)
