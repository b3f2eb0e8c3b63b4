"""Detects by its delay that the link is too narrow for uncompressed audio. Pure: the time is a parameter."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from millstream.runtime.link_model import ENOUGH, LinkModel

LATE_S: Final = 0.25
"""What comes later than the promptest by more than this has waited on its way."""

WATCHED_S: Final = 1.5
"""So long everything has to be late: one hiccup of a radio link says nothing."""

SILENCE_S: Final = 0.5
"""A page that says nothing for so long does not play, or is busy: when it speaks again, that is no measurement."""


@dataclass(slots=True)
class Bandwidth:
    """The knowledge of the way to one page that its playbacks share.

    Attributes:
        link: The model of the link, which says whether it is too narrow.
        takes_opus: Whether Opus is of any use, as far as is known.
    """

    link: LinkModel
    takes_opus: bool = False


class _Sent(NamedTuple):
    sequence: int
    size: int
    at: float


class Gauge:
    """Measures what a link carries of one playback, while that is all it can carry.

    Only while packets wait on their way does what arrives tell what the link is able to; that they wait is seen by
    how much longer they take than the promptest did. How long the way itself is makes no difference.

    Args:
        needed: What the samples take, in bytes a second.
    """

    def __init__(self, needed: float) -> None:
        self._needed = needed
        self._flying: deque[_Sent] = deque()
        self._promptest_s = math.inf
        self._since = self._heard_at = -math.inf
        self._came = 0

    def sent(self, sequence: int, size: int, now: float) -> None:
        """A packet was handed over to be sent."""
        self._flying.append(_Sent(sequence, size, now))

    def received(self, sequence: int, now: float, *, is_playing: bool) -> bool:
        """The page has all packets up to `sequence`; tells whether the link has proved too narrow.

        A page that does not play speaks too seldom: what it says is no measurement.
        """
        came, took_s = 0, 0.0
        while self._flying and self._flying[0].sequence <= sequence:
            _, size, at = self._flying.popleft()
            came, took_s = came + size, now - at
        if came:
            self._promptest_s = min(self._promptest_s, took_s)
        elif self._flying:
            took_s = now - self._flying[0].at
        is_late = took_s > self._promptest_s + LATE_S
        if is_playing and is_late and now - self._heard_at <= SILENCE_S:
            self._came += came
        else:
            self._since, self._came = now, 0
        self._heard_at = now if is_playing else -math.inf
        watched_s = now - self._since
        return watched_s >= WATCHED_S and self._came < ENOUGH * self._needed * watched_s
