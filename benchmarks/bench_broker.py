"""(b) Admission by a broker, a process of its own: from asking for a slot to having it, and what the broker takes."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import psutil

import millstream as gr
from millstream.broker.connection import BrokerConnection, Identity
from millstream.broker.unix_socket import dial
from millstream.errors import Busy
from millstream.runtime.queue import SlotQueue
from millstream.runtime.remote_queue import RemoteQueue

JOINS: Final = 500
WAITING: Final = 2000
PAUSE_S: Final = 0.005
"""Between two visitors, so that the latency is not that of a queue of messages."""

with gr.Blocks() as _demo:
    gr.Button().click(lambda: None, concurrency_limit=1)
BINDING: Final = _demo.freeze().bindings[0]


class Visitor:
    """A run that says when it has a slot, and when it was answered."""

    def __init__(self, queue: SlotQueue, number: int) -> None:
        self.queue, self.got, self.answered = queue, asyncio.Event(), asyncio.Event()
        self.ticket = queue.join(self, replace(BINDING, concurrency_limit=1), f"visitor {number}")

    def admitted(self) -> None:
        self.got.set()
        self.answered.set()

    def extended(self) -> None: ...
    def expired(self) -> None: ...
    def surrender(self) -> None: ...

    def stands(self, position: int, eta_s: float) -> None:
        self.answered.set()

    def refused(self, error: Busy) -> None:
        raise RuntimeError(f"a visitor of the benchmark was turned away: {error}")


def measure() -> dict[str, float]:
    """Milliseconds from asking to having a slot, and from one's leaving to the other's having it; CPU of the broker."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "broker.sock"
        command = (sys.executable, "-m", "millstream.broker", "--socket", str(path), "--first")
        process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
        connections = [BrokerConnection(partial(dial, path), partial(Identity, name)) for name in ("g1", "g2")]
        queues = [
            RemoteQueue(connection, name, {BINDING.concurrency_key: 1})
            for connection, name in zip(connections, ("g1", "g2"), strict=True)
        ]
        try:
            for connection in connections:
                connection.start()
            return await _timed(queues, psutil.Process(process.pid))
        finally:
            for queue, connection in zip(queues, connections, strict=True):
                queue.close()
                await connection.close()
            process.terminate()
            await process.wait()


async def _timed(queues: list[RemoteQueue], process: psutil.Process) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    alone, handed = [], []
    for queue in queues:  # until both are enrolled
        first = Visitor(queue, -1)
        await first.got.wait()
        queue.leave(first.ticket)
    for number in range(JOINS):
        began = loop.time()
        visitor = Visitor(queues[number % 2], number)
        await visitor.got.wait()
        alone.append(loop.time() - began)
        visitor.queue.leave(visitor.ticket)
        await asyncio.sleep(PAUSE_S)
    cpu_before = sum(process.cpu_times()[:2])
    line = []
    for number in range(WAITING):
        line.append(Visitor(queues[number % 2], number))
        await line[-1].answered.wait()  # what two gateways ask at once may come in either order
    for leaving, following in itertools.pairwise(line[: JOINS + 1]):
        await leaving.got.wait()
        await asyncio.sleep(PAUSE_S)
        began = loop.time()
        leaving.queue.leave(leaving.ticket)
        await following.got.wait()
        handed.append(loop.time() - began)
    cpu_s = sum(process.cpu_times()[:2]) - cpu_before
    return {
        "admission_ms": statistics.median(alone) * 1000,
        "admission_p95_ms": statistics.quantiles(alone, n=20)[-1] * 1000,
        "handed_on_ms": statistics.median(handed) * 1000,
        "broker_cpu_ms_per_visitor": cpu_s / WAITING * 1000,
    }
