"""`StreamPlayer`, the base of `Audio` and `Video`: what a handler yields is played as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self

from millstream.components.options.media_source import DeclaredFiles, MediaComponent
from millstream.components.playing.subtitles import Subtitles, read_subtitles
from millstream.declare.arguments import is_number
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Scratch
from millstream.wire.messages import Value
from millstream.wire.plain import brief

MAX_AHEAD_S: Final = 60.0
"""The longest `max_ahead`: what waits for the user is kept in memory, on both sides."""


class StreamPlayer(MediaComponent):
    """A media component that is a player if it is declared as an output with `streaming=True`."""

    max_ahead: float
    """The seconds that a handler may be ahead of the user before it is held back."""

    playback_position: float
    """Where the player begins, or goes on, in seconds."""

    subtitles: Subtitles | None
    """The subtitles that the app has given, in any form."""

    titles: str = ""
    """The same as WebVTT."""

    has_new_titles: bool = False
    """True if they are those of an update."""

    def joined(self) -> None:
        if self.subtitles is not None:
            try:
                self.titles = read_subtitles(self.subtitles, self.name, DeclaredFiles())
            except InvalidValue as error:
                where = "" if type(self).__name__ in str(error) else f"{self.name}: "
                raise DeclarationError(f"{where}{error} (subtitles)") from error
        super().joined()

    def updated(self, changes: Mapping[str, object]) -> Self:
        fresh = super().updated(changes)
        fresh.has_new_titles = bool(changes.get("subtitles"))
        fresh.titles = str(changes["subtitles"] or "") if "subtitles" in changes else self.titles
        return fresh

    def lasting(self, changes: Mapping[str, object], scratch: Scratch) -> Mapping[str, object]:
        if changes.get("subtitles") is None:
            return changes
        return {**changes, "subtitles": read_subtitles(changes["subtitles"], self.name, scratch)}

    def check(self) -> None:
        if not is_number(self.max_ahead) or not 0 < self.max_ahead <= MAX_AHEAD_S:
            raise DeclarationError(f"{self.name}: max_ahead={self.max_ahead!r} is not between 0 and {MAX_AHEAD_S} s")
        if not is_number(self.playback_position) or self.playback_position < 0:
            reason = f"{brief(self.playback_position)} is not a number of seconds from 0"
            self.correct("playback_position", 0.0, reason)
        super().check()

    def props(self) -> dict[str, Value]:
        """Give the position in a list, as the page goes there whenever it is told, and not only to another one."""
        is_asked = "playback_position" in self.given
        return {**super().props(), **({"playback_position": [self.playback_position]} if is_asked else {})}

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        is_player = self.streaming and not drives_stream and is_output and self.interactive is not True
        self.plays_ahead_s = self.max_ahead if is_player else 0.0
        super().settle(is_interactive and not is_player, drives_stream, is_output)
