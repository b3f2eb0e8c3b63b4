"""The outputs of a stream: its channel of frames, its audio, and its progress."""

from __future__ import annotations

from typing import Final

from millstream.declare.binding import Binding
from millstream.jobs import Advance, Notice, Result
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.context import SessionContext
from millstream.runtime.send.progress import ProgressSender

FAREWELL_S: Final = 1.0
"""Seconds that the last frames of a stream may wait for credit when it ends."""


class StreamOutput:
    """Takes the results of one stream to the page.

    Args:
        context: What the stream shares with the rest of its session.
        number: The page's number for the stream.
        binding: The stream event.

    Attributes:
        channel: Takes its frames.
        audio: Takes its audio.
        progress: Tells the page how far a call is; `None` as long as no call has said anything.
        plays: Whether anything of it is heard.
        is_delivering: Whether a result is being handed over, which may have to wait for the page.
    """

    def __init__(self, context: SessionContext, number: int, binding: Binding) -> None:
        self._context, self._number, self._binding = context, number, binding
        self.audio = AudioOutput(context.players, number, binding.number)
        self.channel = context.sender.channels.open(number)
        self.progress: ProgressSender | None = None
        self.is_delivering = False
        self._has_ended = False
        outputs = (context.manifest.components.get(component) for component in binding.outputs)
        self.plays = any(output is not None and bool(output.plays_ahead_s) for output in outputs)

    def hear(self, said: Notice | Advance) -> None:
        """Take what a call says of itself, at any time; a `Notify`."""
        context = self._context
        if self.progress is None and self._has_ended:  # a call that goes on is not to open a bar now
            if isinstance(said, Notice):
                context.reports.tell(said)
            return
        if self.progress is None:
            self.progress = ProgressSender(
                context.sender.control, context.clock, context.reports.tell, self._binding, stream=self._number
            )
        self.progress.hear(said)

    def is_unheard(self, result: Result) -> bool:
        """True if it has audio for a player that the listener has stopped, as all that its generator yields next."""
        audible = (number for number, output in result.outputs.items() if output.sound is not None)
        return any(self.audio.is_refused(number) for number in audible)

    def end(self) -> None:
        """Play what is there to its end, and take the bar away."""
        self._has_ended = True
        self.audio.end()
        if self.progress is not None:
            self.progress.rest()
            self.progress.close()

    def cut(self) -> None:
        """Silence it, and send no frame any more: nobody waits for what is left."""
        self.audio.cut()
        self.close()

    async def flush(self) -> None:
        """Send what is left; frames that the page does not take are dropped. Once it is closed nothing is left."""
        try:
            await self._context.sender.flushed(self.channel, FAREWELL_S)
        except TimeoutError:
            self.close()  # the page does not take the last frames; the rest goes

    def close(self) -> None:
        """Close the channel; harmless if repeated."""
        self._context.sender.channels.close(self.channel)
