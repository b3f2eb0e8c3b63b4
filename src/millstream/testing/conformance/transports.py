"""The conformance suite of transports: subclass `TransportSuite` in a test file, as `Test…`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from millstream.errors import Closed, Departed
from millstream.types import Transport
from millstream.wire.close_codes import GOODBYES
from millstream.wire.limits import MAX_MESSAGE_BYTES

PATIENCE_S = 10.0

Pair = tuple[Transport, Transport]


class TransportSuite:
    """The suite."""

    def pair(self) -> AbstractAsyncContextManager[Pair]:
        """Connect two ends: the page's and the server's."""
        raise NotImplementedError

    def play(self, scene: Callable[[Transport, Transport], Awaitable[None]]) -> None:
        """Run a scene between the two ends."""

        async def main() -> None:
            async with asyncio.timeout(PATIENCE_S), self.pair() as (page, server):
                await scene(page, server)

        asyncio.run(main())

    def test_messages_arrive_whole_and_in_order_both_ways(self) -> None:
        async def scene(page: Transport, server: Transport) -> None:
            messages = [bytes([number]) * (number * 100 + 1) for number in range(50)]
            for near, far in ((page, server), (server, page)):
                for message in messages:
                    await near.send(message)
                assert [await far.receive() for _ in messages] == messages

        self.play(scene)

    def test_the_largest_message_arrives(self) -> None:
        async def scene(page: Transport, server: Transport) -> None:
            sending = asyncio.ensure_future(page.send(b"x" * MAX_MESSAGE_BYTES))
            assert len(await server.receive()) == MAX_MESSAGE_BYTES
            await sending

        self.play(scene)

    def test_what_was_sent_before_the_end_arrives_then_closed(self) -> None:
        async def scene(page: Transport, server: Transport) -> None:
            await server.send(b"last words")
            await server.close(1012, "restart")
            assert await page.receive() == b"last words"
            for _ in range(2):
                with pytest.raises(Closed):
                    await page.receive()

        self.play(scene)

    def test_nothing_can_be_sent_after_the_end(self) -> None:
        async def scene(page: Transport, server: Transport) -> None:
            await server.close(1000, "")
            with pytest.raises(Closed):
                await server.send(b"x")

        self.play(scene)

    def test_a_waiting_reader_is_woken_by_the_end(self) -> None:
        async def scene(page: Transport, server: Transport) -> None:
            waiting = asyncio.ensure_future(server.receive())
            await asyncio.sleep(0)
            await page.close(1001, "left")
            with pytest.raises(Closed):
                await waiting

        self.play(scene)

    def test_a_goodbye_is_told_from_a_connection_that_is_given_up(self) -> None:
        async def say(page: Transport, server: Transport, code: int) -> None:
            await page.send(b"last words")
            await page.close(code, "")
            assert await server.receive() == b"last words"
            with pytest.raises(Closed) as ended:
                await server.receive()
            assert isinstance(ended.value, Departed) is (code in GOODBYES)

        for code in (*GOODBYES, 4000):
            self.play(partial(say, code=code))

    def test_closing_twice_is_allowed(self) -> None:
        async def scene(page: Transport, server: Transport) -> None:
            for end in (page, server, page, server):
                await end.close(1000, "")

        self.play(scene)

    def test_a_cancelled_receive_loses_no_message(self) -> None:
        async def scene(page: Transport, server: Transport) -> None:
            waiting = asyncio.ensure_future(server.receive())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await page.send(b"x")
            assert await server.receive() == b"x"

        self.play(scene)

    def test_sending_waits_when_nobody_reads(self) -> None:
        async def scene(page: Transport, server: Transport) -> None:
            sent = 0

            async def flood() -> None:
                nonlocal sent
                while True:
                    await page.send(b"x" * 64 * 1024)
                    sent += 1

            task = asyncio.ensure_future(flood())
            while True:
                before = sent
                await asyncio.sleep(0.05)
                if sent == before:
                    break
            assert sent < 1000
            assert len(await server.receive()) == 64 * 1024
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self.play(scene)
