"""What blocks runs aside: its result comes to the loop, and nobody has to wait for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from millstream.errors import Busy
from millstream.run_in_thread import MAX_OF_A_KIND, begin, pending, run_in_thread


def fail() -> None:
    raise OSError("the disk is full")


@pytest.mark.anyio
async def test_it_runs_in_a_daemon_thread_of_its_own() -> None:
    thread = await run_in_thread("clean", threading.current_thread)
    assert (thread.name, thread.daemon) == ("millstream clean", True)
    assert thread is not threading.current_thread()


@pytest.mark.anyio
async def test_what_it_raises_is_raised_here() -> None:
    with pytest.raises(OSError, match="the disk is full"):
        await run_in_thread("clean", fail)


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

    waiting = asyncio.create_task(run_in_thread("clean", work))
    await asyncio.sleep(0)
    assert pending(loop) == 1
    waiting.cancel()
    await asyncio.wait([waiting])
    assert pending(loop) == 1
    goes_on.set()
    while pending(loop):  # noqa: ASYNC110 - what a thread does sets no event of the loop
        await asyncio.sleep(0)
    assert is_over.is_set()


@pytest.mark.anyio
async def test_of_a_kind_so_many_run_at_once_and_others_are_not_held_up() -> None:
    loop, goes_on = asyncio.get_running_loop(), threading.Event()
    hung = [begin("slow", lambda: goes_on.wait(30.0)) for _ in range(MAX_OF_A_KIND + 10)]
    assert pending(loop) == MAX_OF_A_KIND
    assert await run_in_thread("quick", lambda: "done") == "done"
    called: list[int] = []
    given_up = begin("slow", lambda: called.append(1))
    given_up.cancel()
    goes_on.set()
    assert await asyncio.gather(*hung) == [True] * len(hung)
    await run_in_thread("slow", lambda: None)
    assert called == [], "nobody waits for it any more"
    assert pending(loop) == 0


@pytest.mark.anyio
async def test_where_no_thread_can_be_had_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_thread(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread)
        for _ in range(3):
            with pytest.raises(Busy, match="short of threads"):
                await run_in_thread("clean", lambda: None)
    assert [record.getMessage() for record in caplog.records] == [
        "no thread can be had for clean: can't start new thread"
    ]
    assert pending(asyncio.get_running_loop()) == 0
    assert await run_in_thread("clean", lambda: "done") == "done"
