"""H.264 and VP8: one frame in, one packet out, whatever its size, at the rate that was asked for."""

from __future__ import annotations

import random
import subprocess
import sys
import tracemalloc
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.codecs import h264, vp8
from millstream.codecs.h264_parameters import read_parameters
from millstream.codecs.video_packets import LOWEST_BITS_PER_S
from millstream.errors import MediaError
from millstream.frames import Frame, Pixels
from millstream.wire.video import VIDEO_PREFIX, Colours

both = pytest.mark.parametrize("codec", [h264, vp8], ids=lambda codec: codec.NAME)


def natural(number: int, height: int = 240, width: int = 320) -> Pixels:
    """A background, somebody who moves before it, and the noise of a sensor."""
    y, x = np.mgrid[0:height, 0:width]
    red = (np.sin(x / 37) + np.cos(y / 23)) * 55 + 125
    frame = np.stack([red, np.sin(x / 17 + y / 29) * 60 + 125, np.cos(x / 21) * np.sin(y / 13) * 50 + 115], axis=2)
    left = round((np.sin(number / 8) + 1) * width / 3)
    frame[height // 4 : height // 2, left : left + width // 4] *= 0.6
    frame += np.random.default_rng(number).normal(0, 2, frame.shape)
    return np.clip(frame, 0, 255).astype(np.uint8)


def psnr(ours: Pixels, theirs: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.mean((ours.astype(float) - theirs) ** 2)))


FILM = [natural(number) for number in range(60)]


def payloads(codec: Any, frames: list[Pixels] = FILM, bits_per_s: int = 0) -> list[bytes]:
    encoder = codec.open_encoder(0.8)
    if bits_per_s:
        encoder.set_rate(bits_per_s)
    return [encoder.encode(Frame(pixels)).payload for pixels in frames]


@both
@pytest.mark.parametrize("shade", [0, 255])
def test_the_first_frame_is_right_at_the_lowest_rate(codec: Any, shade: int) -> None:
    """What x264 says of itself in its first packet once left nothing of the rate for the frame, which came out grey."""
    pixels = np.full((48, 64, 3), shade, np.uint8)
    [payload] = payloads(codec, [pixels], LOWEST_BITS_PER_S)
    assert len(payload) < 200
    assert np.abs(codec.open_decoder().decode(payload).pixels.astype(int) - shade).max() < 4


@both
@pytest.mark.parametrize(("bits_per_s", "least_db"), [(0, 34), (1_000_000, 34), (300_000, 30)])
def test_a_natural_video_survives(codec: Any, bits_per_s: int, least_db: float) -> None:
    decoder = codec.open_decoder()
    decoded = [decoder.decode(payload).pixels for payload in payloads(codec, FILM[:30], bits_per_s)]
    assert np.median([psnr(ours, theirs) for ours, theirs in zip(decoded, FILM, strict=False)]) > least_db


@both
def test_colours_are_the_same_afterwards(codec: Any) -> None:
    for colour in [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (200, 30, 60)]:
        pixels = np.full((64, 64, 3), colour, np.uint8)
        decoded = codec.open_decoder().decode(payloads(codec, [pixels])[0]).pixels
        assert np.abs(decoded.mean((0, 1)) - colour).max() < 4


@both
@given(width=st.integers(1, 150), height=st.integers(1, 150), channels=st.sampled_from([3, 4]))
def test_any_size_does(codec: Any, width: int, height: int, channels: int) -> None:
    pixels = np.resize(FILM[0], (height, width, channels))
    pixels[:] = (np.arange(width)[:, None] + np.arange(channels) * 30).astype(np.uint8) // 2 + 60
    encoder, decoder = codec.open_encoder(1.0), codec.open_decoder()
    for _ in range(2):
        decoded = decoder.decode(encoder.encode(Frame(pixels)).payload).pixels
        assert decoded.shape == (height, width, 3)
        assert np.abs(decoded.astype(int) - pixels[:, :, :3]).mean() < 12


