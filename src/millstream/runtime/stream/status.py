"""Messages that tell the page where a stream is in its life."""

from __future__ import annotations

from millstream.declare.binding import Binding
from millstream.runtime.send.sender import Sender
from millstream.runtime.stream.lifecycle import Ending
from millstream.tickets import Ticket
from millstream.wire.messages import StreamState


class StreamStatus:
    """Tells the page where a stream is in its life.

    Args:
        sender: The session's.
        number: The page's number for the stream.
        binding: The stream event.

    Attributes:
        position: Where it waits for a slot, as it was told last; 0 if it does not wait.
    """

    def __init__(self, sender: Sender, number: int, binding: Binding) -> None:
        self._sender = sender
        self._number = number
        self._limit_s = binding.time_limit or 0.0
        self.position = 0

    def waiting(self, position: int, eta_s: float, *, again: bool) -> None:
        """It waits for a slot; `again` if it has had one."""
        self.position = position
        self._sender.send(
            StreamState(stream=self._number, state="waiting", position=position, eta_s=eta_s, again=again)
        )

    def running(self, ticket: Ticket | None) -> None:
        """It has a slot, or more time in it."""
        self.position = 0
        deadline_s = ticket.deadline if ticket is not None else None
        deadline_us = int((deadline_s or 0.0) * 1_000_000)
        self._sender.send(
            StreamState(stream=self._number, state="running", limit_s=self._limit_s, deadline_us=deadline_us)
        )

    def stopping(self) -> None:
        """The page is to hand over what it still holds."""
        self._sender.send(StreamState(stream=self._number, state="stopping"))

    def ended(self, ending: Ending) -> None:
        """It is over."""
        self._sender.send(StreamState(stream=self._number, state="ended", reason=ending.reason, message=ending.message))
