"""The options of programs that were written for FastRTC."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

import pytest

import millstream as gr
from millstream.declare.binding import TurnTaking


def taking(algo: gr.AlgoOptions | None, model: gr.SileroVadOptions | None = None, **options: Any) -> TurnTaking:
    return gr.ReplyOnPause(lambda sound: sound, None, algo, model, **options).taken("here", 1)


def test_they_stand_for_our_own() -> None:
    algo = gr.AlgoOptions(audio_chunk_duration=0.8, started_talking_threshold=0.3, max_continuous_speech_s=20)
    found = taking(algo, gr.SileroVadOptions(threshold=0.7, speech_pad_ms=400))
    assert (found.rules.pause_s, found.rules.min_speech_s, found.rules.threshold) == (0.8, 0.3, 0.7)
    assert (found.max_turn_s, found.pre_roll_s) == (20, 0.4)
    assert found.rules.release == pytest.approx(0.55)


def test_what_is_left_out_stays() -> None:
    assert taking(gr.AlgoOptions(), gr.SileroVadOptions()) == taking(None)
    assert taking(gr.AlgoOptions(started_talking_threshold=0.2), pause=1.5).rules.pause_s == 1.5


@pytest.mark.parametrize(("seconds", "milliseconds", "least"), [(0.2, 250, 0.25), (0.3, 250, 0.3)])
def test_the_longer_of_two_shortest_speeches_counts(seconds: float, milliseconds: int, least: float) -> None:
    found = taking(gr.AlgoOptions(0.6, seconds), gr.SileroVadOptions(min_speech_duration_ms=milliseconds))
    assert found.rules.min_speech_s == least


def test_endless_speech_is_ten_minutes() -> None:
    assert taking(gr.AlgoOptions(max_continuous_speech_s=math.inf)).max_turn_s == 600


def test_what_has_no_meaning_is_warned_of() -> None:
    with pytest.warns(UserWarning, match=r"AlgoOptions\(\) ignores speech_threshold: no meaning"):
        gr.AlgoOptions(speech_threshold=0.1)
    with pytest.warns(UserWarning, match="ignores min_silence_duration_ms, window_size_samples: no meaning") as warned:
        gr.SileroVadOptions(min_silence_duration_ms=100, window_size_samples=1024)
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gr.AlgoOptions(0.6, 0.2)


def test_values_that_are_not_allowed_are_refused_as_ours_are() -> None:
    with pytest.raises(gr.DeclarationError, match=r"ReplyOnPause\(pause=60\) is not allowed"):
        taking(gr.AlgoOptions(audio_chunk_duration=60))


def test_what_is_said_elsewhere_is_named() -> None:
    for argument, remedy in gr.ReplyOnPause.meant.items():
        with pytest.raises(TypeError, match=rf"ReplyOnPause\(\) has no argument '{argument}'; {re.escape(remedy)}"):
            gr.ReplyOnPause(print, **{argument: 1})  # type: ignore[arg-type]


def test_stop_words_come_second() -> None:
    heeds = gr.ReplyOnStopWords(
        lambda sound: sound, ["computer"], recognise=lambda sound: "", algo_options=gr.AlgoOptions(0.8)
    )
    assert heeds.taken("here", 1).rules.pause_s == 0.8
