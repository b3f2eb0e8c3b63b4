"""What a file of video or audio may cost: small files that claim much, and work that nobody waits for any more."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
from tests.browser.videos import frame, piece, tone
from tests.components.conftest import Folder
from tests.faults import bombs
from tests.faults.timing import check_time

import millstream as gr
from millstream.cancellation import Cancelled, check_wanted, wanted_while
from millstream.engines.thread import Engine
from millstream.errors import InvalidValue, MediaError
from millstream.frames import Chunk
from millstream.jobs import Job, Result
from millstream.media import chunked_audio as cut
from millstream.media import file_kinds as kinds
from millstream.media import wav
from millstream.media.budget import BUDGET, Budget, check_density
from millstream.media.chunked_audio.decoder import MOST_SMALL_PACKETS
from millstream.media.container import convert, opened
from millstream.media.untrusted import open_media
from millstream.media.video import ContinuousVideo
from millstream.run_in_thread import begin
from millstream.types import Blob

MOST_MIB = 300
MOST_S = 3.0

ATTEMPT = """
import sys, time
from pathlib import Path
from tests.faults import bombs
from tests.faults.timing import check_time
from tests.peak_memory import peak_mib
from millstream.media import container
from millstream.media.video import ContinuousVideo
from millstream.media.untrusted import library
from millstream.errors import MediaError

library()
path = Path(sys.argv[2])
path.write_bytes(bombs.VIDEOS[sys.argv[1]]())
ways = {
    "measured": lambda: container.duration_s(path),
    "looked at": lambda: container.is_playable(path),
    "converted": lambda: container.convert(path, path.with_suffix(".out.mp4")),
    "played": lambda: ContinuousVideo(25).add_file(path),
}
before, began = peak_mib(), time.process_time()
for name, way in ways.items():
    try:
        print(name, way())
    except MediaError as error:
        print(name, error)
