"""The app that the audio benchmark drives: the microphone is played back, and a button plays a ramp."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from tests.browser.ear import ramp

import millstream as ms

RATE_HZ = 24_000
PIECE = 480
"""20 ms."""

RAW = {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}


def play(seconds: float) -> Iterator[tuple[tuple[int, np.ndarray], float]]:
    """Yield a ramp in chunks of 20 ms, each with the time of the first `yield`, in ms of the system's clock."""
    samples = ramp(round(seconds * RATE_HZ))
    yielded_ms = time.time() * 1000
    for at in range(0, len(samples), PIECE):
        yield (RATE_HZ, samples[at : at + PIECE]), yielded_ms


with ms.Blocks(title="Sound") as demo:
    seconds = ms.Number(1, label="seconds", elem_id="seconds")
    spoken = ms.Audio(label="spoken", elem_id="out", streaming=True, autoplay=True, sample_rate=RATE_HZ)
    yielded = ms.Number(label="yielded", elem_id="yielded")
    ms.Button("Speak").click(play, seconds, [spoken, yielded], concurrency_limit=None)
    for every_ms in (20, 100):
        microphone = ms.Audio(
            label=f"microphone {every_ms}", elem_id=f"mic{every_ms}", sources=["microphone"], constraints=RAW,
            sample_rate=16_000, channels=1,
        )  # fmt: skip
        echo = ms.Audio(label=f"echo {every_ms}", elem_id=f"echo{every_ms}", streaming=True, autoplay=True)
        microphone.stream(
            lambda chunk: chunk, microphone, echo, stream_every=every_ms / 1000, time_limit=None, concurrency_limit=None
        )


if __name__ == "__main__":
    demo.launch(server_port=0)
