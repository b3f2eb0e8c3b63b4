"""An app whose handlers fail in every way that ends a process; worker processes import it as a module."""

from __future__ import annotations

import asyncio
import ctypes
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np

import millstream as gr

loaded: list[int] = []
leaks: list[bytearray] = []
begun: list[str] = []


def note(text: str) -> None:
    """Write a line to the file that the test has named: what is counted here outlives the process."""
    if path := os.environ.get("MILLSTREAM_TEST_NOTES"):
        with Path(path).open("a") as notes:
            notes.write(text + "\n")


def echo(text: str) -> str:
    if text == "slowly":
        time.sleep(0.01)
    return f"{text} from {os.getpid()}"


def crash(text: str) -> str:
    note("call")
    match text:
        case "exit":
            os._exit(1)
        case "segfault":
            ctypes.string_at(0)
        case "kill":
            os.kill(os.getpid(), 9)
        case "descriptors":
            os.closerange(3, 4096)
        case "loop":
            while True:
                text += ""
        case "sleep":
            time.sleep(600)
        case "memory":
            return str(len(bytearray(4 * 2**30)))
        case "hoard":
            leaks.extend(bytearray(os.urandom(2**20)) for _ in range(1024))
            time.sleep(600)
        case _:
            return text
    return "it lives"


def leak(text: str) -> str:
    leaks.append(bytearray(os.urandom(8 * 2**20)))
    return str(os.getpid())


def count(text: str) -> Iterator[str]:
    try:
        for number in range(100):
            yield f"{text} {number} {os.getpid()}"
    finally:
        note("closed")


async def later(text: str) -> AsyncIterator[str]:
    try:
        yield "first"
        await asyncio.sleep(600 if text == "resist" else 0)
        yield "second"
    finally:
        note("async closed")


def tell(text: str, progress: gr.Progress = gr.Progress(), request: gr.Request = None) -> str:  # type: ignore[assignment]
    assert request.headers["host"]
    for step in range(10_000):
        progress((step, 10_000), desc=text)
    gr.Info(f"told {text}")
    gr.Warning("careful")
    return text


def remember(text: str, words: list[str]) -> tuple[str, list[str]]:
    if text == "exit":
        os._exit(3)
    return " ".join([*words, text]), [*words, text]


def lock(text: str) -> tuple[str, object]:
    return text, threading.Lock()


def echo_sound(sound: tuple[int, np.ndarray]) -> tuple[int, np.ndarray]:
    return sound


def by_loudness(rules: Any) -> Any:
    """Make the detector where somebody speaks: every worker process would be half a second in importing it."""
    from millstream.testing import LoudnessDetector

    return LoudnessDetector(rules)


def reply(sound: tuple[int, np.ndarray]) -> Iterator[str]:
    rate, samples = sound
    yield "…"
    yield f"{len(samples) / rate:.0f} s in {os.getpid()}"


def write_file(text: str) -> Path:
    with NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
        file.write(text)
    return Path(file.name)


def models(text: str) -> str:
    return f"{len(loaded)} {detector.loaded}"


class Detector:
    loaded = 0

    def setup(self) -> None:
        self.loaded += 1

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        assert self.loaded == 1
        if frame[0, 0, 0] > 240:
            ctypes.string_at(0)
        return frame[::-1]


def crowd(texts: list[str]) -> list[list[str]]:
    for text in texts:
        how, _, path = text.partition(" ")
        if how == "wait":
            while not Path(path).exists():
                time.sleep(0.001)
        if how == "exit":
            with Path(path).open("a") as file:
                file.write("x")
            os._exit(1)
    return [[f"{len(texts)} of {os.getpid()}" for _ in texts]]


def flip_all(frames: list[np.ndarray]) -> list[list[np.ndarray]]:
    if any(frame[0, 0, 0] > 240 for frame in frames):
        ctypes.string_at(0)
    return [[frame[::-1] for frame in frames]]


class Memory:
    """What a page has said; its end is noted."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __del__(self) -> None:
        note(f"forgot {' '.join(self.said)}")


class Keeper:
    """Keeps what each page has said, in one worker."""

    def setup(self, device: str) -> None:
        self.device = device
        if os.environ.get("MILLSTREAM_TEST_SETUP") == "model fails":
            raise RuntimeError("no weights")
        if os.environ.get("MILLSTREAM_TEST_SETUP") == "model hangs":
            time.sleep(600)

    def warm_up(self) -> None:
        assert self("warm", Memory()).startswith(f"1 {self.device}")

    def session(self) -> Memory:
        return Memory()

    def __call__(self, text: str, session: Memory) -> str:
        session.said.append(text)
        return f"{len(session.said)} {self.device} {os.getpid()}"


detector = Detector()
keeper = Keeper()

with gr.Blocks() as demo:
    text, words = gr.Textbox(label="Text"), gr.State([])
    for handler in (echo, crash, leak, count, later, tell, models):
        gr.Button(handler.__name__).click(handler, text, text, concurrency_limit=None)
    gr.Button("keep").click(keeper, text, text, concurrency_limit=None)
    gr.Button("keep too").click(keeper, text, text, concurrency_limit=None)
    gr.Button("remember").click(remember, [text, words], [text, words])
    gr.Button("lock").click(lock, text, [text, words])
    camera, out = gr.Image(label="Camera", sources="webcam"), gr.Image(label="Out", format="png")
    camera.stream(detector, camera, out, stream_every=0, concurrency_limit=None)

    gr.Button("crowd").click(crowd, text, text, batch=True, max_wait=60, engine="process", concurrency_limit=None)
    crowds = gr.Image(label="Camera of a crowd", sources="webcam")
    crowds.stream(flip_all, crowds, out, stream_every=0, batch=True, engine="process", concurrency_limit=None)

    mic, speaker = gr.Audio(label="Mic", sources="microphone"), gr.Audio(label="Speaker", streaming=True, autoplay=True)
    mic.stream(echo_sound, mic, speaker, stream_every=0.1)
    phone, answer = gr.Audio(label="Phone", sources="microphone"), gr.Textbox(label="Answer")
    phone.stream(gr.ReplyOnPause(reply, detector=by_loudness), phone, answer)
    gr.Button("file").click(write_file, text, gr.File(label="File"))

    @gr.setup
    def load() -> None:
        loaded.append(os.getpid())
        note("set up")
        if os.environ.get("MILLSTREAM_TEST_SETUP") == "fail":
            raise RuntimeError("no weights")
        if os.environ.get("MILLSTREAM_TEST_SETUP") == "hang":
            time.sleep(600)


if __name__ == "__main__":
    demo.launch(engine="process")
