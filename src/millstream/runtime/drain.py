"""Ends the sessions of a server that is being stopped: a few at a time, each as soon as its work is done."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from typing import Final

from millstream.runtime.session import Session
from millstream.runtime.shared import SENT_AWAY

BATCH: Final = 20
PAUSE_S: Final = 0.1
"""So many pages are sent away at once, and so long after the last: they all come back to whoever answers then."""


async def drain(sessions: Iterable[Session], drain_s: float) -> None:
    """Let sessions finish what they have begun, and end each as soon as it has.

    They are sent away in batches, within half of `drain_s`; until its turn comes, a session works on as ever. What is
    not over after `drain_s` is ended then.
    """
    loop = asyncio.get_running_loop()
    waiting = deque(sessions)
    finishing: dict[Session, set[asyncio.Task[None]]] = {}
    until, rounds = loop.time() + drain_s, max(int(drain_s / 2 / PAUSE_S), 1)
    batch = max(BATCH, math.ceil(len(waiting) / rounds))
    while waiting or finishing:
        for _ in range(min(batch, len(waiting))):
            session = waiting.popleft()
            finishing[session] = session.drain()
        for session in [session for session, work in finishing.items() if not work]:
            session.end(*SENT_AWAY)
            del finishing[session]
        left_s = until - loop.time()
        if left_s <= 0:
            break
        if waiting:
            await asyncio.sleep(min(PAUSE_S, left_s))
        elif finishing:
            working = set().union(*finishing.values())
            await asyncio.wait(working, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
    for session in (*waiting, *finishing):
        session.end(*SENT_AWAY)
