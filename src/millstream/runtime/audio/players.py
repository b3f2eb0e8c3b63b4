"""The loudspeakers of one page: which playback is heard in which component."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from millstream.declare.component import Component
from millstream.runtime.audio.bandwidth import Bandwidth
from millstream.runtime.audio.playback import Playback
from millstream.runtime.send.sender import Sender
from millstream.wire.messages import Played

MAX_KEPT: Final = 64
"""Playbacks whose position is kept after their handler has ended."""


def _nothing() -> None:
    """Stand in where nobody wants to know."""


class Players:
    """All playbacks of one session: each component plays one at a time.

    Args:
        sender: The way to the page.

    Attributes:
        bandwidth: What is known of that way, and remembered from one playback to the next.
        last: The number of the last playback.
        on_begin: Called when a playback is about to begin.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.bandwidth = Bandwidth(sender.link)
        self._playbacks: dict[int, Playback] = {}
        self.last = 0
        self.on_begin: Callable[[], None] = _nothing

    def begin(self, stream: int, binding: int, component: Component) -> Playback:
        """Begin a playback; one that is still heard in the component gives way."""
        self.hush(component.id)
        self.last += 1
        playback = Playback(self.last, stream, binding, component, self._sender, self.bandwidth)
        self._playbacks[self.last] = playback
        for number in [number for number, old in self._playbacks.items() if old.is_over][:-MAX_KEPT]:
            del self._playbacks[number]
        self.on_begin()
        return playback

    @property
    def running(self) -> list[int]:
        """The numbers of those that have not ended."""
        return [number for number, playback in self._playbacks.items() if not playback.is_over]

    def hush(self, component: int) -> None:
        """Silence the playback of a component, because something else replaces it."""
        for playback in [each for each in self._playbacks.values() if each.component.id == component]:
            playback.cut()

    def silence(self, binding: int) -> None:
        """Silence what a binding plays, also what is still heard of calls that are over."""
        for playback in [each for each in self._playbacks.values() if each.binding == binding]:
            playback.cut()

    def report(self, message: Played) -> None:
        """Take note of where the page is in a playback; one that is gone is not worth a word.

        Raises:
            ProtocolError: It is nowhere in it.
        """
        playback = self._playbacks.get(message.playback)
        if playback is None:
            return
        playback.report(message)
        if message.state in ("ended", "broken"):
            if message.state == "ended" and not playback.is_over:
                playback.cut(is_refused=True)
            playback.is_over = True
            del self._playbacks[message.playback]

    def statistics(self) -> Mapping[str, Mapping[str, float]]:
        """Give position and lead of the playbacks, and how much was skipped of them, in seconds."""
        return {
            str(number): {
                "position_s": playback.position.position_s,
                "ahead_s": playback.position.ahead_s,
                "skipped_s": playback.skipped_s,
            }
            for number, playback in self._playbacks.items()
        }
