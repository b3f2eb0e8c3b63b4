"""The faults that the memory transport can play, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from millstream.errors import Closed
from millstream.testing.virtual import VirtualLoop
from millstream.transports.memory import connect


def play(scene: Coroutine[Any, Any, None]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scene)
    finally:
        loop.close()


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_message_takes_its_latency() -> None:
    async def scene() -> None:
        page, server = connect(latency_s=0.25)
        for number in range(3):
            await page.send(bytes([number]))
        for number in range(3):
            assert await server.receive() == bytes([number])
        assert now() == pytest.approx(0.25)

    play(scene())


def test_a_change_of_latency_does_not_change_the_order() -> None:
    async def scene() -> None:
        page, server = connect(latency_s=1.0)
        await page.send(b"slow")
        page.outgoing.latency_s = 0.1
        await page.send(b"fast")
        assert [await server.receive(), await server.receive()] == [b"slow", b"fast"]
        assert now() == pytest.approx(1.0)

    play(scene())


def test_a_reader_that_stalls_holds_up_the_writer() -> None:
    async def scene() -> None:
        page, server = connect(buffer_bytes=1000)
        page.incoming.is_stalled = True
        await server.send(b"x" * 5000)
        blocked = asyncio.ensure_future(server.send(b"y"))
        await asyncio.sleep(10)
        assert not blocked.done()
        page.incoming.resume()
        assert len(await page.receive()) == 5000
        await blocked
        assert await page.receive() == b"y"

    play(scene())


def test_a_lost_link_takes_what_is_on_the_way_with_it() -> None:
    async def scene() -> None:
        page, server = connect(latency_s=1.0)
        await server.send(b"never")
        waiting = asyncio.ensure_future(server.receive())
        await asyncio.sleep(0)
        page.lose()
        for end in (page.receive(), waiting, server.send(b"x"), page.send(b"x")):
            with pytest.raises(Closed, match="1006"):
                await end
        assert (page.code, server.code) == (1006, 1006)

    play(scene())


def test_a_blocked_writer_is_woken_by_the_end() -> None:
    async def scene() -> None:
        page, server = connect(buffer_bytes=10)
        await server.send(b"x" * 20)
        blocked = asyncio.ensure_future(server.send(b"y"))
        await asyncio.sleep(0)
        await page.close(1001, "left")
        with pytest.raises(Closed, match="left"):
            await blocked
        await server.close(1000, "too late")
        assert (server.code, server.reason) == (1001, "left")

    play(scene())
