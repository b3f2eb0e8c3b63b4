"""Streams as H.264 and VP8 in a real browser: the handler gets what the camera sees, the page shows what it returns."""

from __future__ import annotations

import gzip
import statistics
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, stop
from tests.browser.media import COUNTER_FRAMES, Clips, read_counter
from tests.browser.test_media_core import COLLECT, _hide, _until

import millstream as gr
from millstream.runtime.send.frame_encoder import FrameEncoder
from millstream.runtime.stream.encoding import StreamEncoding
from millstream.runtime.stream.input import StreamInput
from millstream.server.http.assets import Asset, Assets
from millstream.types import Encoding
from millstream.wire.packet import CodecNumber, Packet

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

WITHOUT_H264 = """
for (const codec of [VideoEncoder, VideoDecoder]) {
  const supported = codec.isConfigSupported.bind(codec);
  codec.isConfigSupported = (config) =>
    config.codec.startsWith("avc1") ? Promise.resolve({ supported: false, config }) : supported(config);
}
"""
"""Runs in the media worker before its own script."""

LOSING_DECODER = """
const decode = VideoDecoder.prototype.decode;
let count = 0;
VideoDecoder.prototype.decode = function (chunk) {
  if (++count === 40) throw new DOMException("Codec reclaimed due to inactivity.", "QuotaExceededError");
  decode.call(this, chunk);
};
"""


def echo(handler: Callable[..., Any], codec: str, mirror: bool = False, **options: Any) -> gr.Blocks:
    """A camera and what the handler makes of it, both in a codec."""
    wish = gr.WebcamOptions(codec=codec, mirror=mirror)
    with gr.Blocks() as demo:
        camera = gr.Image(sources=["webcam"], label="Camera", webcam_options=wish)
        out = gr.Image(label="Result", format=codec)
        camera.stream(handler, camera, out, **{"stream_every": 0, **options})
    return demo


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> Notes[Packet]:
    """What the pages send."""
    notes: Notes[Packet] = Notes()
    receive = StreamInput.receive

    def noted(self: StreamInput, packet: Packet, *rest: Any) -> None:
        notes.add(packet)
        receive(self, packet, *rest)

    monkeypatch.setattr(StreamInput, "receive", noted)
    return notes


