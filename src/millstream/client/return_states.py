"""The way of a client back to its session: the states of its link, and the waits between attempts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

WAITS_S: Final = (0.0, 0.1, 0.3, 1.0, 3.0, 5.0)
"""The wait before each attempt; the last one before all that follow."""

SPREAD: Final = 0.3
"""The share by which a wait is longer or shorter, so that not all come at once."""


class ReturnState(Enum):
    """The states of a client's link."""

    ATTACHED = "attached"
    WAITING = "waiting"
    TRYING = "trying"
    OVER = "over"


class ReturnEvent(Enum):
    """The events of a client's link."""

    LOSE = "lose"
    TRY = "try"
    FAIL = "fail"
    RESUME = "resume"
    END = "end"


TRANSITIONS: Final[Mapping[tuple[ReturnState, ReturnEvent], ReturnState]] = {
    (ReturnState.ATTACHED, ReturnEvent.LOSE): ReturnState.WAITING,
    (ReturnState.ATTACHED, ReturnEvent.END): ReturnState.OVER,
    (ReturnState.WAITING, ReturnEvent.TRY): ReturnState.TRYING,
    (ReturnState.WAITING, ReturnEvent.END): ReturnState.OVER,
    (ReturnState.TRYING, ReturnEvent.FAIL): ReturnState.WAITING,
    (ReturnState.TRYING, ReturnEvent.RESUME): ReturnState.ATTACHED,
    (ReturnState.TRYING, ReturnEvent.END): ReturnState.OVER,
}
"""The state that each event leads to; in any other state it changes nothing."""


class ReturnPath:
    """Where a client is on its way back.

    | in       | lose    | try    | fail    | resume   | end  |
    |----------|---------|--------|---------|----------|------|
    | attached | waiting |        |         |          | over |
    | waiting  |         | trying |         |          | over |
    | trying   |         |        | waiting | attached | over |
    | over     |         |        |         |          |      |

    *lose*: the connection is gone. *try*: the wait is over, another one is opened. *fail*: it could not be, or was lost
    before the welcome. *resume*: the session goes on. *end*: it does not, or the client was closed.

    Attributes:
        state: Where it is.
    """

    def __init__(self) -> None:
        self.state = ReturnState.ATTACHED
        self._attempts = 0

    def on(self, event: ReturnEvent) -> bool:
        """Go where an event leads; gives whether it leads anywhere."""
        after = TRANSITIONS.get((self.state, event))
        if after is None:
            return False
        self._attempts = self._attempts + 1 if event is ReturnEvent.FAIL else self._attempts
        if after is ReturnState.ATTACHED:
            self._attempts = 0
        self.state = after
        return True

    def wait_s(self, chance: float) -> float:
        """Say how long to wait before the next attempt; `chance`, from 0 to 1, spreads the waits."""
        return WAITS_S[min(self._attempts, len(WAITS_S) - 1)] * (1 + SPREAD * (2 * chance - 1))
