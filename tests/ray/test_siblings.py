"""A replica among the others, without a cluster."""

import asyncio

import pytest

from millstream.ray import siblings as room
from millstream.ray.siblings import ReplicaSiblings

pytestmark = [pytest.mark.anyio, pytest.mark.ray, pytest.mark.filterwarnings("default")]


async def test_a_replica_that_listens_late_still_finds_its_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[str] = []

    async def dial(app: str, key: bytes) -> None:
        dialled.append(app)

    monkeypatch.setattr(room, "dial", dial)
    monkeypatch.setattr(room, "BROKER_S", 0.01)
    siblings = ReplicaSiblings("app", b"k" * 32)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):  # as `BrokerConnection` gives up an attempt
            await siblings._dial()
    await siblings.will_listen("127.0.0.1", 30_000)
    await siblings._dial()
    assert dialled == ["app"]
    assert siblings._identify().address == "tcp:127.0.0.1:30000"
