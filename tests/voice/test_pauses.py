"""From probabilities to turns: steady, in order, and never without its end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.speech import PauseRules, TurnEvent
from millstream.voice.pauses import WINDOW, PauseDetector, Pauses

RULES = PauseRules(pause_s=0.32, threshold=0.5, release=0.35, min_speech_s=0.064)
"""A turn ends after 10 silent windows, and begins with two loud ones."""

probabilities = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.34, 0.36, 0.49, 0.51, 1.0]), max_size=200)


def events(given: list[float], rules: PauseRules = RULES) -> list[TurnEvent]:
    pauses = Pauses(rules)
    found = [pauses.step(probability, WINDOW) for probability in given]
    return [event for event in found if event is not None]


def windows(*numbers: int) -> list[int]:
    return [number * WINDOW for number in numbers]


def test_speech_and_a_pause_are_one_turn() -> None:
    assert events([0] * 5 + [1] * 20 + [0] * 10) == [TurnEvent("onset", 5 * WINDOW), TurnEvent("end", 25 * WINDOW)]


def test_a_short_pause_ends_nothing() -> None:
    found = events([1] * 5 + [0] * 9 + [1] * 5 + [0] * 10)
    assert [event.at for event in found] == windows(0, 19)


def test_what_is_too_short_is_a_noise() -> None:
    assert events([0, 1, 0, 0, 1, 0] * 10) == []


def test_speech_goes_on_between_the_thresholds_and_does_not_begin_there() -> None:
    assert events([0.4] * 50) == []
    found = events([1, 1] + [0.4] * 30 + [0.1] * 10)
    assert [event.at for event in found] == windows(0, 32)


def test_a_dip_between_the_thresholds_does_not_begin_anew() -> None:
    assert events([0, 1, 0.4, 1]) == [TurnEvent("onset", WINDOW)]


@given(probabilities)
def test_onset_and_end_take_turns_and_time_goes_forward(given: list[float]) -> None:
    found = events(given)
    assert [event.kind for event in found] == ["onset", "end"] * (len(found) // 2) + ["onset"] * (len(found) % 2)
    assert [event.at for event in found] == sorted(event.at for event in found)
    assert all(0 <= event.at <= len(given) * WINDOW for event in found)


@given(probabilities)
def test_clear_speech_is_always_inside_a_turn(given: list[float]) -> None:
    found = [event.at // WINDOW for event in events(given)]
    turns = list(zip(found[::2], [*found[1::2], len(given)], strict=False))
    for at in range(len(given) - 1):
        if given[at] >= RULES.threshold and given[at + 1] >= RULES.threshold:
            assert any(begin <= at and at + 1 < end for begin, end in turns)


@given(probabilities)
def test_the_end_is_where_speech_was_heard_last(given: list[float]) -> None:
    for event in events(given):
        if event.kind == "end":
            at = event.at // WINDOW
            assert given[at - 1] >= RULES.release
            assert all(probability < RULES.release for probability in given[at : at + 10])


@given(st.lists(st.integers(0, 3_000), max_size=30))
def test_the_detector_cuts_any_chunks_into_whole_windows_in_order(lengths: list[int]) -> None:
    seen: list[np.ndarray] = []

    def model(window: np.ndarray) -> float:
        seen.append(window)
        return 0.0

    sound = np.arange(sum(lengths), dtype=np.float32)
    detector = PauseDetector(model, RULES)
    for piece in np.split(sound, np.cumsum(lengths)[:-1]) if lengths else []:
        assert detector.hear(piece) == []
    detector.close()
    assert all(len(window) == WINDOW for window in seen)
    heard = np.concatenate(seen) if seen else np.zeros(0)
    np.testing.assert_array_equal(heard, sound[: len(sound) // WINDOW * WINDOW])


@pytest.mark.parametrize("pause_s", [0.1, 0.6, 2.0])
def test_the_pause_is_as_long_as_asked_for(pause_s: float) -> None:
    pauses = Pauses(PauseRules(pause_s, 0.5, 0.35, 0.03))
    assert pauses.step(1, WINDOW) == TurnEvent("onset", 0)
    count = 0
    while pauses.step(0, WINDOW) is None:
        count += 1
    assert (count + 1) * WINDOW / 16_000 == pytest.approx(pause_s, abs=0.032)
