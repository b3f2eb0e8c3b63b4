"""The way frames are encoded is a decision of the server's, per direction, which may change while a stream runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.client.stream import ClientStream
from millstream.codecs import jpeg
from millstream.errors import DeclarationError, MediaError
from millstream.frames import Frame
from millstream.jobs import Job
from millstream.runtime.link_model import LinkModel, OneWay
from millstream.runtime.stream.encoding import codec_for
from millstream.runtime.trace import CallTimes
from millstream.testing.page import TestPage
from millstream.types import Encoding
from millstream.wire.encoding import decode_packet
from millstream.wire.messages import Encodes
from millstream.wire.packet import CodecNumber, Packet

JPEG, H264, VP8 = CodecNumber.JPEG, CodecNumber.H264, CodecNumber.VP8


def picture(number: int, height: int = 96, width: int = 128) -> np.ndarray:
    """A frame that says by its brightness which one it is."""
    frame = np.full((height, width, 3), 40 + 3 * (number % 60), np.uint8)
    frame[::8] += 20
    return frame


def number_of(frame: np.ndarray) -> float:
    return float((np.median(frame[1::8]) - 40) / 3)


def app(handler: Callable[..., Any], *, format: str = "webp", every: float = 0.03, **webcam: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", sources=["webcam"], streaming=True, webcam_options=gr.WebcamOptions(**webcam))
        out = gr.Image(label="Out", format=format)
        camera.stream(handler, camera, out, stream_every=every)
        shot = gr.Image(label="Shot")
        gr.Button("Shoot").click(lambda image: image, out, shot)
    return demo


class Watched:
    """A page, and the packets that went up and down."""

    def __init__(self, demo: gr.Blocks, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
        self.page = TestPage(demo, **options)
        self.up: list[Packet] = []
        self.down: list[Packet] = []
        send, shown = self.page.page.send_packet, self.page.page.frames.shown

        async def sent(data: bytes) -> None:
            self.up.append(decode_packet(data))
            await send(data)

        def received(packet: Packet) -> Any:
            self.down.append(packet)
            return shown(packet)

        monkeypatch.setattr(self.page.page, "send_packet", sent)
        monkeypatch.setattr(self.page.page.frames, "shown", received)

    def record(self) -> Any:
        recording = self.page.record("Camera")
        recording.wait_for_state("running")
        return recording

    @property
    def stream(self) -> Any:
        """The server's side of the stream."""
        (session,) = self.page.host.sessions.values()
        (stream,) = session.streams.values()
        return stream

    def shown(self, stream: ClientStream) -> list[np.ndarray]:
        out = self.page.page.find("Out")
        return [self.page.outputs(result)[out] for result in stream.results if out in result.values]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Watched]]:
    pages: list[TestPage] = []

    def watch(demo: gr.Blocks, **options: Any) -> Watched:
        opened = Watched(demo, monkeypatch, **options)
        pages.append(opened.page.__enter__())
        return opened

    yield watch
    for page in pages:
        page.__exit__(None, None, None)


@pytest.mark.parametrize("name", ["h264", "vp8"])
def test_a_wish_of_the_app_holds_in_both_directions(name: str, watched: Callable[..., Watched]) -> None:
    seen: list[np.ndarray] = []
    page = watched(app(lambda image: seen.append(image) or image, format=name, codec=name))
    recording = page.record()
    recording.feed([picture(number) for number in range(40)], 30)
    (stream,) = recording.streams
    number = CodecNumber[name.upper()]
    assert {packet.codec for packet in page.up} == {packet.codec for packet in page.down} == {number}
    assert [packet.is_key for packet in page.up] == [True] + [False] * (len(page.up) - 1)
    for frames in (seen, page.shown(stream)):
        assert len(frames) > 30
        assert np.allclose([number_of(frame) for frame in frames], np.arange(len(frames)) + 40 - len(frames), atol=1)
        assert all(frame.shape == (96, 128, 3) and frame.dtype == np.uint8 for frame in frames)
    assert sum(len(packet.payload) for packet in page.up) < 40 * 300


