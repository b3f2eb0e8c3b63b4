"""Edits by the user of one session, and by scripts of its page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from millstream.errors import InvalidValue, MediaError, ProtocolError
from millstream.jobs import Failure
from millstream.run_in_thread import run_in_thread
from millstream.runtime.context import SessionContext
from millstream.runtime.state.addresses import addressed
from millstream.runtime.state.reach import EDIT, Reach
from millstream.types import Stored
from millstream.wire.messages import Outputs, Set

MOST_TRIES: Final = 3


class Edits:
    """Stores what a page sets, as far as it may.

    Args:
        context: What it shares with the rest of its session.
        reach: What the user gets at.
        on_change: Called with the number of a component whose `change` event is to be raised.
    """

    def __init__(self, context: SessionContext, reach: Reach, on_change: Callable[[int], None]) -> None:
        self._context = context
        self._reach = reach
        self._on_change = on_change

    def edit(self, message: Set) -> Awaitable[None] | None:
        """Store what the user entered, or a script of the page; what does not fit changes nothing.

        Returns:
            What is to be awaited before anything else of the page is acted upon; `None` if all is done.

        Raises:
            ProtocolError: There is no such component, or none that a page may set.
        """
        number, context = message.component, self._context
        if context.fragments is not None and context.fragments.is_gone(number):
            return None  # said before the page knew
        if number not in context.manifest.components:
            raise ProtocolError(f"component {number} does not exist", 4404)
        component = context.values.component(number)
        is_scripted = number in context.manifest.scripted
        if not is_scripted and not self._reach.admits(number, EDIT, message.seen):
            return None
        context.sender.told.forget(number)
        if not component.on_page or not (component.is_interactive or is_scripted):
            context.reports.reject(Failure(f"{component.name} cannot be set by a page"))
            return None
        known = context.values[number]
        if component.takes_long(known):
            return self._edit_aside(message)
        try:
            self._write(message, component.edited(message.value, known, context.store))
        except (InvalidValue, MediaError) as error:
            self._reject(message, error)
        return None

    async def _edit_aside(self, message: Set) -> None:
        """Do what takes long in a thread; again if a handler has written another value meanwhile."""
        context, number = self._context, message.component
        component = context.values.component(number)
        try:
            for _ in range(MOST_TRIES):
                known = context.values[number]
                stored = await run_in_thread("edit", partial(component.edited, message.value, known, context.store))
                if number not in context.manifest.components:
                    return  # a render no longer has it
                if context.values[number] is known:
                    self._write(message, stored)
                    return
            raise InvalidValue(f"{component.name} is changed by the app too often to be edited")
        except (InvalidValue, MediaError) as error:
            if number in context.manifest.components:
                self._reject(message, error)

    def _write(self, message: Set, stored: Stored) -> None:
        if self._context.values.write(message.component, stored) and message.seq > self._context.page.acted:
            self._on_change(message.component)

    def _reject(self, message: Set, error: InvalidValue | MediaError) -> None:
        number, context = message.component, self._context
        component = context.values.component(number)
        if number in context.manifest.scripted and not component.is_interactive:  # only the page needs to show it
            context.reports.reject(Failure(str(error)))
        else:
            self.refuse(error)
        if component.corrects:
            self._correct(number, message.seq)

    def _correct(self, number: int, seen: int) -> None:
        """Tell the page the value that counts, as one that knows of its edit."""
        context = self._context
        wire = addressed(context.values.component(number).shown(context.values[number]), context.store)
        call = next(context.calls.numbers)
        context.sender.send(Outputs(call=call, seen=seen, updates={number: {"value": wire}}))

    def refuse(self, error: InvalidValue | MediaError) -> None:
        """Say that a value of the page does not fit."""
        failure = Failure(str(error), "input")
        self._context.reports.reject(failure)
        self._context.reports.report(failure)
