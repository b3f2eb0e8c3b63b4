"""`Warning`, `Info` and `Success`: what a handler says to its user while it works."""

from __future__ import annotations

import logging
from typing import Final, Literal

from millstream.declare.progress import calling
from millstream.jobs import Notice
from millstream.wire.limits import LONGEST_WAIT_S
from millstream.wire.plain import plain_scalar

logger = logging.getLogger("millstream.handler")

MAX_TEXT: Final = 5_000
"""Characters of a message that reach the page."""


def Warning(  # noqa: A001, N802 - the name that programs know from Gradio
    message: str = "Warning issued.", duration: float | None = 10, visible: bool = True, title: str | None = "Warning"
) -> None:
    """Show a warning in the page that the running handler serves.

    Args:
        message: The sentence that the user reads.
        duration: Seconds that it stays; `None` keeps it until it is closed.
        visible: Whether it is shown at all.
        title: Its heading; `None` is the default.
    """
    _say("warning", message, duration, visible, title)


def Info(  # noqa: N802 - the name that programs know from Gradio
    message: str = "Info issued.", duration: float | None = 10, visible: bool = True, title: str | None = "Info"
) -> None:
    """Show an information in the page that the running handler serves; the arguments are those of `Warning`."""
    _say("info", message, duration, visible, title)


def Success(  # noqa: N802 - the name that programs know from Gradio
    message: str = "Success.", duration: float | None = 10, visible: bool = True, title: str | None = "Success"
) -> None:
    """Show a success message in the page that the running handler serves; the arguments are those of `Warning`."""
    _say("success", message, duration, visible, title)


def lasting(duration: object) -> float:
    """Give the seconds that a message stays, 0 until it is closed; what is not a number of seconds is as good as 10."""
    seconds = plain_scalar(duration)
    if isinstance(seconds, int | float) and abs(seconds) >= 0:  # which NaN is not
        return float(seconds) if 0 < seconds <= LONGEST_WAIT_S else 0.0
    return 0.0 if duration is None else 10.0


def _say(
    level: Literal["warning", "info", "success"], message: str, duration: float | None, visible: bool, title: str | None
) -> None:
    call = calling.get()
    if call is None:
        called = level.capitalize()
        logger.warning("%s(%r) was called outside of a handler, so there is no page to show it in", called, message)
    elif visible:
        heading = level.capitalize() if title is None else str(title)[:MAX_TEXT]
        call.notify(Notice(level, str(message)[:MAX_TEXT], heading, lasting(duration)))
