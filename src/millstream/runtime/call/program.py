"""The handlers of one app, as an engine runs them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from millstream.declare.manifest import Manifest
from millstream.jobs import Notify, Role
from millstream.runtime.call.call import HandlerCall
from millstream.runtime.call.codec_state import CodecState, WorkerCalls
from millstream.runtime.call.plan import plan
from millstream.runtime.call.roles import Finishing, Greeting, Listening, Recognising
from millstream.runtime.state.files import CallFiles
from millstream.runtime.state.path_rules import PathRules

KINDS: Final[Mapping[Role, type[HandlerCall]]] = {
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

    def open(self, binding: int, notify: Notify) -> WorkerCalls:
        return WorkerCalls(
            CodecState(self.manifest, self.show_error),
            lambda role: partial(KINDS.get(role, HandlerCall), plan(self.manifest, binding, role)),
            CallFiles(Path(), 0, self.rules),
            notify,
        )

    def name_of(self, binding: int) -> str:
        return self.manifest.bindings[binding].name

    def routes(self) -> Mapping[int, str]:
        bindings = self.manifest.bindings
        return {binding.number: binding.engine for binding in bindings if binding.engine is not None}
