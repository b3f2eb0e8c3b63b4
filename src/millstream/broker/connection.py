"""A gateway's connection to its broker: it reconnects by itself, and no caller waits for long."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Final, NamedTuple, Protocol, TypeAlias

from millstream.broker.encoding import decode_of_broker, encode_broker_message
from millstream.broker.ended_logins import EndedLogins
from millstream.broker.messages import (
    PING_S,
    REPLY_S,
    Admitted,
    Attempt,
    AttemptWait,
    BrokerMessage,
    Declined,
    DropSnapshot,
    Enrol,
    Enrolled,
    Expired,
    Extended,
    GatewayMessage,
    Gateways,
    Goodbye,
    Ping,
    PutSnapshot,
    Revoke,
    Revoked,
    SnapshotFound,
    SnapshotMoved,
    Stands,
    TakeSnapshot,
    TicketRecord,
)
from millstream.errors import Closed, ProtocolError
from millstream.snapshot_table import SnapshotOwner
from millstream.types import Transport

logger = logging.getLogger("millstream.broker")

AGAIN_S: Final = (0.02, 0.5)
"""The wait before the first attempt to connect again, and the longest; each is twice as long as the one before."""

MAX_UNSENT: Final = 100_000
"""The most messages that may wait to be sent; beyond it the broker counts as lost, and enrolling restores all state."""

SlotMessage: TypeAlias = Admitted | Extended | Expired | Stands | Declined


class Identity(NamedTuple):
    """A gateway, as it describes itself when it enrols: see `Enrol`."""

    name: str
    build: str = ""
    address: str = ""
    max_waiting: int | None = None
    max_waiting_each: int | None = None


class SlotListener(Protocol):
    """A gateway's queue, as the broker's messages reach it; called on the loop."""

    @property
    def limits(self) -> Mapping[str, int]:
        """The lowest limit of each key."""

    def records(self) -> list[TicketRecord]:
        """Its tickets that have not ended."""

    def receive(self, message: SlotMessage) -> None:
        """Take a message about a ticket."""

    def broker_changed(self, *, is_connected: bool) -> None:
        """Note that the broker is lost, or connected again."""


# Long: tickets, snapshots and logins go through one connection, each by the two or three methods of its Protocol.
class BrokerConnection:
    """A gateway's end of the connection. Messages are dropped while there is no broker: enrolling restores all state.

    It is the gateway's `SnapshotStore`, too.

    Args:
        dial: Connects to the broker; raises `OSError` or `Closed` if it cannot.
        identify: Gives the identity of this gateway, whenever it enrols.

    Attributes:
        addresses: The addresses of the gateways that are enrolled, by name; as the broker sent them last.
        on_revoked: Called with each login that has ended at another gateway, and the seconds that it had left; on
            enrolling, with those that ended before. `EARLIER` stands for all that had no more.
    """

    def __init__(self, dial: Callable[[], Awaitable[Transport]], identify: Callable[[], Identity]) -> None:
        self._dial, self._identify = dial, identify
        self.addresses: Mapping[str, str] = {}
        self.on_revoked: Callable[[bytes, float], None] = _nobody
        self._slots: SlotListener | None = None
        self._snapshots: SnapshotOwner | None = None
        self._ended_logins = EndedLogins()
        self._calls: dict[int, tuple[asyncio.Future[object], Callable[[object], None]]] = {}
        """Those that the broker has not answered; it answers each, or is lost."""
        self._numbers = count(1)
        self._unsent: deque[GatewayMessage] = deque()
        self._wake, self._sent, self._enrolled = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._is_up = False
        self._task: asyncio.Task[None] | None = None

    def attach_queue(self, listener: SlotListener) -> None:
        """Set who receives messages about tickets; once, before any joins."""
        self._slots = listener

    def attach(self, owner: SnapshotOwner) -> None:
        """Set who receives messages about snapshots: see `SnapshotStore`."""
        self._snapshots = owner

    @property
    def is_enrolled(self) -> bool:
        """True while a broker is connected and knows this gateway."""
        return self._enrolled.is_set()

    async def enrolled(self) -> None:
        """Wait until a broker is connected and knows this gateway."""
        await self._enrolled.wait()

    def start(self) -> None:
        """Connect, and reconnect whenever the connection is lost, until `close`."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Send the goodbye, and end the connection; takes no longer than about `REPLY_S`."""
        if self._task is None:
            return
        if self._is_up:
            self.send(Goodbye())
            self._sent.clear()
            try:
                async with asyncio.timeout(REPLY_S):
                    await self._sent.wait()
            except TimeoutError:
                logger.warning("the broker did not take the goodbye")
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    def send(self, message: GatewayMessage) -> None:
        """Queue a message for the broker; it is dropped while there is none."""
        if not self._is_up:
            return
        self._unsent.append(message)
        self._is_up = len(self._unsent) <= MAX_UNSENT
        self._wake.set()

    # ---- snapshots ---------------------------------------------------------------------------------------------

    def put(self, key: bytes, head: bytes, body: bytes | None = None) -> None:
        self.send(PutSnapshot(key, head, body))

    async def take(self, key: bytes) -> tuple[bytes, bytes] | None:
        def late(answer: object) -> None:
            if self._snapshots is not None and isinstance(answer, tuple):
                self._snapshots.late(key, *answer)

        parts = await self._ask(lambda call: TakeSnapshot(call, key), late)
        return parts if isinstance(parts, tuple) else None

    def drop(self, key: bytes) -> None:
        self.send(DropSnapshot(key))

    # ---- logins ------------------------------------------------------------------------------------------------

    def revoke(self, login: bytes, left_s: float) -> None:
        """Revoke a login at all gateways, which would have been valid for `left_s` seconds more."""
        self._ended_logins.add({login: left_s}, asyncio.get_running_loop().time())
        self.send(Revoke(login, left_s))

    async def attempt(self, address: str, name: str, *, is_success: bool = False) -> float | None:
        """Count an attempt to log in, at all gateways together.

        Args:
            address: Where it comes from; the network, of an IPv6 address.
            name: The user's name.
            is_success: Whether its password was right; it does not count any more then.

        Returns:
            The seconds to wait before the password may be tried; 0 if it may be tried now, `None` without a broker.
        """
        if is_success:
            self.send(Attempt(0, address, name, is_success=True))
            return 0.0
        wait_s = await self._ask(lambda call: Attempt(call, address, name))
        return wait_s if isinstance(wait_s, float) else None

    async def _ask(
        self, question: Callable[[int], GatewayMessage], late: Callable[[object], None] = lambda _: None
    ) -> object:
        """Wait for an answer; `None` if there is none in time.

        Args:
            question: Makes the message from the number of the call.
            late: Called with an answer that nobody waits for any more.
        """
        call, is_received = next(self._numbers), False
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(REPLY_S):
                await self._enrolled.wait()
                self._calls[call] = answer, late
                self.send(question(call))
                received = await answer
                is_received = True
                return received
        except TimeoutError:
            return None
        finally:
            if not is_received and answer.done() and not answer.cancelled():  # it came as the caller was cancelled
                late(answer.result())

    # ---- the connection ----------------------------------------------------------------------------------------

    async def _run(self) -> None:
        wait_s = AGAIN_S[0]
        while True:
            try:
                async with asyncio.timeout(REPLY_S):
                    link = await self._dial()
                await self._serve(link)
            except (Closed, OSError, TimeoutError, ProtocolError) as error:
                wait_s = AGAIN_S[0] if self.is_enrolled else min(2 * wait_s, AGAIN_S[1])
                self._lose(error)
            except Exception as error:
                logger.error("a message of the broker could not be handled; connecting again", exc_info=error)
                wait_s = AGAIN_S[1]
                self._lose(error)
            await asyncio.sleep(wait_s)

    async def _serve(self, link: Transport) -> None:
        """Enrol, and stay until the connection is lost."""
        self._unsent.clear()
        self._unsent.append(self._enrolment())
        self._is_up = True
        tasks = [asyncio.create_task(self._read(link)), asyncio.create_task(self._write(link))]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._is_up = False
            for task in tasks:
                task.cancel()
            try:
                await asyncio.gather(*tasks, return_exceptions=True)
            finally:  # also if the gateway is closed just now
                await link.close(1001, "the gateway connects anew")
        for task in ended:
            task.result()

    def _enrolment(self) -> Enrol:
        name, build, address, max_waiting, max_waiting_each = self._identify()
        limits = dict(self._slots.limits) if self._slots is not None else {}
        tickets = self._slots.records() if self._slots is not None else []
        revoked = self._ended_logins.all(asyncio.get_running_loop().time())
        return Enrol(name, build, address, max_waiting, max_waiting_each, limits, tickets, revoked)

    async def _read(self, link: Transport) -> None:
        while True:
            async with asyncio.timeout(PING_S + REPLY_S):  # a broker that lives answers each ping
                data = await link.receive()
            self._receive(decode_of_broker(data))

    async def _write(self, link: Transport) -> None:
        loop = asyncio.get_running_loop()
        ping_at = loop.time() + PING_S
        while self._is_up:
            while self._unsent:
                async with asyncio.timeout(REPLY_S):
                    await link.send(encode_broker_message(self._unsent.popleft()))
            self._sent.set()
            self._wake.clear()
            try:
                async with asyncio.timeout_at(ping_at):  # however much else is sent: most of that has no answer
                    await self._wake.wait()
            except TimeoutError:
                ping_at = loop.time() + PING_S
                self.send(Ping())
        raise Closed(f"more than {MAX_UNSENT} messages wait for the broker")

    def _receive(self, message: BrokerMessage) -> None:
        match message:
            case Enrolled():
                self._welcome()
            case Gateways(addresses):
                self.addresses = addresses
            case Revoked(logins):
                for login, left_s in self._ended_logins.add(logins, asyncio.get_running_loop().time()).items():
                    self.on_revoked(login, left_s)
            case SnapshotFound(call, parts):
                self._answer(call, parts)
            case AttemptWait(call, wait_s):
                self._answer(call, wait_s)
            case SnapshotMoved(key) if self._snapshots is not None:
                self._snapshots.taken(key)
            case Admitted() | Extended() | Expired() | Stands() | Declined() if self._slots is not None:
                self._slots.receive(message)

    def _welcome(self) -> None:
        self._enrolled.set()
        logger.info("the broker is connected")
        if self._slots is not None:
            self._slots.broker_changed(is_connected=True)
        if self._snapshots is not None:
            self._snapshots.forgotten()

    def _answer(self, call: int, answer: object) -> None:
        future, late = self._calls.pop(call, (None, None))
        if future is not None and not future.done():
            future.set_result(answer)
        elif late is not None:
            late(answer)

    def _lose(self, error: Exception) -> None:
        if not self.is_enrolled:
            return
        self._enrolled.clear()
        logger.warning("the broker is lost (%s): nobody new is admitted until it is back", error)
        for call in list(self._calls):
            self._answer(call, None)
        try:
            if self._slots is not None:
                self._slots.broker_changed(is_connected=False)
        except Exception as failure:
            logger.error("the queue could not be notified that the broker is lost", exc_info=failure)


def _nobody(login: bytes, left_s: float) -> None:
    """Ignore the end of a login, where there are no logins."""
