"""A call of a render: what its function declares is frozen, and handed over as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from millstream.declare.fragment import Fragment, RenderTree, Seed
from millstream.declare.render import RenderPlace
from millstream.errors import InvalidValue
from millstream.jobs import Output
from millstream.runtime.call.steps import SteppedCall
from millstream.runtime.state.initial import Initial, computed
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.plain import size_of


@dataclass(frozen=True, eq=False)
class RenderResult:
    """The outcome of a render: what it has declared, and the values that its components begin with."""

    fragment: Fragment
    initial: Initial


class RenderingCall(SteppedCall):
    """A call of a render: elements that its function makes join a tree of its own."""

    _tree: RenderTree | None = None

    def _advance(self) -> object:
        with self._rendering():
            super()._advance()
            return self._declared()

    async def call_async(self) -> object:
        with self._rendering():
            value = await super().call_async()
            return value if self._failure is not None else self._declared()

    @contextmanager
    def _rendering(self) -> Iterator[None]:
        place = cast("RenderPlace", self._plan.elements[self._plan.binding.outputs[0]])
        self._tree = RenderTree(place, cast("Seed", self._job.seed))
        with self._tree:
            yield

    def _declared(self) -> object:
        """Give the tree in the place of what the function has returned, which means nothing."""
        if self._is_generator:
            raise InvalidValue(f"{self._plan.name}() is a render, and gave a generator: leave yield out")
        return self._tree

    def _outputs(self, value: object) -> dict[int, Output]:
        binding, tree = self._plan.binding, cast("RenderTree", value)
        by = binding.number if binding.rendered_by is None else binding.rendered_by
        fragment = tree.freeze(self._plan.elements, by)
        told = [fragment.nodes, fragment.leaves, fragment.bindings]
        if size_of(told, MAX_MESSAGE_BYTES) > MAX_MESSAGE_BYTES:
            raise InvalidValue(
                f"{self._plan.name}() declares more than the page takes at once, {MAX_MESSAGE_BYTES} bytes: show less"
            )
        made = RenderResult(fragment, computed(fragment.manifest.components.values()))
        return {binding.outputs[0]: Output(made)}
