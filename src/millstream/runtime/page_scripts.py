"""Scripts of the page that the server begins: which values they get, and whose answers are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from millstream.declare.binding import Binding
from millstream.declare.component import Component
from millstream.errors import Busy, InvalidValue
from millstream.jobs import Failure
from millstream.run_in_thread import run_in_thread
from millstream.runtime.context import SessionContext
from millstream.runtime.state.addresses import addressed, file_value
from millstream.runtime.state.claim import RANKS
from millstream.runtime.state.frame_chain import FrameChain
from millstream.runtime.state.raw_frame import RawFrame
from millstream.runtime.state.recording import StreamRecording
from millstream.types import Blob, Stored
from millstream.wire.messages import Script, Value
from millstream.wire.packet import Packet


class PageScripts:
    """The `js=` of bindings that the server begins, in one session.

    Args:
        context: What it shares with the rest of the session.

    Attributes:
        awaited: How many answers are still to come, by binding and by the rank of their cause.
    """

    def __init__(self, context: SessionContext) -> None:
        self._context = context
        self.awaited: dict[int, list[int]] = {}
        self._sending = asyncio.Lock()

    async def run(self, binding: Binding, stored: Sequence[Stored], rank: int) -> None:
        """Have the page run a script on values, which are rendered in a thread: that may take its time."""
        pairs = list(zip(map(self._context.values.component, binding.inputs), stored, strict=True))
        try:
            async with self._sending:  # in the order of the events
                shown = await run_in_thread("script", lambda: [_shown(component, value) for component, value in pairs])
                inputs = [self._addressed(value, wire) for value, wire in zip(stored, shown, strict=True)]
                self._context.sender.control.send(Script(binding=binding.number, inputs=inputs))
                self.awaited.setdefault(binding.number, [0 for _ in RANKS])[rank] += 1
                if self._context.journal is not None:
                    self._context.journal.note()
        except InvalidValue as error:  # together they may be too large
            self._context.reports.report(self._context.reports.failed(binding.name, error))
        except Busy as error:
            self._context.reports.report(Failure(str(error), title="Busy"))

    def answered(self, binding: int) -> int | None:
        """Give the rank of what the page fires if that is the answer of a script that was sent; each is taken once.

        Answers need not come in the order of the scripts: the first one counts as that of the highest rank, as what a
        user has caused is not to be lost.
        """
        ranks = [rank for rank, count in enumerate(self.awaited.get(binding, ())) if count]
        if not ranks:
            return None
        self.awaited[binding][ranks[-1]] -= 1
        return ranks[-1]

    def _addressed(self, stored: Stored, wire: Value) -> Value:
        store = self._context.store
        return file_value(store.handle(stored), stored) if isinstance(stored, Blob) else addressed(wire, store)


def _shown(component: Component, stored: Stored) -> Value:
    """Give what a script gets of a value; media and what never leaves the server are nothing to it."""
    return (
        component.shown(stored)
        if component.on_page and not isinstance(stored, Packet | FrameChain | RawFrame | StreamRecording | Blob)
        else None
    )
