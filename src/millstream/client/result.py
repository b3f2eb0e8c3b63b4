"""One result of a call, as a page takes it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

RESULTS_KEPT: Final = 1_000
"""Results of a stream or run; they hold frames."""


@dataclass(frozen=True)
class StreamResult:
    """The changes that one result of a call made in the page.

    Attributes:
        call: Number of the call.
        source: Sequence of the packet it was computed from, 0 for an ordinary event.
        values: New value of each changed component, by number, as on the wire; of a frame its
            `Packet`, or a `Frame` where frames build on each other.
        received_us: When it was complete, in microseconds of the page's clock.
        age_s: Seconds from the capture of its source to `received_us`; `None` if it has no source.
    """

    call: int
    source: int
    values: Mapping[int, object]
    received_us: int
    age_s: float | None = None


@dataclass(frozen=True)
class Summary:
    """The counts of a stream so far. Ages are in seconds, from capture to result.

    Attributes:
        captured: Frames that were due, or chunks of audio.
        sent: Packets that went to the server; chunks of audio that wait travel together.
        dropped: Frames that were due but not sent, because the server did not want them yet. Audio is never dropped.
        results: Results that came back.
        age_p50_s: Half of the latest results were younger.
        age_p95_s: 95 % of them were younger.
        age_max_s: The oldest of them.
    """

    captured: int
    sent: int
    dropped: int
    results: int
    age_p50_s: float
    age_p95_s: float
    age_max_s: float
