"""`StreamPlayer`, the base of `Audio` and `Video`: what a handler yields is played as it comes."""

from __future__ import annotations

from typing import Final

from millstream.components.options.media_source import MediaComponent
from millstream.declare.arguments import is_number
from millstream.errors import DeclarationError

MAX_AHEAD_S: Final = 60.0
"""The longest `max_ahead`: what waits for the user is kept in memory, on both sides."""


class StreamPlayer(MediaComponent):
    """A media component that is a player if it is declared as an output with `streaming=True`."""

    max_ahead: float
    """The seconds that a handler may be ahead of the user before it is held back."""

    def check(self) -> None:
        if not is_number(self.max_ahead) or not 0 < self.max_ahead <= MAX_AHEAD_S:
            raise DeclarationError(f"{self.name}: max_ahead={self.max_ahead!r} is not between 0 and {MAX_AHEAD_S} s")
        super().check()

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        is_player = self.streaming and not drives_stream and is_output and self.interactive is not True
        self.plays_ahead_s = self.max_ahead if is_player else 0.0
        super().settle(is_interactive and not is_player, drives_stream, is_output)