print(time.process_time() - began, peak_mib() - before)
"""


@pytest.mark.parametrize("name", bombs.VIDEOS)
def test_a_small_file_costs_little_whatever_it_claims(tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-W", "error", "-c", ATTEMPT, name, str(tmp_path / "film.bin")]
    environment = {"PYTHONPATH": f"{Path(__file__).parents[2]}:{Path(__file__).parents[2] / 'src'}"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    *_, seconds, mebibytes = done.stdout.split()
    check_time(done.stdout, float(seconds), MOST_S)
    assert float(mebibytes) < MOST_MIB, done.stdout


@pytest.mark.parametrize(
    ("name", "budget"),
    [
        ("frames_of_one_size", "packets"),
        ("fragments_without_end", "packets"),
        ("edits_over_edits", "packets"),
        ("huge_frames", "pixels"),
        ("huge_pictures_in_a_stream", "pixels"),
        ("many_streams", "streams"),
        ("a_late_frame", "10800 s"),
    ],
)
def test_an_error_names_the_budget(tmp_path: Path, name: str, budget: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bombs.VIDEOS[name]())
    with pytest.raises(MediaError, match=rf"budget of .*{budget}"):
        convert(path, tmp_path / "b.mp4")


def decoded(data: bytes, budget: Budget) -> int:
    count = 0
    with opened(data, budget) as media:
        for packet in media.meter.packets(media.reader.demux()):
            for each in packet.decode():
                media.meter.frame(each)
                count += 1
    return count


@pytest.mark.parametrize(
    ("budget", "named"),
    [
        (Budget(pixels=319 * 240), "pixels"),
        (Budget(frames=9), "frames"),
        (Budget(seconds=0.3), r"0\.3 s"),
        (Budget(streams=1), "streams"),
        (Budget(packets=20), "packets"),
        (Budget(packet_mib=0), "MiB of packets"),
        (Budget(decoded_mib=0), "MiB of decoded audio"),
        (Budget(cpu_s=0.0), "s of one thread"),
        (Budget(opening_cpu_s=0.0), "s of one thread before its first frame"),
        (Budget(small_packets=-1_000_000), "packets of less than 8 bytes"),
    ],
)
def test_each_budget_holds(budget: Budget, named: str) -> None:
    data = piece(0, frames=10, container="matroska")
    with pytest.raises(MediaError, match=f"budget of .*{named}"):
        decoded(data, budget)


def test_what_is_converted_may_not_become_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(piece(0, frames=60, container="matroska", codec="mpeg4"))
    with pytest.raises(MediaError, match="MiB"):
        convert(path, tmp_path / "b.mp4", budget=BUDGET._replace(written_mib=0))


def test_audio_at_a_rate_that_nothing_has_is_refused() -> None:
    with pytest.raises(MediaError, match="1 Hz"), open_media(bombs.slow_sound(), kinds.AUDIO):
        pass


@pytest.mark.parametrize(
    ("packet", "count"),
    [(15, 9 * 60 * 60 * 50), (13, 3 * 60 * 60 * 50), (4, 90 * 60 * 50), (1, 60 * 60 * 50)],
    ids=["speech at 6 kbit/s", "AMR", "silence", "silence that is not sent"],
)
def test_long_audio_has_not_too_many_packets(packet: int, count: int) -> None:
    check_density(count, count * packet, BUDGET.small_packets)


@pytest.mark.parametrize("seconds", [3_600, 36_000])
def test_hours_of_speech_with_pauses_have_not_too_many_packets(seconds: int) -> None:
    check_density(seconds * 50, seconds * 25 * (15 + 1), MOST_SMALL_PACKETS)


def test_bytes_that_stand_for_hours_of_silence() -> None:
    data = bombs.much_silence()
    run = cut.begin(data)
    assert run is not None
    with pytest.raises(MediaError, match="budget of 512 MiB of samples"):
        run.feed(data)


@pytest.mark.parametrize("channels", ["7.1", "5.1", "hexagonal"])
def test_audio_of_many_channels_ends_no_process(channels: str) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as writer:
        video, sound = writer.add_stream("libx264", rate=25), writer.add_stream("aac", rate=48_000, layout=channels)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        count = av.AudioLayout(channels).nb_channels
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 9600 * count), np.int16), "s16", channels)
        heard.sample_rate, heard.pts = 48_000, 0
        for _ in range(5):
            writer.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")))
        writer.mux([*video.encode(None), *sound.encode(heard), *sound.encode(None)])
    assert decoded(file.getvalue(), BUDGET) > 5
    assert ContinuousVideo(25).add_file(file.getvalue()) is None


def test_the_cover_of_an_audio_file_is_not_a_video() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as writer:
        sound = writer.add_stream("libmp3lame", rate=48_000)
        cover = writer.add_stream("png")
        cover.width, cover.height, cover.pix_fmt = 5000, 4000, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.zeros((4000, 5000, 3), np.uint8), "rgb24")
        writer.mux(cover.encode(picture))
        heard = av.AudioFrame.from_ndarray(tone(0, 0.5, 48_000)[None], "s16", "mono")
        heard.sample_rate = 48_000
        writer.mux(sound.encode(heard))
        writer.mux(sound.encode(None))
    with open_media(file.getvalue(), kinds.AUDIO) as media:
        assert media.reader.streams.audio[0].rate == 48_000
    with pytest.raises(MediaError, match="no video"), opened(file.getvalue()):
        pass


def test_words_in_another_alphabet_do_not_matter() -> None:
    data = piece(0, frames=3, sound=False, muxing={"movflags": "use_metadata_tags"})
    broken = data.replace(b"Lavf", b"\xff\xfe\xfd\xfc")
    assert broken != data
    with opened(broken) as media:
        assert media.reader.streams.video[0].width == 320


# ---- what nobody waits for any more ------------------------------------------------------------------------------


def test_conversion_ends_between_two_packets(tmp_path: Path) -> None:
    path, target = tmp_path / "a.mkv", tmp_path / "b.mp4"
    path.write_bytes(piece(0, frames=100, container="matroska", codec="mpeg4"))
    asked = 0

    def is_wanted() -> bool:
        nonlocal asked
        asked += 1
        return asked < 60

    with pytest.raises(Cancelled), wanted_while(is_wanted):
        convert(path, target)
    assert asked <= 62


def test_a_segment_of_a_video_ends_between_two_packets() -> None:
    with pytest.raises(Cancelled), wanted_while(lambda: False):
        ContinuousVideo(25).add_file(piece(0))


def test_a_component_lets_it_through(files: Folder) -> None:
    with gr.Blocks():
        video = gr.Video(format="webm")
    with pytest.raises(Cancelled), wanted_while(lambda: False):
        video.postprocess(piece(0, frames=3), files)


@pytest.mark.anyio
async def test_what_runs_aside_ends_with_who_waits() -> None:
    began, ended = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        try:
            while True:
                check_wanted()
                time.sleep(0)
        finally:
            ended.set()

    future = begin("look", work)
    await asyncio.to_thread(began.wait, 5)
    future.cancel()
    assert await asyncio.to_thread(ended.wait, 5)


class _Endless:
    """A call that converts without end, as a handler's video does whose visitor has left."""

    is_async = False

    def __init__(self) -> None:
        self.began, self.ended = threading.Event(), threading.Event()

    def run(self) -> Result:
        self.began.set()
        try:
            while True:
                check_wanted()
                time.sleep(0)
        except Cancelled:
            self.ended.set()
        return Result(1, {}, None, True)

    def close(self) -> None: ...

    async def close_async(self) -> None: ...


