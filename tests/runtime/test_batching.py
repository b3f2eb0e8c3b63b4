"""Batches over real sockets: several clients, each with a camera, on one function of lists."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import numpy as np
import pytest
from tests.client.media import pictures
from tests.server.live import serving
from tests.server.test_serving import wait_until

import millstream as ms
from millstream.client.client import Client
from millstream.server.process.watchdog import culprit_in
from millstream.testing.page import TestPage

SESSIONS = 4


class Brightness:
    """Gives the mean of each frame; a frame that is black is one too many for it."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.threads: set[str] = set()

    def look(self, frames: list[np.ndarray], names: list[str]) -> tuple[list[str], list[np.ndarray]]:
        self.sizes.append(len(frames))
        self.threads.add(threading.current_thread().name)
        until = threading.Event()
        until.wait(0.02)
        if any(frame.max() == 0 for frame in frames):
            raise ms.Error("too dark")
        return [f"{name} {len(self.sizes)}" for name in names], frames

    def app(self) -> ms.Blocks:
        with ms.Blocks() as demo:
            camera, name = ms.Image(label="Camera", sources=["webcam"]), ms.Textbox(label="Name")
            said, seen = ms.Textbox(label="Said"), ms.Image(label="Seen")
            camera.stream(self.look, [camera, name], [said, seen], stream_every=0, batch=True, max_batch_size=SESSIONS)
        return demo


@pytest.mark.blocking
def test_streams_of_several_sessions_are_one_call_and_one_bad_session_fails_alone() -> None:
    brightness = Brightness()
    with serving(brightness.app()) as (url, app):
        clients = [Client(url) for _ in range(SESSIONS)]
        recordings = []
        for number, client in enumerate(clients):
            client.set("Name", f"page {number}")
            recordings.append(client.record("Camera"))
        for recording in recordings:
            recording.wait_for_state("running")
        feeds = [recording.feed_in_background(list(pictures(91))[1:], 30) for recording in recordings[1:]]
        recordings[0].feed([np.zeros((48, 64, 3), np.uint8)])
        recordings[0].wait_for_state("ended")
        assert recordings[0].error == "too dark"
        for feed in feeds:
            feed.result()
        for number, recording in enumerate(recordings[1:], 1):
            assert recording.summary().results > 10
            values = [value for result in recording.results for value in result.values.values()]
            names = {value.rpartition(" ")[0] for value in values if isinstance(value, str)}
            assert names == {f"page {number}"}
            recording.stop()
        metrics = app.metrics()["batches"]
        text = httpx.get(f"{url}/metrics").text
        for client in clients:
            client.close()
    assert max(brightness.sizes) > 1
    assert len(brightness.threads) == 1
    assert isinstance(metrics, dict)
    assert metrics["look"]["count"] >= 10
    assert metrics["look"]["mean_size"] > 1
    assert 'millstream_batch_calls_total{event="look"}' in text