def test_without_a_wish_it_is_jpeg(watched: Callable[..., Watched]) -> None:
    page = watched(app(lambda image: image))
    page.record().feed([picture(number) for number in range(5)], 30)
    assert {packet.codec for packet in [*page.up, *page.down]} == {JPEG}


@pytest.mark.parametrize(("encodes", "codec"), [([], JPEG), ([VP8, 77], VP8), ([H264, VP8], H264)])
def test_what_the_page_says_later_of_its_encoders_holds_for_the_next_stream(
    encodes: list[int], codec: int, watched: Callable[..., Watched]
) -> None:
    page = watched(app(lambda image: image, codec="h264"))
    page.page.run(page.page.page.send(Encodes(encodes=encodes)))
    page.record().feed([picture(number) for number in range(5)], 30)
    assert {packet.codec for packet in page.up} == {codec}


def test_too_few_frames_a_second_are_jpeg(watched: Callable[..., Watched]) -> None:
    page = watched(app(lambda image: image, every=0.6, codec="h264"))
    page.record().feed([picture(number) for number in range(40)], 30)
    assert {packet.codec for packet in page.up} == {JPEG}


def test_the_server_changes_its_mind_in_mid_stream(watched: Callable[..., Watched]) -> None:
    seen: list[np.ndarray] = []
    page = watched(app(lambda image: seen.append(image) or image, format="h264"))
    recording = page.record()
    ways = [
        Encoding(H264, 400_000, 30.0, 64),
        Encoding(VP8, 400_000, 30.0),
        Encoding(JPEG, 500_000, 30.0, 32),
        Encoding(H264),
    ]
    for way in [Encoding(JPEG), *ways]:
        if way in ways:
            page.stream.encoding.up(way)
            page.stream.encoding.down(way)
        seen.clear()
        page.up.clear()
        page.down.clear()
        recording.feed([picture(number) for number in range(20)], 30)
        longest = way.longest or 128
        assert [packet.codec for packet in page.up][-10:] == [way.codec] * 10
        assert [max(frame.shape) for frame in seen][-10:] == [longest] * 10
        if way in ways:
            assert [packet.codec for packet in page.down][-10:] == [way.codec] * 10
        assert [number_of(frame) for frame in seen][-10:] == pytest.approx(list(range(10, 20)), abs=1)
    (stream,) = recording.streams
    assert [number_of(frame) for frame in page.shown(stream)][-10:] == pytest.approx(list(range(10, 20)), abs=1)
    assert page.stream.statistics().broken == 0


