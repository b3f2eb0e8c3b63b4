"""Videos that grow: every frame once, in order and in time; audio that goes on over the seams."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.browser.media import read_counter
from tests.browser.videos import FPS, frame, numbers, piece, segments, tone, turned

from millstream.errors import MediaError
from millstream.frames import Chunk, Pixels
from millstream.media import video as films
from millstream.media.video import ContinuousVideo
from millstream.types import VideoSegment

RATE = 16_000
STEP = RATE // FPS


def chunk(number: int, seconds: float = 1 / FPS) -> Chunk:
    return Chunk(tone(number * STEP, seconds, RATE)[:, None], RATE)


def joined(pieces: Sequence[VideoSegment]) -> bytes:
    return b"".join(data for segment in pieces for data, _ in segment.fragments)


def made_of(values: Sequence[bytes | tuple[Sequence[Pixels], Chunk | None]]) -> tuple[ContinuousVideo, bytes]:
    film = ContinuousVideo(FPS)
    taken = []
    for value in values:
        if isinstance(value, bytes):
            film.add_file(value)
        else:
            film.add_frames(*value)
        taken.append(film.take())
    taken.append(film.end())
    return film, joined(taken)


def heard(film: bytes) -> NDArray[np.float32]:
    """Decode the audio, from the moment when its first sample is due."""
    with av.open(io.BytesIO(film)) as reader:
        samples = np.concatenate([each.to_ndarray()[0] for each in reader.decode(audio=0)])
    return samples[1024:]


def loudest_change(samples: NDArray[np.float32]) -> float:
    """Measure how far the audio is from a smooth one at its worst: a click, or a hole."""
    return float(np.abs(np.diff(samples, 2)).max())


def assert_even(film: bytes, count: int) -> None:
    """Check that all frames are there, one after the other; the first stands as long as the audio's decoder is late."""
    shown = list(numbers(film))
    assert [number for _, number in shown] == list(range(count))
    assert shown[0][0] == 0, "with the sound"
    assert np.diff([at for at, _ in shown])[1:] == pytest.approx(1 / FPS, abs=0.001)


@pytest.mark.parametrize(
    ("codec", "container"),
    [("libx264", "mp4"), ("libx264", "mpegts"), ("libx264", "matroska"), ("mpeg4", "mp4"), ("mpeg4", "matroska")],
)
def test_three_files_become_one(codec: str, container: str) -> None:
    film, data = made_of([piece(number, codec=codec, container=container, frames=25) for number in range(3)])
    assert film.duration_s == pytest.approx(3, abs=0.001)
    assert_even(data, 75)


