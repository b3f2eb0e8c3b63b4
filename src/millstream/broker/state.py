"""All that a broker knows: messages of gateways in, messages to gateways out. Pure: it is given the time."""

from __future__ import annotations

from collections.abc import Iterable

from millstream.admission import Admission
from millstream.broker.ended_logins import EndedLogins
from millstream.broker.enrolment import Enrolment
from millstream.broker.messages import (
    Attempt,
    AttemptWait,
    Bequeath,
    BrokerMessage,
    DropSnapshot,
    Enrol,
    Enrolled,
    GatewayMessage,
    Gateways,
    Goodbye,
    Join,
    Leave,
    Linger,
    Ping,
    Pong,
    PutSnapshot,
    Rejoin,
    Revoke,
    Revoked,
    SnapshotFound,
    SnapshotMoved,
    Stands,
    StepAside,
    StepUp,
    TakeSnapshot,
)
from millstream.broker.rebuild_window import RebuildWindow
from millstream.broker.slots import SharedSlots
from millstream.errors import ProtocolError
from millstream.login_backoff import Backoff
from millstream.snapshot_table import SnapshotTable


class BrokerState:
    """The broker of one app. After each call, `take` what is to be sent, and call `wake` when `due`.

    Args:
        now: The time.
        is_first: Whether it is the app's first broker: nobody can have a slot yet, so nobody is waited for.
        expected: The names of gateways that should enrol before anybody is admitted; see `RebuildWindow`.
    """

    def __init__(self, now: float, *, is_first: bool = False, expected: Iterable[str] = ()) -> None:
        self._window = None if is_first else RebuildWindow(now, expected)
        self._gateways: dict[str, Enrol] = {}
        self._snapshots = SnapshotTable[str]()
        self._ended_logins = EndedLogins()
        self._now = now
        self._backoff = Backoff(lambda: self._now)
        self._out: list[tuple[str, BrokerMessage]] = []
        self._slots: SharedSlots | None = None
        self._enrolment: Enrolment | None = None

    @property
    def due(self) -> float | None:
        """When `wake` is to be called next; `None` if nothing is due."""
        if self._window is not None:
            return self._window.ends
        dues = (self._snapshots.due, None if self._slots is None else self._slots.due)
        return min((due for due in dues if due is not None), default=None)

    def take(self) -> list[tuple[str, BrokerMessage]]:
        """Take what is to be sent: the names of gateways, and a message to each."""
        out, self._out = self._out, []
        return out

    def receive(self, gateway: str, message: GatewayMessage, now: float) -> None:
        """Act upon a message of a gateway.

        Raises:
            ProtocolError: It makes no sense. The connection is to be closed.
        """
        if isinstance(message, Enrol):
            self._enrol(message, now)
        elif gateway not in self._gateways:
            raise ProtocolError(f"gateway {gateway or 'without a name'} has not enrolled")
        elif isinstance(message, Ping):
            self._send(gateway, Pong())
        elif isinstance(message, PutSnapshot | TakeSnapshot | DropSnapshot):
            self._snapshot(gateway, message, now)
        elif isinstance(message, Attempt | Revoke):
            self._login(gateway, message, now)
        else:
            self._about_slots(gateway, message, now)

    def lost(self, gateway: str, now: float) -> None:
        """Note that the connection of a gateway has ended without a goodbye. Harmless after one."""
        if gateway in self._gateways:
            self._gone(gateway, None, now)

    def wake(self, now: float) -> None:
        """Do what is due."""
        self._snapshots.expire(now)
        if self._window is not None:
            if not self._window.is_over(now):
                return
            self._open(self._window, now)
        if self._slots is not None:
            self._slots.wake(now)

    def _enrol(self, enrol: Enrol, now: float) -> None:
        self._gateways[enrol.gateway] = enrol
        self._send(enrol.gateway, Enrolled())
        self._send_revoked(enrol.gateway, self._ended_logins.add(enrol.revoked, now))
        if revoked := self._ended_logins.all(now):
            self._send(enrol.gateway, Revoked(revoked))
        self._send_gateways()
        if self._slots is None:
            admission = Admission(enrol.max_waiting, enrol.max_waiting_each)
            self._slots = SharedSlots(admission, self._send)
            self._enrolment = Enrolment(admission, self._slots)
        if self._window is None:
            assert self._enrolment is not None
            self._enrolment.enrol(enrol, now)
        else:
            self._window.enrol(enrol)
            self.wake(now)

    def _open(self, window: RebuildWindow, now: float) -> None:
        """Begin to admit, and do what had to wait."""
        self._window = None
        if self._enrolment is not None:
            self._enrolment.rebuild(window.enrolments.values(), now)
        for gateway, message in window.postponed:
            self._about_slots(gateway, message, now)

    def _about_slots(self, gateway: str, message: GatewayMessage | None, now: float) -> None:
        """Act upon a message about tickets, or on the loss of a gateway."""
        if isinstance(message, Goodbye) and gateway in self._gateways:
            self._gone(gateway, message, now)
        elif self._window is None:
            self._change_slots(gateway, message, now)
        else:
            self._window.postpone(gateway, message)
            if isinstance(message, Join):
                self._send(gateway, Stands(message.number, 0))

    def _change_slots(self, gateway: str, message: GatewayMessage | None, now: float) -> None:
        slots = self._slots
        assert slots is not None
        match message:
            case Join():
                slots.join(gateway, message, now)
            case Rejoin(number):
                slots.rejoin(gateway, number, now)
            case Leave(number):
                slots.leave(gateway, number, now)
            case Linger():
                slots.linger(gateway, message, now)
            case StepAside(numbers):
                slots.step_aside(gateway, numbers, now)
            case StepUp(numbers):
                slots.step_up(gateway, numbers, now)
            case Bequeath(numbers):
                slots.bequeath(gateway, numbers, now)
            case _:
                slots.lose(gateway, now, is_goodbye=message is not None)

    def _gone(self, gateway: str, goodbye: Goodbye | None, now: float) -> None:
        del self._gateways[gateway]
        self._snapshots.leave(gateway, now)
        self._send_gateways()
        self._about_slots(gateway, goodbye, now)

    def _snapshot(self, gateway: str, message: PutSnapshot | TakeSnapshot | DropSnapshot, now: float) -> None:
        if isinstance(message, DropSnapshot):
            self._snapshots.drop(gateway, message.key, now)
        elif isinstance(message, PutSnapshot):
            if not self._snapshots.put(gateway, message.key, message.head, message.body, now):
                self._send(gateway, SnapshotMoved(message.key))
        else:
            taken = self._snapshots.take(gateway, message.key, now)
            self._send(gateway, SnapshotFound(message.call, None if taken is None else (taken.head, taken.body)))
            if taken is not None:
                self._send(taken.before, SnapshotMoved(message.key))

    def _login(self, gateway: str, message: Attempt | Revoke, now: float) -> None:
        self._now = now
        if isinstance(message, Revoke):
            self._send_revoked(gateway, self._ended_logins.add({message.login: message.left_s}, now))
        elif message.is_success:
            self._backoff.succeeded(message.address, message.name)
        else:
            wait_s = self._backoff.wait_s(message.address, message.name)
            if not wait_s:
                self._backoff.failed(message.address, message.name)
            self._send(gateway, AttemptWait(message.call, wait_s))

    def _send_revoked(self, gateway: str, revoked: dict[bytes, float]) -> None:
        for other in self._gateways if revoked else ():
            if other != gateway:
                self._send(other, Revoked(revoked))

    def _send_gateways(self) -> None:
        addresses = Gateways({name: enrol.address for name, enrol in self._gateways.items()})
        for gateway in self._gateways:
            self._send(gateway, addresses)

    def _send(self, gateway: str, message: BrokerMessage) -> None:
        if gateway in self._gateways:
            self._out.append((gateway, message))
