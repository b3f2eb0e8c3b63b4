"""The costs that drive the simulation, from `costs.toml`: measured ones with the command, others as assumptions."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

FILE: Final = Path(__file__).with_name("costs.toml")


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """CPU of a frame beside the handler, in milliseconds.

    Attributes:
        command: What measured it.
        gil_ms: The part that holds the GIL: receiving, the loop, sending.
        codec_ms: The part that does not: decoding before the call and encoding after it, together.
        contended_ms: The part that holds the GIL where many want it at once, waking those who wait included.
    """

    command: str
    gil_ms: float
    codec_ms: float
    contended_ms: float

    def gil_s(self, handler: Handler) -> float:
        """Give the part that holds the GIL, in seconds.

        It is contended where the handler holds it. Those of a batch come at once, and half of them are assumed to find
        it taken: this alone was not measured.
        """
        if handler.runs_on == "python":
            return self.contended_ms / 1000
        return (self.gil_ms + self.contended_ms) / 2000 if handler.max_size > 1 else self.gil_ms / 1000


class Handler(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A handler, as far as it costs: a call of n takes `fixed_ms + n * each_ms`.

    Attributes:
        title: How tables call it.
        command: What measured it; empty if it is an assumption.
        fixed_ms, each_ms: See above.
        runs_on: `"python"` holds the GIL, `"core"` takes a core without it; `"model"`, `"gpu"` and `"service"` take
            neither. Of a model and a GPU there is one, which makes one call at a time.
        max_size: The most calls that are made as one; 1 if it is not batched.
    """

    title: str
    command: str
    fixed_ms: float
    each_ms: float
    runs_on: str
    max_size: int = 1

    def call_s(self, size: int) -> float:
        """Give the duration of a call of `size`, in seconds."""
        return (self.fixed_ms + size * self.each_ms) / 1000


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page beside its frames: CPU of opening it, or of taking it over from another gateway, and memory."""

    command: str
    opening_ms: float
    idle_kb: float


class Return(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The way back of a page whose gateway has died: seconds until it tries another one, from and to."""

    command: str
    least_s: float
    most_s: float
    replica_start_s: float


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices an hour, in whatever currency: assumptions, to be replaced by your own."""

    core: float
    gpu: float


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case that was measured: streams at a rate, a handler as in `Handler`, and all their frames a second."""

    command: str
    streams: int
    rate_hz: float
    fixed_ms: float
    each_ms: float
    runs_on: str
    fps: float
    max_size: int = 1

    @property
    def handler(self) -> Handler:
        """Its handler."""
        return Handler("", self.command, self.fixed_ms, self.each_ms, self.runs_on, self.max_size)


class MeasuredQueue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A queue that was measured: visitors who want to stream for ever, slots, their limit, and the mean wait."""

    command: str
    visitors: int
    slots: int
    time_limit_s: float
    seconds: float
    wait_s: float


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them; `machine` says what was measured on."""

    machine: str
    frame: Frame
    page: Page
    page_return: Return
    prices: Prices
    handlers: dict[str, Handler]
    measured: dict[str, Measured]
    measured_queue: MeasuredQueue


@cache
def read() -> Costs:
    """Read the file."""
    return msgspec.convert(tomllib.loads(FILE.read_text()), Costs)
