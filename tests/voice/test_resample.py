"""Resampling without a seam, without an alias, and without losing count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.speech import VOICE_RATE_HZ
from millstream.voice.resample import Resampler

RATES = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000]


def tone(frequency: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    at = np.arange(round(rate * seconds)) / rate
    return (np.sin(2 * np.pi * frequency * at) * 20_000).astype(np.int16)[:, None]


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_stays_the_same_tone_at_the_same_time(rate: int) -> None:
    heard = Resampler(rate).take(tone(440, rate))
    wanted = tone(440, VOICE_RATE_HZ)[: len(heard), 0] / 32768
    assert len(heard) > 0.5 * VOICE_RATE_HZ - 20
    np.testing.assert_allclose(heard[100:], wanted[100:], atol=0.002)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_what_the_lower_rate_cannot_hold_is_gone(rate: int) -> None:
    assert np.abs(Resampler(rate).take(tone(9_500, rate))[100:]).max() < 0.01


@given(st.sampled_from(RATES), st.lists(st.integers(0, 2_000), min_size=1, max_size=12))
def test_chunks_make_no_difference(rate: int, lengths: list[int]) -> None:
    sound = np.random.default_rng(0).integers(-20_000, 20_000, (sum(lengths), 1)).astype(np.int16)
    whole = Resampler(rate).take(sound)
    resampler = Resampler(rate)
    parts = [resampler.take(piece) for piece in np.split(sound, np.cumsum(lengths)[:-1])]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)
    # What is missing at the end waits for its neighbours: eight samples of the lower rate.
    missing = sum(lengths) * VOICE_RATE_HZ / rate - len(whole)
    assert -1 <= missing <= 8 * max(1.0, VOICE_RATE_HZ / rate) + 1


def test_channels_are_mixed() -> None:
    stereo = np.full((800, 2), (1000, 3000), np.int16)
    np.testing.assert_allclose(Resampler(VOICE_RATE_HZ).take(stereo), 2000 / 32768)
