"""The parts that all sessions of one app share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple, TypeAlias

from millstream.declare.component import Component
from millstream.declare.manifest import Manifest
from millstream.runtime.absences import Absences
from millstream.runtime.call.call_limits import CallLimits
from millstream.runtime.metrics import Totals
from millstream.runtime.queue import SlotQueue
from millstream.runtime.rendering.registry import RenderRegistry
from millstream.runtime.settings import Settings
from millstream.runtime.snapshots import Snapshots
from millstream.runtime.state.file_quota import FileQuotas
from millstream.runtime.state.initial import Beginning
from millstream.runtime.state.resume_tokens import ResumeTokens
from millstream.wire.close_codes import CLOSE_TAKEN_OVER
from millstream.wire.messages import Hello


class Closing(NamedTuple):
    """Why a session ended: a close code of WebSocket, and a sentence."""

    code: int
    reason: str


ELSEWHERE: Final = Closing(CLOSE_TAKEN_OVER, "the page goes on with another server")
GOODBYE: Final = Closing(1001, "the page said goodbye")
STALLED: Final = Closing(1013, "the page does not take its messages")

SENT_AWAY: Final = Closing(1012, "the app is being restarted; come back")
"""A session ends because its app is stopped; its page may find another gateway, which goes on with it."""

Elsewhere: TypeAlias = Callable[[Hello], Awaitable[Closing | None]]
"""Serves a page that has said this hello and whose session another gateway has, up to the end of its connection.

`None` if no other gateway has the session: nothing was sent to the page then.
"""


class Shared(NamedTuple):
    """The parts that all sessions of one app share; `renders` is `None` if it has no renders.

    `manifest`, `beginning` and `expiring` are those of one of its pages: the sessions of each page share them.
    """

    manifest: Manifest
    settings: Settings
    call_limits: CallLimits
    queue: SlotQueue
    totals: Totals
    allowances: FileQuotas
    beginning: Beginning
    expiring: tuple[Component, ...]
    absences: Absences
    tokens: ResumeTokens[Any]
    snapshots: Snapshots | None = None
    renders: RenderRegistry | None = None
