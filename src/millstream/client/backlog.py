"""Audio that waits in the page for credit."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from millstream.frames import Chunk, Samples
from millstream.wire.limits import MAX_SAMPLES_BYTES


@dataclass
class Backlog:
    """Audio that waits in the page for credit, since `began_us`."""

    blocks: deque[Samples] = field(default_factory=deque)
    samples: int = 0
    began_us: float = 0.0

    def put(self, block: Samples, began_us: float) -> None:
        if not self.samples:
            self.began_us = began_us
        self.blocks.append(block)
        self.samples += len(block)

    def take(self, count: int, rate: int) -> Chunk:
        joined, began_us = np.concatenate(self.blocks), self.began_us
        self.clear()
        if count < len(joined):
            self.put(joined[count:], began_us + count / rate * 1e6)
        return Chunk(joined[:count], rate, captured_us=int(began_us))

    def clear(self) -> None:
        self.blocks.clear()
        self.samples = 0

    @property
    def most(self) -> int:
        """Samples that one packet may hold."""
        return MAX_SAMPLES_BYTES // 2 // (self.blocks[0].shape[1] if self.blocks else 1)
