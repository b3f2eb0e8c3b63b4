"""The connection of a session with its page: it can be lost and come back, and then goes on where the page was."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from enum import Enum
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeAlias

from millstream.errors import Closed, Departed
from millstream.runtime.clock import SessionClock
from millstream.types import Transport

LAST_WORDS_S: Final = 1.0
"""How long what a page said last may take to be read when nothing can be sent to it any more."""

MAX_KEPT: Final = 1024
"""Messages that may be on their way without an acknowledgement."""

MAX_KEPT_BYTES: Final = 16 * 1024 * 1024
"""Bytes of them. The page acknowledges after far fewer of either."""

Work: TypeAlias = Callable[[Transport], Coroutine[Any, Any, None]]
"""What is done with a transport as long as it lasts; raises `Closed` when it is gone."""


class LinkState(Enum):
    """The states of a link."""

    LOST = "lost"
    ATTACHED = "attached"
    GIVEN_UP = "given up"


class LinkEvent(Enum):
    """The events of a link."""

    ATTACH = "attach"
    LOSE = "lose"
    EXPIRE = "expire"
    END = "end"


TRANSITIONS: Final[Mapping[tuple[LinkState, LinkEvent], LinkState]] = {
    (LinkState.LOST, LinkEvent.ATTACH): LinkState.ATTACHED,
    (LinkState.LOST, LinkEvent.EXPIRE): LinkState.GIVEN_UP,
    (LinkState.LOST, LinkEvent.END): LinkState.GIVEN_UP,
    (LinkState.ATTACHED, LinkEvent.ATTACH): LinkState.ATTACHED,
    (LinkState.ATTACHED, LinkEvent.LOSE): LinkState.LOST,
    (LinkState.ATTACHED, LinkEvent.END): LinkState.GIVEN_UP,
}
"""The state that each event leads to; in any other state it changes nothing."""


def _nothing() -> None:
    """Stand in where nobody wants to know."""


class SessionLink:
    """Attached to a transport, lost, attached to another one, and given up in the end.

    | in       | attach   | lose | expire   | end      |
    |----------|----------|------|----------|----------|
    | lost     | attached |      | given up | given up |
    | attached | attached | lost |          | given up |
    | given up | `Closed` |      |          |          |

    *attach*: a page has come, or come back; the transport that it had before, which may be half open, is let go.
    *lose*: the transport is gone, or whoever lent it wants it back. The clock of the session stands still, and what was
    sent is kept. *expire*: nobody came back for the grace period, which any return cancels. *end*: the session is over,
    or the page has said goodbye. A link begins lost, for its first transport comes at once.

    Args:
        grace_s: How long a lost link may come back, in seconds; 0 gives it up at once.
        given_up: Called with a sentence when nobody came back, or the page said goodbye.
        lost: Called when it is lost and may come back.
        found: Called when that is over: it has come back, or has been given up.

    Attributes:
        state: Where it is.
        clock: Stands still while the link is lost.
        kept: What was sent and may have to be sent again.
    """

    def __init__(
        self,
        grace_s: float,
        given_up: Callable[[str], None],
        lost: Callable[[], None] = _nothing,
        found: Callable[[], None] = _nothing,
    ) -> None:
        self.state = LinkState.LOST
        self.clock = SessionClock()
        self.kept = Unacknowledged(is_needed=grace_s > 0)
        self._grace_s = grace_s
        self._given_up, self._lost, self._found = given_up, lost, found
        self._grace: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.get_running_loop()

    @property
    def is_attached(self) -> bool:
        """True if the page can be reached, as far as is known."""
        return self.state is LinkState.ATTACHED

    async def serve(self, transport: Transport, *works: Work) -> bool:
        """Do all `works` with a transport until it is lost, another one replaces it or the link is given up.

        The first of them reads: what the page has said is read to its end, whatever becomes of the others. The
        transport belongs to the caller before and after; a caller that is cancelled takes it back.

        Returns:
            Whether another transport has replaced this one.

        Raises:
            Closed: The link has been given up.
        """
        if self.state is LinkState.GIVEN_UP:
            raise Closed("the session is over")
        self._release()
        self._happen(LinkEvent.ATTACH)
        tasks = self._tasks = [self._loop.create_task(work(transport)) for work in works]
        reason = "the link to the page was lost"
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            await asyncio.wait(tasks[:1], timeout=LAST_WORDS_S)
            for error in [task.exception() for task in tasks if task.done() and not task.cancelled()]:
                if error is not None:
                    raise error
        except Departed as error:
            if tasks is self._tasks:
                self.end()
                self._given_up(str(error))
        except Closed as error:
            reason = str(error)
        finally:
            is_replaced = self.is_attached and tasks is not self._tasks
            if tasks is self._tasks:
                self.lose(reason)
            else:
                _cancel(tasks)
        return is_replaced

    def end(self) -> None:
        """Give it up: the session is over. Harmless if repeated."""
        self._release()
        self._happen(LinkEvent.END)

    def lose(self, reason: str) -> None:
        """Give up the transport, but not the page: it may come back. Harmless if there is none."""
        self._release()
        if not self._happen(LinkEvent.LOSE):
            return
        if self._grace_s > 0:
            self._grace = self._loop.call_later(self._grace_s, self._expire, reason)
            self._lost()
        else:
            self._expire(reason)

    def _expire(self, reason: str) -> None:
        if self._happen(LinkEvent.EXPIRE):
            self._given_up(reason)

    def _release(self) -> None:
        _cancel(self._tasks)
        self._tasks = []

    def _happen(self, event: LinkEvent) -> bool:
        """Go where an event leads; gives whether it leads anywhere. Whatever it is, the wait for the page is over."""
        after = TRANSITIONS.get((self.state, event))
        if after is None:
            return False
        self.state = after
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None
            self._found()
        if after is LinkState.ATTACHED:
            self.clock.resume()
        else:
            self.clock.stop()
        return True

    def __repr__(self) -> str:
        return f"<SessionLink {self.state.value}, {len(self.kept)} messages not acknowledged>"


class Waiting(NamedTuple):
    """A control message that waits to be sent, since when, and its number."""

    since: float
    seq: int
    data: bytes


class Kept(NamedTuple):
    """A message that was sent: how much the page has when it has this, and how to send it again."""

    seen: int
    audio: int
    again: bytes


AGAIN: Final = attrgetter("again")


class Unacknowledged:
    """Control messages and packets of audio that were sent, in order, until the page has acknowledged them.

    Frames are not kept: they are never sent twice. `runtime/send/sender.py` puts in what it sends.

    Args:
        is_needed: Whether a link that is lost may come back; else nothing is kept.

    Attributes:
        sent: What was sent and is not acknowledged.
        size: Bytes of it.
        seen, audio: The last control message that was sent, and the number of packets of audio.
        has_room: Whether more may be sent before the page acknowledges something.
    """

    def __init__(self, *, is_needed: bool = True) -> None:
        self.is_needed = is_needed
        self.sent: deque[Kept] = deque()
        self.size = self.seen = self.audio = 0
        self.has_room = True

    def acknowledge(self, seen: int, audio: int) -> None:
        """Let go of what the page has: control messages up to `seen`, and so many packets of audio.

        One that is late, and says less than another before it, changes nothing; neither does one that claims more than
        was sent: it can cost nobody but that page.
        """
        while self.sent and self.sent[0].seen <= seen and self.sent[0].audio <= audio:
            self.size -= len(self.sent.popleft().again)
        self._look()

    def messages(self) -> list[bytes]:
        """Give what is to be sent to a page that has come back, in order."""
        return list(map(AGAIN, self.sent))

    def clear(self) -> None:
        """Let go of everything."""
        self.sent.clear()
        self.size = 0
        self._look()

    def _look(self) -> None:
        self.has_room = len(self.sent) < MAX_KEPT and self.size < MAX_KEPT_BYTES

    def __len__(self) -> int:
        return len(self.sent)


def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
