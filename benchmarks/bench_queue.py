"""(q) Delay of the event loop while 8,000 runs wait in the queue: as they join, move up, are refused, and leave."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, Final

import numpy as np

import millstream as gr
from millstream.declare.injected import Request
from millstream.errors import Closed
from millstream.runtime.host import Settings
from millstream.server.composition import compose_host
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Cancel, Fire, Hello, PageMessage
from millstream.wire.packet import VERSION

RUNS: Final = 8000
RUNS_OF_A_PAGE: Final = 40
PACE_S: Final = 0.001
"""Between two incoming messages."""

MOVES: Final = 100
REFUSALS: Final = 1000
TICK_S: Final = 0.002


class Wire:
    """A page that sends and does not read."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._numbers = itertools.count(1)
        self.heard = 0

    def say(self, message: PageMessage) -> None:
        message.seq = next(self._numbers)
        self._said.put_nowait(encode_message(message))

    def leave(self) -> None:
        self._said.put_nowait(None)

    async def receive(self) -> bytes:
        message = await self._said.get()
        if message is None:
            raise Closed("the page has gone")
        return message

    async def send(self, message: bytes) -> None:
        self.heard += 1

    async def close(self, code: int, reason: str) -> None:
        """Nothing to close."""


def measure() -> dict[str, float]:
    """Delay of the loop in milliseconds: the 99th percentile in each phase, and the worst of all."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    work = threading.Event()
    with gr.Blocks() as demo:
        gr.Button().click(lambda: work.wait(0.02), trigger_mode="multiple")
    demo.queue(max_size=RUNS)
    host = compose_host(demo.freeze(), Settings())
    await host.start()
    pages = [Wire() for _ in range(RUNS // RUNS_OF_A_PAGE + 2)]
    serving = [asyncio.ensure_future(host.serve(page, Request())) for page in pages]
    for page in pages:
        page.say(Hello(version=VERSION, build=host.manifest.build, page_us=0))
    phases = {"joins": _join(pages[:-1]), "moves": asyncio.sleep(MOVES * 0.02), "refusals": _refuse(pages[-1])}
    lags = {name: await _lags(phase) for name, phase in phases.items()}
    waiting = host.statistics()["waiting"]
    if not isinstance(waiting, int) or waiting < RUNS * 0.9:
        raise RuntimeError(f"only {waiting} runs wait: some were refused that should not be")
    lags["leaves"] = await _lags(_leave(pages, serving))
    await host.close()
    p99 = {f"{name}_p99_ms": float(np.percentile(lag, 99)) * 1000 for name, lag in lags.items()}
    return {**p99, "worst_ms": max(max(lag) for lag in lags.values()) * 1000}


async def _join(pages: list[Wire]) -> None:
    for number in range(1, RUNS_OF_A_PAGE + 1):
        for page in pages:
            page.say(Fire(binding=0, run=number))
            await asyncio.sleep(PACE_S)


async def _refuse(page: Wire) -> None:
    for number in range(1, REFUSALS + 1):
        page.say(Fire(binding=0, run=number))
        await asyncio.sleep(PACE_S)


async def _leave(pages: list[Wire], serving: Sequence[asyncio.Future[None]]) -> None:
    for page in pages[::2]:
        page.say(Cancel(run=RUNS_OF_A_PAGE))
        await asyncio.sleep(PACE_S)
    for page in pages:
        page.leave()
        await asyncio.sleep(PACE_S * RUNS_OF_A_PAGE)
    await asyncio.wait(serving)


async def _lags(phase: Coroutine[Any, Any, None]) -> list[float]:
    """Play a phase, and sample the delay of the loop every two milliseconds."""
    loop, lags, task = asyncio.get_running_loop(), list[float](), asyncio.ensure_future(phase)
    while not task.done():
        due = loop.time() + TICK_S
        await asyncio.sleep(TICK_S)
        lags.append(max(loop.time() - due, 0.0))
    await task
    return lags