@both
def test_a_part_of_a_larger_array_does(codec: Any) -> None:
    pixels = FILM[0][10:106, 20:148]
    assert psnr(codec.open_decoder().decode(payloads(codec, [pixels])[0]).pixels, pixels) > 30


@both
def test_another_size_comes_with_a_key_frame(codec: Any) -> None:
    encoder, decoder = codec.open_encoder(0.8), codec.open_decoder()
    for number, (height, width) in enumerate([(240, 320), (240, 320), (121, 161), (121, 161), (480, 640)]):
        encoded = encoder.encode(Frame(natural(number, height, width)))
        assert encoded.is_key is (number in (0, 2, 4))
        assert decoder.decode(encoded.payload).pixels.shape == (height, width, 3)


@both
def test_only_what_is_asked_for_is_a_key_frame(codec: Any) -> None:
    encoder = codec.open_encoder(0.8)
    keys = []
    for number in range(120):
        if number == 40:
            encoder.request_key_frame()
        if encoder.encode(Frame(FILM[number % 60])).is_key:
            keys.append(number)
    assert keys == [0, 40]


@both
def test_a_key_frame_is_the_beginning_of_a_stream(codec: Any) -> None:
    encoder = codec.open_encoder(0.8)
    encoder.encode(Frame(FILM[0]))
    encoder.request_key_frame()
    later = [encoder.encode(Frame(pixels)).payload for pixels in FILM[1:6]]
    decoder = codec.open_decoder()
    assert psnr([decoder.decode(payload).pixels for payload in later][-1], FILM[5]) > 32


def rate_of(sizes: list[int]) -> float:
    return float(np.mean(sizes)) * 8 * 30


@both
@pytest.mark.parametrize("then", [150_000, 400_000, 1_600_000])
def test_the_rate_is_kept_and_changes_in_mid_stream(codec: Any, then: int) -> None:
    encoder, decoder = codec.open_encoder(0.9), codec.open_decoder()
    encoder.set_rate(800_000)
    sizes = []
    rng = np.random.default_rng(1)
    for number in range(150):
        if number == 75:
            encoder.set_rate(then)
        noisy = np.clip(FILM[number % 60] + rng.normal(0, 12, FILM[0].shape), 0, 255).astype(np.uint8)
        encoded = encoder.encode(Frame(noisy))
        decoder.decode(encoded.payload)
        sizes.append(len(encoded.payload))
    assert 0.6 * 800_000 < rate_of(sizes[20:75]) < 1.25 * 800_000
    assert 0.6 * then < rate_of(sizes[100:]) < 1.25 * then


def test_another_rate_of_h264_costs_no_key_frame() -> None:
    encoder = h264.open_encoder(0.8)
    encoder.set_rate(1_000_000)
    encoder.encode(Frame(FILM[0]))
    for number, rate in enumerate([900_000, 500_000, 300_000, 1_200_000]):
        encoder.set_rate(rate)
        assert not encoder.encode(Frame(FILM[number + 1])).is_key


@both
def test_without_a_rate_it_is_the_quality_again(codec: Any) -> None:
    encoder = codec.open_encoder(0.8)
    encoder.set_rate(100_000)
    encoder.encode(Frame(FILM[0]))
    encoder.set_rate(0)
    steady = payloads(codec, FILM[:3])
    assert [len(encoder.encode(Frame(pixels)).payload) for pixels in FILM[:3]] == [len(each) for each in steady]


def test_fewer_frames_a_second_get_more_bits_each() -> None:
    sizes = []
    for frames_per_s in (30.0, 10.0):
        encoder = h264.open_encoder(0.9)
        encoder.set_rate(400_000, frames_per_s)
        noisy = [np.clip(pixels + np.random.default_rng(3).normal(0, 20, pixels.shape), 0, 255) for pixels in FILM]
        sizes.append(sum(len(encoder.encode(Frame(pixels.astype(np.uint8))).payload) for pixels in noisy))
    assert 2 < sizes[1] / sizes[0] < 4


