"""The fake devices tell the truth: what is drawn can be read back, and nothing else is taken for it."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from .media import (
    CHIRP_SECONDS,
    RATE_HZ,
    Clips,
    draw_counter,
    draw_halves,
    make_clips,
    read_chirp,
    read_counter,
    read_halves,
    read_wav,
)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return make_clips(tmp_path_factory.mktemp("media"))


def degrade(frame: np.ndarray, size: tuple[int, int], quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer))


@given(number=st.integers(0, 4095), scale=st.sampled_from([0.25, 0.5, 1.0, 2.0]), quality=st.integers(20, 95))
def test_a_scaled_and_compressed_counter_is_read(number: int, scale: float, quality: int) -> None:
    frame = degrade(draw_counter(number), (round(640 * scale), round(480 * scale)), quality)

    assert read_counter(frame) == number
    assert read_counter(frame[:, ::-1]) == number


@given(first=st.integers(0, 4095), second=st.integers(0, 4095))
def test_a_blend_of_two_counters_is_never_a_third(first: int, second: int) -> None:
    blend = (draw_counter(first) // 2 + draw_counter(second) // 2).astype(np.uint8)

    assert read_counter(blend) in {None, first}


@pytest.mark.parametrize("level", [0, 90, 127, 255])
def test_a_plain_frame_is_not_a_counter(level: int) -> None:
    assert read_counter(np.full((480, 640, 3), level, np.uint8)) is None


def test_a_tiny_frame_is_not_a_counter() -> None:
    assert read_counter(np.zeros((8, 8, 3), np.uint8)) is None


def test_the_halves_tell_whether_a_frame_is_mirrored() -> None:
    frame = degrade(draw_halves(), (640, 480), 80)

    assert read_halves(frame) == ("red", "blue")
    assert read_halves(frame[:, ::-1]) == ("blue", "red")
    assert read_halves(np.zeros_like(frame)) == ("other", "other")


def test_the_counter_video_holds_every_number_once(clips: Clips) -> None:
    pieces = clips.counter.read_bytes().split(b"\xff\xd8\xff")[1:]

    numbers = [read_counter(np.array(Image.open(io.BytesIO(b"\xff\xd8\xff" + piece)))) for piece in pieces[:90]]

    assert len(pieces) == 600
    assert numbers == list(range(90))


@pytest.mark.parametrize("second", [0.1, 1.234, 5.0, 9.8])
@pytest.mark.parametrize("rate_hz", [RATE_HZ, RATE_HZ // 3])
def test_the_chirp_tells_its_time(clips: Clips, second: float, rate_hz: int) -> None:
    rate, samples = read_wav(clips.chirp)
    samples = samples[:: rate // rate_hz]
    middle = round(second * rate_hz)

    found = read_chirp(samples[middle - rate_hz // 20 : middle + rate_hz // 20], rate_hz)

    assert len(samples) == CHIRP_SECONDS * rate_hz
    assert found == pytest.approx(second, abs=0.02)


def test_the_spoken_sentences_are_surrounded_by_silence(clips: Clips) -> None:
    rate, samples = read_wav(clips.speech)

    assert rate == RATE_HZ
    assert np.abs(samples[: rate // 2]).max() < 100 < 2000 < np.abs(samples).max()
    assert np.abs(samples[-rate // 2 :]).max() < 100


def test_clips_are_made_once(clips: Clips) -> None:
    before = clips.counter.stat().st_mtime_ns

    assert make_clips(clips.counter.parent) == clips
    assert clips.counter.stat().st_mtime_ns == before
