"""Limits on calls: nobody can take everybody's threads, whether by many calls or by calls that hang."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Hashable, Iterable
from functools import partial
from typing import NamedTuple

from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.jobs import Engine, Notify, Worker
from millstream.runtime.settings import Settings

logger = logging.getLogger("millstream.session")

LATER = "Try again in a moment."


class CallOwner(NamedTuple):
    """For whom a call is made.

    Attributes:
        visitor: Tells browsers or logins apart.
        address: Where it comes from, as far as the server knows; many visitors may share one.
    """

    visitor: str
    address: str = ""


class CallLimits:
    """Opens the workers of one app, and keeps to its bounds; each is counted until nothing of it runs any more.

    Args:
        engine: Where they work.
        settings: The bounds.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._calls: Counter[Hashable] = Counter()
        self._abandoned: Counter[Hashable] = Counter()
        self._refusing: set[int] = set()

    def open(self, binding: Binding, caller: CallOwner, notify: Notify) -> Worker:
        """Get a worker for a binding.

        Raises:
            Busy: A bound is reached; the message is for the user, and the log names the handler.
        """
        shares = (None, binding.number, ("visitor", caller.visitor), ("address", caller.address))
        if why := self._refusal(binding, caller, shares):
            self._note_refusal(binding, why)
            raise Busy(why)
        worker = self._engine.open(binding.number, notify)
        self._refusing.discard(binding.number)
        self._calls.update(shares)
        worker.released.add_done_callback(partial(self._released, worker, shares))
        return worker

    def _refusal(self, binding: Binding, caller: CallOwner, shares: tuple[Hashable, ...]) -> str:
        settings, calls = self._settings, self._calls
        everybody, event, visitor, address = shares
        left = settings.max_calls - calls[everybody]
        if self._abandoned[binding.number] >= settings.max_abandoned:
            return "This part of the app does not answer: too many of its calls never came to an end. Try again later."
        if calls[visitor] >= settings.max_calls_each:
            return f"{calls[visitor]} calls of yours are still at work. Try again when some of them have ended."
        if calls[event] >= left or (caller.address and calls[address] >= left):
            return f"The app is busy: too much is going on at once. {LATER}"
        return ""

    def _note_refusal(self, binding: Binding, why: str) -> None:
        """Say it once, until it works again: who is refused tries again."""
        if binding.number not in self._refusing:
            self._refusing.add(binding.number)
            running, hung = self._calls[binding.number], self._abandoned[binding.number]
            logger.error("handler %s is refused (%d of its calls run, %d hang): %s", binding.name, running, hung, why)

    def _released(self, worker: Worker, shares: tuple[Hashable, ...], released: asyncio.Future[None]) -> None:
        del released
        if worker.ended.done():
            _take_off(self._calls, shares)
        else:
            self._abandoned[shares[1]] += 1
            worker.ended.add_done_callback(partial(self._came_back, shares))

    def _came_back(self, shares: tuple[Hashable, ...], ended: asyncio.Future[None]) -> None:
        """Count a call no more that was abandoned, and has ended after all."""
        del ended
        _take_off(self._calls, shares)
        _take_off(self._abandoned, shares[1:2])


def _take_off(counter: Counter[Hashable], keys: Iterable[Hashable]) -> None:
    """Count one less of each, and forget who is at zero."""
    for key in keys:
        counter[key] -= 1
        if not counter[key]:
            del counter[key]
