"""Somebody who speaks, waits for an answer, and speaks again: audio for the fake microphone, and when what was heard.

Says "Ever tried." again and again, with a pause in which an answer begins that is then interrupted.
"""

from __future__ import annotations

import base64
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page
from tests.browser.ear import QUANTUM, hear, spoken

RATE_HZ = 48_000
LEAD_S = 1.5
SPEECH_S = (1.31, 2.21)
"""Where "Ever tried." is in the speech clip."""

PAUSE_S = 2.6
LOUD = 300
"""From this sample on, of 32768, there is speech."""


def record_talk(speech: Path, turns: int, path: Path) -> Path:
    """Write the audio, made of the speech clip."""
    with wave.open(str(speech)) as source:
        assert source.getframerate() == RATE_HZ
        samples = np.frombuffer(source.readframes(source.getnframes()), "<i2")
    begin, end = (round(at * RATE_HZ) for at in SPEECH_S)
    pause = np.zeros(round(PAUSE_S * RATE_HZ), np.int16)
    parts = [np.zeros(round(LEAD_S * RATE_HZ), np.int16), *[samples[begin:end], pause] * turns]
    with wave.open(str(path), "wb") as sink:
        sink.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        sink.writeframes(np.concatenate(parts).tobytes())
    return path


@dataclass(frozen=True)
class Times:
    """When what happened, in seconds of the page's clock: speech of the microphone, audio of the loudspeaker."""

    said: list[tuple[float, float]]
    heard: list[tuple[float, float]]

    def barge_ins_s(self) -> list[float]:
        """Give, for each speech during an answer, how long the answer went on."""
        return [stop - begin for begin, _ in self.said for start, stop in self.heard if start < begin < stop]

    def replies_s(self) -> list[float]:
        """Give how long after each speech the answer was heard."""
        ends = [end for _, end in self.said]
        return [min(start - end for end in ends if end < start) for start, _ in self.heard if start > ends[0]]


def watch(page: Page) -> Times:
    """Look at what the taps of `ear` have recorded."""
    (_, said), (_, heard) = spoken(page), hear(page)
    return Times(
        _stretches(said, _times_ms(page, "spoken"), LOUD, 0.5), _stretches(heard, _times_ms(page, "heard"), 30, 0.2)
    )


def _times_ms(page: Page, recording: str) -> NDArray[np.float64]:
    return np.frombuffer(base64.b64decode(page.evaluate(f"ear.times(ear.{recording})")), np.float64)


def _stretches(
    samples: NDArray[np.int16], times_ms: NDArray[np.float64], loud: int, gap_s: float
) -> list[tuple[float, float]]:
    """Give begin and end of each stretch of audio, silence shorter than `gap_s` included."""
    count = min(len(samples) // QUANTUM, len(times_ms))
    levels = np.abs(samples[: count * QUANTUM].astype(int)).reshape(-1, QUANTUM).max(axis=1)
    at = times_ms[:count][levels > loud] / 1000
    if not len(at):
        return []
    breaks = np.flatnonzero(np.diff(at) > gap_s)
    return list(zip(at[[0, *breaks + 1]].tolist(), at[[*breaks, -1]].tolist(), strict=True))
