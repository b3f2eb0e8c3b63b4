"""The app of the benchmark of batches: each model twice, for each frame by itself and for those of all sessions."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import millstream as ms
from benchmarks.dense import dense_layer


class Layer(NamedTuple):
    """The columns of a dense layer, and the threads of a call; 0 for all cores."""

    outputs: int
    threads: int = 0


MODELS = {"wide": Layer(3072), "narrow": Layer(1024), "wide_1_thread": Layer(3072, 1)}

LIGHT_S = 0.0002
"""The time of a model that is so quick that a batch saves nothing: it does frame after frame."""

_numbers = itertools.count()


class Dense:
    """A dense layer, which has one call for one frame, and one for many."""

    def __init__(self, layer: Layer) -> None:
        self._layer = dense_layer(*layer)

    def one(self, frame: np.ndarray) -> str:
        """Give the strongest output."""
        return self.many([frame])[0][0]

    def many(self, frames: list[np.ndarray]) -> list[list[str]]:
        """Give the strongest output for each frame."""
        rows = np.stack([frame.reshape(-1) for frame in frames]).astype(np.float32)
        return [[f"{found} {next(_numbers)}" for found in self._layer.run(None, {"x": rows})[0].argmax(1)]]


class Light:
    """A model that needs 0.2 ms for each frame, however many there are."""

    def one(self, frame: np.ndarray) -> str:
        """Compute, for one frame."""
        until = time.perf_counter() + LIGHT_S
        while time.perf_counter() < until:
            pass
        return f"{frame[0, 0, 0]} {next(_numbers)}"

    def many(self, frames: list[np.ndarray]) -> list[list[str]]:
        """Compute, for each frame in turn."""
        return [[self.one(frame) for frame in frames]]


def declare() -> ms.Blocks:
    """Make the app: a camera for each model and way."""
    models: dict[str, Dense | Light] = {name: Dense(layer) for name, layer in MODELS.items()}
    models["light"] = Light()
    with ms.Blocks(title="Batches") as demo:
        for name, model in models.items():
            for batch in (False, True):
                label = f"{name} {'batched' if batch else 'plain'}"
                camera = ms.Image(label=label, sources=["webcam"], webcam_options=ms.WebcamOptions(mirror=False))
                handler: Callable[..., object] = model.many if batch else model.one
                found = ms.Textbox(label=f"found {label}")
                camera.stream(
                    handler, camera, found, stream_every=0, concurrency_limit=None, batch=batch, max_batch_size=8
                )
    return demo


if __name__ == "__main__":
    declare().launch(server_port=0)
