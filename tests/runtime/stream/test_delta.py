"""A codec whose frames build on each other, up and down: frames are dropped, and what is shown is right."""

from __future__ import annotations

import pickle
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream import codecs
from millstream.client.stream import ClientStream
from millstream.engines import inline
from millstream.errors import MediaError
from millstream.frames import Frame
from millstream.jobs import Failure, Job, Result
from millstream.runtime.state.frame_chain import FrameChain
from millstream.testing import fake_delta
from millstream.testing.page import TestPage
from millstream.wire.encoding import decode_packet
from millstream.wire.messages import KeyFrame
from millstream.wire.packet import Flag, Packet, PacketKind

SIZE = 4


class DeltaImage(gr.Image):
    """An image that streams down in the delta codec."""

    def codec(self, streamed: bool, frame: Frame) -> tuple[str, float]:
        return (fake_delta.NAME, 1.0) if streamed else super().codec(streamed, frame)


@pytest.fixture(autouse=True)
def delta_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both sides have the codec."""
    monkeypatch.setitem(codecs._codecs(), fake_delta.NUMBER, fake_delta)  # type: ignore[arg-type]  # a module


def picture(number: int) -> np.ndarray:
    """A frame that says which one it is."""
    return np.full((SIZE, SIZE, 3), number % 251, np.uint8)


def app(handler: Callable[..., Any], **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", sources=["webcam"], streaming=True)
        out = DeltaImage(label="Out", streaming=True)
        camera.stream(handler, camera, out, stream_every=0.03, **options)
        shot = gr.Image(label="Shot")
        gr.Button("Shoot").click(lambda image: image, out, shot)
        gr.Button("Look").click(lambda image: image, camera, shot)
    return demo


def open_page(demo: gr.Blocks, **options: Any) -> TestPage:
    page = TestPage(demo, **options)
    page.page.camera_codec = fake_delta.NAME
    return page


def shown(page: TestPage, stream: ClientStream) -> list[int]:
    """The number of each frame that the page has shown."""
    out = page.page.find("Out")
    frames = [page.outputs(result)[out] for result in stream.results if out in result.values]
    for frame in frames:
        assert (frame == frame[0, 0, 0]).all(), "every frame is whole"
    return [int(frame[0, 0, 0]) for frame in frames]


def feed(page: TestPage, count: int = 60) -> ClientStream:
    recording = page.stream("Camera", [picture(number) for number in range(1, count + 1)], rate_hz=30)
    (stream,) = recording.streams
    return stream  # type: ignore[no-any-return]


class Spy:
    """What went up and down, in order."""

    def __init__(self, page: TestPage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.down: list[Packet] = []
        self.up: list[Packet] = []
        send, shown = page.page.send_packet, page.page.frames.shown

        async def sent(data: bytes) -> None:
            self.up.append(decode_packet(data))
            await send(data)

        def received(packet: Packet) -> Packet | Frame | None:
            self.down.append(packet)
            return shown(packet)

        monkeypatch.setattr(page.page, "send_packet", sent)
        monkeypatch.setattr(page.page.frames, "shown", received)


@pytest.mark.parametrize(
    ("handler_time", "latency_s"),
    [(0.0, 0.0), (0.1, 0.0), (0.0, 0.2), (0.12, 0.15)],
    ids=["fast", "handler", "link", "both"],
)
def test_every_frame_is_right_however_many_are_dropped(
    handler_time: float, latency_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def handler(image: np.ndarray) -> np.ndarray:
        assert (image == image[0, 0, 0]).all(), "every frame is whole"
        seen.append(int(image[0, 0, 0]))
        return image

    with open_page(app(handler), handler_time=handler_time, latency_s=latency_s) as page:
        spy = Spy(page, monkeypatch)
        stream = feed(page)
        page.advance(2)
        numbers = shown(page, stream)
    assert {packet.codec for packet in spy.up} == {packet.codec for packet in spy.down} == {fake_delta.NUMBER}
    assert any(not packet.is_key for packet in spy.up)
    assert any(not packet.is_key for packet in spy.down)
    assert seen == sorted(set(seen))
    assert numbers == sorted(set(numbers))
    assert set(numbers) <= set(seen)
    assert numbers[-1] == seen[-1], "the newest frame is shown in the end"
    assert len(numbers) < 60 or not (handler_time or latency_s)


def test_a_frame_is_dropped_before_it_is_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    encode = fake_delta.DeltaEncoder.encode

    def counted(self: fake_delta.DeltaEncoder, media: Frame) -> Any:
        encoded.append(int(media.pixels[0, 0, 0]))
        return encode(self, media)

    monkeypatch.setattr(fake_delta.DeltaEncoder, "encode", counted)
    seen: list[int] = []

    def handler(image: np.ndarray) -> Iterator[np.ndarray]:
        seen.append(int(image[0, 0, 0]))
        return image + 100

    with open_page(app(handler), latency_s=0.2) as page:
        spy = Spy(page, monkeypatch)
        stream = feed(page, 40)
        page.advance(2)
        numbers = shown(page, stream)
    down = [number for number in encoded if number > 100]
    assert len(seen) > len(down) >= 2, "the handler was called more often than there was something to be sent"
    assert down == numbers == sorted(numbers)
    assert len(down) == len(spy.down), "what was encoded was sent"


def test_a_key_frame_that_the_page_misses_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_page(app(lambda image: image)) as page:
        spy = Spy(page, monkeypatch)
        decode, broken = fake_delta.DeltaDecoder.decode, []

        def decode_most(self: fake_delta.DeltaDecoder, payload: bytes | memoryview) -> Frame:
            if spy.down and spy.down[-1].payload is payload and len(spy.down) == 7:
                broken.append(payload)
                raise MediaError("lost on the way")
            return decode(self, payload)

        monkeypatch.setattr(fake_delta.DeltaDecoder, "decode", decode_most)
        monkeypatch.setattr(fake_delta, "KEY_EVERY", 1_000)
        stream = feed(page, 40)
        numbers = shown(page, stream)
    keys = [packet.sequence for packet in spy.down if packet.is_key]
    assert len(broken) == 1
    assert keys[0] == 1
    assert 7 < keys[1] < 12, "a key frame comes soon"
    assert len(keys) == 2, "it was asked for once"
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 40


def test_a_key_frame_that_the_server_misses_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_delta, "KEY_EVERY", 1_000)
    seen: list[int] = []
    asked: list[KeyFrame] = []
    with open_page(app(lambda image: seen.append(int(image[0, 0, 0])) or image)) as page:
        spy = Spy(page, monkeypatch)
        recording = page.record("Camera")
        recording.wait_for_state("running")
        (stream,) = recording.streams
        ask = stream.uplink.request_key_frame
        monkeypatch.setattr(stream.uplink, "request_key_frame", lambda: (asked.append(1), ask())[1])
        recording.feed([picture(number) for number in range(1, 11)], 30)
        stream.uplink._frame_encoder.encode(Frame(picture(200)))  # a frame that never leaves: what follows builds on it
        recording.feed([picture(number) for number in range(11, 31)], 30)
        recording.stop()
    keys = [packet.sequence for packet in spy.up if packet.is_key]
    assert keys[0] == 1
    assert len(keys) == 2, "it was asked for once"
    assert len(asked) == 1
    assert seen == sorted(set(seen))
    assert seen[-1] == 30
    assert 200 not in seen


def test_b15_a_stream_whose_worker_was_lost_goes_on_with_a_key_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_delta, "KEY_EVERY", 1_000)
    seen: list[int] = []
    submit = inline.Worker.submit

    async def submit_or_die(worker: inline.Worker, job: Job) -> AsyncGenerator[Result, None]:
        if job.call == 8:  # nothing that its decoder knew is left
            worker._calls.codec_state.decoders.clear()  # type: ignore[attr-defined]  # of the runtime
            yield Result(job.call, {}, Failure("its worker has died", is_lost=True))
            return
        async for result in submit(worker, job):
            yield result

    monkeypatch.setattr(inline.Worker, "submit", submit_or_die)
    with open_page(app(lambda image: seen.append(int(image[0, 0, 0])) or image)) as page:
        spy = Spy(page, monkeypatch)
        stream = feed(page)
        assert [toast.message for toast in page.toasts] == ["its worker has died"]
    assert stream.state == "ended"
    assert len([packet for packet in spy.up if packet.is_key]) == 2, "it was asked for once"
    assert seen == sorted(set(seen))
    assert seen[-1] == 60


def test_a_page_that_does_not_decode_it_gets_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    special = codecs.special
    monkeypatch.setattr("millstream.client.link.codecs.special", frozenset)
    with open_page(app(lambda image: image)) as page:
        monkeypatch.setattr("millstream.client.link.codecs.special", special)
        spy = Spy(page, monkeypatch)
        feed(page, 5)
    assert {packet.codec for packet in spy.down} == {1}


@pytest.mark.parametrize("count", [1, 8, 14])
def test_other_events_read_the_newest_frame_of_a_camera(count: int) -> None:
    with open_page(app(lambda image: image)) as page:
        feed(page, count)
        page.click("Look")
        assert (np.abs(page.value("Shot").astype(int) - count) < 3).all()


def test_a_key_frame_is_asked_for_when_too_many_build_on_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_delta, "KEY_EVERY", 1_000)
    monkeypatch.setattr("millstream.runtime.state.frame_chain.MOST_PACKETS", 10)
    with open_page(app(lambda image: image)) as page:
        spy = Spy(page, monkeypatch)
        feed(page, 34)
        page.click("Look")
        assert (np.abs(page.value("Shot").astype(int) - 34) < 3).all()
    keys = [packet.sequence for packet in spy.up if packet.is_key]
    assert len(keys) >= 3
    assert max(np.diff(keys)) <= 13


def test_frames_that_build_on_each_other_survive_a_pickle() -> None:
    first, second, third = (
        Packet(PacketKind.PICTURE, fake_delta.NUMBER, Flag.NONE, 1, 1, number, 0, 0, 0, bytes([number]))
        for number in (1, 2, 3)
    )
    older = FrameChain((first,)).followed_by(second)
    newer = older.followed_by(third)
    assert older.packets == (first, second)
    assert pickle.loads(pickle.dumps(newer)).packets == newer.packets == (first, second, third)


def test_other_events_read_and_return_what_streams_down() -> None:
    with open_page(app(lambda image: image)) as page:
        feed(page, 7)
        page.click("Shoot")
        assert (np.abs(page.value("Shot").astype(int) - 7) < 3).all()
        assert isinstance(page.page.values[page.page.find("Out")], Frame)
        assert page.page.values[page.page.find("Shot")].kind is PacketKind.PICTURE  # type: ignore[attr-defined]
