"""The state of a conversation between two messages, for the events of a `ChatInterface`."""

from __future__ import annotations

from millstream.apps.conversation import History
from millstream.runtime.send.notices import Info

BUSY = "Wait for the reply, or stop it."


def is_busy(asked: str) -> bool:
    """True if an answer is awaited, so that nothing else can be answered now; the user is told."""
    if asked:
        Info(BUSY)
    return bool(asked)


def before(history: History, index: int) -> History:
    """Give the messages before one."""
    return history[: max(0, index)]
