"""Both queues pass one suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import millstream as ms
from millstream.admission import Admission
from millstream.broker.broker import Broker
from millstream.broker.connection import BrokerConnection, Identity
from millstream.broker.state import BrokerState
from millstream.errors import Closed
from millstream.runtime.queue import RunQueue
from millstream.runtime.remote_queue import RemoteQueue
from millstream.testing.conformance.queue import SETTLE_S, QueueSuite
from millstream.transports.memory import MemoryTransport, connect

with ms.Blocks() as _demo:
    ms.Button().click(lambda: None)
BINDING = _demo.freeze().bindings[0]


class TestRunQueue(QueueSuite):
    binding = BINDING

    @asynccontextmanager
    async def opened(self, max_waiting: int | None, max_waiting_each: int | None) -> AsyncIterator[RunQueue]:
        yield RunQueue(Admission(max_waiting, max_waiting_each), 30.0)


class TestRemoteQueue(QueueSuite):
    binding = BINDING

    @asynccontextmanager
    async def opened(self, max_waiting: int | None, max_waiting_each: int | None) -> AsyncIterator[RemoteQueue]:
        broker = Broker(BrokerState(0.0, is_first=True))
        serving = set()

        async def dial() -> MemoryTransport:
            near, far = connect(latency_s=0.001)
            serving.add(asyncio.create_task(serve(broker, far)))
            return near

        connection = BrokerConnection(dial, lambda: Identity("g1", "", "", max_waiting, max_waiting_each))
        queue = RemoteQueue(connection, "g1", {BINDING.concurrency_key: 1}, 30.0)
        connection.start()
        await asyncio.sleep(SETTLE_S)
        yield queue
        await connection.close()
        await asyncio.gather(*serving)
        broker.close()


async def serve(broker: Broker, transport: MemoryTransport) -> None:
    """Serve one gateway over memory."""
    sending: set[asyncio.Task[None]] = set()
    peer = broker.connect(lambda data: sending.add(asyncio.create_task(transport.send(data))), lambda: None)
    try:
        while True:
            peer.receive(await transport.receive())
    except Closed:
        peer.lost()
    await asyncio.gather(*sending, return_exceptions=True)
