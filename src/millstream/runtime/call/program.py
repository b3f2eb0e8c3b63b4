"""The handlers of one app, as an engine runs them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final, get_args

from millstream.declare.manifest import Manifest
from millstream.jobs import Notify, Role
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
    """

    def __init__(self, manifest: Manifest, rules: PathRules, show_error: bool | None) -> None:
        self.manifest = manifest
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
