"""The virtual clock: exact, at once, and still while a thread works."""

from __future__ import annotations

import asyncio
import math
import socket
import threading
import time

import pytest

from millstream.run_in_thread import run_in_thread
from millstream.testing.virtual import Deadlock, VirtualLoop


@pytest.fixture
def loop() -> VirtualLoop:
    return VirtualLoop()


@pytest.fixture(autouse=True)
def _close(loop: VirtualLoop) -> object:
    yield
    loop.close()


def test_hours_pass_at_once(loop: VirtualLoop) -> None:
    began = time.monotonic()
    loop.run_until_complete(asyncio.sleep(36_000))
    assert loop.time() == pytest.approx(36_000)
    assert time.monotonic() - began < 1


def test_timers_fire_in_order(loop: VirtualLoop) -> None:
    order: list[tuple[str, float]] = []

    async def after(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        order.append((name, round(loop.time(), 6)))

    async def main() -> None:
        await asyncio.gather(after("b", 2), after("a", 1), after("c", 3))

    loop.run_until_complete(main())
    assert order == [("a", 1), ("b", 2), ("c", 3)]


def test_the_clock_stands_still_while_something_runs_aside(loop: VirtualLoop) -> None:
    async def main() -> str:
        async with asyncio.timeout(0.001):
            return await run_in_thread("work", lambda: threading.Event().wait(0.05) or "done")

    assert loop.run_until_complete(main()) == "done"
    assert loop.time() == pytest.approx(0)


def test_the_clock_stands_still_while_a_watched_thread_is_busy(loop: VirtualLoop) -> None:
    busy = [True]
    loop.watch(lambda: busy[0])
    timer = threading.Timer(0.05, lambda: busy.clear() or busy.append(False))
    timer.start()
    loop.run_until_complete(asyncio.sleep(5))
    assert not busy[0]
    assert loop.time() == pytest.approx(5)
    timer.join()


def test_two_who_wait_for_the_same_moment_do_not_wait_for_ever(loop: VirtualLoop) -> None:
    async def until(due: float) -> None:
        while loop.time() < due:
            try:
                async with asyncio.timeout_at(due):
                    await asyncio.Event().wait()
            except TimeoutError:
                continue

    async def main() -> None:
        for step in range(1, 200):
            due = loop.time() + 1 / 3
            await asyncio.gather(until(due), until(math.nextafter(due, math.inf)), asyncio.sleep(0.1 * step % 0.7))

    loop.run_until_complete(main())
    assert loop.time() > 60


def test_real_sockets_are_served(loop: VirtualLoop) -> None:
    async def main() -> bytes:
        a, b = socket.socketpair()
        with a, b:
            b.setblocking(False)
            a.send(b"x")
            return await loop.sock_recv(b, 1)

    assert loop.run_until_complete(main()) == b"x"


def test_waiting_for_nothing_is_an_error(loop: VirtualLoop) -> None:
    with pytest.raises(Deadlock):
        loop.run_until_complete(asyncio.Event().wait())
    loop.set_debug(False)


def test_an_exception_aside_is_raised_on_the_loop(loop: VirtualLoop) -> None:
    def fail() -> None:
        raise ValueError("aside")

    with pytest.raises(ValueError, match="aside"):
        loop.run_until_complete(run_in_thread("work", fail))
