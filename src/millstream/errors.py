"""Every exception of Millstream, and the tree they form.

MillstreamError
├── DeclarationError      the declaration of the app is wrong: raised while the file runs, names the remedy
├── InvalidValue          a value does not fit its component: from the page, or returned by a handler
├── MediaError            encoded media cannot be decoded, or exceeds a budget
├── ProtocolError         the peer broke the wire protocol: its connection is closed with `code`
├── LaneClosed            a lane was closed while somebody put into it or took from it
├── BacklogExceeded       more audio waits than `max_backlog` allows
├── Busy                  as many are waiting as the queue's `max_size` allows
├── QuotaExceeded         a file exceeds what its session may store
├── Closed                the other side is gone
│   ├── Departed          it said goodbye, rather than that the link broke
│   └── Refused           the server turned the page away: busy, another version, not allowed
└── Error                 raised by a user's handler to show its message in the page
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MillstreamError(Exception):
    """Base of everything that Millstream raises on purpose."""


class DeclarationError(MillstreamError, ValueError):
    """The declaration cannot work; the message names the component, the handler and the remedy."""


class InvalidValue(MillstreamError, ValueError):
    """A value does not fit the schema of its component; the message names both."""


class MediaError(MillstreamError, ValueError):
    """Encoded media is broken, of a format that is not allowed, or larger than its budget."""


class ProtocolError(MillstreamError):
    """The peer sent bytes that are no message of this protocol.

    Attributes:
        code: The WebSocket close code that tells the peer why.
    """

    def __init__(self, message: str, code: int = 1002) -> None:
        super().__init__(message)
        self.code = code


class LaneClosed(MillstreamError):
    """The lane is closed and empty: nothing can be put in or taken out any more."""


class BacklogExceeded(MillstreamError):
    """More media waits in a lane than its declared bound allows."""


class Busy(MillstreamError):
    """The queue is full; the message is for the user."""


class QuotaExceeded(MillstreamError):
    """A file exceeds what its session may still store; the message names the bound."""


class Closed(MillstreamError):
    """The connection has ended; the message says who ended it and why."""


class Departed(Closed):
    """The other side said goodbye: it will not come back."""


class Refused(Closed):
    """The server turned the page away before it was served.

    Attributes:
        code: A short word for programs, such as `version`, `busy` or `login`.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Error(MillstreamError):
    """Raise this in a handler to end its call and to show `message` in the page.

    Args:
        message: The sentence that the user reads.
        duration: Seconds that the toast stays; `None` keeps it until it is closed.
        visible: Whether the toast is shown at all.
        title: The heading of the toast; `None` is the default.
        print_exception: Whether the traceback is written to the log as well.
    """

    def __init__(
        self,
        message: str = "Error raised.",
        duration: float | None = 10,
        visible: bool = True,
        title: str | None = "Error",
        print_exception: bool = True,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.duration = duration
        self.visible = visible
        self.title = title
        self.print_exception = print_exception


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Complete `there is no X` with the closest name; empty if none is close."""
    spelled = {each.lower(): each for each in known}
    matches = difflib.get_close_matches(name.lower(), spelled, n=1, cutoff=cutoff)
    return f"; did you mean {spelled[matches[0]]!r}?" if matches else ""
