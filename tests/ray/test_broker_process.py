"""The class of the broker's actor, outside of one."""

import asyncio
from types import SimpleNamespace

import pytest

from millstream.ray import broker_process
from millstream.ray.broker_process import BrokerProcess

pytestmark = [pytest.mark.anyio, pytest.mark.ray, pytest.mark.filterwarnings("default")]


def begin(monkeypatch: pytest.MonkeyPatch, *, is_again: bool) -> BrokerProcess:
    context = SimpleNamespace(was_current_actor_reconstructed=is_again)
    monkeypatch.setattr("millstream.ray.broker_process.ray.get_runtime_context", lambda: context)
    return BrokerProcess()


async def test_the_first_key_is_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = begin(monkeypatch, is_again=False)
    assert [await broker.agree(key, True) for key in (b"a", b"b")] == [b"a", b"a"]


async def test_after_a_crash_a_new_replica_does_not_decide_before_those_that_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = begin(monkeypatch, is_again=True)
    new = asyncio.create_task(broker.agree(b"new", True))
    await asyncio.sleep(0)
    assert await broker.agree(b"known") == b"known"
    assert await new == b"known"


async def test_after_a_crash_that_nobody_survived_a_new_replica_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_process, "KNOWN_S", 0.01)
    broker = begin(monkeypatch, is_again=True)
    assert await broker.agree(b"new", True) == b"new"
    assert await broker.agree(b"other", True) == b"new"
