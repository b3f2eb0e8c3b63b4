"""The life cycle of a stream: five states and one for those in a hurry, what happens to it, and why it ends.

Pure: no loop, no clock, nothing sent. This is `TRANSITIONS`; what a row leaves out changes nothing:

| state    | admitted | expired  | stopped  | drained  | ended, failed |
|----------|----------|----------|----------|----------|---------------|
| waiting  | running  |          | ended    |          | ended         |
| running  |          | expiring | draining |          | ended         |
| draining |          | closing  |          | ended    | ended         |
| expiring |          |          | closing  | waiting  | ended         |
| closing  |          |          |          | ended    | ended         |
| ended    |          |          |          |          |               |

- *waiting*: it has no slot, and the page no credit.
- *running*: packets are taken and handled.
- *draining*: Stop was pressed. What the page still holds is handled, then the stream ends.
- *expiring*: the time of its slot is up. What the page still holds is handled if the stream keeps all, a generator is
  closed at its next yield, and the stream waits for another slot.
- *closing*: both. What the page still holds is handled, a generator is closed at its next yield, the stream ends.
- *ended*: nothing more is taken. A generator is closed at its next yield; a plain handler's last result still counts.

A stream that keeps only the latest has nothing to drain: Stop *ends* it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple


class LifecycleState(Enum):
    """Where a stream is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    DRAINING = "draining"
    EXPIRING = "expiring"
    CLOSING = "closing"
    ENDED = "ended"


class LifecycleEvent(Enum):
    """Something that happens to a stream."""

    ADMITTED = "admitted"  # it begins to work in a slot
    EXPIRED = "expired"  # the time of its slot, or of a call after Stop, is up
    STOPPED = "stopped"  # nothing more is captured; what was is still to be handled
    DRAINED = "drained"  # everything that was captured has been handled
    ENDED = "ended"  # nothing more is to be handled
    FAILED = "failed"  # as ended, because something went wrong


class Ending(NamedTuple):
    """Why a stream ends, what the user reads of it, and whether that is a success (`None`: it was cancelled)."""

    reason: str
    message: str = ""
    is_success: bool | None = True


_State, _Event = LifecycleState, LifecycleEvent

_OVER: Final = {_Event.ENDED: _State.ENDED, _Event.FAILED: _State.ENDED}

TRANSITIONS: Final[Mapping[LifecycleState, Mapping[LifecycleEvent, LifecycleState]]] = {
    _State.WAITING: {_Event.ADMITTED: _State.RUNNING, _Event.STOPPED: _State.ENDED, **_OVER},
    _State.RUNNING: {_Event.EXPIRED: _State.EXPIRING, _Event.STOPPED: _State.DRAINING, **_OVER},
    _State.DRAINING: {_Event.EXPIRED: _State.CLOSING, _Event.DRAINED: _State.ENDED, **_OVER},
    _State.EXPIRING: {_Event.STOPPED: _State.CLOSING, _Event.DRAINED: _State.WAITING, **_OVER},
    _State.CLOSING: {_Event.DRAINED: _State.ENDED, **_OVER},
    _State.ENDED: {},
}

HANDLING: Final = frozenset({_State.RUNNING, _State.DRAINING, _State.EXPIRING, _State.CLOSING})
"""States in which packets are handled."""

CLOSING_CALLS: Final = frozenset({_State.EXPIRING, _State.CLOSING, _State.ENDED})
"""States in which a generator is closed at its next yield."""

DISCARDING: Final = frozenset({"cancelled", "error"})
"""Reasons after which nothing more is shown; after any other the running call still counts."""


class Lifecycle:
    """The state of one stream.

    Attributes:
        state: Where it is in its life.
        ending: Why it ends: known from Stop on, final once the state is `ENDED`. `None` while it is to go on.
        has_run: Whether it ever had a slot.
        is_handling: Whether packets are handled.
        is_ended: Whether nothing more is handled, ever.
        closes_calls: Whether a generator is closed at its next yield.
        discards: Whether results of the running call are not shown any more.
    """

    def __init__(self) -> None:
        self.ending: Ending | None = None
        self.has_run = False
        self._enter(LifecycleState.WAITING)

    def on(self, event: LifecycleEvent, ending: Ending | None = None) -> bool:
        """Move on because of an event; gives whether that changed anything.

        Args:
            event: What has happened.
            ending: Why the stream ends, with `STOPPED`, `ENDED` and `FAILED`. The first stays, but for two cases:
                what ends a stream at once replaces the reason for which it drains, and the failure of the last call
                replaces a success.
        """
        after = TRANSITIONS[self.state].get(event)
        if after is None:
            is_late_failure = event is LifecycleEvent.FAILED and self.ending is not None and self.ending.is_success
            if not is_late_failure:
                return False
            after = self.state
        self.ending = ending or self.ending
        self._enter(after)
        return True

    def _enter(self, state: LifecycleState) -> None:
        """Work out what follows from a state: it is looked at several times a frame, and seldom changes."""
        self.state = state
        self.has_run = self.has_run or state is LifecycleState.RUNNING
        self.is_handling = state in HANDLING
        self.is_ended = state is LifecycleState.ENDED
        self.closes_calls = state in CLOSING_CALLS
        self.discards = self.is_ended and self.ending is not None and self.ending.reason in DISCARDING

    def __repr__(self) -> str:
        return f"<Lifecycle: {self.ending.reason if self.is_ended and self.ending else self.state.value}>"
