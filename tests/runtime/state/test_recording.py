"""What a stream has recorded: exactly as long as it may be, all of it, and no more than fits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.client.media import RATE, ramp

import millstream as ms
from millstream.codecs import pcm16
from millstream.errors import InvalidValue
from millstream.frames import Chunk
from millstream.media import wav
from millstream.runtime.state.recording import StreamRecording
from millstream.testing import TestPage
from millstream.wire.packet import CodecNumber, Flag, Packet, PacketKind

Sound = tuple[int, np.ndarray]


def sound(count: int, first: int = 0, *, rate: int = RATE, channels: int = 1) -> Packet:
    samples = np.repeat(np.arange(first, first + count, dtype=np.int64)[:, None] % 30_000, channels, axis=1)
    payload = pcm16.open_encoder(1.0).encode(Chunk(samples.astype(np.int16), rate, first)).payload
    return Packet(PacketKind.SOUND, CodecNumber.PCM16, Flag.KEY, 1, 2, 1, 0, 0, 0, payload)


def samples_of(packets: tuple[Packet, ...]) -> list[int]:
    decoder = pcm16.open_decoder()
    return [int(sample) for packet in packets for sample in decoder.decode(packet.payload).samples[:, 0]]


@given(st.lists(st.integers(1, 400), max_size=40), st.integers(1, 4000), st.integers(1, 3))
def test_it_ends_at_the_very_sample(counts: list[int], longest: int, channels: int) -> None:
    tape = StreamRecording(longest / RATE, is_kept=True)
    first, passed = 0, 0
    for count in counts:
        packet = tape.put(sound(count, first, channels=channels))
        passed += len(pcm16.open_decoder().decode(packet.payload).samples) if packet.payload else 0
        first += count
        assert tape.is_full == (first >= longest)
    assert passed == min(first, longest)
    assert samples_of(tape.packets()) == list(range(passed))
    assert tape.seconds == pytest.approx(passed / RATE)


def test_without_a_limit_it_takes_everything() -> None:
    tape = StreamRecording(float("inf"), is_kept=True)
    packet = sound(100)
    assert tape.put(packet) is packet
    assert not tape.is_full
    assert tape.packets() == (packet,)


def test_if_nobody_wants_the_audio_only_its_length_counts() -> None:
    tape = StreamRecording(1.0, is_kept=False)
    tape.put(sound(RATE))
    assert (tape.is_empty, tape.is_full, tape.seconds) == (True, True, 1.0)
    assert tape.packets() == ()


def test_what_is_too_much_is_let_go_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.runtime.state.recording.MAX_BYTES", 1 << 20)
    tape = StreamRecording(float("inf"), is_kept=True)
    for number in range(40):
        tape.put(sound(RATE, number * RATE))
    assert repr(tape) == f"<StreamRecording of 40.0 s, {40 * (2 * RATE + 16)} bytes>"
    assert tape._packets == []
    with pytest.raises(InvalidValue, match="recording of 40 s is longer than what is kept as a whole, 1 MiB; record"):
        tape.packets()


@pytest.mark.parametrize("payload", [b"", b"x", bytes(16)])
def test_what_is_not_audio_passes(payload: bytes) -> None:
    tape = StreamRecording(1.0, is_kept=True)
    packet = Packet(PacketKind.SOUND, CodecNumber.PCM16, Flag.LAST, 1, 2, 1, 0, 0, 0, payload)
    assert tape.put(packet) is packet
    assert tape.is_empty


def test_frames_pass() -> None:
    tape = StreamRecording(1.0, is_kept=True)
    packet = Packet(PacketKind.PICTURE, CodecNumber.JPEG, Flag.KEY, 1, 2, 1, 0, 0, 0, bytes(100))
    assert tape.put(packet) is packet
    assert tape.is_empty


# ---- in a stream -------------------------------------------------------------------------------------------------


class Recorder:
    """A microphone whose whole recordings a test keeps, and the order in which things happened."""

    def __init__(self, handler: Callable[[Sound], object] | None = None, /, **options: Any) -> None:
        self.wholes: list[Any] = []
        self.order: list[str] = []
        microphone = options.pop("microphone", {})
        with ms.Blocks() as self.demo:
            mic = ms.Audio(label="Mic", sources="microphone", **microphone)
            ask = ms.Button("Ask")
            cancel = ms.Button("Cancel")
            stream = mic.stream(handler or self.hear, mic, None, **{"stream_every": 0.25, **options})
            mic.stop_recording(self.keep, mic, None)
            ask.click(self.keep, mic, None)
            cancel.click(None, cancels=[stream])

    def hear(self, chunk: Sound) -> None:
        self.order.append(f"{len(chunk[1])} heard")

    def keep(self, whole: Sound | str | None) -> None:
        self.order.append("stopped")
        self.wholes.append(whole)


def test_the_end_of_a_recording_gives_all_of_it_after_the_last_chunk() -> None:
    app = Recorder()
    with TestPage(app.demo) as page:
        page.stream("Mic", ramp(1.1))
        page.advance(0.1)
        page.click("Ask")
        assert app.order == ["4000 heard"] * 4 + ["1600 heard", "stopped", "stopped"]
    for rate, samples in app.wholes:
        assert rate == RATE
        assert np.array_equal(samples, ramp(1.1)[1])


@pytest.mark.blocking
def test_each_recording_is_its_own_and_comes_as_a_file_if_that_is_wanted() -> None:
    lengths: list[float] = []

    def keep(path: str) -> None:
        lengths.append(wav.decode(Path(path).read_bytes()).duration_s)

    with ms.Blocks() as demo:
        mic = ms.Audio(label="Mic", sources="microphone", type="filepath")
        mic.stream(lambda path: None, mic, None, stream_every=0.25)
        mic.stop_recording(keep, mic, None)
    with TestPage(demo) as page:
        for seconds in (1.0, 0.3):
            page.stream("Mic", ramp(seconds))
            page.advance(0.1)
        (session,) = page.host.sessions.values()
        assert list(session.store.folder.iterdir()) == [], "files go with their calls, the whole is in memory"
    assert lengths == [1.0, 0.3]


def test_a_recording_over_several_slots_is_one() -> None:
    app = Recorder(time_limit=1.0)
    with TestPage(app.demo) as one, one.another() as two:
        a = one.record("Mic")
        a.wait_for_state("running")
        feeding = a.feed_in_background(ramp(3))
        b = two.record("Mic")
        b.wait_for_state("running")
        b.stop()
        a.wait_for_state("running")
        feeding.result()
        a.stop()
        one.advance(0.1)
        assert a.streams[0].turns == 2
    heard = sum(int(note.split()[0]) for note in app.order if note.endswith("heard"))
    assert len(app.wholes[-1][1]) == heard > RATE


def test_what_is_cleared_while_the_last_chunks_are_handled_stays_so() -> None:
    app = Recorder()
    with TestPage(app.demo, handler_time=2.0) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        recording.feed(ramp(1.1))
        stopping = page._app.loop.create_task(recording.recording.first.uplink.stop())
        page.wait_for(lambda: recording.state == "stopping")
        page.set("Mic", None)
        page.wait_for(lambda: recording.state == "ended", 20)
        page.advance(10)
        assert stopping.done()
        assert len(app.wholes[0][1]) == len(ramp(1.1)[1]), "the end of the recording is about the recording"
        page.click("Ask")
        assert app.wholes[1] is None


def test_while_it_records_the_last_chunk_counts() -> None:
    app = Recorder()
    with TestPage(app.demo) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(ramp(2))
        page.advance(0.6)
        page.click("Ask")
        feeding.cancel()
    assert len(app.wholes[0][1]) == 4000


@pytest.mark.parametrize("handler", [lambda chunk: 1 / 0, None])
def test_a_recording_that_ends_otherwise_is_there_too(handler: Callable[[Sound], object] | None) -> None:
    app = Recorder(handler)
    with TestPage(app.demo) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(ramp(2))
        page.advance(0.6)
        if handler is None:
            page.click("Cancel")
        recording.wait_for_state("ended")
        page.advance(0.1)
        feeding.cancel()
        assert recording.streams[0].reason == ("cancelled" if handler is None else "error")
    assert [len(samples) for _, samples in app.wholes] == [8000 if handler is None else 4000]


def test_a_recording_is_whole_though_the_next_one_has_begun() -> None:
    app = Recorder(concurrency_limit=2)
    with TestPage(app.demo, handler_time=0.5) as page:
        first = page.record("Mic")
        first.wait_for_state("running")
        first.feed(ramp(1.1))
        page.run(first.recording.first.uplink.stop())
        second = page.record("Mic")
        second.wait_for_state("running")
        feeding = second.feed_in_background(ramp(3))
        assert first.state != "ended"
        first.wait_for_state("ended")
        page.advance(0.1)
        assert [len(samples) for _, samples in app.wholes] == [1.1 * RATE]
        page.click("Ask")
        assert len(app.wholes[1][1]) < RATE, "anybody else gets what is captured now"
        feeding.result()
        second.stop()
        page.advance(0.1)
    assert np.array_equal(app.wholes[0][1], ramp(1.1)[1])
    assert len(app.wholes[2][1]) == 3 * RATE


def test_nothing_is_kept_if_nobody_takes_it() -> None:
    with ms.Blocks() as demo:
        mic = ms.Audio(label="Mic", sources="microphone")
        mic.stream(lambda chunk: None, mic, None, stream_every=0.25)
        mic.stop_recording(lambda: None)
    with TestPage(demo) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        recording.feed(ramp(1))
        (stream,) = (stream for session in page.host.sessions.values() for stream in session.streams.values())
        assert stream._capture.recording.seconds == 1.0
        assert stream._capture.recording.is_empty
        recording.stop()


def test_a_whole_recording_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.runtime.state.recording.MAX_BYTES", RATE)
    app = Recorder()
    with TestPage(app.demo) as page:
        page.stream("Mic", ramp(2))
        page.wait_for(lambda: len(page.page.toasts) > 0)
        assert "is longer than what is kept as a whole" in page.page.toasts[0].message
    assert len(app.order) == 8
    assert app.wholes == []


@pytest.mark.parametrize("options", [{}, {"keep": "latest"}])
def test_a_recording_ends_by_itself_at_its_longest(options: dict[str, Any]) -> None:
    app = Recorder(microphone={"max_length": 0.9}, **options)
    with TestPage(app.demo) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        recording.feed(ramp(3))
        recording.wait_for_state("ended")
        page.advance(0.1)
        assert recording.streams[0].reason == "length"
        assert recording.error == ""
        assert page.now < 1.5
    assert [len(samples) for _, samples in app.wholes] == [14_400]
    if not options:
        assert app.order == ["4000 heard"] * 3 + ["2400 heard", "stopped"]


def test_a_recording_that_is_too_short_is_refused() -> None:
    app = Recorder(microphone={"min_length": 1})
    with TestPage(app.demo) as page:
        page.stream("Mic", ramp(0.5))
        page.wait_for(lambda: len(page.page.toasts) > 0)
        assert "takes at least 1 s of audio, but got 0.5 s" in page.page.toasts[0].message
