"""Replaying a recorded visit: an app that is the same gives the same, one that is not is found out."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.faults.timing import check_time
from tests.server.live import serving
from tests.server.test_serving import wait_until

import millstream as gr
from millstream.client import Client
from millstream.recording.msr import FORMAT, Header, Record, RecordKind, UnreadableRecording, pack, pack_header, read
from millstream.testing import replay
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Hello, Set
from millstream.wire.packet import VERSION

Visit = Callable[[Client], object]


def record(folder: Path, demo: gr.Blocks, act: Visit) -> Path:
    """Record what a client does; gives the file."""
    with serving(demo, record=folder) as (url, app):
        with Client(url) as client:
            act(client)
        wait_until(lambda: not app.host.sessions)
    [file] = folder.glob("*.msr")
    return file


def text_app(handler: Callable[..., Any] = str.upper) -> gr.Blocks:
    with gr.Blocks() as demo:
        text, out = gr.Textbox(label="Text"), gr.Textbox(label="Out")
        text.submit(handler, text, out)
    return demo


def say(*words: str) -> Visit:
    def act(client: Client) -> None:
        for word in words:
            client.set("Text", word)
            client.fire("Text", "submit")

    return act


def camera_app(by: int = 20, slow_s: float = 0.0, **options: Any) -> gr.Blocks:
    def brighten(frame: np.ndarray, count: int) -> tuple[np.ndarray, int, str]:
        time.sleep(slow_s)
        return np.clip(frame.astype(int) + by, 0, 255).astype(np.uint8), count + 1, f"frame {count}"

    with gr.Blocks() as demo:
        camera, out = gr.Image(label="Camera", sources=["webcam"]), gr.Image(label="Out")
        count, text = gr.State(0), gr.Textbox(label="Count")
        camera.stream(brighten, [camera, count], [out, count, text], **{"stream_every": 0.02, **options})
    return demo


def film(client: Client) -> None:
    grey = [np.full((48, 64, 3), 40 + 3 * number, np.uint8) for number in range(25)]
    client.stream("Camera", grey, rate_hz=50)


def test_the_same_app_gives_the_same(tmp_path: Path) -> None:
    found = replay(record(tmp_path, text_app(), say("one", "two")), text_app())
    assert found.is_equal, found
    assert found.compared >= 4
    assert str(found).startswith(f"{found.compared} compared, 0 different")


@pytest.mark.blocking
def test_it_can_be_replayed_where_a_loop_runs_already(tmp_path: Path) -> None:
    file = record(tmp_path, text_app(), say("one"))

    async def in_a_notebook() -> bool:
        return replay(file, text_app()).is_equal

    assert asyncio.run(in_a_notebook())


def test_another_result_is_named(tmp_path: Path) -> None:
    file = record(tmp_path, text_app(), say("one", "two"))
    found = replay(file, text_app(lambda text: "ONE" if text == "one" else "2"))
    assert not found.is_equal
    [only] = found.differences
    assert "run 2" in only
    assert "'TWO' became '2'" in only


def test_a_handler_that_fails_now_is_found(tmp_path: Path) -> None:
    def fail(text: str) -> str:
        raise ValueError(text)

    found = replay(record(tmp_path, text_app(), say("one")), text_app(fail))
    text = "\n".join(found.differences)
    assert "run 1: ended as 'done', now 'failed" in text
    assert "is missing now" in text


def test_a_failure_that_is_still_one_is_no_difference(tmp_path: Path) -> None:
    def fail(text: str) -> str:
        raise ValueError(text)

    assert replay(record(tmp_path, text_app(fail), say("one")), text_app(fail)).is_equal


def film_in(codec: str) -> Visit:
    def act(client: Client) -> None:
        client.page.camera_codec = codec
        film(client)

    return act


@pytest.mark.parametrize(("keep", "codec"), [("latest", "jpeg"), ("all", "jpeg"), ("all", "vp8")])
def test_frames_are_handled_as_they_were(tmp_path: Path, keep: str, codec: str) -> None:
    file = record(tmp_path, camera_app(keep=keep), film_in(codec))
    found = replay(file, camera_app(keep=keep))
    assert found.is_equal, found
    assert found.recorded.results == found.replayed.results > 5


@pytest.mark.parametrize("keep", ["latest", "all"])
def test_a_handler_that_was_slow_gets_again_what_it_got(tmp_path: Path, keep: str) -> None:
    file = record(tmp_path, camera_app(slow_s=0.05, keep=keep), film)
    found = replay(file, camera_app(keep=keep))
    assert found.is_equal, found
    assert found.recorded.p50_ms > 50
    assert found.replayed.p50_ms < 50


def test_frames_that_build_on_each_other_and_were_not_handled_are_handled_only_if_need_be(tmp_path: Path) -> None:
    found = replay(record(tmp_path, camera_app(slow_s=0.05), film_in("vp8")), camera_app())
    more = found.replayed.results - found.recorded.results
    assert bool(more) == any("more frames of stream 1 are handled" in note for note in found.notes)
    assert more < 25 - found.recorded.results, "most of them are only decoded"


def test_other_pixels_are_another_result(tmp_path: Path) -> None:
    file = record(tmp_path, camera_app(), film)
    found = replay(file, camera_app(by=40))
    assert not found.is_equal
    assert "differ by 20." in found.differences[0]


def test_it_is_faster_than_the_visit_was(tmp_path: Path) -> None:
    file = record(tmp_path, camera_app(), film)
    began = time.thread_time()
    replay(file, camera_app(time_limit=1000.0))
    check_time("the replay of a visit", time.thread_time() - began, 5)


def test_audio_in_and_out_is_compared_by_its_samples(tmp_path: Path) -> None:
    def app(factor: int) -> gr.Blocks:
        def answer(chunk: tuple[int, np.ndarray]) -> tuple[int, np.ndarray]:
            rate, samples = chunk
            return rate, (samples // factor).astype(np.int16)

        with gr.Blocks() as demo:
            microphone = gr.Audio(label="Microphone", sources=["microphone"])
            out = gr.Audio(label="Out", streaming=True, autoplay=True)
            microphone.stream(answer, microphone, out, stream_every=0.1)
        return demo

    rng = np.random.default_rng(3)
    samples = rng.integers(-9_000, 9_000, 16_000).astype(np.int16)
    file = record(tmp_path, app(2), lambda client: client.stream("Microphone", (16_000, samples)))
    assert replay(file, app(2)).is_equal
    assert any("the audio is another one" in each for each in replay(file, app(3)).differences)


def test_an_app_that_the_visit_does_not_fit_ends_it_and_that_is_said(tmp_path: Path) -> None:
    file = record(tmp_path, camera_app(), film)
    found = replay(file, text_app())
    assert not found.is_equal
    assert any("the app ended the visit" in note for note in found.notes)


def test_a_generator_and_what_follows_are_replayed(tmp_path: Path) -> None:
    def app(last: int = 3) -> gr.Blocks:
        def count(text: str) -> Iterator[str]:
            for number in range(last):
                yield f"{text} {number}"

        with gr.Blocks() as demo:
            text, out, after = gr.Textbox(label="Text"), gr.Textbox(label="Out"), gr.Textbox(label="After")
            text.submit(count, text, out).then(str.upper, out, after)
        return demo

    def act(client: Client) -> None:
        say("x")(client)
        client.wait_for(lambda: "X 2" in client.page.values.values())

    file = record(tmp_path, app(), act)
    assert replay(file, app()).is_equal
    assert not replay(file, app(4)).is_equal


def test_what_was_not_over_when_the_page_left_is_not_compared(tmp_path: Path) -> None:
    gate = threading.Event()

    def app(wait_s: float) -> gr.Blocks:
        def slow(text: str) -> str:
            gate.wait(wait_s)
            return text.upper()

        return text_app(slow)

    def act(client: Client) -> None:
        client.set("Text", "x")
        client.fire("Text", "submit", wait=False)

    file = record(tmp_path, app(1.0), act)
    assert replay(file, app(0.0)).is_equal


def test_a_recording_that_was_cut_off_is_replayed_as_far_as_it_goes(tmp_path: Path) -> None:
    file = record(tmp_path, text_app(), say("one"))
    file.write_bytes(file.read_bytes()[:-3])
    found = replay(file, text_app())
    assert any("cut off" in note for note in found.notes)


def test_what_was_sent_again_after_a_lost_link_counts_once(tmp_path: Path) -> None:
    file = record(tmp_path, text_app(), say("one", "two"))
    visit = read(file)
    spoken = [record for record in visit.records if record.kind in (RecordKind.UP, RecordKind.DOWN)]
    again = [record._replace(time_us=visit.records[-1].time_us) for record in spoken]
    end = Record(RecordKind.LEFT, visit.records[-1].time_us, b"")
    left = [record for record in visit.records if record.kind is not RecordKind.LEFT and b"bye" not in record.body]
    file.write_bytes(pack_header(visit.header) + b"".join(map(pack, [*left, *again, end])))
    found = replay(file, text_app())
    assert (found.is_equal, found.notes) == (True, ()), found


def written(path: Path, *bodies: bytes) -> Path:
    header = pack_header(Header(FORMAT, VERSION, "b"))
    path.write_bytes(header + b"".join(pack(Record(RecordKind.UP, 0, body)) for body in bodies))
    return path


def test_a_file_without_a_visit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRecording, match="holds no visit"):
        replay(written(tmp_path / "x.msr"), text_app())


@pytest.mark.parametrize("body", [b"\xc1", b"\x01\x02", b"\x80"])
def test_a_hostile_file_ends_in_a_sentence(tmp_path: Path, body: bytes) -> None:
    hello = encode_message(Hello(seq=1, version=VERSION, build="b", page_us=1))
    with pytest.raises(UnreadableRecording, match="no page and no app says"):
        replay(written(tmp_path / "x.msr", hello, body), text_app())


def test_an_edit_of_a_component_that_is_not_there_ends_the_visit(tmp_path: Path) -> None:
    hello = encode_message(Hello(seq=1, version=VERSION, build="b", page_us=1))
    given = encode_message(Set(seq=2, component=99, value="x"))
    found = replay(written(tmp_path / "x.msr", hello, given), text_app())
    assert any("the app ended the visit" in note for note in found.notes)


def test_a_file_that_the_recording_lacks_is_named(tmp_path: Path) -> None:
    hello = encode_message(Hello(seq=1, version=VERSION, build="b", page_us=1))
    given = encode_message(Set(seq=2, component=1, value={"file": "handle", "name": "x.png"}))
    found = replay(written(tmp_path / "x.msr", hello, given), text_app())
    assert any("a file that the recording lacks: x.png" in note for note in found.notes)


@pytest.mark.parametrize("size", [0, 10, 2_500_000])
def test_an_uploaded_file_is_uploaded_again(tmp_path: Path, size: int) -> None:
    def app(unit: int = 1) -> gr.Blocks:
        with gr.Blocks() as demo:
            file, out = gr.File(label="File"), gr.Textbox(label="Out")
            file.upload(lambda path: f"{Path(path).stat().st_size // unit} bytes", file, out)
        return demo

    given = tmp_path / "given.bin"
    given.write_bytes(bytes(size))

    def act(client: Client) -> None:
        client.set("File", given)
        client.fire("File", "upload")

    file = record(tmp_path / "runs", app(), act)
    found = replay(file, app())
    assert (found.is_equal, found.notes) == (True, ()), found
    assert any("bytes'" in each for each in replay(file, app(7)).differences) or not size
