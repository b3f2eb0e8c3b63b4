"""What blocks runs aside: its result comes to the loop, and nobody has to wait for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from millstream.runtime.aside import aside, begin, pending


def fail() -> None:
    raise OSError("the disk is full")


@pytest.mark.anyio
async def test_it_runs_in_a_daemon_thread_of_its_own() -> None:
    thread = await aside("clean", threading.current_thread)
    assert (thread.name, thread.daemon) == ("millstream clean", True)
    assert thread is not threading.current_thread()


@pytest.mark.anyio
async def test_what_it_raises_is_raised_here() -> None:
    with pytest.raises(OSError, match="the disk is full"):
        await aside("clean", fail)


@pytest.mark.anyio
async def test_who_does_not_wait_is_told() -> None:
    told: list[object] = []
    for work in (threading.current_thread, fail):
        future = begin("clean", work)
        future.add_done_callback(lambda done: told.append(done.exception()))
        await asyncio.wait([future])
    assert [type(each) for each in told] == [type(None), OSError]


@pytest.mark.anyio
async def test_who_is_cancelled_leaves_the_thread_to_itself() -> None:
    loop, goes_on, is_over = asyncio.get_running_loop(), threading.Event(), threading.Event()

    def work() -> None:
        goes_on.wait(30.0)
        is_over.set()

    waiting = asyncio.create_task(aside("clean", work))
    await asyncio.sleep(0)
    assert pending(loop) == 1
    waiting.cancel()
    await asyncio.wait([waiting])
    assert pending(loop) == 1
    goes_on.set()
    while pending(loop):  # noqa: ASYNC110 - what a thread does sets no event of the loop
        await asyncio.sleep(0)
    assert is_over.is_set()