@pytest.mark.parametrize("container", ["mp4", "mpegts"])
def test_audio_goes_on_over_the_seams(container: str) -> None:
    _, data = made_of([piece(number, container=container) for number in range(3)])
    sound = heard(data)[4_800:-9_600]
    assert len(sound) > 5.5 * 48_000
    windows = np.abs(sound[: len(sound) // 480 * 480]).reshape(-1, 480).max(axis=1)
    assert windows.min() > 0.15, "a hole of 10 ms"
    assert loudest_change(sound) < 0.05


def test_files_that_were_cut_from_one_video_are_that_video_again() -> None:
    whole = piece(0, frames=100, options={"g": "25", "bf": "0", "sc_threshold": "0"})
    _, data = made_of(cut(whole, "mpegts"))
    assert_even(data, 100)
    assert loudest_change(heard(data)[4_800:-9_600]) < 0.002


def cut(whole: bytes, container: str, frames: int = 25) -> list[bytes]:
    """Cut a video at key frames, without encoding anything, as those do who make segments for players."""
    parts: list[bytes] = []
    with av.open(io.BytesIO(whole)) as reader:
        packets = [packet for packet in reader.demux() if packet.dts is not None]
        length = frames / FPS
        for number in range(4):
            file = io.BytesIO()
            with av.open(file, "w", format=container) as writer:
                tracks = {stream.index: writer.add_stream_from_template(stream) for stream in reader.streams}
                for packet in packets:
                    if number <= float(packet.pts * packet.time_base) / length + 1e-6 < number + 1:
                        index, packet.stream = packet.stream.index, tracks[packet.stream.index]
                        assert index in tracks
                        writer.mux(packet)
            parts.append(file.getvalue())
    return parts


def test_the_segments_of_a_live_stream_are_one_video(tmp_path: Path) -> None:
    _, data = made_of(segments(tmp_path, 3))
    assert_even(data, 75)


def test_a_frame_that_stands_moves_no_frame_before_it() -> None:
    """Those that are shown before the last one may be decoded after it."""
    pieces = [piece(number, frames=25, seconds=1.5) for number in range(2)]
    film, data = made_of(pieces)
    at = [time for time, _ in numbers(data)]
    assert film.duration_s == pytest.approx(3, abs=0.03)
    assert np.diff(at[1:25]) == pytest.approx(1 / FPS, abs=0.001)
    assert np.diff(at[25:]) == pytest.approx(1 / FPS, abs=0.001)
    assert at[25] == pytest.approx(1.5, abs=0.05)


def test_segments_are_sent_in_fragments_of_half_a_second() -> None:
    film = ContinuousVideo(FPS)
    film.add_file(piece(0, frames=50))
    segment = film.take()
    assert segment.is_first
    assert segment.mime.startswith('video/mp4; codecs="avc1.')
    assert sum(seconds for _, seconds in segment.fragments) == pytest.approx(2, abs=0.03)
    assert max(seconds for _, seconds in segment.fragments) < 0.6


def test_every_frame_comes_out_at_once() -> None:
    film = ContinuousVideo(FPS)
    for number in range(3):
        film.add_frames([frame(number)], None)
        segment = film.take()
        assert segment.is_first is (number == 0)
        assert [seconds for _, seconds in segment.fragments] == [pytest.approx(1 / FPS)]


def test_frames_with_audio() -> None:
    film, data = made_of([([frame(number)], chunk(number)) for number in range(50)])
    assert film.duration_s == pytest.approx(2)
    assert_even(data, 50)
    assert loudest_change(heard(data)[4_800:80_000]) < 0.002


def test_lists_of_frames_and_odd_sizes() -> None:
    frames = [np.ascontiguousarray(frame(number)[:239, :319]) for number in range(10)]
    _, data = made_of([(frames, None)])
    assert_even(data, 10)
    with av.open(io.BytesIO(data)) as reader:
        assert (reader.streams.video[0].width, reader.streams.video[0].height) == (320, 240)


def test_colours_survive() -> None:
    pixels = np.zeros((240, 320, 3), np.uint8)
    pixels[:] = (220, 30, 30)
    _, data = made_of([([pixels] * 3, None)])
    with av.open(io.BytesIO(data)) as reader:
        shown = next(reader.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(shown[120, 160].astype(int) - (220, 30, 30)).max() < 8


def test_a_frame_stands_until_its_audio_is_over() -> None:
    film, data = made_of([([frame(0)], chunk(0, 1.0)), ([frame(1)], chunk(25))])
    assert film.duration_s == pytest.approx(1.04, abs=0.001)
    assert [at for at, _ in numbers(data)][1] == pytest.approx(1 + 1024 / 48_000, abs=0.001)


def test_where_audio_is_missing_there_is_silence() -> None:
    _, data = made_of([([frame(0)], chunk(0)), ([frame(n) for n in range(1, 25)], None), ([frame(25)], chunk(25))])
    sound = heard(data)
    assert np.abs(sound[4_800:43_200]).max() < 0.01
    assert np.abs(sound[48_500:49_500]).max() > 0.1


def test_files_after_frames_are_encoded_with_them() -> None:
    frames = [frame(number) for number in range(25)]
    _, data = made_of([(frames, Chunk(tone(0, 1, RATE)[:, None], RATE)), piece(1, frames=25)])
    assert_even(data, 50)


def test_the_video_of_a_phone_is_upright() -> None:
    _, data = made_of([turned(piece(number, frames=5)) for number in range(2)])
    with av.open(io.BytesIO(data)) as reader:
        frames = [shown.to_ndarray(format="rgb24") for shown in reader.decode(video=0)]
    assert frames[0].shape == (320, 240, 3)
    assert [read_counter(np.ascontiguousarray(np.rot90(pixels))) for pixels in frames] == list(range(10))


def test_the_video_of_a_phone_that_was_held_the_other_way_is_upright() -> None:
    _, data = made_of([turned(piece(number, frames=5), 2) for number in range(2)])
    with av.open(io.BytesIO(data)) as reader:
        frames = [shown.to_ndarray(format="rgb24") for shown in reader.decode(video=0)]
    assert [read_counter(np.ascontiguousarray(np.rot90(pixels, 2))) for pixels in frames] == list(range(10))


def test_rates_may_change_between_files() -> None:
    frames = [frame(number) for number in range(25)]
    _, data = made_of([
        (frames, Chunk(tone(0, 1, RATE)[:, None], RATE)),
        (frames, Chunk(np.repeat(tone(0, 1, 8_000)[:, None], 2, axis=1), 8_000)),
    ])  # fmt: skip
    assert np.abs(heard(data)[50_000:90_000]).max() > 0.1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([([frame(0)], None), ([frame(1)[:100]], None)], "320 x 100 pixels, those before 320 x 240"),
        ([([frame(0)], None), ([frame(1)], chunk(1))], "begin with silence"),
        ([piece(0), ([frame(1)], None)], "begin with frames"),
        ([piece(0), piece(1, size=(160, 120))], "encode all chunks alike"),
        ([piece(0), piece(1, codec="mpeg4")], "encode all chunks alike"),
        ([piece(0, codec="mpeg4"), piece(1, codec="mpeg4", size=(160, 120))], "bring all to one size"),
        ([piece(0, sound=False), piece(1)], "begin with silence"),
        ([piece(0), piece(1)[:3_000]], "broken, or no video"),
        ([b"this is not a video"], "broken, or no video"),
        ([([np.zeros((8, 8, 3), np.uint8)], None)], "each side has 16 to 4096"),
        ([([], None)], "must begin with a frame"),
    ],
)
def test_what_cannot_go_on_says_why(values: list[bytes | tuple[list[Pixels], Chunk | None]], message: str) -> None:
    with pytest.raises(MediaError, match=message):
        made_of(values)


def test_an_audio_file_is_not_a_video() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as writer:
        track = writer.add_stream("aac", rate=RATE)
        heard = av.AudioFrame.from_ndarray(tone(0, 0.5, RATE)[None], "s16", "mono")
        heard.sample_rate, heard.pts = RATE, 0
        writer.mux(track.encode(heard))
        writer.mux(track.encode(None))
    with pytest.raises(MediaError, match="no video track"):
        ContinuousVideo(FPS).add_file(file.getvalue())


def test_the_whole_knows_its_length() -> None:
    film, data = made_of([piece(0, frames=50)])
    beginning = film.beginning()
    with av.open(io.BytesIO(beginning + data[len(beginning) :])) as reader:
        assert reader.duration == pytest.approx(2_000_000, rel=0.05)


def test_without_pyav_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(MediaError, match=r"this needs PyAV, which comes with the extra \[video\]"):
        films.ContinuousVideo(FPS)