def test_a_link_that_was_measured_too_narrow_costs_a_quiet_scene_no_frames(
    watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    def passed(way: OneWay, size: int, sent: float, arrived: float) -> None:
        way.rate, way.left = 40_000.0, arrived

    monkeypatch.setattr(OneWay, "passed", passed)
    page = watched(app(lambda image: image))
    recording = page.record()
    noise = np.random.default_rng(1).integers(0, 255, (60, 480, 640, 3), np.uint8)
    rates = []
    for frames in ([picture(1, 480, 640)] * 120, list(noise)):
        recording.feed(frames, 30)
        encoding = page.stream.encoding._ways[0].controller.encoding
        rates.append((encoding.codec, encoding.frames_per_s))
    assert rates == [(H264, 30.0), (H264, 15.0)]


@pytest.mark.parametrize(("codec", "longest"), [(H264, 0), (VP8, 64), (JPEG, 64)])
def test_a_camera_of_jpegs_is_encoded_as_the_server_wants_it(
    watched: Callable[..., Watched], codec: int, longest: int
) -> None:
    seen: list[np.ndarray] = []
    page = watched(app(lambda image: seen.append(image) or image))
    recording = page.record()
    photos = [jpeg.open_encoder(0.95).encode(Frame(picture(number))).payload for number in range(20)]
    recording.feed(photos, 30)
    assert page.up[-1].payload in photos, "nobody wanted it in another way"
    page.stream.encoding.up(Encoding(codec, 400_000, 30.0, longest))
    recording.feed(photos, 30)
    assert [packet.codec for packet in page.up][-10:] == [codec] * 10
    assert [max(frame.shape) for frame in seen][-10:] == [longest or 128] * 10
    assert [number_of(frame) for frame in seen][-10:] == pytest.approx(list(range(10, 20)), abs=1)
    with pytest.raises(MediaError):
        recording.feed([b"no JPEG"], 30)


def test_it_follows_the_link_and_encodes_late_while_that_is_narrow(
    watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    page = watched(app(lambda image: seen.append(image) or image))
    recording = page.record()
    stream = page.stream
    calls = stream._context.calls
    jobs: list[Job] = []
    begin = calls.begin
    monkeypatch.setattr(calls, "begin", lambda *args: (began := begin(*args), jobs.append(began.job))[0])
    encodings = page.stream.statistics().encodings

    def feed(bits_per_s: float, frames: int) -> None:
        monkeypatch.setattr(LinkModel, "bits_per_s", lambda *_: bits_per_s)
        recording.feed([picture(number % 40) for number in range(frames)], 30)
        for noted in (jobs, seen, page.up, page.down):
            del noted[:-10]

    stretches = [(math.inf, 40, JPEG, False), (5e5, 60, H264, True), (1e9, 240, JPEG, False)]
    for bits_per_s, frames, codec, defers in stretches:
        feed(bits_per_s, frames)
        assert [packet.codec for packet in [*page.up, *page.down]] == [codec] * 20
        assert [job.defers for job in jobs] == [defers] * 10
        reason = stream.encoding.decision(JPEG, CallTimes(), 1.0, None)
        assert ["Up: H.264" in reason, "Down: H.264" in reason] == [defers] * 2
        last = [(frames - 10 + at) % 40 for at in range(10)]
        assert [number_of(frame) for frame in seen] == pytest.approx(last, abs=1)
    # Frames that are encoded when they can leave are encoded once, and those alone are.
    assert 50 <= page.stream.statistics().encodings - encodings <= 200


def test_a_broken_frame_costs_a_key_frame_and_no_more(
    watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    page = watched(app(lambda image: seen.append(image) or image, codec="h264"))
    recording = page.record()
    recording.feed([picture(number) for number in range(10)], 30)
    (stream,) = recording.streams
    encode = stream.uplink._frame_encoder.encode

    def broken_once(frame: Any) -> Any:
        monkeypatch.setattr(stream.uplink._frame_encoder, "encode", encode)
        encoded = encode(frame)
        return encoded._replace(payload=encoded.payload[:-5])

    monkeypatch.setattr(stream.uplink._frame_encoder, "encode", broken_once)
    recording.feed([picture(number) for number in range(10, 30)], 30)
    keys = [packet.sequence for packet in page.up if packet.is_key]
    assert keys[0] == 1
    assert len(keys) == 2
    assert page.stream.statistics().broken == 1
    assert number_of(seen[-1]) == pytest.approx(29, abs=1)
    assert len(seen) >= 26


def test_other_events_read_what_streams_down_as_video(watched: Callable[..., Watched]) -> None:
    page = watched(app(lambda image: image, format="h264"))
    page.record().feed([picture(number) for number in range(20)], 30)
    page.page.click("Shoot")
    assert number_of(page.page.value("Shot")) == pytest.approx(19, abs=1)


@pytest.mark.parametrize(
    ("wanted", "known", "interval_s", "chosen"),
    [
        (H264, {H264, VP8}, 0.03, H264),
        (H264, {VP8}, 0.03, VP8),
        (VP8, {H264, VP8}, 0.03, VP8),
        (VP8, {H264}, 0.5, H264),
        (H264, set(), 0.03, JPEG),
        (H264, {CodecNumber.OPUS}, 0.03, JPEG),
        (H264, {H264}, 0.51, JPEG),
        (JPEG, {H264}, 0.03, JPEG),
    ],
)
def test_the_codec_is_one_that_both_sides_know(wanted: int, known: set[int], interval_s: float, chosen: int) -> None:
    assert codec_for(wanted, known, interval_s) == chosen


def test_a_codec_that_there_is_not_is_refused() -> None:
    with pytest.raises(DeclarationError, match="codec='av1' is not 'jpeg', 'h264' or 'vp8'"):
        gr.WebcamOptions(codec="av1")  # type: ignore[arg-type]
