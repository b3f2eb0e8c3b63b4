"""Functions of lists that fail in every way; worker processes import this file."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import numpy as np

import millstream as ms
from millstream.runtime.call.program import AppProgram
from millstream.testing.conformance.engines import RULES

MAX_WAIT_S = 600.0


def shout(words: list[str]) -> list[list[object]]:
    """Answer each word with how many there are, and which process this is."""
    for word in words:
        before, _, path = word.partition(" ")
        match before:
            case "first":
                while not Path(path).exists():
                    time.sleep(0.001)
            case "counted":
                with Path(path).open("a") as file:
                    file.write("x")
                os._exit(3)
            case "hang":
                time.sleep(600)
            case "bad":
                raise ValueError("bad word")
    return [[f"{word.upper()} {len(words)} {os.getpid()}" for word in words]]


class Brighter:
    """Holds a model, in one process each."""

    def setup(self, device: str) -> None:
        self.name = f"{device} {os.getpid()}"

    def __call__(self, frames: list[np.ndarray], offsets: list[float]) -> tuple[list[np.ndarray], list[str]]:
        brighter = [frame + np.uint8(offset) for frame, offset in zip(frames, offsets, strict=True)]
        return brighter, [f"{self.name} {len(frames)}"] * len(frames)


def odd(words: list[str]) -> list[list[object]]:
    """Give what is no plain value."""
    given: dict[str, object] = {
        "error": ms.Error("too dark", title="Look"),
        "raised": KeyError("missing"),
        "update": ms.update(label="Other", value="new"),
        "component": ms.Textbox(label="Third"),
        "skip": ms.skip(),
        "lock": threading.Lock(),
    }
    return [[given.get(word, word) for word in words]]


def by_component(words: list[str]) -> dict[object, list[str]]:
    return {second: [word.upper() for word in words]}


async def later(words: list[str]) -> list[list[str]]:
    await asyncio.sleep(0)
    return [[f"{word} later" for word in words]]


def tell(words: list[str], progress: ms.Progress = ms.Progress()) -> list[list[str]]:
    progress(0.5, desc="half")
    ms.Info(f"for {len(words)}")
    return [words]


with ms.Blocks() as demo:
    word, first, second = ms.Textbox(label="Word"), ms.Textbox(label="First"), ms.Textbox(label="Second")
    for number, (handler, outputs) in enumerate(
        [(shout, first), (odd, first), (by_component, [first, second]), (later, first), (tell, first)]
    ):
        ms.Button(f"{number}").click(
            handler, word, outputs, batch=True, max_batch_size=8, max_wait=MAX_WAIT_S, engine="process"
        )
    camera, out = ms.Image(label="Camera", sources="webcam"), ms.Image(label="Out")
    camera.stream(Brighter, [camera, ms.Number(5)], [out, second], batch=True, max_wait=MAX_WAIT_S, engine="process")


def program() -> AppProgram:
    """Make the program, in the server and in a worker process."""
    return AppProgram(demo.freeze(), RULES, show_error=None, factory=program, devices=("cuda:7",))
