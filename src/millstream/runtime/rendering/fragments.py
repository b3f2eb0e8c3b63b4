"""The fragments of one session: what its renders have declared, put in the place of what they declared before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from millstream.declare.binding import Binding
from millstream.declare.component import Component
from millstream.declare.fragment import Fragment, Seed
from millstream.declare.live_manifest import LiveManifest
from millstream.jobs import Failure, Occurrence
from millstream.runtime.call.rendering import RenderResult
from millstream.runtime.rendering.generation import Generation
from millstream.runtime.rendering.registry import RenderRegistry
from millstream.runtime.rendering.telling import RenderTeller
from millstream.runtime.state.expiry import ExpiringValues, expiring
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.reach import Reach
from millstream.runtime.state.timers import Timers
from millstream.runtime.state.values import Values
from millstream.wire.limits import FIRST_RENDERED


class AtWork(Protocol):
    """The runs, or the streams, of a session, as far as renders have to do with them."""

    def end_unseen(self, bindings: AbstractSet[int], gone: AbstractSet[int]) -> None:
        """End what some bindings have begun, where nobody could see anything of it: those elements are `gone`."""

    def are_at_work(self, bindings: AbstractSet[int]) -> bool:
        """True if something goes on that one of the bindings has begun."""


@dataclass(frozen=True, eq=False)
class RenderParts:
    """The parts of a session that have to hear of new elements.

    Attributes:
        reach, timers, expiry: Those of the session.
        at_work: Its runs, and its streams.
        begin: Begins an event of the server.
        delete: Called with files that nothing refers to any more.
    """

    reach: Reach
    timers: Timers
    expiry: ExpiringValues
    at_work: Sequence[AtWork]
    begin: Callable[[Binding, Occurrence], None]
    delete: Callable[[Sequence[Path]], None]


class Fragments:
    """Puts what the renders of one session declare in its place.

    What an event has begun goes on when its element is gone, with the values it knows, unless all that it would write
    is gone as well; a stream ends with its component. Timers end at once.

    Args:
        manifest: The session's.
        registry: Gives numbers, and finds handlers.
        values: The session's values.
        store: Its files.
        teller: Tells the page.
    """

    def __init__(
        self,
        manifest: LiveManifest,
        registry: RenderRegistry,
        values: Values,
        store: SessionFiles,
        teller: RenderTeller,
    ) -> None:
        self._manifest, self._registry = manifest, registry
        self._values, self._store, self._teller = values, store, teller
        self._current: dict[int, Generation] = {}
        self._replaced: dict[int, tuple[Binding, ...]] = {}
        self._lingering: list[Generation] = []
        self._last_call: dict[int, int] = {}
        self._parts: RenderParts

    def attach(self, parts: RenderParts) -> None:
        """Learn who has to hear of new elements."""
        self._parts = parts

    @property
    def rendered(self) -> list[int]:
        """The bindings of the app whose renders show something."""
        return sorted({generation.fragment.rendered_by for generation in self._current.values()})

    def seed(self, binding: Binding) -> Seed:
        """Give what a run of a render begins with."""
        current = self._current.get(binding.outputs[0])
        return Seed(self._registry.next_number, {} if current is None else current.fragment.keys)

    # ---- a render has run --------------------------------------------------------------------------------------

    async def put(self, call: int, made: RenderResult, timeout_s: float) -> None:
        """Put what a render has declared in the place of what it declared before, and tell the page.

        Raises:
            QuotaExceeded: A file does not fit into the session.
            TimeoutError: The page takes nothing.
        """
        place = made.fragment.place
        await self._teller.calm(timeout_s)
        if call < self._last_call.get(place, 0) or place not in self._manifest.elements:
            return  # a later run was faster, or the render around it has run again
        self._last_call[place] = call
        before = self._current.pop(place, None)
        kept = self._enter(made, before)
        self._current[place] = Generation(made.fragment, set(made.fragment.own))
        if before is not None:
            self._retire(before)
        self._teller.tell(made, kept)
        for binding in made.fragment.manifest.bindings:
            if (None, "load") in binding.targets:
                self._parts.begin(binding, Occurrence(None, "load"))

    def fail(self, binding: Binding, failure: Failure) -> None:
        """Take away what a render declared before, and show why it failed in its place."""
        place = binding.outputs[0]
        if place in self._manifest.elements:
            before = self._current.pop(place, None)
            if before is not None:
                self._retire(before)
            self._teller.fail(place, failure)

    def _enter(self, made: RenderResult, before: Generation | None) -> set[int]:
        """Let everybody know of what was declared; gives the components that keep their values."""
        fragment, values, parts = made.fragment, self._values, self._parts
        known = set() if before is None else before.elements & fragment.own.keys()
        kept = {number for number in known if self._keeps_value(number, fragment)}
        changed = {number: fragment.kept_changes(number, values.changed.get(number, {})) for number in known}
        self._manifest.enter(fragment.own.values(), fragment.manifest.bindings)
        values.enter(fragment.own, {number: each for number, each in made.initial.values.items() if number not in kept})
        parts.reach.enter(fragment.own.values())
        for number, changes in changed.items():
            if changes:
                values.change(number, changes)
        self._registry.adopt(fragment.own, fragment.manifest)
        for number, name in _targets(fragment.manifest.bindings):
            if name == "change" and number in self._manifest.components:
                values.observe(number)
        self._look_at_timers(fragment.manifest.bindings)
        parts.expiry.enter(expiring(each for each in fragment.own.values() if isinstance(each, Component)))
        if before is not None:
            before.elements -= fragment.own.keys()
        return kept

    def _keeps_value(self, number: int, fragment: Fragment) -> bool:
        is_component = number in self._manifest.components and isinstance(fragment.own[number], Component)
        return is_component and "value" in fragment.own[number].preserved and self._values.is_written(number)

    # ---- what was declared before ------------------------------------------------------------------------------

    def _retire(self, generation: Generation) -> None:
        """Have nothing begin any more that was declared before, and let it linger as long as something goes on."""
        self._manifest.release(generation.bindings)
        self._look_at_timers(generation.bindings)
        for nested in [place for place in self._current if place in generation.elements]:
            self._retire(self._current.pop(nested))
        self._parts.expiry.leave(generation.elements)
        self._replaced[generation.fragment.place] = generation.bindings
        self._lingering.append(generation)
        self.sweep()

    def sweep(self) -> None:
        """Forget what was replaced, and of which nothing goes on any more; end what nobody could see."""
        gone = {number for generation in self._lingering for number in generation.elements}
        for generation in list(self._lingering):
            numbers = {binding.number for binding in generation.bindings}
            for each in self._parts.at_work:
                each.end_unseen(numbers, gone)
            if not any(each.are_at_work(numbers) for each in self._parts.at_work):
                self._lingering.remove(generation)
                self._forget(generation)

    def _forget(self, generation: Generation) -> None:
        elements = generation.elements
        self._parts.delete([path for number in elements for path in self._store.let_go(number)])
        self._parts.reach.leave(elements)
        self._manifest.leave(elements, generation.bindings)
        self._values.leave(elements)
        self._teller.forget(elements)
        self._registry.release(elements, (binding.number for binding in generation.bindings))
        for place in elements:
            self._replaced.pop(place, None)
            self._last_call.pop(place, None)

    def close(self) -> None:
        """Forget all, at the end of the session."""
        for generation in (*self._current.values(), *self._lingering):
            self._registry.release(generation.elements, (binding.number for binding in generation.bindings))
        self._current.clear()
        self._lingering.clear()

    # ---- what a page says late ---------------------------------------------------------------------------------

    def is_late(self, binding: int) -> bool:
        """True for a binding of a render that the session does not show any more, if it ever did."""
        current = self._current.values()
        return binding >= FIRST_RENDERED and not any(binding in each.fragment.manifest.numbered for each in current)

    def is_gone(self, element: int) -> bool:
        """True for an element of a render that the session does not show any more, if it ever did."""
        return element >= FIRST_RENDERED and not any(element in each.elements for each in self._current.values())

    def successor(self, number: int, target: int) -> tuple[Binding, int] | None:
        """Find what has taken the place of a binding that a page fires late: it listens to the same event.

        Args:
            number: A binding that no render shows any more.
            target: The place of the event among its targets.

        Returns:
            The binding, and the place of the event among its targets; `None` if there is none.
        """
        for place, bindings in self._replaced.items():
            old = next((binding for binding in bindings if binding.number == number), None)
            if old is not None and 0 <= target < len(old.targets) and place in self._current:
                event = old.targets[target]
                same = [each for each in self._current[place].bindings if event in each.targets]
                return (same[0], same[0].targets.index(event)) if same else None
        return None

    def _look_at_timers(self, bindings: Iterable[Binding]) -> None:
        """Let those components tick to which somebody listens."""
        timers, components = self._parts.timers, self._manifest.components
        for number, name in set(_targets(bindings)):
            component = components.get(number)
            if component is not None and name == component.tick_event:
                is_heard = bool(self._manifest.bindings_for(number, name))
                (timers.enter if is_heard else timers.leave)([number])


def _targets(bindings: Iterable[Binding]) -> Iterator[tuple[int, str]]:
    for binding in bindings:
        for number, name in binding.targets:
            if number is not None:
                yield number, name
