"""A TFLite network, loaded when it is first used and shared by threads, one call at a time."""

import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Network:
    """A network with one input.

    Args:
        read_weights: Returns the content of a `.tflite` file; called once, at the first use.
        threads: The number of threads that one call may use. Default 1: there are many cameras and few cores.
    """

    def __init__(self, read_weights: Callable[[], bytes], threads: int = 1) -> None:
        self._read_weights = read_weights
        self._threads = threads
        self._turn = threading.Lock()

    def run(self, batch: Floats) -> list[Floats]:
        """Return a copy of every output, in the network's order; `batch` has the shape that the network expects."""
        with self._turn:
            interpreter = self._interpreter
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
            interpreter.invoke()
            return [interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()]

    def load(self) -> None:
        """Read the weights now, so that the first call does not wait."""
        with self._turn:
            _ = self._interpreter

    @cached_property
    def _interpreter(self) -> "Interpreter":
        from ai_edge_litert.interpreter import Interpreter  # slow to import, so only when it is needed

        interpreter = Interpreter(model_content=self._read_weights(), num_threads=self._threads)
        interpreter.allocate_tensors()
        return interpreter


def to_batch(rgb: Pixels, size: int, low: float, high: float) -> Floats:
    """Return the image squeezed to `(1, size, size, 3)`, with 0 to 255 mapped to `low` to `high`."""
    small = cv2.resize(rgb, (size, size), interpolation=cv2.INTER_LINEAR)
    return small[None].astype(np.float32) * np.float32((high - low) / 255) + np.float32(low)


def sigmoid(logits: Floats) -> Floats:
    """Return 0 to 1 for any number, without overflow."""
    odds: Floats = np.exp(np.clip(logits, -50, 50))
    return odds / (1 + odds)
