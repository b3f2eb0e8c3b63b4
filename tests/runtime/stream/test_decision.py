"""The sentence that says how a stream runs, and why."""

from __future__ import annotations

import pytest

from millstream.runtime.stream.decision import decision
from millstream.runtime.trace import CallTimes

FAST = CallTimes(30, 0, 1_000, 2_000, 3_000, 2_000)


@pytest.mark.parametrize(
    ("times", "every_s", "rtt_s", "sentence"),
    [
        (FAST, 0.0, 0.004, "JPEG at 30 a second: the link is fast and the server has time."),
        (FAST, 0.0, None, "JPEG at 30 a second: the link is fast and the server has time."),
        (FAST, 0.0, 0.25, "JPEG at 30 a second: the server has time, and a round trip takes 250 ms."),
        (FAST._replace(calls=2), 0.5, 0.25, "JPEG at 2.0 a second: the app asks for one every 0.5 s."),
        (
            CallTimes(5, 0, 1_000, 2_000, 196_000, 2_000),
            0.0,
            0.25,
            "JPEG at 5.0 a second: the handler takes 200 ms for each.",
        ),
        (CallTimes(), 0.0, 0.004, "Nothing was handled in the last second."),
    ],
)
def test_the_sentence_names_the_bottleneck(
    times: CallTimes, every_s: float, rtt_s: float | None, sentence: str
) -> None:
    assert decision(1, times, 1.0, every_s, rtt_s) == sentence


def test_the_rate_is_that_of_the_time_that_was_counted() -> None:
    assert decision(1, FAST, 2.0, 0.0, None).startswith("JPEG at 15 a second")


def test_a_codec_of_another_version_has_its_number() -> None:
    assert decision(250, FAST, 1.0, 0.0, None).startswith("Codec 250 at")
