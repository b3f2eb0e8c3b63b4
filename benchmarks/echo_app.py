"""The app that the benchmarks drive: frames of the camera come back, with `--slow` after 200 ms."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

import millstream as ms


def slow(picture: np.ndarray) -> np.ndarray:
    """Echo after 200 ms, as a slow model would."""
    time.sleep(0.2)
    return picture


def echo(picture: np.ndarray) -> np.ndarray:
    """Echo at once."""
    return picture


def note(asked: str) -> str:
    """Return the time when the handler got the text, in milliseconds of the wall clock, which page and server share."""
    return f"{asked} {time.time() * 1000:.3f}"


def declare(handler: Callable[[np.ndarray], np.ndarray], size: str, rate_hz: int = 30) -> ms.Blocks:
    """Make the app; `size` is requested from the camera, such as 640x480, and so many frames per second."""
    width, height = map(int, size.split("x"))
    options = ms.WebcamOptions(mirror=False, constraints={"width": width, "height": height, "frameRate": rate_hz})
    with ms.Blocks(title="Echo") as demo:
        with ms.Row():
            camera = ms.Image(label="camera", elem_id="camera", sources=["webcam"], webcam_options=options)
            output = ms.Image(label="output", elem_id="output")
        asked = ms.Textbox(label="asked", elem_id="asked")
        handled = ms.Textbox(label="handled", elem_id="handled")
        camera.stream(handler, camera, output, stream_every=0, concurrency_limit=None)
        asked.change(note, asked, handled, concurrency_limit=None)
    return demo


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--rate", type=int, default=30)
    parser.add_argument("--loop", choices=["uvloop", "asyncio"], default="uvloop")
    arguments = parser.parse_args()
    if arguments.loop == "asyncio":
        sys.modules["uvloop"] = None  # type: ignore[assignment]  # the server uses asyncio where uvloop is missing
    declare(slow if arguments.slow else echo, arguments.size, arguments.rate).launch(server_port=0)
