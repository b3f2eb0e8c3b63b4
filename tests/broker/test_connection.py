"""A gateway's connection to its broker, on virtual time and without a socket."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest

from millstream.broker.broker import Broker
from millstream.broker.connection import BrokerConnection, Identity, SlotMessage
from millstream.broker.encoding import encode_broker_message
from millstream.broker.messages import PING_S, REPLY_S, Revoked, SnapshotFound, TicketRecord
from millstream.broker.state import BrokerState
from millstream.testing.virtual import VirtualLoop


class Line:
    """One connection, as the gateway has it; what it sends reaches the broker at once.

    Attributes:
        received: What the gateway still has to read.
        is_deaf: Whether the broker gets nothing.
    """

    def __init__(self, broker: Broker) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()
        self.is_deaf = False
        self._peer = broker.connect(self.received.put_nowait, lambda: None)

    async def receive(self) -> bytes:
        return await self.received.get()

    async def send(self, message: bytes) -> None:
        if not self.is_deaf:
            self._peer.receive(message)

    async def close(self, code: int, reason: str) -> None:
        self._peer.lost()


@asynccontextmanager
async def gateway() -> AsyncIterator[tuple[BrokerConnection, list[Line]]]:
    """Give an enrolled gateway, and all connections that it has made."""
    broker, lines = Broker(BrokerState(0.0, is_first=True)), list[Line]()

    async def dial() -> Line:
        lines.append(Line(broker))
        return lines[-1]

    connection = BrokerConnection(dial, lambda: Identity("g1"))
    connection.start()
    try:
        await connection.enrolled()
        yield connection, lines
    finally:
        await connection.close()
        broker.close()


def on_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        loop = VirtualLoop()
        try:
            loop.run_until_complete(test(**fixtures))
        finally:
            loop.close()

    return run


@on_virtual_time
async def test_a_gateway_that_keeps_sending_still_pings() -> None:
    async with gateway() as (connection, lines):
        for _ in range(100):
            connection.put(b"key", b"head", b"body")  # never answered
            await asyncio.sleep(PING_S / 5)
        assert connection.is_enrolled
        assert len(lines) == 1


@on_virtual_time
async def test_an_answer_that_arrives_as_its_caller_is_cancelled_is_dropped() -> None:
    async with gateway() as (connection, lines):
        lines[0].is_deaf = True
        asking = asyncio.create_task(connection.take(b"key"))
        await asyncio.sleep(0.1)
        lines[0].received.put_nowait(encode_broker_message(SnapshotFound(1)))
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        lines[0].is_deaf = False
        assert await connection.attempt("10.0.0.1", "anna") == 0.0
        assert len(lines) == 1


class Owner:
    """Snapshots of a gateway, which notes what comes late.

    Attributes:
        failure: What is raised instead of noting that the broker has forgotten everything.
    """

    def __init__(self, failure: Exception | None = None) -> None:
        self.lates: list[tuple[bytes, bytes, bytes]] = []
        self.failure = failure

    def late(self, key: bytes, head: bytes, body: bytes) -> None:
        self.lates.append((key, head, body))

    def taken(self, key: bytes) -> None: ...

    def forgotten(self) -> None:
        if self.failure is not None:
            raise self.failure


@on_virtual_time
async def test_a_snapshot_that_nobody_waits_for_any_more_is_not_lost() -> None:
    found = encode_broker_message(SnapshotFound(1, (b"head", b"body")))
    for is_cancelled, wait_s in ((False, REPLY_S + 0.1), (True, 0.1), (True, 0.0)):
        async with gateway() as (connection, lines):
            owner = Owner()
            connection.attach(owner)
            taking = asyncio.create_task(connection.take(b"key"))
            lines[0].is_deaf = True
            await asyncio.sleep(0.1)
            if not wait_s:  # both in one turn of the loop
                connection._receive(SnapshotFound(1, (b"head", b"body")))
            if is_cancelled:
                taking.cancel()
            await asyncio.sleep(wait_s)
            if wait_s:
                lines[0].received.put_nowait(found)
                await asyncio.sleep(0.01)
            assert await asyncio.gather(taking, return_exceptions=True) != [(b"head", b"body")]
            assert owner.lates == [(b"key", b"head", b"body")]
            assert not connection._calls
            lines[0].is_deaf = False


class Queue:
    """A gateway's queue that cannot take a message: it fails once for each change."""

    limits: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        self.changes: list[bool] = []

    def records(self) -> list[TicketRecord]:
        return []

    def receive(self, message: SlotMessage) -> None: ...

    def broker_changed(self, *, is_connected: bool) -> None:
        self.changes.append(is_connected)
        if len(self.changes) <= 3:
            raise KeyError(is_connected)


@on_virtual_time
async def test_a_listener_that_fails_costs_the_connection_once_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with gateway() as (connection, lines):
        queue, owner = Queue(), Owner(KeyError("forgotten"))
        connection.attach_queue(queue)
        connection.attach(owner)
        connection.on_revoked = lambda login, left_s: owner.unheard_of  # type: ignore[attr-defined]
        lines[0].received.put_nowait(encode_broker_message(Revoked({b"login": 5.0})))
        await asyncio.sleep(PING_S)  # `broker_changed` fails on the way out, then on the way in
        await asyncio.sleep(5.0)
        assert not connection.is_enrolled or len(lines) > 4, "its snapshots still fail"
        owner.failure = None
        await asyncio.sleep(2.0)
        assert connection.is_enrolled
        made = len(lines)
        await asyncio.sleep(5.0)
        assert connection.is_enrolled
        assert len(lines) == made
        assert queue.changes[:3] == [False, True, False]
        assert queue.changes[-1]
        assert made < 20, "it is not tried all the time"
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert "a message of the broker could not be handled; connecting again" in errors
    assert "the queue could not be notified that the broker is lost" in errors
