"""A page that clicks, speaks and listens, and is cut off at any moment in any way: a state machine on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.client.media import RATE, ramp
from tests.client.test_link import STEPS, Given, Wire, declare

from millstream.client.recording import Recording
from millstream.client.run import ClientRun
from millstream.testing.virtual import VirtualLoop

SETTLED_S = 120.0
"""After so long everything has come that was on its way."""

SPOKEN = ramp(300.0)[1]


class Resuming(RuleBasedStateMachine):
    """A page, whatever becomes of its link, and what it is owed: clicks in order, all samples, all steps, each once."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.given = Given()
        self.wire = Wire(declare(self.given))
        self.clicked = self.spoken = 0
        self.counts: list[ClientRun] = []
        self.mic: Recording
        self.run(self._open())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def _open(self) -> None:
        await self.wire.__aenter__()
        self.mic = await self.wire.page.record(self.wire.page.find("Mic"))
        await self.mic.first.wait_for_state("running")

    @rule()
    def click(self) -> None:
        page = self.wire.page
        self.run(page.set(page.find("Number"), self.clicked))
        self.run(page.fire(page.find("Send"), "click"))
        self.clicked += 1

    @rule(tenths=st.integers(1, 5))
    def speak(self, tenths: int) -> None:
        until = self.spoken + tenths * RATE // 10
        self.run(self.mic.feed((RATE, SPOKEN[self.spoken : until])))
        self.spoken = until

    @precondition(lambda self: all(run.is_over for run in self.counts))
    @rule()
    def count(self) -> None:
        [run] = self.run(self.wire.page.fire(self.wire.page.find("Count"), "click"))
        self.counts.append(run)

    @rule(seconds=st.floats(0, 2))
    def wait(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    @rule(away_s=st.floats(0, 8), how=st.sampled_from(["cut", "half open", "cut after a message", "no welcome"]))
    def lose_the_link(self, away_s: float, how: str) -> None:
        self.run(self._break_off(away_s, how))

    async def _break_off(self, away_s: float, how: str) -> None:
        self.wire.break_off(away_s, how)

    @invariant()
    def no_click_came_twice_or_out_of_order(self) -> None:
        assert self.given.clicks == list(range(len(self.given.clicks)))
        assert self.wire.host.totals.sessions == 1

    def teardown(self) -> None:
        self.run(self._settle())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    async def _settle(self) -> None:
        page = self.wire.page
        async with asyncio.timeout(SETTLED_S):
            await self.mic.stop()
            await page.wait_for(lambda: all(run.is_over for run in page.runs.values()))
        assert self.given.clicks == list(range(self.clicked))
        heard = np.concatenate([np.zeros(0, np.int16), *(each.ravel() for each in self.given.chunks)])
        assert np.array_equal(heard, SPOKEN[: self.spoken])
        for run in self.counts:
            assert [result.values[page.find("Step")] for result in run.results] == list(range(STEPS))
        await self.wire.__aexit__()


TestResuming = Resuming.TestCase
TestResuming.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
