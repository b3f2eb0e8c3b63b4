"""The app that the benchmark of conversations drives: it replies to every turn at once, with a long tone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import millstream as ms

RATE = 24_000
TONE = (np.sin(np.arange(RATE // 10) * 2 * np.pi * 440 / RATE) * 8_000).astype(np.int16)


def reply(sound: tuple[int, np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    """Play the tone for half a minute, or until it is interrupted."""
    for _ in range(300):
        yield RATE, TONE


with ms.Blocks(title="Tone") as demo:
    microphone = ms.Audio(label="You", elem_id="mic", sources=["microphone"])
    speaker = ms.Audio(label="Answer", elem_id="out", streaming=True, autoplay=True)
    microphone.stream(ms.ReplyOnPause(reply), microphone, speaker, concurrency_limit=None)


if __name__ == "__main__":
    demo.launch(server_port=0)
