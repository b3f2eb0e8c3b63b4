"""Results as they arrive: each is applied once all of its frames are there, and never undoes a later one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from millstream.client.elements import Elements
from millstream.client.frame_decoders import FrameDecoders, PendingResult
from millstream.client.splices import unspliced
from millstream.errors import MediaError
from millstream.wire.messages import Outputs, Set
from millstream.wire.packet import LAST, Packet


@dataclass(frozen=True)
class AppliedResult:
    """A result that was applied: the values that it set, and the components whose recording it ended."""

    outputs: Outputs
    values: dict[int, object]
    stopped: list[int]


class PendingResults:
    """All results of one page that wait for their frames.

    Args:
        elements: What they are applied to.

    Attributes:
        frames: Decodes frames that build on each other.
    """

    def __init__(self, elements: Elements) -> None:
        self.frames = FrameDecoders()
        self._elements = elements
        self._pending: dict[tuple[int, int], PendingResult] = {}
        self._orders = itertools.count(1)
        self._announced = 0
        self._newest: dict[tuple[int, str], int] = {}
        self._edits: dict[int, Set] = {}

    @property
    def seen(self) -> int:
        """The sequence of the last result up to which all are applied."""
        waiting = [each.outputs.seq - 1 for each in self._pending.values() if each.outputs.seq]
        return min([self._announced, *waiting])

    def note_edit(self, edit: Set) -> None:
        """Note an edit of the user's: results of calls that did not know it leave it alone."""
        self._edits[edit.component] = edit

    def announce(self, outputs: Outputs) -> AppliedResult | None:
        """Take in what is said of a result; gives it if it was waiting for nothing."""
        pending, self._announced = PendingResult(outputs, next(self._orders)), outputs.seq
        if not outputs.packets:
            return self._apply(pending)
        self._pending[outputs.stream, outputs.call] = pending
        return None

    def take(self, packet: Packet, sent: int) -> tuple[AppliedResult | None, bool]:
        """Take in a frame, when the page had sent `sent` messages.

        Returns:
            The result, if this was its last frame; and whether a key frame is to be asked for.
        """
        key = packet.stream, packet.call
        pending = self._pending.get(key)
        if pending is None:  # frames alone are not announced
            outputs = Outputs(call=packet.call, stream=packet.stream, source=packet.source, seen=sent)
            pending = self._pending[key] = PendingResult(outputs, next(self._orders))
        misses_key = False
        try:
            frame = self.frames.shown(packet)
            if frame is not None:
                pending.frames[packet.component] = frame
        except MediaError:
            misses_key = True
        if not packet.flags & LAST:
            return None, misses_key
        del self._pending[key]
        return self._apply(pending), misses_key

    def settle(self) -> list[AppliedResult]:
        """Show what waits for frames without them: they were lost with the link."""
        waiting, self._pending = self._pending.values(), {}
        return [self._apply(pending) for pending in waiting]

    def _apply(self, pending: PendingResult) -> AppliedResult:
        outputs = pending.outputs
        stopped: list[int] = []
        values: dict[int, object] = dict(pending.frames)
        there = self._elements.props.keys()
        for number, update in outputs.updates.items():
            if number not in there:  # a render has declared something else in the meantime
                continue
            for name, value in unspliced(update, self._elements.values.get(number)).items():
                if name == "value":
                    values.setdefault(number, value)
                elif self._is_newest(number, name, pending.order):
                    self._elements.props[number][name] = value
                    if name == "recording" and not value:
                        stopped.append(number)
        for number, value in values.items():
            is_current = self._is_newest(number, "value", pending.order) and self.is_known(number, outputs.seen)
            if is_current and number in there:
                self._elements.values[number] = value
        return AppliedResult(outputs, values, stopped)

    def is_known(self, component: int, seen: int) -> bool:
        """True if a server that had seen so much knew this page's last edit of a component; else the edit stays."""
        edit = self._edits.get(component)
        return edit is None or 0 < edit.seq <= seen

    def _is_newest(self, number: int, name: str, order: int) -> bool:
        """Claim a property for a result; one that was announced before another does not undo what that has set."""
        if self._newest.get((number, name), 0) > order:
            return False
        self._newest[number, name] = order
        return True
