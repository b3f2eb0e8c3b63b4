"""An app in which everything goes wrong that can: handlers raise, hang, block and kill their worker process."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np

import millstream as gr

EXPECTED = "chaos was asked for"


async def count() -> str:
    """Count what a visit may leave behind in this process."""
    gc.collect()
    return json.dumps({"tasks": len(asyncio.all_tasks()), "threads": threading.active_count()})


def echo(text: str, kept: list[str]) -> tuple[str, list[str]]:
    """Repeat what was said; whoever reads something else has the state of somebody else."""
    assert {text.split(maxsplit=1)[0], *kept} == {text.split(maxsplit=1)[0]}
    return text, [*kept[-9:], text.split(maxsplit=1)[0]]


def steps(text: str) -> Iterator[str]:
    for _ in range(20):
        time.sleep(0.01)
        yield text


async def later(text: str) -> AsyncIterator[str]:
    for _ in range(5):
        await asyncio.sleep(0.05)
        yield text


def fail(text: str) -> str:
    raise ValueError(f"{EXPECTED} by {text}")


def die(text: str) -> str:
    os._exit(1)


def hang(text: str) -> str:
    time.sleep(600)
    return text


def size(path: str | None) -> str:
    return f"{Path(path).stat().st_size} bytes" if path else "none"


def look(frame: np.ndarray, text: str) -> tuple[np.ndarray, str]:
    return frame, text


with gr.Blocks() as demo:
    text, kept = gr.Textbox(label="Text"), gr.State([])
    shown = gr.Textbox(label="Shown")
    gr.Button("count").click(count, None, shown)
    gr.Button("echo").click(echo, [text, kept], [shown, kept], trigger_mode="multiple", concurrency_limit=4)
    for handler in (steps, later, fail):
        gr.Button(handler.__name__).click(handler, text, shown, concurrency_limit=4)
    for handler in (die, hang):
        gr.Button(handler.__name__).click(handler, text, shown, concurrency_limit=2, engine="process")
    file = gr.File(label="File")
    gr.Button("size").click(size, file, shown)
    camera = gr.Image(label="Camera", sources=["webcam"])
    camera.stream(look, [camera, text], [camera, shown], stream_every=0.0, concurrency_limit=3, time_limit=2)
    isolated = gr.Image(label="Isolated", sources=["webcam"])
    isolated.stream(look, [isolated, text], [isolated, shown], stream_every=0.0, concurrency_limit=3, engine="process")
