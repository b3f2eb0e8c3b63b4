"""An app under load for long, which says what its process holds."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os

import numpy as np

import millstream as gr


async def count() -> str:
    """Count what a visit may leave behind in this process, which gives back all memory that it does not use."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc's: else free pages look like held ones
        trim(0)
    return json.dumps({"pid": os.getpid(), "tasks": len(asyncio.all_tasks())})


def declare() -> gr.Blocks:
    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", sources=["webcam"])
        camera.stream(lambda frame: np.flip(frame, 1), camera, camera, stream_every=0.0, concurrency_limit=None)
        text, kept = gr.Textbox(label="Text"), gr.State([])
        gr.Button("Keep").click(lambda said, kept: (said, [*kept[-9:], said]), [text, kept], [text, kept])
        gr.Button("Count").click(count, None, text, engine="thread")
    return demo
