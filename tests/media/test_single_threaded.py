"""Conversions of frames and audio leave no thread behind, and give what PyAV's own give."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

import millstream
from millstream.errors import MediaError
from millstream.media.single_threaded import AudioConverter, converted

SOURCES = Path(millstream.__file__).parent
RATE_HZ = 48_000

COUNTED = """
import os
import av
import numpy as np
from millstream.media.single_threaded import AudioConverter, converted

threads = lambda: len(os.listdir("/proc/self/task"))
frame = av.VideoFrame.from_ndarray(np.zeros((480, 640, 3), np.uint8), "rgb24")
audio = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.int16), "s16", "mono")
audio.sample_rate = 48_000
before = threads()
smaller = converted(frame, width=320, height=240, format="yuv420p")  # a frame keeps the threads of its conversion
resampler = AudioConverter("s16", "mono", 16_000)
resampler.resample(audio)
print(threads() - before)
"""


def tone(count: int, first: int = 0) -> av.AudioFrame:
    """A stretch of 440 Hz in stereo."""
    samples = (np.sin(2 * np.pi * 440 / RATE_HZ * np.arange(first, first + count)) * 9_000).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(np.repeat(samples, 2).reshape(1, -1), "s16", "stereo")
    frame.sample_rate = RATE_HZ
    return frame


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads of libraries are counted by Linux alone")
def test_a_conversion_has_no_threads_of_its_own() -> None:
    ran = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True, check=True)
    assert ran.stdout == "0\n"


def test_one_thread_makes_of_a_frame_what_several_make() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
    ours = converted(frame, width=32, height=24, format="yuv420p").to_ndarray()
    theirs = frame.reformat(32, 24, "yuv420p", threads=2).to_ndarray()
    assert (ours == theirs).all()


@pytest.mark.parametrize(
    ("format", "layout", "rate_hz"),
    [("s16", "mono", 16_000), ("fltp", "stereo", 44_100), ("s16", "", 0), ("s16", "", 8_000)],
)
def test_audio_is_resampled_as_pyav_does_it(format: str, layout: str, rate_hz: int) -> None:
    ours, theirs = AudioConverter(format, layout, rate_hz), av.AudioResampler(format, layout or None, rate_hz or None)
    parts = [tone(count, first) for count, first in [(960, 0), (480, 960), (7, 1440)]]
    mine, its = (
        [each.to_ndarray() for part in (*parts, None) for each in way.resample(part)] for way in (ours, theirs)
    )
    its = [each for each in its if each.size]
    assert np.array_equal(np.concatenate(mine, axis=1), np.concatenate(its, axis=1))
    assert sum(each.size for each in mine) > 0


def test_a_resampler_that_was_given_nothing_holds_nothing_back() -> None:
    assert AudioConverter("s16", "mono", 16_000).resample(None) == []


def test_audio_that_changes_is_refused() -> None:
    resampler = AudioConverter("s16", "mono", 16_000)
    resampler.resample(tone(960))
    other = tone(960)
    other.sample_rate = 44_100
    with pytest.raises(MediaError, match="its audio changes from s16, stereo, 48000 Hz to s16, stereo, 44100 Hz"):
        resampler.resample(other)


def test_nothing_else_is_converted_by_pyav() -> None:
    """Its own conversions start a thread for each processor."""
    own = re.compile(r"\.reformat\(|\bAudioResampler\(|to_ndarray\(format|\.to_rgb\(|\.to_image\(")
    places = [
        f"{path.relative_to(SOURCES)}: {line.strip()}"
        for path in SOURCES.rglob("*.py")
        if path.name != "single_threaded.py"
        for line in path.read_text().splitlines()
        if own.search(line)
    ]
    assert places == []