class Overlapping:
    """A function of 20 ms; notes for each of its calls how many the stream has begun when it returns."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.app: Any = None

    def look(self, frames: list[np.ndarray], counts: list[int]) -> tuple[list[int], list[int]]:
        threading.Event().wait(0.02)
        sessions = self.app.host.sessions.values()
        self.begun.append(sum(stream.loop.calling for session in sessions for stream in session.streams.values()))
        return [count + 1 for count in counts], [len(self.begun) for _ in frames]

    def streamed(self, *, counts_itself: bool) -> tuple[list[int], int]:
        """Feed it 60 frames; gives the numbers of the calls in the order of their results, and what it has counted."""
        with ms.Blocks() as demo:
            camera, count, other = (
                ms.Image(label="Camera", sources=["webcam"]),
                ms.Number(0, label="Count"),
                ms.State(0),
            )
            said = ms.Number(label="Said")
            counted = count if counts_itself else other
            camera.stream(self.look, [camera, count], [counted, said], stream_every=0, batch=True)
        with serving(demo) as (url, self.app), Client(url) as client:
            recording = client.record("Camera")
            recording.wait_for_state("running")
            recording.feed(list(pictures(60)), 100)
            recording.stop()
            values = [result.values for result in recording.results]
            said_values = [each[said.id] for each in values if said.id in each]
            return [int(str(value)) for value in said_values], int(str(client.value("Count")))


@pytest.mark.blocking
def test_the_next_frame_is_prepared_before_the_function_returns_and_no_result_is_lost() -> None:
    function = Overlapping()
    numbers, _ = function.streamed(counts_itself=False)
    assert numbers == sorted(numbers)
    assert len(numbers) > 0.8 * len(function.begun), "what one call writes costs the next one nothing"
    assert max(function.begun) == 2


@pytest.mark.blocking
def test_a_frame_that_is_prepared_when_the_stream_ends_is_not_handled() -> None:
    calls, gate = list[int](), threading.Event()

    def look(frames: list[np.ndarray]) -> list[list[int]]:
        calls.append(len(frames))
        threading.Event().wait(0.02)
        if len(calls) >= 12:  # it is known by now how long a call takes
            gate.wait(30)
        return [[len(calls)] for _ in frames]

    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources=["webcam"])
        camera.stream(look, camera, ms.Number(label="Said"), stream_every=0, batch=True)
    with serving(demo) as (url, app), Client(url) as client:
        recording = client.record("Camera")
        recording.wait_for_state("running")
        feed = recording.feed_in_background(list(pictures(60)), 30)
        (stream,) = [stream for session in app.host.sessions.values() for stream in session.streams.values()]
        wait_until(lambda: len(calls) >= 12 and stream.loop.calling == 2, 20)
        stopping = client.start(recording.recording.stop())
        wait_until(lambda: stream.loop.calling == 1, 20)
        before = len(calls)
        feed.cancel()
        gate.set()
        stopping.result()
        assert recording.recording.is_over
        assert len(calls) == before


@pytest.mark.blocking
def test_a_stream_that_reads_what_it_writes_is_called_once_at_a_time() -> None:
    function = Overlapping()
    _, counted = function.streamed(counts_itself=True)
    assert counted == len(function.begun)
    assert max(function.begun) == 1


@pytest.mark.blocking
def test_a_page_on_virtual_time_makes_batches_of_one() -> None:
    brightness = Brightness()
    with TestPage(brightness.app()) as page:
        page.set("Name", "me")
        page.stream("Camera", list(pictures(4))[1:])
        assert page.value("Said") == "me 3"
    assert brightness.sizes == [1, 1, 1]


def asking(begun: threading.Event, gate: asyncio.Event, places: set[object]) -> ms.Blocks:
    """An app whose function is async, as one that asks another server is."""

    async def ask(texts: list[str]) -> list[list[str]]:
        places.add((asyncio.get_running_loop(), culprit_in(sys._getframe()).name.rpartition(".")[2]))
        begun.set()
        await gate.wait()
        if "bad" in texts:
            raise ms.Error("too bad")
        return [[f"{text} of {len(texts)}" for text in texts]]

    with ms.Blocks() as demo:
        text, said = ms.Textbox(label="Text"), ms.Textbox(label="Said")
        ms.Button("Ask").click(ask, text, said, batch=True, max_batch_size=SESSIONS, concurrency_limit=None)
    return demo


@pytest.mark.blocking
def test_an_async_function_is_awaited_on_the_loop_of_the_app() -> None:
    begun, gate, places = threading.Event(), asyncio.Event(), set[object]()
    with serving(asking(begun, gate, places)) as (url, app), ExitStack() as stack:
        first, *others = (stack.enter_context(Client(url)) for _ in range(SESSIONS))
        first.set("Text", "first")
        [run] = first.click("Ask", wait=False)
        assert begun.wait(10)
        runs = [(first, run)]
        for text, client in zip(["a", "bad", "c"], others, strict=True):
            client.set("Text", text)
            runs += [(client, run) for run in client.click("Ask", wait=False)]
        for client, run in runs:
            client.wait_for(lambda run=run: run.state == "running")
        app.loop.call_soon_threadsafe(gate.set)
        for client, run in runs:
            client.wait_for(lambda run=run: run.is_over)
        said = [str(client.value("Said")) for client, _ in runs]
        assert [run.state for _, run in runs] == ["done", "done", "failed", "done"]
        assert places == {(app.loop, "ask()")}, "and if it blocks that, it is known to be the one"
    assert [text[0] for text in said if text] == ["f", "a", "c"], "whoever is to blame has failed alone"


def test_an_async_batch_on_virtual_time() -> None:
    gate = asyncio.Event()
    gate.set()
    with TestPage(asking(threading.Event(), gate, set())) as page:
        page.set("Text", "me")
        page.click("Ask")
        assert page.value("Said") == "me of 1"


@pytest.mark.blocking
def test_an_async_function_that_hangs_is_cancelled() -> None:
    ended = threading.Event()

    async def hang(texts: list[str]) -> list[list[str]]:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return [texts]

    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        ms.Button("Hang").click(hang, text, text, batch=True)
    with serving(demo, hang_after=0.3) as (url, app), Client(url) as page:
        [run] = page.click("Hang")
        assert run.state == "failed"
        assert ended.wait(10)
        wait_until(lambda: not app.abandoned())


@contextmanager
def waiting_for_a_batch(time_limit: float | None = None) -> Iterator[tuple[str, list[Client], list[Any]]]:
    """Have two pages stream: the frame of the second waits for its batch, while that of the first is at work."""
    begun, gate = threading.Event(), threading.Event()

    def look(frames: list[np.ndarray]) -> list[list[np.ndarray]]:
        begun.set()
        gate.wait()
        return [frames]

    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources=["webcam"])
        options: dict[str, Any] = {"batch": True, "max_batch_size": 2, "time_limit": time_limit}
        camera.stream(look, camera, ms.Image(), stream_every=0, **options)
    with serving(demo) as (url, app):
        clients = [Client(url) for _ in range(2)]
        try:
            recordings = [client.record("Camera") for client in clients]
            for client, recording in zip(clients, recordings, strict=True):
                recording.wait_for_state("running")
                recording.feed(list(pictures(2))[1:])
                client.wait_for(begun.is_set)
            streams = [stream for session in app.host.sessions.values() for stream in session.streams.values()]
            clients[1].wait_for(lambda: any(stream.receiver.is_due for stream in streams))
            yield url, clients, recordings
        finally:
            gate.set()
            for client in clients:
                client.close()


@pytest.mark.blocking
def test_who_stops_while_it_waits_for_a_batch_does_not_wait_for_that_of_others() -> None:
    with waiting_for_a_batch() as (_, clients, recordings):
        stopping = clients[1].start(recordings[1].recording.stop())
        clients[1].wait_for(lambda: recordings[1].recording.is_over, 5)
        stopping.result()
        assert not recordings[0].recording.is_over


@pytest.mark.blocking
def test_a_slot_that_ends_while_its_stream_waits_for_a_batch_is_given_on() -> None:
    with waiting_for_a_batch(time_limit=0.5) as (url, _, _):
        others = [Client(url), Client(url)]  # one for each of the slots, of which the first does not end
        recordings = [client.record("Camera").recording for client in others]
        others[0].wait_for(lambda: any(recording.first.state == "running" for recording in recordings), 5)
        for client in others:
            client.close()