@both
def test_a_key_frame_fits_the_rate(codec: Any) -> None:
    frame = natural(1, 480, 640)
    encoder = codec.open_encoder(0.8)
    encoder.set_rate(500_000)
    assert len(encoder.encode(Frame(frame)).payload) < 500_000 / 8 / 4, "a quarter of a second of the link"


@both
def test_after_what_is_broken_only_a_key_frame_does(codec: Any) -> None:
    encoder, decoder = codec.open_encoder(0.8), codec.open_decoder()
    first, second, third = (encoder.encode(Frame(pixels)).payload for pixels in FILM[:3])
    with pytest.raises(MediaError, match="without the one that it builds on"):
        decoder.decode(second)
    decoder.decode(first)
    with pytest.raises(MediaError, match="is broken"):
        decoder.decode(second[:7])
    with pytest.raises(MediaError, match="without the one that it builds on"):
        decoder.decode(third)
    encoder.request_key_frame()
    assert psnr(decoder.decode(encoder.encode(Frame(FILM[3])).payload).pixels, FILM[3]) > 32


@both
def test_a_size_that_is_not_that_of_the_packet_is_refused(codec: Any) -> None:
    first, second = payloads(codec, FILM[:2])
    for width, height in [(320, 238), (322, 240), (0, 240), (1, 1)]:
        with pytest.raises(MediaError):
            codec.open_decoder().decode(VIDEO_PREFIX.pack(width, height, 1) + first[5:])
        decoder = codec.open_decoder()
        decoder.decode(first)
        with pytest.raises(MediaError):
            decoder.decode(VIDEO_PREFIX.pack(width, height, 1) + second[5:])


def _unsigned(number: int) -> str:
    digits = f"{number + 1:b}"
    return "0" * (len(digits) - 1) + digits


def parameters(columns: int, rows: int, references: int = 1, crop: tuple[int, ...] = (), number: int = 0) -> bytes:
    """A parameter set of the baseline profile, without the type of its unit."""
    numbers = [_unsigned(each) for each in (number, 0, 2, references)] + [
        "0",
        _unsigned(columns - 1),
        _unsigned(rows - 1),
    ]
    bits = "".join([*numbers, "1", "1", "1" if crop else "0", *(_unsigned(each) for each in crop), "0", "1"])
    bits += "0" * (-len(bits) % 8)
    return bytes([66, 0xC0, 51]) + int(bits, 2).to_bytes(len(bits) // 8, "big")


@given(columns=st.integers(1, 1024), rows=st.integers(1, 1024), right=st.integers(0, 7), bottom=st.integers(0, 7))
def test_sizes_are_read_from_the_parameters(columns: int, rows: int, right: int, bottom: int) -> None:
    read = read_parameters(parameters(columns, rows, 3, (0, right, 0, bottom), 5))
    assert read == (columns * 16 - 2 * right, rows * 16 - 2 * bottom, columns * 16, rows * 16, 3, 5)


def test_the_size_of_a_key_frame_is_in_the_parameters_that_it_names() -> None:
    """An encoder that has changed its size lists the parameters of the sizes before, the newest in any place."""
    own = payloads(h264, FILM[:1])[0]
    at = own.index(b"\x00\x00\x01\x68")
    other = b"\x00\x00\x01\x67" + parameters(40, 30, number=3)
    listed = own[:at] + other + own[at:]
    assert h264.head_of(listed[5:]) == (True, 320, 240)
    assert psnr(h264.open_decoder().decode(listed).pixels, FILM[0]) > 34
    with pytest.raises(MediaError, match="without its parameters"):
        h264.head_of(other + own[at:])


@given(st.binary(max_size=60))
def test_parameters_that_are_none_are_refused(data: bytes) -> None:
    for head in (b"", bytes([66, 0, 51]), bytes([100, 0, 51])):
        try:
            read = read_parameters(head + data)
        except MediaError:
            continue
        assert min(read.width, read.height) > 0


@pytest.mark.parametrize(("columns", "rows", "references"), [(1024, 1024, 1), (240, 240, 16), (65_535, 1, 16)])
def test_parameters_beyond_the_budget_are_refused_before_anything_is_allocated(
    columns: int, rows: int, references: int
) -> None:
    unit = b"\x00\x00\x00\x01\x67" + parameters(columns, rows, references)
    key = VIDEO_PREFIX.pack(640, 480, 1) + unit + payloads(h264)[0][5:]
    tracemalloc.start()
    try:
        with pytest.raises(MediaError, match="pixels that are allowed"):
            h264.open_decoder().decode(key)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@both
def test_a_frame_beyond_the_budget_is_not_encoded(codec: Any) -> None:
    huge = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (5000, 5000, 3))
    with pytest.raises(MediaError, match="pixels that are allowed"):
        codec.open_encoder(0.8).encode(Frame(huge))


