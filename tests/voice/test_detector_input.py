"""What a detector says of itself is not taken on trust."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from millstream.errors import InvalidValue
from millstream.frames import Chunk
from millstream.speech import TurnEvent
from millstream.voice.detector_input import DetectorInput

SILENCE = np.zeros((4_800, 1), np.int16)


class Says:
    """A detector that finds what it is told to find."""

    def __init__(self, found: Any) -> None:
        self.found = found

    def hear(self, samples: np.ndarray) -> Any:
        return self.found

    def close(self) -> None:
        pass


def heard(found: Any) -> tuple[TurnEvent, ...]:
    detector_input = DetectorInput(lambda: Says(found))
    return detector_input.hear(Chunk(SILENCE, 48_000, 100)).events


def test_events_are_counted_as_the_microphone_counts() -> None:
    found = [TurnEvent("onset", 0), TurnEvent("end", np.int64(1_000))]  # type: ignore[arg-type]
    assert heard(found) == (TurnEvent("onset", 100), TurnEvent("end", 3_100))
    assert heard(()) == ()


@pytest.mark.parametrize("found", [None, 5, "onset"])
def test_what_is_not_a_list_is_refused(found: object) -> None:
    with pytest.raises(InvalidValue, match=r"Says.hear\(\) returned .*: return a list of TurnEvent"):
        heard(found)


@pytest.mark.parametrize(
    "event",
    ["onset", ("onset", 5), TurnEvent("begin", 5), TurnEvent("onset", float("nan")), TurnEvent("end", 10**9)],  # type: ignore[arg-type]
    ids=repr,
)
def test_what_is_not_an_event_of_what_was_heard_is_refused(event: object) -> None:
    with pytest.raises(InvalidValue, match=r"Says.hear\(\) found .*of kind onset or end, with `at` among the \d+"):
        heard([event])