@pytest.fixture
def in_worker(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have a script run in the media worker before its own, in apps that are launched from then on."""

    def add(script: str) -> None:
        init = Assets.__init__

        def changed(self: Assets, *args: Any, **options: Any) -> None:
            init(self, *args, **options)
            for name, asset in self._table.items():
                if name.startswith("media-"):
                    body = script.encode() + asset.body
                    self._table[name] = Asset(body, gzip.compress(body), "text/javascript")

        monkeypatch.setattr(Assets, "__init__", changed)

    return add


def tell(demo: gr.Blocks, way: Encoding) -> None:
    """Have the one stream that runs encode in another way, in both directions."""
    (session,) = demo.app.host.sessions.values()
    (stream,) = session.streams.values()

    def change() -> None:
        stream.encoding.up(way)
        stream.encoding.down(way)

    stream._work.get_loop().call_soon_threadsafe(change)


def codecs_of(packets: list[Packet]) -> set[int]:
    return {packet.codec for packet in packets if len(packet.payload)}


def seen_by(page: Page, count: int) -> list[tuple[int, int]]:
    """Give the numbers on the output and on the preview for so many frames that the output presents."""
    page.locator(".ms-output").wait_for()
    page.evaluate(COLLECT)
    _until(lambda: page.evaluate("window.msSeen.length") > count)
    seen: list[tuple[int, int]] = page.evaluate("window.msSeen")
    return seen


def steps(seen: list[tuple[int, int]]) -> list[int]:
    """Give how far the counter on the output went on from frame to frame."""
    return [(after - before) % COUNTER_FRAMES for (before, _), (after, _) in pairwise(seen)]


def test_a_moving_camera_comes_back_in_order_at_its_rate(
    launch: Launch, open_page: OpenPage, clips: Clips, up: Notes[Packet]
) -> None:
    handled: Notes[int] = Notes()

    def handler(frame: np.ndarray) -> np.ndarray:
        handled.add(read_counter(frame))
        return frame

    page = open_page(launch(echo(handler, "h264")), video=clips.counter)
    record(page)
    forward = steps(seen_by(page, 160)[10:])
    assert codecs_of(up.all) == {CodecNumber.H264}
    assert all(0 <= step < 300 for step in forward), "never back"
    seconds = [forward[at : at + 30] for at in range(0, len(forward) - 30, 10)]
    per_frame = [statistics.mean(step for step in second if step) for second in seconds]
    assert min(per_frame) <= 30 / 25, "25 frames a second or more, in the best second of a busy machine"
    assert all(0 <= (after - before) % COUNTER_FRAMES < 300 for before, after in pairwise(handled.all))
    assert sum(packet.is_key for packet in up.all) == 1
    assert statistics.mean(len(packet.payload) for packet in up.all) < 10_000


def test_colours_arrive_as_with_jpeg(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    frames: dict[str, Notes[np.ndarray]] = {}
    shown = {}
    for codec in ("jpeg", "h264"):
        noted = frames[codec] = Notes[np.ndarray]()

        def handler(frame: np.ndarray, noted: Notes[np.ndarray] = noted) -> np.ndarray:
            noted.add(frame.copy())
            return frame

        page = open_page(launch(echo(handler, codec)), video=clips.halves)
        record(page)
        noted.wait(8)
        page.locator(".ms-output").wait_for()
        shown[codec] = page.evaluate("eyes.halves('.ms-output')")
    up = [noted.all[-1].reshape(-1, 3).mean(0) for noted in frames.values()]
    assert np.abs(up[0] - up[1]).max() < 4
    assert np.abs(np.subtract(shown["jpeg"], shown["h264"])).max() < 8


@pytest.mark.parametrize("longest", [0, 320])
def test_a_mirrored_camera_is_mirrored_once(
    longest: int, launch: Launch, open_page: OpenPage, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StreamEncoding, "follow", lambda *_: None)  # the test decides
    frames: dict[bool, Notes[np.ndarray]] = {}
    for mirror in (False, True):
        noted = frames[mirror] = Notes[np.ndarray]()

        def handler(frame: np.ndarray, noted: Notes[np.ndarray] = noted) -> np.ndarray:
            noted.add(frame.copy())
            return frame

        demo = echo(handler, "h264", mirror=mirror)
        page = open_page(launch(demo), video=clips.halves)
        record(page)
        noted.wait(4)
        tell(demo, Encoding(CodecNumber.H264, 2_000_000, 30.0, longest))
        noted.wait(len(noted.all) + 10)
    plain, mirrored = (noted.all[-1].astype(int) for noted in frames.values())
    assert mirrored.shape == plain.shape == ((240, 320, 3) if longest else (480, 640, 3))
    assert np.abs(mirrored - plain).mean() > 20, "the halves differ"
    assert np.abs(mirrored[:, ::-1] - plain).mean() < 2


def test_without_h264_it_is_vp8(
    launch: Launch, open_page: OpenPage, clips: Clips, up: Notes[Packet], in_worker: Callable[[str], None]
) -> None:
    in_worker(WITHOUT_H264)
    page = open_page(launch(echo(lambda frame: frame, "h264")), video=clips.counter)
    record(page)
    seen = seen_by(page, 40)
    assert codecs_of(up.all) == {CodecNumber.VP8}
    assert all(0 <= step < 300 for step in steps(seen))


def test_without_webcodecs_it_is_jpeg(
    launch: Launch, open_page: OpenPage, clips: Clips, up: Notes[Packet], in_worker: Callable[[str], None]
) -> None:
    in_worker("delete self.VideoEncoder; delete self.VideoDecoder;")
    page = open_page(launch(echo(lambda frame: frame, "h264")), video=clips.counter)
    record(page)
    seen_by(page, 10)
    assert codecs_of(up.all) == {CodecNumber.JPEG}


def test_a_hidden_page_shows_the_newest_frame_when_it_is_back(
    launch: Launch, open_page: OpenPage, clips: Clips, up: Notes[Packet]
) -> None:
    page = open_page(launch(echo(lambda frame: frame, "h264")), video=clips.counter)
    record(page)
    seen_by(page, 10)
    _hide(page, True)
    before = len(up.all)
    up.wait(before + 45)
    _hide(page, False)
    forward = steps(seen_by(page, 40))
    assert all(0 <= step < 300 for step in forward)
    output, preview = page.evaluate("window.msSeen.at(-1)")
    assert (preview - output) % COUNTER_FRAMES < 15, "half a second old at most"


def test_a_decoder_that_is_lost_goes_on_with_a_key_frame(
    launch: Launch,
    open_page: OpenPage,
    clips: Clips,
    monkeypatch: pytest.MonkeyPatch,
    in_worker: Callable[[str], None],
) -> None:
    asked: Notes[int] = Notes()
    request = FrameEncoder.request_key_frame

    def noted(self: FrameEncoder, component: int) -> None:
        asked.add(component)
        request(self, component)

    monkeypatch.setattr(FrameEncoder, "request_key_frame", noted)
    in_worker(LOSING_DECODER)
    page = open_page(launch(echo(lambda frame: frame, "h264")), video=clips.counter)
    record(page)
    forward = steps(seen_by(page, 80))
    assert len(asked.all) == 1
    assert all(0 <= step < 300 for step in forward)
    assert max(forward) < 30, "less than a second is missing"


def test_the_server_changes_codec_rate_and_size_in_mid_stream(
    launch: Launch, open_page: OpenPage, clips: Clips, up: Notes[Packet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StreamEncoding, "follow", lambda *_: None)  # the test decides
    shapes: Notes[tuple[int, ...]] = Notes()
    demo = echo(lambda frame: (shapes.add(frame.shape), frame)[1], "jpeg")
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    shapes.wait(10)
    ways = [
        (Encoding(CodecNumber.H264, 300_000, 30.0, 320), (240, 320, 3)),
        (Encoding(CodecNumber.JPEG, 1_000_000, 30.0, 160), (120, 160, 3)),
        (Encoding(CodecNumber.H264, 1_000_000, 15.0), (480, 640, 3)),
    ]
    for way, shape in ways:
        tell(demo, way)
        begun = len(shapes.until(lambda seen, shape=shape: seen[-1] == shape))
        shapes.wait(begun + 25)
        assert shapes.all[begun:] == [shape] * len(shapes.all[begun:])
        sizes = [len(packet.payload) for packet in up.all[-15:]]
        assert {packet.codec for packet in up.all[-10:]} == {way.codec}
        assert statistics.mean(sizes) * 8 * way.frames_per_s < 2 * way.bits_per_s
    assert len(seen_by(page, 10)) > 10


def test_a_stream_that_begins_again_begins_with_a_key_frame(
    launch: Launch, open_page: OpenPage, clips: Clips, up: Notes[Packet]
) -> None:
    handled: Notes[int] = Notes()
    page = open_page(launch(echo(lambda frame: (handled.add(1), frame)[1], "h264")), video=clips.counter)
    for turn in range(2):
        record(page)
        handled.wait(15 * (turn + 1))
        stop(page)
    firsts = [next(packet for packet in up.all if packet.stream == stream) for stream in (1, 2)]
    assert [packet.is_key for packet in firsts] == [True, True]
    expect(button(page, "Record")).to_be_visible()
