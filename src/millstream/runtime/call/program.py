"""The handlers of one app as an engine runs them, and the calls of one of its workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from millstream.declare.manifest import Manifest
from millstream.jobs import Job, Notify, Role
from millstream.runtime.call.call import HandlerCall
from millstream.runtime.call.codec_state import CodecState
from millstream.runtime.call.roles import Finishing, Greeting, Listening, Recognising
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

    def open(self) -> WorkerCalls:
        return WorkerCalls(CodecState(self.manifest, self.rules, self.show_error))

    def name_of(self, binding: int) -> str:
        return self.manifest.bindings[binding].name

    def routes(self) -> Mapping[int, str]:
        bindings = self.manifest.bindings
        return {binding.number: binding.engine for binding in bindings if binding.engine is not None}


class WorkerCalls:
    """The calls of one worker: one after the other, which share decoders and encoders."""

    def __init__(self, codec_state: CodecState) -> None:
        self._codec_state = codec_state
        self._running: HandlerCall | None = None

    def begin(self, job: Job, notify: Notify) -> HandlerCall:
        self._running = KINDS.get(job.role, HandlerCall)(self._codec_state, job, notify)
        return self._running

    def close(self) -> None:
        if self._running is not None:
            self._running.close()
        self._codec_state.close()
