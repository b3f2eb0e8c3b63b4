"""Runs a load test: as many processes as it takes, and a look at the server meanwhile."""

from __future__ import annotations

import asyncio
import math
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from millstream.client.client import open_page
from millstream.errors import Closed
from millstream.load_testing.fed_event import FedEvent, find_fed_event
from millstream.load_testing.plan import GroupFigures, GroupShare, LoadPlan
from millstream.load_testing.report import Goal, LoadReport, report, server_report
from millstream.load_testing.server_figures import ServerFigures

OPENING_S: Final = 10.0

RESULTS_HZ: Final = 300.0
"""So many results a second, of frames or chunks, one process is given to take: some 40 % of a core."""

LINE_BYTES: Final = 256 * 1024 * 1024
"""The figures of one process are one line of at most so many bytes."""


async def find_event(plan: LoadPlan) -> FedEvent:
    """Open the app once, and find what is to be fed.

    Raises:
        Refused: The server does not serve this page: it asks for a login, or is of another version.
        Closed: There is no server, it is no Millstream app, or it does not answer in time.
        InvalidValue: There is no such event.
    """
    try:
        async with asyncio.timeout(OPENING_S):
            page = await open_page(plan.url, auth=plan.auth)
    except TimeoutError:
        raise Closed(f"{plan.url} did not open a page within {OPENING_S:g} s") from None
    await page.close()
    return find_fed_event(page.manifest, plan.event)


def processes_for(plan: LoadPlan, event: FedEvent) -> int:
    """Tell how many processes the tester needs: not more than there are CPUs, nor than there are streams."""
    needed = math.ceil(plan.streams * event.results_hz(plan.rate_hz) / RESULTS_HZ)
    return max(1, min(needed, os.cpu_count() or 1, plan.streams))


async def run_load(
    plan: LoadPlan, event: FedEvent, goal: Goal, processes: int, token: str, say: Callable[[str], None]
) -> LoadReport:
    """Run the test.

    Args:
        plan: What is to be done.
        event: What is fed.
        goal: What each stream is to hold.
        processes: How many processes the visitors are shared out to.
        token: Opens `/metrics`; empty for none.
        say: Told how far it is.

    Raises:
        Closed: A process of the tester has ended early.
    """
    server = ServerFigures(plan.url, token)
    async with _members(plan, event, processes) as members:
        for member in members:
            await _line(member)
        say(f"visitors: {plan.streams}, within {plan.ramp_s:g} s; processes of the tester: {processes}")
        for member in members:
            assert member.stdin is not None
            member.stdin.write(b"go\n")
        await asyncio.sleep(plan.ramp_s)
        say(f"all have arrived; {plan.seconds:g} s are measured")
        watching = asyncio.create_task(server.watch(), name="millstream-load-server")
        await asyncio.sleep(plan.seconds)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        lines = [await _line(member) for member in members]
    groups = [msgspec.json.decode(line, type=GroupFigures) for line in lines]
    return report(plan, event, goal, groups, server_report(server.scrapes, server.refusal))


@asynccontextmanager
async def _members(plan: LoadPlan, event: FedEvent, count: int) -> AsyncIterator[Sequence[Process]]:
    """Start the processes, tell each its share, and end them at the end."""
    members: list[Process] = []
    words = (sys.executable, "-m", "millstream.load_testing.group")
    try:
        for first in range(count):
            member = await asyncio.create_subprocess_exec(
                *words,
                stdin=PIPE,
                stdout=PIPE,
                limit=LINE_BYTES,
                start_new_session=True,  # Ctrl-C is for this process alone, which ends the others
            )
            members.append(member)
            assert member.stdin is not None
            member.stdin.write(msgspec.json.encode(GroupShare(plan, event, first, count)) + b"\n")
        yield members
    finally:
        for member in members:
            if member.returncode is None:
                member.kill()
            await member.communicate()


async def _line(member: Process) -> str:
    """Read one line of a process.

    Raises:
        Closed: It has ended.
    """
    assert member.stdout is not None
    line = (await member.stdout.readline()).decode().strip()
    if not line:
        raise Closed("a process of the load tester has ended early: its traceback is above")
    return line
