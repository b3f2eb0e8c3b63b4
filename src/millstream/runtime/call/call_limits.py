"""Limits on calls: nobody can take everybody's threads, whether by many calls or by calls that hang."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Hashable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import NamedTuple, Never
from weakref import WeakValueDictionary

from millstream.declare.binding import Binding
from millstream.errors import Busy
from millstream.jobs import Engine, Notify, Worker
from millstream.runtime.call.rest import Rest
from millstream.runtime.settings import Settings

logger = logging.getLogger("millstream.session")

NO_ANSWER = "This part of the app does not respond: too many of its calls have not ended. Try again later."


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
        self._rest = None if settings.at_rest is None else Rest(self._is_idle, settings.at_rest)
        self._validating: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def validating(self, binding: Binding) -> AbstractAsyncContextManager[object]:
        """Wait until the validator of a binding may be called: as many are at once as handlers have slots."""
        if binding.concurrency_limit is None:
            return nullcontext()
        return self._validating.setdefault(binding.concurrency_key, asyncio.Semaphore(binding.concurrency_limit))

    def open(self, binding: Binding, caller: CallOwner, notify: Notify) -> Worker:
        """Get a worker for a binding.

        Raises:
            Busy: A bound is reached; the message is for the user, and the log names the handler.
        """
        settings, calls = self._settings, self._calls
        visitor, address = ("visitor", caller.visitor), ("address", caller.address)
        left = settings.max_calls - calls[None]
        own = binding.number if binding.rendered_by is None else binding.rendered_by
        if self._abandoned[own] >= settings.max_abandoned:
            self._refuse(binding, NO_ANSWER)
        if calls[visitor] >= settings.max_calls_each:
            why = f"{calls[visitor]} of your calls are still running. Try again when some of them have ended."
            self._refuse(binding, why)
        if calls[own] >= left or (caller.address and calls[address] >= left):
            self._refuse(binding, "The app is busy: too many calls are running at once. Try again in a moment.")
        worker = self._engine.open(binding.number, notify)
        self._refusing.discard(own)
        shares = (None, own, visitor, address)
        calls.update(shares)
        worker.released.add_done_callback(partial(self._released, worker, shares))
        return worker

    def _refuse(self, binding: Binding, why: str) -> Never:
        """Log it once, until it works again: who is refused tries again."""
        own = binding.number if binding.rendered_by is None else binding.rendered_by
        if own not in self._refusing:
            self._refusing.add(own)
            running, hung = self._calls[own], self._abandoned[own]
            logger.error("handler %s is refused (%d of its calls run, %d hang): %s", binding.name, running, hung, why)
        raise Busy(why)

    def _released(self, worker: Worker, shares: tuple[Hashable, ...], _: asyncio.Future[None]) -> None:
        """Count a call no more, or among those that were abandoned until it ends after all."""
        if not worker.ended.done():
            self._abandoned[shares[1]] += 1
            worker.ended.add_done_callback(partial(self._came_back, worker, shares))
            return
        for key in shares:
            self._calls[key] -= 1
            if not self._calls[key]:
                del self._calls[key]
        if self._rest is not None:
            self._rest.note()

    def _is_idle(self) -> bool:
        """True if no call is at work, but for those that were abandoned."""
        return self._calls[None] <= self._abandoned.total()

    def _came_back(self, worker: Worker, shares: tuple[Hashable, ...], ended: asyncio.Future[None]) -> None:
        self._abandoned[shares[1]] -= 1
        if not self._abandoned[shares[1]]:
            del self._abandoned[shares[1]]
        self._released(worker, shares, ended)
