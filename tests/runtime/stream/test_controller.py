"""Which codec, bit rate, size and frame rate are chosen for a link, and that nothing swings."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.runtime.stream.controller import Conditions, Controller, unlimited
from millstream.runtime.trace import CallTimes
from millstream.types import Encoding
from millstream.wire.packet import CodecNumber

MBIT = 125_000
VGA = Conditions(MBIT, 38_000, 640, 480)


def settled(mbit: float, video: int = CodecNumber.H264, seen: Conditions = VGA) -> Controller:
    controller = Controller(video)
    for step in range(20):
        controller.decide(replace(seen, bytes_per_s=mbit * MBIT), step * 0.5)
    return controller


def chosen(controller: Controller) -> Encoding:
    assert controller.encoding is not None
    return controller.encoding


def test_without_a_link_worth_mentioning_it_is_as_the_app_wants() -> None:
    for mbit in (30.0, 100.0, 1000.0, math.inf):
        assert settled(mbit).encoding is None
    assert Controller(CodecNumber.H264).reason.startswith("JPEG as the app wants it")


@pytest.mark.parametrize(
    ("mbit", "least_fps", "most_ms"),
    [(20.0, 30, 6), (4.0, 30, 16), (2.0, 30, 16), (0.5, 12, 41), (0.3, 12, 41)],
)
def test_a_narrow_link_gets_video_whose_frames_do_not_hold_each_other_up(
    mbit: float, least_fps: float, most_ms: float
) -> None:
    encoding = chosen(settled(mbit))
    frame_ms = encoding.bits_per_s / encoding.frames_per_s / (mbit * 1e6) * 1000
    assert encoding.codec == CodecNumber.H264
    assert encoding.frames_per_s >= least_fps
    assert frame_ms <= most_ms
    assert frame_ms * encoding.frames_per_s <= 601


def test_jpeg_gets_smaller_where_there_is_no_video_codec() -> None:
    sizes = [chosen(settled(mbit, CodecNumber.JPEG)).longest for mbit in (8.0, 4.0, 2.0, 0.5)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] >= 160
    for mbit in (4.0, 0.5):
        encoding = chosen(settled(mbit, CodecNumber.JPEG))
        assert encoding.codec == CodecNumber.JPEG
        assert encoding.bits_per_s <= 0.66 * mbit * 1e6


@pytest.mark.parametrize(("mbit", "frames_per_s"), [(20.0, 60.0), (4.0, 60.0), (2.0, 60.0), (0.5, 15.0)])
def test_a_fast_camera_keeps_its_rate_where_frames_can_be_smaller(mbit: float, frames_per_s: float) -> None:
    encoding = chosen(settled(mbit, seen=replace(VGA, frames_per_s=60.0)))
    assert encoding.frames_per_s == frames_per_s
    assert encoding.bits_per_s <= 0.6 * mbit * 1e6


@pytest.mark.parametrize("mbit", [0.5, 0.3])
def test_frames_of_a_scene_in_which_little_happens_come_at_the_rate_of_the_camera(mbit: float) -> None:
    controller = settled(mbit)
    usual = chosen(controller)
    assert usual.frames_per_s < 20
    frame_bytes = usual.bits_per_s / usual.frames_per_s / 8
    still = replace(VGA, bytes_per_s=mbit * MBIT, frame_bytes=frame_bytes / 6)
    for step in range(10):
        controller.decide(still, 10 + step * 0.5)
    assert chosen(controller).frames_per_s == 30
    assert chosen(controller).bits_per_s <= 0.6 * mbit * 1e6, "whatever happens next, the link carries it"
    for step in range(10):
        controller.decide(replace(still, frame_bytes=frame_bytes), 20 + step * 0.5)
    assert chosen(controller) == usual


def test_a_slow_handler_needs_few_frames() -> None:
    encoding = chosen(settled(4.0, seen=replace(VGA, frames_per_s=4.8)))
    assert encoding.frames_per_s == 4.8
    assert encoding.bits_per_s / 4.8 / 4e6 < 0.02


@pytest.mark.parametrize("slow_hz", [24.0, 20.0, 15.0, 5.0, 0.7])
def test_a_handler_that_was_slow_at_first_gets_the_rate_of_the_camera(slow_hz: float) -> None:
    controller = Controller(CodecNumber.H264)
    assert controller.decide(replace(VGA, bytes_per_s=16e6 / 8, frames_per_s=slow_hz), 0.0)
    assert chosen(controller).frames_per_s == slow_hz
    controller.decide(replace(VGA, bytes_per_s=16e6 / 8, frames_per_s=30.0), 1.0)
    assert chosen(controller).frames_per_s == 30


@pytest.mark.parametrize("hz", [29.0, 5.0, 0.7])
def test_a_rate_does_not_follow_what_varies_in_the_time_of_a_handler(hz: float) -> None:
    controller = Controller(CodecNumber.H264)
    rates = []
    for step in range(20):
        now_hz = hz * (1.06 if step % 2 else 0.94)
        controller.decide(replace(VGA, bytes_per_s=16e6 / 8, frames_per_s=now_hz), float(step))
        rates.append(chosen(controller).frames_per_s)
    assert len(set(rates[2:])) == 1


@pytest.mark.parametrize("mbit", [20.0, 4.0, 2.0, 0.5])
def test_noise_changes_little(mbit: float) -> None:
    controller, noise = settled(mbit), random.Random(1)
    changes = sum(
        controller.decide(replace(VGA, bytes_per_s=mbit * MBIT * noise.uniform(0.85, 1.15)), 10 + step * 0.5)
        for step in range(120)
    )
    assert changes <= 12


def test_it_falls_at_once_and_comes_back_within_ten_seconds() -> None:
    controller = settled(20.0)
    before = chosen(controller)
    assert controller.decide(replace(VGA, bytes_per_s=2 * MBIT), 20.0)
    assert chosen(controller).bits_per_s < 1.2e6
    for step in range(20):
        controller.decide(replace(VGA, bytes_per_s=20 * MBIT), 20.5 + step * 0.5)
    assert chosen(controller).bits_per_s > 0.75 * before.bits_per_s


def test_it_returns_to_jpeg_only_when_the_link_stays_wide() -> None:
    controller = settled(4.0)  # until 9.5 s
    wide = replace(VGA, bytes_per_s=100 * MBIT)
    for step in range(9):
        controller.decide(wide, 10 + step * 0.5)
        assert controller.encoding is not None
    controller.decide(VGA, 14.5)
    for step in range(9):
        controller.decide(wide, 15 + step * 0.5)
        assert controller.encoding is not None
    controller.decide(wide, 19.5)
    assert controller.encoding is None


def test_it_says_what_it_does_and_why_in_a_sentence() -> None:
    reason = settled(2.0).reason
    assert reason == (
        "H.264 at 900 kbit/s, 640 pixels at the longer side, 30 frames a second: "
        "the link carries 2.0 Mbit/s, on which 38 kB of JPEG take 152 ms."
    )


@given(
    rates=st.lists(st.floats(1e3, 1e9), min_size=1, max_size=40),
    jpeg_bytes=st.floats(1, 2e6),
    width=st.integers(1, 8000),
    height=st.integers(1, 8000),
    frames_per_s=st.floats(0.1, 60),
    video=st.sampled_from([CodecNumber.H264, CodecNumber.VP8, CodecNumber.JPEG]),
)
def test_whatever_the_link_is_like_a_decision_can_be_carried_out(
    rates: list[float], jpeg_bytes: float, width: int, height: int, frames_per_s: float, video: int
) -> None:
    controller = Controller(video)
    for step, rate in enumerate(rates):
        controller.decide(Conditions(rate, jpeg_bytes, width, height, frames_per_s), step * 0.5)
        if controller.encoding is not None:
            encoding = controller.encoding
            assert encoding.bits_per_s >= 0
            assert 0 < encoding.frames_per_s <= 60
            assert 0 <= encoding.longest <= max(width, height)
        assert controller.reason.endswith(".")


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
    assert unlimited(1, times, 1.0, every_s, rtt_s) == sentence


def test_the_rate_is_that_of_the_time_that_was_counted() -> None:
    assert unlimited(1, FAST, 2.0, 0.0, None).startswith("JPEG at 15 a second")


def test_a_codec_of_another_version_has_its_number() -> None:
    assert unlimited(250, FAST, 1.0, 0.0, None).startswith("Codec 250 at")
