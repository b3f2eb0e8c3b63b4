"""The real model on real speech, by both packages that hold it."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest
from hibari import Hibari

from millstream.frames import Chunk
from millstream.media import wav
from millstream.speech import VOICE_RATE_HZ, PauseRules, TurnEvent
from millstream.voice import silero
from millstream.voice.detector_input import DetectorInput
from millstream.voice.pauses import PauseDetector
from millstream.voice.utterances import Margins, Span, Utterances

RULES = PauseRules(pause_s=0.6, threshold=0.5, release=0.35, min_speech_s=0.06)

pytestmark = pytest.mark.slow  # needs the voices of the examples

packages = pytest.mark.parametrize("package", list(silero.OPENERS))


def beckett() -> Chunk:
    """Ten seconds, with one second of silence before and two after: "Ever tried. Ever failed. No matter." …"""
    spec = importlib.util.find_spec("moonshine_voice")
    assert spec is not None
    assert spec.origin is not None
    chunk = wav.decode((Path(spec.origin).parent / "assets" / "beckett.wav").read_bytes())
    assert chunk.sample_rate == VOICE_RATE_HZ
    quiet = np.zeros((VOICE_RATE_HZ, 1), np.int16)
    return Chunk(np.concatenate([quiet, chunk.samples, quiet, quiet]), VOICE_RATE_HZ)


def turns(package: str, chunk: Chunk, rules: PauseRules = RULES) -> list[TurnEvent]:
    detector_input = DetectorInput(lambda: PauseDetector(silero.OPENERS[package](), rules))
    found: list[TurnEvent] = []
    step = round(0.032 * chunk.sample_rate)
    for at in range(0, len(chunk.samples), step):
        found += detector_input.hear(Chunk(chunk.samples[at : at + step], chunk.sample_rate, at)).events
    detector_input.close()
    return found


@packages
def test_sentences_are_told_from_the_pauses_between_them(package: str) -> None:
    found = turns(package, beckett())
    seconds = [event.at / VOICE_RATE_HZ for event in found]
    assert [event.kind for event in found] == ["onset", "end"] * (len(found) // 2)
    assert 3 <= len(found) / 2 <= 6
    assert seconds[0] > 1.0
    assert seconds[-1] < 11.5
    assert all(end - begin > 0.4 for begin, end in zip(seconds[::2], seconds[1::2], strict=True))
    assert all(begin - end >= 0.5 for end, begin in zip(seconds[1::2], seconds[2::2], strict=False))


@packages
def test_a_longer_pause_makes_one_turn_of_them(package: str) -> None:
    found = turns(package, beckett(), PauseRules(1.8, 0.5, 0.35, 0.06))
    assert [event.kind for event in found] == ["onset", "end"]


@packages
def test_with_what_came_before_no_syllable_is_cut_off(package: str) -> None:
    """Everything that is loud is in a turn, with the default margins, from its first hundredth of a second on."""
    chunk = beckett()
    margins = Margins(*(round(each * VOICE_RATE_HZ) for each in (0.3, 0.3, 1.0, 60)))
    steps = Utterances(margins).take(turns(package, chunk), len(chunk.samples))
    spans = [step for step in steps if isinstance(step, Span)]
    frames = chunk.samples[: len(chunk.samples) // 160 * 160, 0].reshape(-1, 160).astype(np.float64)
    loud = np.flatnonzero(np.sqrt(np.mean(frames**2, axis=1)) > 500) * 160
    assert len(loud) > 200
    assert all(any(span.first <= at < span.last for span in spans) for at in loud)


@packages
def test_a_synthetic_voice_is_a_voice(package: str) -> None:
    speech = Hibari()("The quick brown fox jumps over the lazy dog.")
    samples = (np.asarray(speech).reshape(-1) * 32_767).astype(np.int16)
    quiet = np.zeros(24_000, np.int16)
    found = turns(package, Chunk(np.concatenate([quiet, samples, quiet])[:, None], 24_000))
    assert [event.kind for event in found] == ["onset", "end"]
    assert found[0].at / 24_000 == pytest.approx(1.2, abs=0.3)
    assert found[1].at / 24_000 == pytest.approx(1.0 + len(samples) / 24_000, abs=0.4)


@packages
def test_silence_and_noise_are_no_speech(package: str) -> None:
    noise = np.random.default_rng(0).normal(0, 600, (5 * VOICE_RATE_HZ, 1)).astype(np.int16)
    assert turns(package, Chunk(noise, VOICE_RATE_HZ)) == []
    assert turns(package, Chunk(np.zeros_like(noise), VOICE_RATE_HZ)) == []


@packages
@pytest.mark.parametrize("factor", [3, 6])
def test_another_rate_finds_the_same_turns_at_the_same_times(package: str, factor: int) -> None:
    """Audio at 48 kHz, of which every third sample is the original."""
    chunk = beckett()
    at = np.arange(len(chunk.samples) * factor) / factor
    samples = np.interp(at, np.arange(len(chunk.samples)), chunk.samples[:, 0]).astype(np.int16)[:, None]
    fast = turns(package, Chunk(samples, VOICE_RATE_HZ * factor))
    slow = turns(package, chunk)
    assert [event.kind for event in fast] == [event.kind for event in slow]
    assert [event.at / factor for event in fast] == pytest.approx([event.at for event in slow], abs=0.1 * VOICE_RATE_HZ)


@packages
def test_two_streams_do_not_share_a_state(package: str) -> None:
    chunk = beckett()
    first, second = silero.OPENERS[package](), silero.OPENERS[package]()
    windows = [chunk.samples[at : at + 512, 0].astype(np.float32) / 32768 for at in range(0, 3 * VOICE_RATE_HZ, 512)]
    alone = [first(window) for window in windows]
    silence = np.zeros(512, np.float32)
    again = silero.OPENERS[package]()
    mixed = [(second(window), again(silence))[0] for window in windows]
    np.testing.assert_allclose(alone, mixed, atol=1e-6)


@packages
def test_a_window_is_judged_far_faster_than_it_lasts(package: str) -> None:
    model, window = silero.OPENERS[package](), np.zeros(512, np.float32)
    model(window)
    begin = time.perf_counter()
    for _ in range(20):
        model(window)
    assert (time.perf_counter() - begin) / 20 < 0.016


def test_the_default_detector_is_the_faster_one_that_is_there() -> None:
    detector = silero.open_detector(RULES)
    assert detector.hear(np.zeros(5_000, np.float32)) == []
    detector.close()
