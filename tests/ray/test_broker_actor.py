"""The broker in an actor: lines that gateways open, hear news by, and lose. Without Ray, on virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from millstream.broker.broker import Broker
from millstream.broker.connection import BrokerConnection, Identity
from millstream.broker.encoding import encode_broker_message
from millstream.broker.messages import Enrol, Ping
from millstream.broker.state import BrokerState
from millstream.errors import ProtocolError
from millstream.ray.broker_actor import IDLE_S, LISTEN_S, SILENT_S, BrokerActor
from millstream.ray.broker_link import BrokerLink
from millstream.testing.virtual import VirtualLoop

KEY = b"k" * 32


def on_virtual_time(act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(act())


class Cluster:
    """Has an actor, which may be replaced by another."""

    def __init__(self) -> None:
        self.left = 0
        self.actor: BrokerActor
        self.begin()

    def begin(self) -> None:
        """Have another actor, which knows nothing."""
        state = BrokerState(asyncio.get_running_loop().time(), is_first=True)
        self.actor = BrokerActor(Broker(state), self.leave)

    def leave(self) -> None:
        self.left += 1

    async def dial(self) -> BrokerLink:
        return BrokerLink(self.actor.tell, self.actor.hear)

    async def enrolled(self, name: str) -> BrokerConnection:
        connection = BrokerConnection(self.dial, lambda: Identity(name, "build", f"tcp:10.0.0.1:{len(name)}"))
        connection.start()
        await until(lambda: connection.is_enrolled)
        return connection


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(2 * SILENT_S + 5):
        while not condition():  # noqa: ASYNC110 - virtual time costs nothing
            await asyncio.sleep(0.01)


def test_gateways_know_each_other_and_take_over_what_one_has_written_down() -> None:
    async def act() -> None:
        cluster = Cluster()
        one, other = await cluster.enrolled("one"), await cluster.enrolled("another")
        await until(lambda: set(one.addresses) == {"one", "another"})
        one.put(KEY, b"head", b"body")
        await asyncio.sleep(0.1)
        assert await other.take(KEY) == (b"head", b"body")
        await one.close()
        await other.close()

    on_virtual_time(act)


def test_a_gateway_that_says_nothing_any_more_is_lost_and_what_it_has_written_down_stays() -> None:
    async def act() -> None:
        cluster = Cluster()
        one, other = await cluster.enrolled("one"), await cluster.enrolled("another")
        one.put(KEY, b"head", b"body")
        await asyncio.sleep(0.1)
        assert one._task is not None
        one._task.cancel()  # as a process that is killed: it says no goodbye
        begin = asyncio.get_running_loop().time()
        await until(lambda: set(other.addresses) == {"another"})
        assert asyncio.get_running_loop().time() - begin <= SILENT_S + 2 * LISTEN_S
        assert await other.take(KEY) == (b"head", b"body")
        await other.close()

    on_virtual_time(act)


def test_a_gateway_enrols_by_itself_when_the_actor_has_begun_anew() -> None:
    async def act() -> None:
        cluster = Cluster()
        one = await cluster.enrolled("one")
        cluster.actor._lines.clear()
        cluster.begin()
        await until(lambda: not one.is_enrolled)
        await until(lambda: one.is_enrolled)
        await one.close()

    on_virtual_time(act)


def test_who_does_not_begin_with_its_name_is_not_listened_to() -> None:
    async def act() -> None:
        actor = Cluster().actor
        with pytest.raises(ProtocolError, match="has to begin with enrol"):
            await actor.tell("line", [encode_broker_message(Ping())])
        for call in (partial(actor.hear, "line"), partial(actor.hear, "unknown")):
            with pytest.raises(ProtocolError, match="enrol again"):
                await call()
        with pytest.raises(ProtocolError):
            await actor.tell("line", [b"no message"])

    on_virtual_time(act)


def test_a_call_to_hear_something_ends_soon_also_if_there_is_nothing() -> None:
    async def act() -> None:
        actor, loop = Cluster().actor, asyncio.get_running_loop()
        await actor.tell("line", [encode_broker_message(Enrol("one"))])
        assert await actor.hear("line")
        begin = loop.time()
        assert await actor.hear("line") == []
        assert loop.time() - begin == pytest.approx(LISTEN_S)

    on_virtual_time(act)


def test_the_actor_leaves_when_its_app_is_gone_for_long() -> None:
    async def act() -> None:
        cluster = Cluster()
        one = await cluster.enrolled("one")
        await asyncio.sleep(2 * IDLE_S)
        assert cluster.left == 0
        await one.close()
        await asyncio.sleep(IDLE_S + 2 * SILENT_S)
        assert cluster.left > 0

    on_virtual_time(act)
