"""The server's end of a page that comes over HTTP: batches once and in order, bounds, silence; on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from millstream.errors import Closed, ProtocolError
from millstream.testing.virtual import VirtualLoop
from millstream.transports.http import CLOSE_S, ORDER_S, ROOM_BYTES, SILENCE_S, HttpTransport
from millstream.wire.framing import KEEP_ALIVE, End, Unframer


class Response:
    """The response of one page: keeps what was sent, and can stop to take anything."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.transport = HttpTransport(self.send)

    async def send(self, message: Message) -> None:
        await self.is_open.wait()
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def records(self) -> list[bytes | End]:
        return Unframer().feed(self.body)


def play(scene: Callable[[Response], Awaitable[None]]) -> None:
    async def main() -> None:
        await scene(Response())

    loop = VirtualLoop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


def now() -> float:
    return asyncio.get_running_loop().time()


def test_the_response_may_neither_be_kept_nor_compressed_nor_held_back() -> None:
    async def scene(page: Response) -> None:
        await page.transport.accept("secret")
        headers = dict(page.sent[0]["headers"])
        assert headers[b"cache-control"] == b"no-store, no-transform"
        assert headers[b"x-accel-buffering"] == b"no"
        assert b"content-length" not in headers
        assert page.records == [b"secret"]

    play(scene)


@given(st.permutations([1, 2]), st.lists(st.integers(1, 2), max_size=4), st.integers(1, 20))
def test_batches_are_taken_once_and_in_order(order: list[int], again: list[int], rounds: int) -> None:
    async def scene(page: Response) -> None:
        for each in range(rounds):
            taking = [
                asyncio.ensure_future(page.transport.take(2 * each + number, [b"%d" % (2 * each + number)]))
                for number in (*order, *again)
            ]
            await asyncio.gather(*taking)
        read = [await page.transport.receive() for _ in range(2 * rounds)]
        assert read == [b"%d" % number for number in range(1, 2 * rounds + 1)]
        page.transport.lose("over")
        with pytest.raises(Closed):
            await page.transport.receive()

    play(scene)


def test_a_batch_that_is_sent_again_much_later_changes_nothing() -> None:
    async def scene(page: Response) -> None:
        for number in range(1, 9):
            await page.transport.take(number, [b"x"])
        await page.transport.take(1, [b"again"])
        assert [await page.transport.receive() for _ in range(8)] == [b"x"] * 8

    play(scene)


def test_a_batch_waits_for_the_one_before_but_not_for_ever() -> None:
    async def scene(page: Response) -> None:
        with pytest.raises(ProtocolError, match="in time"):
            await page.transport.take(2, [b"second"])
        assert now() == pytest.approx(ORDER_S)
        with pytest.raises(ProtocolError, match="too soon"):
            await page.transport.take(4, [b"fourth"])

    play(scene)


def test_a_batch_waits_until_what_came_before_is_read() -> None:
    async def scene(page: Response) -> None:
        await page.transport.take(1, [bytes(ROOM_BYTES), b"more"])
        waiting = asyncio.ensure_future(page.transport.take(2, [b"next"]))
        twin = asyncio.ensure_future(page.transport.take(2, [b"next"]))
        await asyncio.sleep(1)
        assert not waiting.done()
        await page.transport.receive()
        await asyncio.gather(waiting, twin)
        assert [await page.transport.receive() for _ in range(2)] == [b"more", b"next"]

    play(scene)


def test_what_waits_is_refused_when_the_connection_ends() -> None:
    async def scene(page: Response) -> None:
        waiting = asyncio.ensure_future(page.transport.take(2, [b"second"]))
        await asyncio.sleep(0)
        page.transport.lose("the link to the page was lost")
        for work in (waiting, page.transport.take(1, [b"x"]), page.transport.send(b"x"), page.transport.receive()):
            with pytest.raises(Closed, match="lost"):
                await work

    play(scene)


def test_what_came_before_the_end_can_still_be_read() -> None:
    async def scene(page: Response) -> None:
        await page.transport.take(1, [b"bye"])
        page.transport.lose("gone")
        assert await page.transport.receive() == b"bye"
        with pytest.raises(Closed, match="gone"):
            await page.transport.receive()

    play(scene)


def test_a_page_that_takes_its_leave_is_read_to_the_end() -> None:
    async def scene(page: Response) -> None:
        await page.transport.take(1, [b"bye", End(1000, ""), b"never"])
        assert await page.transport.receive() == b"bye"
        with pytest.raises(Closed, match=r"the page closed the connection \(1000\)"):
            await page.transport.receive()
        for _ in range(2):
            await page.transport.close(1001, "")
        assert page.sent == [{"type": "http.response.body", "body": b"", "more_body": False}]

    play(scene)


def test_a_page_that_says_nothing_is_gone() -> None:
    async def scene(page: Response) -> None:
        with pytest.raises(Closed, match="stopped sending"):
            await page.transport.receive()
        assert now() == pytest.approx(SILENCE_S)

    play(scene)


def test_a_sign_of_life_is_sent_when_nothing_else_was() -> None:
    async def scene(page: Response) -> None:
        await page.transport.accept("secret")
        await page.transport.keep_alive()
        before = page.body
        await page.transport.keep_alive()
        assert page.body == before + KEEP_ALIVE
        await page.transport.send(b"x")
        await page.transport.keep_alive()
        assert page.records == [b"secret", b"x"]

    play(scene)


def test_the_end_says_why() -> None:
    async def scene(page: Response) -> None:
        await page.transport.accept("secret")
        await page.transport.close(1012, "restart")
        assert page.records[-1] == End(1012, "restart")
        assert page.sent[-1]["more_body"] is False

    play(scene)


def test_a_page_that_takes_nothing_does_not_hold_up_the_end() -> None:
    async def scene(page: Response) -> None:
        page.is_open.clear()
        sending = asyncio.ensure_future(page.transport.send(b"x"))
        await asyncio.sleep(0)
        await page.transport.close(1013, "slow")
        assert now() == pytest.approx(CLOSE_S)
        page.is_open.set()
        with pytest.raises(Closed):
            await sending

    play(scene)


def test_nothing_follows_a_message_that_was_cancelled_in_the_middle() -> None:
    async def scene(page: Response) -> None:
        await page.transport.accept("secret")
        page.is_open.clear()
        sending = asyncio.ensure_future(page.transport.send(b"x"))
        await asyncio.sleep(0)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        page.is_open.set()
        await page.transport.close(1000, "")
        assert page.records == [b"secret"]
        assert page.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}

    play(scene)


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("closed already")])
def test_a_server_that_says_the_page_is_gone_is_believed(error: Exception) -> None:
    async def scene(page: Response) -> None:
        async def send(_: Message) -> None:
            raise error

        transport = HttpTransport(send)
        with pytest.raises(Closed, match="lost"):
            await transport.send(b"x")

    play(scene)
