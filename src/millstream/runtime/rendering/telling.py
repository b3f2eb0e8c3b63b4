"""Tells a page what a render has declared."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import cast

from millstream.jobs import Failure
from millstream.runtime.call.rendering import RenderResult
from millstream.runtime.page_info import PageInfo
from millstream.runtime.reports import Reports
from millstream.runtime.send.sender import Sender
from millstream.runtime.state.addresses import addressed, file_value
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.reach import REACH
from millstream.runtime.state.values import Values
from millstream.types import Blob
from millstream.wire.messages import Outputs, Rendered, Value


class RenderTeller:
    """Tells one page.

    Args:
        sender: The way to it.
        page: What it has said.
        values: The session's values.
        store: Its files.
        reports: Says what went wrong with an initial value.
        next_call: Gives the number of a call.
    """

    def __init__(
        self,
        sender: Sender,
        page: PageInfo,
        values: Values,
        store: SessionFiles,
        reports: Reports,
        next_call: Callable[[], int],
    ) -> None:
        self._sender, self._page, self._values, self._store = sender, page, values, store
        self._reports, self._next_call = reports, next_call

    async def calm(self, timeout_s: float) -> None:
        """Wait until the page has taken most of what it was told.

        Raises:
            TimeoutError: It takes nothing.
        """
        if not self._sender.control.is_calm:
            await self._sender.control.calm(timeout_s)

    def tell(self, made: RenderResult, kept: AbstractSet[int]) -> None:
        """Tell what was declared; components that are `kept` stay as they are.

        Raises:
            QuotaExceeded: A file does not fit into the session.
        """
        fragment, components = made.fragment, dict(made.fragment.leaves)
        for number in kept & components.keys():
            components[number] = _with_props(components[number], value=None, is_left_out=True)
        for number in made.initial.shown.keys() - kept:
            components[number] = _with_props(components[number], value=self._shown(number, made))
        for number in components.keys() - kept:
            self._sender.told.forget(number)
        rendered = Rendered(
            place=fragment.place,
            seen=self._page.seen,
            nodes=fragment.nodes,
            components=cast("dict[int, Value]", components),
            bindings=fragment.bindings,
        )
        keyed = fragment.keys.values()  # the page may know them otherwise, and act upon that
        self._sender.told.owe(keyed)
        self._sender.send(rendered)
        self._sender.told.number(keyed, rendered.seq)
        self._tell_changes(fragment.own.keys() & self._values.changed.keys())
        for name, error in made.initial.faults:
            self._reports.report(self._reports.fault(f"the initial value of {name}", error))

    def forget(self, numbers: AbstractSet[int]) -> None:
        """Forget what the page knows of elements that are gone."""
        self._sender.told.leave(numbers)

    def fail(self, place: int, failure: Failure) -> None:
        """Tell why a render shows nothing."""
        message = failure.message or "Something went wrong."
        self._sender.send(Rendered(place=place, seen=self._page.seen, message=message))

    def _shown(self, number: int, made: RenderResult) -> Value:
        """Give an initial value that the session has to serve."""
        stored = self._values[number]
        if isinstance(stored, Blob):
            return file_value(self._store.add_output(stored, number)[0], stored)
        self._store.hold(self._values.component(number).files(stored), number)
        return addressed(made.initial.shown[number], self._store)

    def _tell_changes(self, numbers: AbstractSet[int]) -> None:
        """Tell the arguments that elements have kept."""
        updates = {}
        for number in numbers:
            element = self._values.elements[number]
            updates[number] = cast("dict[str, Value]", element.sendable(element.patch(self._values.changed[number])))
        if updates:
            reach = [number for number, patch in updates.items() if REACH & patch.keys()]
            self._sender.told.owe(reach)
            outputs = Outputs(call=self._next_call(), seen=self._page.seen, updates=updates)
            self._sender.send(outputs)
            self._sender.told.number(reach, outputs.seq)


def _with_props(leaf: dict[str, Value], value: Value, *, is_left_out: bool = False) -> dict[str, Value]:
    props = {name: prop for name, prop in cast("dict[str, Value]", leaf["props"]).items() if name != "value"}
    return {**leaf, "props": props if is_left_out else {**props, "value": value}}
