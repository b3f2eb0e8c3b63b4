"""The handlers of one app, as an engine runs them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, get_args

from millstream.batches import BatchRules
from millstream.declare.app_source import AppSource, find_source
from millstream.declare.binding import Binding
from millstream.declare.caching.store import end_session
from millstream.declare.manifest import Manifest
from millstream.declare.set_up import SetUp
from millstream.jobs import Notify, Program, Role, Signature
from millstream.runtime.call.answering import AnsweringCall
from millstream.runtime.call.batched import BatchedCall
from millstream.runtime.call.call import BeginCall, WorkerCalls
from millstream.runtime.call.codec_state import CodecState
from millstream.runtime.call.devices import CPU, find_devices
from millstream.runtime.call.plan import plan
from millstream.runtime.call.rendering import RenderingCall
from millstream.runtime.call.roles import Finishing, Greeting, Listening, Recognising, Validating
from millstream.runtime.call.session_objects import SessionObjects
from millstream.runtime.call.steps import SteppedCall
from millstream.runtime.state.files import CallFiles
from millstream.runtime.state.path_rules import PathRules
from millstream.set_up_calls import SetUpCall

KINDS: Final[Mapping[Role, type[SteppedCall]]] = {
    "listen": Listening,
    "greeting": Greeting,
    "recognise": Recognising,
    "finish": Finishing,
    "validate": Validating,
}
"""The roles that are more than a call of their handler."""


class AppProgram:
    """The handlers of one manifest, as an engine runs them.

    Args:
        manifest: The frozen declaration.
        rules: Which files handlers may return.
        show_error: Whether visitors read the text of every exception; `None` for the developer alone.
        factory: Makes the same program in another process; by default from the module that declares the app.
        devices: The devices that processes share; with none it looks for those of its machine, which may take a while,
            for itself and for the processes that `factory` is for.

    Attributes:
        rendered: The manifests of the bindings that renders have made, by number.
    """

    def __init__(
        self,
        manifest: Manifest,
        rules: PathRules,
        show_error: bool | None,
        factory: Callable[[], Program] | None = None,
        devices: tuple[str, ...] = (),
    ) -> None:
        self.manifest = manifest
        self._devices = devices
        if not devices and any(each.looks_for_device for each in self._declared(range(len(manifest.bindings)))):
            self._devices = find_devices()
        self._set_ups: dict[Hashable, SetUpCall] = {}
        self._sessions = SessionObjects()
        self._factory = factory
        self.rules = rules
        self.show_error = show_error
        self._roles: dict[int, Mapping[Role, BeginCall]] = {}
        self.rendered: Mapping[int, Manifest] = {}

    def open(self, binding: int, notify: Notify) -> WorkerCalls:
        if binding in self.rendered:
            manifest = self.rendered[binding]
            roles = self._roles_of(manifest, binding)
        else:
            manifest = self.manifest
            roles = self._roles[binding] if binding in self._roles else self._settled(binding)
        name, files = manifest.numbered[binding].name, CallFiles(Path(), 0, self.rules)
        return WorkerCalls(name, CodecState(manifest, self.show_error), roles, files, notify)

    def _settled(self, binding: int) -> Mapping[Role, BeginCall]:
        """Settle, for each role of a binding, what does not change from call to call."""
        roles = self._roles_of(self.manifest, binding)
        self._roles[binding] = roles
        return roles

    def _roles_of(self, manifest: Manifest, number: int) -> Mapping[Role, BeginCall]:
        binding = manifest.numbered[number]
        usual: type[SteppedCall] = SteppedCall if binding.batch is None else BatchedCall
        if binding.renders or binding.answers:
            usual = RenderingCall if binding.renders else AnsweringCall
        return {
            role: partial(KINDS.get(role, usual), plan(manifest, number, role, self._sessions))
            for role in get_args(Role)
        }

    def routes(self) -> Mapping[int, str]:
        bindings = self.manifest.bindings
        return {binding.number: binding.engine for binding in bindings if binding.engine is not None}

    def batches(self) -> Mapping[int, BatchRules]:
        bindings = self.manifest.bindings
        return {binding.number: binding.batch for binding in bindings if binding.batch is not None}

    def signatures(self) -> tuple[Signature, ...]:
        return tuple(self._signature(binding) for binding in self.manifest.bindings)

    def _signature(self, binding: Binding) -> Signature:
        inputs, outputs = (
            tuple((number, self.manifest.elements[number].name) for number in numbers)
            for numbers in (binding.inputs, binding.outputs)
        )
        keeps = any(spec is not None and spec.make_session is not None for spec in binding.handlers.values())
        return Signature(binding.name, inputs, outputs, keeps)

    def set_ups(self, bindings: Collection[int], worker: int = 0) -> Sequence[SetUpCall]:
        """Give the app's own, then those of handlers that are objects with methods `setup` and `warm_up`; each once."""
        if not bindings:
            return ()
        for each in self._declared(bindings):
            if each.key not in self._set_ups:
                self._set_ups[each.key] = each.call(self._device(each, worker))
        return [self._set_ups[each.key] for each in self._declared(bindings)]

    def _declared(self, bindings: Collection[int]) -> Sequence[SetUp]:
        specs = [spec for number in bindings for spec in self.manifest.numbered[number].handlers.values()]
        own = [each for spec in specs if spec is not None for each in spec.set_ups]
        return tuple({each.key: each for each in (*self.manifest.set_ups, *own)}.values())

    def _device(self, set_up: SetUp, worker: int) -> str:
        devices = set_up.devices or self._devices or CPU
        return devices[worker % len(devices)]

    def end_session(self, session: str) -> None:
        self._sessions.end(session)
        end_session(session)

    def factory(self) -> Callable[[], Program]:
        if self._factory is not None:
            return self._factory
        return partial(_remade, find_source(self.manifest.root), self.rules, self.show_error, self._devices)


def _remade(source: AppSource, rules: PathRules, show_error: bool | None, devices: tuple[str, ...]) -> AppProgram:
    """Make the program of an app in a process that has not made the app."""
    return AppProgram(source.load().freeze(), rules, show_error, devices=devices)
