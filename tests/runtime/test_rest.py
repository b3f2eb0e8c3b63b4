"""A page with which nothing happens: it may rest, and then hears of the server without asking."""

from __future__ import annotations

import asyncio

import pytest
from tests.runtime.test_link import App, StubbornPage, speaking, virtual

import millstream as ms
from millstream.runtime.send.sender import Sender
from millstream.transports.memory import connect
from millstream.wire.encoding import HEARTBEAT
from millstream.wire.limits import HEARTBEAT_S
from millstream.wire.messages import Clock, Fire, Heartbeat, Open, RunState

REST_S = 20.0
"""How long a page rests until it compares the clocks again."""


async def ask(page: StubbornPage, *, idle: bool) -> Clock:
    """Compare the clocks; gives the answer."""
    before = len(clocks(page))
    await page.say(Clock(page_us=0, idle=idle))
    await page.wait(lambda: len(clocks(page)) > before)
    return clocks(page)[-1]


def clocks(page: StubbornPage) -> list[Clock]:
    return [message for message in page.messages if isinstance(message, Clock)]


def heartbeats(page: StubbornPage) -> list[Heartbeat]:
    return [message for message in page.messages if isinstance(message, Heartbeat)]


@virtual
async def test_a_page_that_rests_hears_of_the_server_until_it_is_awake() -> None:
    async with App(speaking(), grace_s=60.0) as page:
        (session,) = page.host.sessions.values()
        for _ in range(2):
            assert (await ask(page, idle=True)).idle
            kept, heard = len(session.link.kept), len(heartbeats(page))
            await asyncio.sleep(HEARTBEAT_S - 0.1)
            assert len(heartbeats(page)) == heard
            await asyncio.sleep(REST_S - HEARTBEAT_S - 1)
            assert len(heartbeats(page)) == heard + 7
            assert len(session.link.kept) <= kept, "nobody has to acknowledge them"
        assert {message.seq for message in heartbeats(page)} == {0}
        assert not (await ask(page, idle=False)).idle
        await asyncio.sleep(60)
        assert len(heartbeats(page)) == 14


@virtual
async def test_a_page_does_not_rest_while_something_of_it_is_at_work() -> None:
    with speaking() as demo:
        camera = ms.Image(sources=["webcam"])
        camera.stream(lambda frame: frame, camera, camera)
    async with App(demo, grace_s=60.0) as page:
        await page.say(Fire(binding=0, run=1))
        assert not (await ask(page, idle=True)).idle
        await page.wait(lambda: "done" in page.states(RunState))
        assert (await ask(page, idle=True)).idle
        await page.say(Open(stream=1, binding=1))
        assert not (await ask(page, idle=True)).idle
        await asyncio.sleep(REST_S)
        assert heartbeats(page) == []


@virtual
async def test_a_link_that_was_lost_brings_no_heartbeats_until_the_page_rests_again() -> None:
    async with App(speaking(), grace_s=60.0) as page:
        await ask(page, idle=True)
        page.near.lose()
        await asyncio.sleep(REST_S)
        await page.come_back()
        await page.wait(lambda: len(page.welcomes) == 2)
        await asyncio.sleep(REST_S)
        assert heartbeats(page) == []
        await ask(page, idle=True)
        await asyncio.sleep(HEARTBEAT_S + 0.1)
        assert len(heartbeats(page)) == 1


@virtual
async def test_of_heartbeats_that_a_page_does_not_take_one_waits() -> None:
    sender, (page, server) = Sender(10, pytest.fail), connect(buffer_bytes=1)
    writing = asyncio.create_task(sender.write(server))
    await asyncio.sleep(0)
    sender.rest(is_resting=True)
    await asyncio.sleep(60)
    sender.rest(is_resting=False)
    received = [await page.receive() for _ in range(2)]
    assert received == [HEARTBEAT, HEARTBEAT], "the one in the buffer, and the one that waited for room"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(60):
            await page.receive()
    writing.cancel()
