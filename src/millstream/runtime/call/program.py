"""The handlers of one app, as an engine runs them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, get_args

from millstream.declare.app_source import AppSource, find_source
from millstream.declare.binding import Binding
from millstream.declare.manifest import Manifest
from millstream.declare.set_up import set_up_of
from millstream.jobs import Notify, Program, Role, Signature
from millstream.runtime.call.call import BeginCall, WorkerCalls
from millstream.runtime.call.codec_state import CodecState
from millstream.runtime.call.plan import plan
from millstream.runtime.call.roles import Finishing, Greeting, Listening, Recognising
from millstream.runtime.call.steps import SteppedCall
from millstream.runtime.state.files import CallFiles
from millstream.runtime.state.path_rules import PathRules

KINDS: Final[Mapping[Role, type[SteppedCall]]] = {
    "listen": Listening,
    "greeting": Greeting,
    "recognise": Recognising,
    "finish": Finishing,
}
"""The roles that are more than a call of their handler."""


class AppProgram:
    """The handlers of one manifest, as an engine runs them.

    Args:
        manifest: The frozen declaration.
        rules: Which files handlers may return.
        show_error: Whether visitors read the text of every exception; `None` for the developer alone.
        factory: Makes the same program in another process; by default from the module that declares the app.
    """

    def __init__(
        self,
        manifest: Manifest,
        rules: PathRules,
        show_error: bool | None,
        factory: Callable[[], Program] | None = None,
    ) -> None:
        self.manifest = manifest
        self._factory = factory
        self.rules = rules
        self.show_error = show_error
        self._roles: dict[int, Mapping[Role, BeginCall]] = {}

    def open(self, binding: int, notify: Notify) -> WorkerCalls:
        roles = self._roles[binding] if binding in self._roles else self._settled(binding)
        name, files = self.manifest.bindings[binding].name, CallFiles(Path(), 0, self.rules)
        return WorkerCalls(name, CodecState(self.manifest, self.show_error), roles, files, notify)

    def _settled(self, binding: int) -> Mapping[Role, BeginCall]:
        """Settle, for each role of a binding, what does not change from call to call."""
        roles = self._roles[binding] = {
            role: partial(KINDS.get(role, SteppedCall), plan(self.manifest, binding, role)) for role in get_args(Role)
        }
        return roles

    def routes(self) -> Mapping[int, str]:
        bindings = self.manifest.bindings
        return {binding.number: binding.engine for binding in bindings if binding.engine is not None}

    def signatures(self) -> tuple[Signature, ...]:
        return tuple(self._signature(binding) for binding in self.manifest.bindings)

    def _signature(self, binding: Binding) -> Signature:
        inputs, outputs = (
            tuple((number, self.manifest.elements[number].name) for number in numbers)
            for numbers in (binding.inputs, binding.outputs)
        )
        return Signature(binding.name, inputs, outputs)

    def set_ups(self, bindings: Collection[int]) -> Sequence[Callable[[], object]]:
        """Give the app's own, then those of handlers that are objects with a method `setup()`; each once."""
        if not bindings:
            return ()
        specs = [spec for number in bindings for spec in self.manifest.bindings[number].handlers.values()]
        own = [set_up_of(spec.fn) for spec in specs if spec is not None]
        return tuple(dict.fromkeys([*self.manifest.set_ups, *(set_up for set_up in own if set_up is not None)]))

    def factory(self) -> Callable[[], Program]:
        return self._factory or partial(_remade, find_source(self.manifest.root), self.rules, self.show_error)


def _remade(source: AppSource, rules: PathRules, show_error: bool | None) -> AppProgram:
    """Make the program of an app in a process that has not made the app."""
    return AppProgram(source.load().freeze(), rules, show_error)
