"""The audio of one run or stream, in any number of components."""

from __future__ import annotations

from collections.abc import Callable

from millstream.declare.component import Component
from millstream.runtime.audio.playback import Playback
from millstream.runtime.audio.players import Players
from millstream.types import Segment, VideoSegment


def _nobody() -> None:
    """Stand in where nobody wants to know."""


class AudioOutput:
    """The audio of one run or stream: a playback for each component that it plays in.

    Args:
        players: The session's.
        stream: The stream's number, 0 for an ordinary run.
        binding: The number of the binding whose audio it is.
        on_begin: Called when it begins to play something.

    Attributes:
        playbacks: What it plays, by component.
    """

    def __init__(self, players: Players, stream: int, binding: int, on_begin: Callable[[], None] = _nobody) -> None:
        self._players = players
        self._stream, self._binding = stream, binding
        self._on_begin = on_begin
        self.playbacks: dict[int, Playback] = {}

    @property
    def is_cut(self) -> bool:
        """True if something else replaced its playback."""
        return any(playback.is_cut for playback in self.playbacks.values())

    @property
    def has_begun(self) -> bool:
        """True if it has played anything."""
        return bool(self.playbacks)

    @property
    def is_heard(self) -> bool:
        """True if the listener hears it, or will: something of it is being played, or waits to be."""
        return any(playback.is_heard for playback in self.playbacks.values())

    @property
    def heard_s(self) -> float:
        """Seconds of it heard until now, or until it was silenced: see `PlaybackPosition.heard_s`."""
        return max((playback.position.heard_s for playback in self.playbacks.values()), default=0.0)

    def is_refused(self, component: int) -> bool:
        """True if the listener has stopped what it plays in a component: nothing more is played there."""
        return component in self.playbacks and self.playbacks[component].is_refused

    async def put(self, component: Component, sound: Segment, timeout_s: float, *, is_live: bool = False) -> None:
        """Play a segment after those before; returns when all of it is sent, or skipped: see `Playback.put`.

        After the listener has stopped it nothing more is played in that component.

        Raises:
            InvalidValue: It has another format than earlier segments, or the page cannot play those.
            TimeoutError: The listener heard nothing for `timeout_s`.
        """
        if self.is_refused(component.id):
            return
        playback = self.playbacks.get(component.id)
        begins = isinstance(sound, VideoSegment) and sound.is_first
        if playback is None or playback.is_cut or begins:
            playback = self.playbacks[component.id] = self._players.begin(self._stream, self._binding, component)
            self._on_begin()
        await playback.put(sound, timeout_s, is_live=is_live)

    async def heard_out(self, timeout_s: float) -> None:
        """Wait until nothing of it is heard any more: see `Playback.heard_out`."""
        for playback in list(self.playbacks.values()):
            await playback.heard_out(timeout_s)

    def drop(self, component: int) -> None:
        """Silence a component that shows something else now."""
        if playback := self.playbacks.pop(component, None):
            playback.cut()
        self._players.hush(component)

    def end(self) -> None:
        """Say that nothing follows; what is there is played to its end."""
        for playback in self.playbacks.values():
            playback.end()

    def cut(self) -> None:
        """Silence it now."""
        for playback in self.playbacks.values():
            playback.cut()