def hurt(payload: bytes, dice: random.Random) -> bytes:
    """Cut a packet off, or turn some of its bits."""
    if dice.random() < 0.3:
        return payload[: dice.randrange(len(payload))]
    broken = bytearray(payload)
    for _ in range(dice.choice((1, 4, 60))):
        broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8)
    return bytes(broken)


def fuzz(codec: Any, seed: int, rounds: int) -> tuple[int, int]:
    """Decode real streams of which some packets are hurt; gives how many frames came, and how many were refused."""
    dice = random.Random(seed)
    real = payloads(codec, FILM[:12], 400_000)
    shown = refused = 0
    for _ in range(rounds):
        decoder = codec.open_decoder()
        for payload in real:
            try:
                decoder.decode(hurt(payload, dice) if dice.random() < 0.3 else payload)
                shown += 1
            except MediaError:
                refused += 1
    return shown, refused


@both
def test_broken_streams_give_frames_or_errors_of_ours(codec: Any) -> None:
    shown, refused = fuzz(codec, 1, 60)
    assert shown > 50
    assert refused > 50


@pytest.mark.slow
@both
def test_no_broken_stream_ends_the_process(codec: ModuleType) -> None:
    name = codec.__name__
    program = (
        "import importlib, sys; sys.path.insert(0, sys.argv[2])\n"
        "from tests.codecs import test_video_packets as t\n"
        "from tests.peak_memory import peak_mib\n"
        f"print(t.fuzz(importlib.import_module({name!r}), int(sys.argv[1]), 600))\n"
        "assert peak_mib() < 600, 'memory is bounded'"
    )
    root = Path(__file__).parents[2]
    for seed in ("2", "3"):
        done = subprocess.run([sys.executable, "-c", program, seed, root], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]


@both
@pytest.mark.parametrize("colours", [5, 255])
def test_colours_that_there_are_not_are_refused(codec: Any, colours: int) -> None:
    first = payloads(codec, FILM[:1])[0]
    with pytest.raises(MediaError, match=f"no colours {colours}"):
        codec.open_decoder().decode(first[:4] + bytes([colours]) + first[5:])


@both
def test_the_prefix_says_how_colours_are_meant(codec: Any) -> None:
    first = payloads(codec, [np.full((64, 64, 3), (200, 30, 60), np.uint8)])[0]
    seen = {
        colours: codec.open_decoder().decode(first[:4] + bytes([colours]) + first[5:]).pixels[0, 0].tolist()
        for colours in Colours
    }
    assert np.abs(np.subtract(seen[Colours.BT601_LIMITED], (200, 30, 60))).max() < 4
    assert len({tuple(colour) for number, colour in seen.items() if number}) == 4
