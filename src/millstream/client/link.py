"""A page's link to its server: numbered messages up, what comes down, and the way back when it was lost."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol, TypeAlias

from millstream import codecs
from millstream.client.received import Received
from millstream.client.return_states import ReturnEvent, ReturnPath, ReturnState
from millstream.errors import Closed, Departed, InvalidValue, ProtocolError, Refused
from millstream.types import Transport
from millstream.wire.encoding import decode_packet, decode_server_message, encode_message, excess
from millstream.wire.messages import (
    Ack,
    Clock,
    Credit,
    Heartbeat,
    Hello,
    PageMessage,
    Played,
    Refuse,
    ServerMessage,
    Shown,
    Welcome,
)
from millstream.wire.packet import VERSION, Packet, is_packet

ATTEMPT_S: Final = 10.0
"""How long one attempt to come back may take."""

ASK_EVERY: Final = 16
"""After so many messages that are kept the server is asked for the clock, and says up to where it has them."""

PASSING: Final = frozenset({"busy", "shutdown"})
"""Refusals that do not last."""

SAID_ANEW: Final = (Ack, Clock, Credit, Shown)
"""Messages that are not sent again: what they say has changed until then."""

Reopen: TypeAlias = Callable[[], Awaitable[Transport]]
"""Opens another connection to the server."""


class LinkUser(Protocol):
    """The part of the page that takes in what comes."""

    async def take(self, said: Packet | ServerMessage, sent: int) -> None:
        """Take in what has come, when the page had sent `sent` control messages."""

    def resume(self, received: Mapping[int, int]) -> list[bytes]:
        """Go on after the link was lost: the server has packets up to these; gives the audio to be sent again."""

    def sent(self) -> list[tuple[int, int, int]]:
        """Give how far the packets of each stream are, and may be: see `Hello.sent`."""

    async def renew_credit(self) -> None:
        """Say again how many frames may come: the session goes on in a server that has not heard it."""

    def losses(self) -> str:
        """Say what is lost if the session is."""


class ClientLink:
    """A link that comes back when it is lost, where it can, and goes on where it was.

    Meanwhile messages wait; what is said in packets is lost, but for audio, which whoever captures it keeps.

    Args:
        transport: A connection to the server.
        build: The build of the page's manifest.
        user: Takes in what comes.
        changed: Called when something has come.
        reopen: Opens another one; without it a link that is lost is over.
        grace_s: How long to try, in seconds.

    Attributes:
        transport: The last connection.
        welcome: What the server answered to the last greeting; `None` before.
        closed: Why it is over; `None` while it is not.
        sent: The sequence of the last control message.
        clock_offset_us: What to add to the page's clock to get the server's.
    """

    def __init__(
        self,
        transport: Transport,
        build: str,
        user: LinkUser,
        changed: Callable[[], None],
        reopen: Reopen | None,
        grace_s: float,
    ) -> None:
        self.transport = transport
        self.welcome: Welcome | None = None
        self.closed: Closed | None = None
        self.sent = 0
        self.clock_offset_us = self._server_us = self._heard_us = 0
        self._build, self._user, self._changed = build, user, changed
        self._reopen = reopen if grace_s > 0 else None
        self._grace_s = grace_s
        self._path = ReturnPath()
        self._received = Received()
        self._kept: deque[tuple[int, bytes]] = deque()
        self._sending = asyncio.Lock()
        self._connection = 0

    async def send(self, message: PageMessage) -> None:
        """Send one control message with the next sequence, now or when the link is back.

        Raises:
            Closed: The link is over.
            InvalidValue: It is larger than the server reads; nothing is sent.
        """
        is_kept = self._is_kept(message)
        async with self._sending:
            message.seq = self.sent + 1
            data = encode_message(message)
            if why := excess(data):
                raise InvalidValue(f"what is to be sent consists of {why}; upload it as a file instead")
            self.sent += 1
            if is_kept:
                self._kept.append((self.sent, data))
            await self._transmit(data)
        if is_kept and len(self._kept) % ASK_EVERY == 0:
            await self.compare_clocks()

    async def greet(self) -> None:
        """Say the first words of a page."""
        await self.send(self._hello())

    async def compare_clocks(self, *, idle: bool = False) -> None:
        """Tell the server the time, and have it told; an `idle` page is given signs of life until the next time."""
        await self.send(Clock(page_us=now_us(), server_us=self._server_us, heard_us=self._heard_us, idle=idle))

    async def send_packet(self, data: bytes) -> None:
        """Send one encoded packet; it is lost with the connection that it was made for.

        Raises:
            Closed: The link is over.
        """
        made_for = self._connection
        async with self._sending:
            if made_for == self._connection:
                await self._transmit(data)

    async def leave(self, code: int, reason: str) -> None:
        """Close the connection, and come back no more."""
        self._reopen = None
        await self.transport.close(code, reason)

    async def live(self) -> None:
        """Take in what comes, over one connection after the other, until the link is over; `closed` says why."""
        try:
            while True:
                try:
                    while True:
                        await self._take(await self.transport.receive())
                except Closed as error:
                    if isinstance(error, Departed | Refused) or not self._may_return:
                        raise
                await self._return()
        except (Closed, ProtocolError) as error:
            self._end(error if isinstance(error, Closed) else Closed(str(error)))
        finally:
            self._end(Closed("the page was closed"))

    def _end(self, why: Closed) -> None:
        """Note that it is over; the first reason counts."""
        if self.closed is None:
            self.closed = why
        self._path.on(ReturnEvent.END)

    async def _take(self, data: bytes) -> None:
        said = decode_packet(data) if is_packet(data) else decode_server_message(data)
        if isinstance(said, Refuse):
            raise Refused(said.message, said.code)
        if isinstance(said, Heartbeat) or (not isinstance(said, Packet) and 0 < said.seq <= self._received.ack.seen):
            return
        if isinstance(said, Welcome):
            self._settle(said)
        elif isinstance(said, Clock):
            self._compare(said.server_us, (said.page_us + now_us()) // 2)
            self._let_go(said.seen)
        else:
            await self._user.take(said, self.sent)
        if ack := self._received.note(said, len(data)):
            await self._acknowledge(ack)
        self._changed()

    async def _acknowledge(self, ack: Ack) -> None:
        try:
            await self.send(ack)
        except Closed:
            return  # the connection has ended: what came before is still to be read, and then says why

    def _hello(self) -> Hello:
        decodes = sorted(codecs.special())
        return Hello(version=VERSION, build=self._build, page_us=now_us(), decodes=decodes, encodes=decodes)

    def _settle(self, welcome: Welcome) -> None:
        self.welcome = welcome
        self._compare(welcome.server_us, now_us())

    def _compare(self, server_us: int, page_us: int) -> None:
        self._server_us, self._heard_us = server_us, now_us()
        self.clock_offset_us = server_us - page_us

    @property
    def _may_return(self) -> bool:
        has_token = self.welcome is not None and bool(self.welcome.resume)
        return has_token and self._reopen is not None

    def _is_kept(self, message: PageMessage) -> bool:
        if self._reopen is None or isinstance(message, SAID_ANEW):
            return False
        return not (isinstance(message, Played) and message.state == "playing")

    def _let_go(self, seen: int) -> None:
        while self._kept and self._kept[0][0] <= seen:
            self._kept.popleft()

    async def _transmit(self, data: bytes) -> None:
        if self._path.state is not ReturnState.ATTACHED and self.closed is None:
            return
        try:
            await self.transport.send(data)
        except Closed as error:
            if self.closed is not None:
                raise self.closed from error  # says what is lost
            if not self._may_return:
                raise

    # -- the way back --------------------------------------------------------------------------------------------

    async def _return(self) -> None:
        """Come back to the session.

        Raises:
            Closed: There is no way; the message says what is lost.
        """
        loop = asyncio.get_running_loop()
        lost_at = loop.time()
        self._connection += 1
        self._path.on(ReturnEvent.LOSE)
        while True:
            await asyncio.sleep(self._path.wait_s(random.random()))  # noqa: S311 - it keeps no secret
            self._path.on(ReturnEvent.TRY)
            try:
                async with asyncio.timeout(ATTEMPT_S):
                    transport, welcome = await self._greet()
                break
            except (Closed, TimeoutError) as error:
                is_final = isinstance(error, Departed) or (isinstance(error, Refused) and error.code not in PASSING)
                if is_final:
                    raise
                if loop.time() - lost_at >= self._grace_s:
                    raise _lost(loop.time() - lost_at, "the server cannot be reached", self._user.losses()) from error
                self._path.on(ReturnEvent.FAIL)
        if not welcome.resumed:
            await transport.close(1000, "the session is gone")
            raise _lost(loop.time() - lost_at, "the server has given up the session", self._user.losses())
        await self._resume(transport, welcome)

    async def _greet(self) -> tuple[Transport, Welcome]:
        """Open another connection, and ask for the session; gives it with the server's answer.

        Raises:
            Closed: There is none, or the server refuses.
        """
        assert self._reopen is not None
        assert self.welcome is not None
        transport = await self._reopen()
        try:
            hello, ack = self._hello(), self._received.ack
            hello.resume, hello.sent = self.welcome.resume, self._user.sent()
            hello.seen, hello.audio = ack.seen, ack.audio
            await transport.send(encode_message(hello))
            answer = decode_server_message(await transport.receive())
            if isinstance(answer, Welcome):
                return transport, answer
            if isinstance(answer, Refuse):
                raise Refused(answer.message, answer.code)
            raise Closed("the server did not answer the greeting")
        except BaseException:
            await transport.close(1006, "")
            raise

    async def _resume(self, transport: Transport, welcome: Welcome) -> None:
        """Send again what has not come, and go on."""
        async with self._sending:
            self.transport = transport
            self._settle(welcome)
            self._connection += 1
            self._let_go(welcome.seen)
            again = [*(data for _, data in self._kept), *self._user.resume(welcome.received)]
            self._path.on(ReturnEvent.RESUME)
            for data in again:
                await self._transmit(data)
        await self.compare_clocks()
        if welcome.moved:
            await self._user.renew_credit()
        self._changed()


def _lost(seconds: float, why: str, losses: str) -> Closed:
    return Closed(f"the link was lost for {seconds:.0f} s, and {why}: {losses}; open the app again")


def now_us() -> int:
    """Read the page's clock: that of the running loop, in microseconds."""
    return int(asyncio.get_running_loop().time() * 1_000_000)
