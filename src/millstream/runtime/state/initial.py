"""The values that sessions begin with: as far as they are the same for all they are made once."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from functools import partial
from typing import NamedTuple

from millstream.declare.component import Component
from millstream.run_in_thread import run_in_thread
from millstream.runtime.user_code import guarded
from millstream.types import Blob, Stored
from millstream.wire.messages import Value

logger = logging.getLogger("millstream.handler")


class Initial(NamedTuple):
    """The initial values of one session.

    Attributes:
        values: The value of each component, by number; an empty one if the user's function for it fails.
        shown: The page's form of those that are not in its manifest, by number; `None` for a `Blob`, whose address is
            the session's business.
        faults: Names of components whose function fails, and why.
        own: Components whose value was made for this session alone.
    """

    values: dict[int, Stored]
    shown: dict[int, Value]
    faults: list[tuple[str, BaseException]]
    own: frozenset[int] = frozenset()


class Beginning:
    """The initial values of all sessions of one app, as far as they are equal. Making them may block.

    Args:
        components: All components.
    """

    def __init__(self, components: Collection[Component]) -> None:
        self._same = computed(component for component in components if component.is_prepared)
        self._lists = {number: stored for number, stored in self._same.values.items() if isinstance(stored, list)}
        self._others = [component for component in components if not component.is_prepared]
        self._own = frozenset(component.id for component in self._others)

    async def of_session(self) -> Initial:
        """Give a session its own; what has to be computed for it is computed off the loop, in a thread.

        Raises:
            Busy: There is no thread to be had.
        """
        own = {number: list(stored) for number, stored in self._lists.items()}
        initial = Initial({**self._same.values, **own}, dict(self._same.shown), list(self._same.faults), self._own)
        if self._others:
            others = await run_in_thread("initial values", lambda: computed(self._others))
            initial.values.update(others.values)
            initial.shown.update(others.shown)
            initial.faults.extend(others.faults)
        return initial


async def initial_value(component: Component) -> Stored:
    """Compute the value that a component starts with, off the loop; an empty one if the user's function fails."""
    initial = await run_in_thread("initial values", lambda: computed([component]))
    for name, error in initial.faults:
        logger.error("the initial value of %s cannot be computed", name, exc_info=error)
    return initial.values[component.id]


def computed(components: Iterable[Component]) -> Initial:
    """Compute the initial values of components; takes its time."""
    initial = Initial({}, {}, [])
    for component in components:
        with guarded(partial(_fail, initial, component)):
            _note(initial, component, component.initial())
    return initial


def _note(initial: Initial, component: Component, stored: Stored) -> None:
    if component.on_page and isinstance(stored, Blob):
        initial.shown[component.id] = None
    elif component.on_page and (component.is_computed or component.is_long or component.files(stored)):
        initial.shown[component.id] = component.shown(stored)
    initial.values[component.id] = stored


def _fail(initial: Initial, component: Component, error: BaseException) -> None:
    initial.faults.append((component.name, error))
    initial.values[component.id] = None
    with guarded(lambda _: None):  # what cannot be empty is nothing at all
        _note(initial, component, component.declared(None))