class _Calls:
    name = "handler"

    def __init__(self, call: _Endless) -> None:
        self._call = call

    def begin(self, job: Job) -> _Endless:
        return self._call

    def close(self) -> None: ...


class _Program:
    def __init__(self, call: _Endless) -> None:
        self._call = call

    def open(self, binding: int, notify: object) -> _Calls:
        return _Calls(self._call)

    def routes(self) -> dict[int, str]:
        return {}


@pytest.mark.anyio
async def test_a_worker_that_is_closed_ends_what_its_call_does() -> None:
    call, engine = _Endless(), Engine()
    engine.start(_Program(call))  # type: ignore[arg-type]
    worker = engine.open(0, lambda said: None)
    results = worker.submit(Job(0, 1, ()))
    task = asyncio.ensure_future(anext(results))
    await asyncio.to_thread(call.began.wait, 5)
    await worker.close(5.0)
    assert call.ended.is_set()
    await task
    await results.aclose()
    assert engine.statistics()["abandoned"] == []


# ---- uploads -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"#EXTM3U\n", b"no video", b"", b"GIF89a", b"\x89PNG\r\n\x1a\n"])
def test_what_is_not_a_video_is_refused_at_upload(files: Folder, data: bytes) -> None:
    with gr.Blocks():
        video = gr.Video()
    path = files.path / "a.mp4"
    path.write_bytes(data)
    for blob in (Blob("a.mp4", "video/mp4", path=path), Blob("a.mp4", "video/mp4", data=data)):
        for take in (video.inspect, video.preprocess):
            with pytest.raises(InvalidValue, match=r"cannot read a\.mp4: it is broken, or no video"):
                take(blob, files)


@pytest.mark.parametrize("suffix", [".m3u8", ".ffconcat", ".sdp", "", ".txt"])
def test_the_end_of_a_name_is_ours(files: Folder, suffix: str) -> None:
    with gr.Blocks():
        video = gr.Video()
    path = files.path / f"upload{suffix}"
    path.write_bytes(piece(0, frames=3))
    given = str(video.preprocess(Blob(f"film{suffix}", "video/mp4", path=path), files))
    assert given.endswith(".mp4")
    assert Path(given).read_bytes() == path.read_bytes()
    assert path.exists(), "the session's own file stays"


@pytest.mark.parametrize("data", [b"#EXTM3U\n", b"no sound", b"", b"ffconcat version 1.0\n", b"\xff\xfe#\0E\0"])
@pytest.mark.parametrize("kind", ["numpy", "filepath"])
def test_what_is_not_audio_is_refused_at_upload(files: Folder, data: bytes, kind: str) -> None:
    with gr.Blocks():
        audio = gr.Audio(type=kind)  # type: ignore[arg-type]  # one of the two
    blob = Blob("a.mp3", "audio/mpeg", data=data)
    for take in (audio.inspect, audio.preprocess):
        with pytest.raises(InvalidValue, match=r"cannot read a\.mp3"):
            take(blob, files)


@pytest.mark.parametrize("suffix", [".m3u8", ".ffconcat", ".mp3", ""])
def test_the_suffix_of_an_audio_file_is_ours(files: Folder, suffix: str) -> None:
    with gr.Blocks():
        audio = gr.Audio(type="filepath")
    path = files.path / f"upload{suffix}"
    path.write_bytes(wav.encode(Chunk(np.zeros((800, 1), np.int16), 8_000)))
    given = str(audio.preprocess(Blob(f"sound{suffix}", "audio/mpeg", path=path), files))
    assert given.endswith(".wav")
    assert Path(given).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("kind", ["mp4", "mov", "matroska", "avi", "mpegts", "ogg", "mpeg", "flv", "asf"])
def test_every_kind_that_is_named_is_read(files: Folder, kind: str) -> None:
    codec = {"mpeg": "mpeg2video", "asf": "wmv2", "ogg": "libvpx"}.get(kind, "libx264")
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as writer:
        track = writer.add_stream(codec, rate=25)
        track.width, track.height, track.pix_fmt = 320, 240, "yuv420p"
        for number in range(5):
            writer.mux(track.encode(av.VideoFrame.from_ndarray(frame(number), "rgb24")))
        writer.mux(track.encode(None))
    with gr.Blocks():
        video = gr.Video(format="mp4")
    shown = video.postprocess(file.getvalue(), files)
    with av.open(io.BytesIO(shown.data)) as reader:
        assert sum(1 for _ in reader.decode(video=0)) == 5
