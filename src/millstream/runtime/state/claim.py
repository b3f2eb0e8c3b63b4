"""Claims of calls on the values that they may write, by which the results of some give way to what others write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

STREAM: Final = 0
TIMER: Final = 1
USER: Final = 2
"""The ranks of calls, by their cause: what follows from a call has its rank."""

RANKS: Final = (STREAM, TIMER, USER)


class Claim(NamedTuple):
    """A call's claim on a value, valid as long as nobody else has written it since the call began.

    A call does not give way to those of a lower rank: a stream or a timer that writes all the time would undo every
    click whose handler takes longer than its interval, and a stream every tick.

    Attributes:
        versions: The version that each of its outputs had when the call began, or that it wrote itself.
        current: The versions that count for it, as they are now.
        rank: Its rank.
        heard: Components in which it plays audio.
        followers: Claims of calls that began before this one was over and whose results come after it: what it writes
            does not cost them their claim.
    """

    versions: dict[int, int]
    current: Mapping[int, int]
    rank: int
    heard: set[int]
    followers: list[Claim]

    def holds(self, number: int) -> bool:
        """True if nobody who counts has written a value since the claim was made, but for the claimant."""
        return self.versions.get(number) == self.current[number]
