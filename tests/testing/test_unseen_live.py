"""A few more unseen programs, in real time: threads, a real socket, and the client as their user."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PILImage
from tests.client.media import RATE, brightness, endless, picture, ramp
from tests.server.live import serving

import millstream as gr
from millstream.client import Client


@contextmanager
def running(demo: gr.Blocks) -> Iterator[Client]:
    with serving(demo) as (url, _), Client(url) as page:
        yield page


def test_a_model_behind_a_lock_that_all_sessions_share() -> None:
    lock, threads = threading.Lock(), set()

    def predict(frame: np.ndarray, scale: float, bias: int = 10) -> tuple[np.ndarray, str]:
        with lock:
            threads.add(threading.get_ident())
            time.sleep(0.01)
            return np.clip(frame * scale + bias, 0, 255).astype(np.uint8), f"{frame.shape[1]}x{frame.shape[0]}"

    with gr.Blocks() as demo:
        with gr.Row():
            cam, out = gr.Image(sources=["webcam"], label="cam"), gr.Image(label="out")
        size, scale = gr.Textbox(label="size"), gr.Slider(0, 2, 1, step=0.5, label="scale")
        cam.stream(
            functools.partial(predict, bias=20), [cam, scale], [out, size], stream_every=0.02, concurrency_limit=4
        )
    with serving(demo) as (url, _), Client(url) as page, Client(url) as other:
        theirs = other.record("cam")
        theirs.wait_for_state("running")
        feeding = theirs.feed_in_background([picture(10)] * 30)
        page.set("scale", 0.5)
        page.stream("cam", [picture(100)] * 30)
        feeding.result()
        theirs.stop()
        assert abs(brightness(page.value("out")) - 70) <= 2
        assert abs(brightness(other.value("out")) - 30) <= 2
        assert page.value("size") == "32x32"
    assert len(threads) >= 2
    assert threading.get_ident() not in threads


def test_files_in_and_out_of_a_stream() -> None:
    paths: list[Path] = []

    def rotate(path: str) -> PILImage.Image:
        paths.append(Path(path))
        return PILImage.open(path).rotate(180)

    with gr.Blocks() as demo:
        cam, out = gr.Image(sources="webcam", type="filepath", label="cam"), gr.Image(label="out", type="pil")
        cam.stream(rotate, cam, out, stream_every=0.1)
    with running(demo) as page:
        top = np.vstack([np.full((16, 32, 3), 250, np.uint8), np.zeros((16, 32, 3), np.uint8)])
        page.stream("cam", [top] * 15)
        value = page.value("out")
        assert value[-8:].mean() > 230
        assert value[:8].mean() < 20
    assert len(paths) >= 2
    assert not any(path.exists() for path in paths)


def test_an_async_generator_per_chunk_and_a_transcript_that_grows() -> None:
    async def listen(chunk: tuple[int, np.ndarray], words: list[str]) -> AsyncIterator[tuple[list[str], str]]:
        for word in ("partial", f"{len(chunk[1])}"):
            await asyncio.sleep(0.005)
            yield [*words, word], " ".join([*words, word])

    with gr.Blocks() as demo:
        mic, words = gr.Audio(sources="microphone", label="mic"), gr.State([])
        text = gr.Textbox(label="text")
        mic.stream(listen, [mic, words], [words, text], stream_every=0.1)
    with running(demo) as page:
        recording = page.stream("mic", ramp(0.5))
        assert sum(int(word) for word in page.value("text").split() if word.isdigit()) == RATE // 2
        assert next(page.outputs(result)[text.id] for result in recording.results) == "partial"


def test_a_long_job_with_steps_is_cancelled_while_the_camera_runs() -> None:
    closed = threading.Event()

    def train(epochs: int) -> Iterator[tuple[str, Any]]:
        try:
            for epoch in range(int(epochs)):
                time.sleep(0.01)
                gr.Info(f"epoch {epoch}")
                yield f"{epoch}", gr.update(interactive=False)
        finally:
            closed.set()

    with gr.Blocks() as demo:
        cam, out = gr.Image(sources="webcam", label="cam"), gr.Image(label="out")
        cam.stream(lambda frame: 255 - frame, cam, out, stream_every=0.05)
        epochs, log = gr.Number(1000, precision=0, label="epochs"), gr.Textbox(label="log")
        start, stop = gr.Button("Train"), gr.Button("Stop")
        job = start.click(train, epochs, [log, start])
        stop.click(lambda: gr.update(interactive=True), None, start, cancels=[job])
    with running(demo) as page:
        recording = page.record("cam")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(endless())
        [run] = page.click("Train", wait=False)
        page.wait_for(lambda: len(run.results) > 5)
        assert page.props("Train")["interactive"] is False
        page.click("Stop")
        assert closed.wait(2)
        assert run.state == "cancelled"
        assert page.props("Train")["interactive"] is True
        assert page.toasts[0].message == "epoch 0"
        page.wait_for(lambda: recording.summary().results > 3)
        feeding.cancel()
        recording.stop()


def test_one_page_leaves_and_its_state_is_deleted() -> None:
    gone: list[Any] = []
    unloaded = threading.Event()
    with gr.Blocks() as demo:
        cam, kept = gr.Image(sources="webcam", label="cam"), gr.State([], delete_callback=gone.append)
        cam.stream(lambda frame, kept: [*kept, frame.shape], [cam, kept], kept, stream_every=0.05)
        demo.load(lambda request: gone.clear() if request is None else None, gr.State(1), None)

        def leave(request: gr.Request) -> None:
            gone.append(request.session_hash)
            unloaded.set()

        demo.unload(leave)
    with serving(demo) as (url, app):
        with Client(url) as page:
            page.stream("cam", [picture(1)] * 10)
            [session] = app.host.sessions.values()
        assert unloaded.wait(2)
    assert gone[0] == session.tag
    assert {tuple(shape) for shape in gone[1]} == {(32, 32, 3)}
