"""Work in the background of a session: what breaks off costs nobody else anything, and all of it ends in time."""

from __future__ import annotations

import asyncio

import pytest

from millstream.runtime.background import Background

pytestmark = pytest.mark.anyio


async def test_what_breaks_off_is_a_fault_and_the_rest_goes_on() -> None:
    faults: list[BaseException] = []
    background, go_on = Background(faults.append), asyncio.Event()

    async def fail() -> None:
        raise KeyError("a bug")

    async def wait() -> None:
        await go_on.wait()

    broken, waiting = background.start(fail()), background.start(wait())
    await asyncio.wait([broken])
    await asyncio.sleep(0)
    assert [str(fault) for fault in faults] == ["'a bug'"]
    assert background.tasks == {waiting}
    go_on.set()
    await waiting
    await background.close()
    assert background.tasks == set()


async def test_closing_ends_all_of_it_and_what_it_begins_meanwhile() -> None:
    background, ended = Background(lambda error: pytest.fail(repr(error))), []

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    async def begin_another() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            background.start(work("another"))

    background.start(work("one"))
    background.start(begin_another())
    await asyncio.sleep(0)
    await background.close()
    assert ended == ["one", "another"]
    assert background.tasks == set()


async def test_what_is_cancelled_before_it_begins_is_no_fault_and_no_warning() -> None:
    background = Background(lambda error: pytest.fail(repr(error)))

    async def work() -> None:
        pytest.fail("it never begins")

    background.start(work())
    await background.close()
    assert background.tasks == set()
