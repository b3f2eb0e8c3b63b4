"""What is done when no call is at work, and how often: on virtual time."""

from __future__ import annotations

import asyncio

from tests.runtime.call.test_call_limits import Idleness, work
from tests.runtime.test_host import virtual

from millstream.runtime.call.call_limits import CallLimits
from millstream.runtime.call.rest import EVERY_S, REST_S
from millstream.runtime.settings import Settings


@virtual
async def test_it_is_done_when_nothing_has_been_at_work_for_a_while() -> None:
    done: list[None] = []
    limits = CallLimits(Idleness(), Settings(at_rest=lambda: done.append(None)))
    one, two = work(limits), work(limits)
    await one.close()
    await asyncio.sleep(2 * REST_S)
    assert done == [], "another call is at work"
    await two.close()
    await asyncio.sleep(REST_S - 1)
    await work(limits).close()
    await asyncio.sleep(REST_S - 1)
    assert done == [], "a call has just ended"
    await asyncio.sleep(2)
    assert done == [None]


@virtual
async def test_it_is_done_once_a_minute_and_a_call_that_hangs_is_not_waited_for() -> None:
    done: list[None] = []
    limits = CallLimits(Idleness(), Settings(at_rest=lambda: done.append(None)))
    hung = work(limits)
    hung.released.set_result(None)  # type: ignore[attr-defined]  # abandoned
    for _ in range(3):
        await work(limits).close()
        await asyncio.sleep(2 * REST_S)
    assert done == [None]
    await asyncio.sleep(EVERY_S)
    assert done == [None, None], "what ended since is not forgotten"
    await asyncio.sleep(10 * EVERY_S)
    assert done == [None, None], "nothing has ended since"
