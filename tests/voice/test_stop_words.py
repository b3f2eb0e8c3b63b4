"""Stop words in what a recogniser wrote."""

from __future__ import annotations

import pytest

from millstream.voice.stop_words import after_stop_word


@pytest.mark.parametrize(
    ("text", "stop_words", "rest"),
    [
        ("Computer, what time is it?", ["computer"], "what time is it"),
        ("Hey, Computer!", ["computer"], ""),
        ("what time is it", ["computer"], None),
        ("computers are slow", ["computer"], None),
        ("okay  HAL: open the doors", ["hey hal", "Okay Hal"], "open the doors"),
        ("Élise, viens", ["elise"], "viens"),
        ("let's go, what's up", ["lets go"], "whats up"),
        ("stop computer stop", ["computer", "stop"], "computer stop"),
        ("", ["computer"], None),
    ],
)
def test_what_follows_a_stop_word(text: str, stop_words: list[str], rest: str | None) -> None:
    assert after_stop_word(text, stop_words) == rest
