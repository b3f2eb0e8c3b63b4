"""A load test and the figures of each of its processes: plain data, as it goes from one process to another."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from millstream.load_testing.fed_event import FedEvent

AGES_KEPT: Final = 10_000
"""The latest so many latencies of a stream are kept."""

Outcome: TypeAlias = Literal["served", "waiting", "refused", "failed"]
"""The end of a visit: the visitor had a slot, waited in the queue to the end, was turned away, or broke off."""


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A load test.

    Attributes:
        url: The app's address.
        auth: `(user name, password)` for an app that asks for a login.
        event: Label, `elem_id` or number of the component whose stream is fed; empty for the first one that streams.
        streams: Visitors, each with one stream.
        rate_hz: Frames a second that each camera shows.
        width, height: Of the frames, in pixels.
        ramp_s: Seconds in which the visitors come, one after the other.
        seconds: How long is measured, once all of them have come.
    """

    url: str
    auth: tuple[str, str] | None = None
    event: str = ""
    streams: int = 1
    rate_hz: float = 15.0
    width: int = 640
    height: int = 480
    ramp_s: float = 5.0
    seconds: float = 30.0

    @property
    def all_s(self) -> float:
        """Seconds from the first visitor to the end."""
        return self.ramp_s + self.seconds


class GroupShare(msgspec.Struct, frozen=True):
    """The visitors of one process: every `step`-th one, from `first` on, so that all processes ramp up together."""

    plan: LoadPlan
    event: FedEvent
    first: int
    step: int

    @property
    def numbers(self) -> range:
        """The numbers of its visitors, from 0."""
        return range(self.first, self.plan.streams, self.step)


class VisitorFigures(msgspec.Struct, kw_only=True):
    """The figures of one visitor; all but the waits are of the seconds that are measured.

    Attributes:
        outcome: What became of the visitor.
        reason: Why one was refused, or failed; else empty.
        running_s: Seconds with a slot.
        results: Results that came back.
        unsent: Frames that were due but not sent, as the server did not want them yet.
        longest_gap_s: The longest time without a result while there was a slot.
        ages_s: Seconds from capture to result, of the latest results; of audio from the end of its chunk.
        waits_s: How long each slot was waited for.
    """

    outcome: Outcome
    reason: str = ""
    running_s: float = 0.0
    results: int = 0
    unsent: int = 0
    longest_gap_s: float = 0.0
    ages_s: list[float] = []
    waits_s: list[float] = []


class GroupFigures(msgspec.Struct):
    """The figures of one process of the tester.

    Attributes:
        visitors: Its visitors.
        cores: CPU seconds a second that the process took while it measured.
        lag_p95_s: The delay of its event loop that 95 % of the samples stayed below, in seconds.
    """

    visitors: list[VisitorFigures]
    cores: float
    lag_p95_s: float
