"""The messages between a broker and its gateways, as typed structs: one protocol for a Unix socket and a Ray actor.

A message travels as one MessagePack map whose key `type` names it. Clocks are never compared: a time travels as the
seconds that are left, or that have passed. A gateway numbers its tickets; with its name in front (`g1.7`) a number
names the ticket everywhere. A gateway that is started again has another name.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from millstream.tickets import Ask, TicketState

MAX_MESSAGE_BYTES: Final = 8 * 1024 * 1024
"""The longest message: a gateway that enrols with 50,000 tickets needs less."""

PING_S: Final = 0.5
"""Seconds between two pings of a gateway."""

REPLY_S: Final = 1.5
"""How long a gateway waits for an answer of its broker."""


class TicketRecord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A ticket of a gateway as it enrols.

    Attributes:
        number: The gateway's number of it.
        ask: What it asks for.
        state: As the gateway knows it.
        slots: How many slots it has had, the present one included.
        arrival, turn: Its order in the queue as the broker last sent it; 0 if it never did.
        is_away: Whether its page is.
        held_s: For how long it has had its slot.
        left_s: How long it may keep it; negative if that is over, `None` without a limit.
        inherits: The ticket whose slot or position it takes over, as in `Join`.
    """

    number: int
    ask: Ask
    state: TicketState
    slots: int = 0
    arrival: int = 0
    turn: int = 0
    is_away: bool = False
    held_s: float = 0.0
    left_s: float | None = None
    inherits: str = ""


class _Message(msgspec.Struct, omit_defaults=True, tag_field="type"):
    """A message in either direction."""


# ---- from a gateway ------------------------------------------------------------------------------------------------


class Enrol(_Message, tag="enrol"):
    """The first message on each connection: who I am, and all that the broker has to know of my tickets.

    Attributes:
        gateway: The gateway's name.
        build: The build of its declaration. Those of several builds share the slots, which protect what they run on.
        address: Where other gateways reach it: `unix:PATH` or `tcp:HOST:PORT`.
        max_waiting, max_waiting_each: Bounds of the queue; those of the first gateway to enrol count.
        limits: The lowest limit that it has ever asked for, by key.
        tickets: Those that have not ended.
        revoked: The logins that it knows to have ended, by the seconds for which they would have been good.
    """

    gateway: str
    build: str = ""
    address: str = ""
    max_waiting: int | None = None
    max_waiting_each: int | None = None
    limits: dict[str, int] = {}
    tickets: list[TicketRecord] = []
    revoked: dict[bytes, float] = {}


class Join(_Message, tag="join"):
    """Ask for a slot; answered by `Admitted`, `Stands` or `Declined`.

    Attributes:
        number: The gateway's number of the ticket.
        ask: What it asks for.
        inherits: The ticket of a session that has been restored here (`g1.7`), whose slot or position it takes over if
            that is still kept; else it waits like any other.
    """

    number: int
    ask: Ask
    inherits: str = ""


class Rejoin(_Message, tag="rejoin"):
    """Give up the slot and go to the back of the queue."""

    number: int


class Leave(_Message, tag="leave"):
    """End a ticket."""

    number: int


class Linger(_Message, tag="linger"):
    """Note that only a call that does not end holds the slot any more; it ends in `left_s` at the latest."""

    number: int
    left_s: float


class StepAside(_Message, tag="step_aside"):
    """Let others go first, as the page of these tickets is away."""

    numbers: list[int]


class StepUp(_Message, tag="step_up"):
    """Let others go first no longer."""

    numbers: list[int]


class Bequeath(_Message, tag="bequeath"):
    """Keep these for a short time for the gateway that restores their session; the `Leave` that follows is void."""

    numbers: list[int]


class Goodbye(_Message, tag="goodbye"):
    """Leave for good: what has not been bequeathed ends at once."""


class PutSnapshot(_Message, tag="put_snapshot"):
    """Keep the newest snapshot of a session: see `SnapshotTable`. Answered by `SnapshotMoved` if it is not one's own.

    Attributes:
        key: Of 32 bytes; tells neither the token nor the visitor that it was made of.
        head: Its small part.
        body: The rest; `None` if that is as it was. Together at most `MAX_SNAPSHOT_BYTES`.
    """

    key: bytes
    head: bytes
    body: bytes | None = None


class TakeSnapshot(_Message, tag="take_snapshot"):
    """Take a snapshot over, to restore its session; answered by `SnapshotFound`."""

    call: int
    key: bytes


class DropSnapshot(_Message, tag="drop_snapshot"):
    """Forget a snapshot."""

    key: bytes


class Revoke(_Message, tag="revoke"):
    """Note that a login has ended; it would have been good for `left_s` more."""

    login: bytes
    left_s: float


class Attempt(_Message, tag="attempt"):
    """Count an attempt to log in, answered by `AttemptWait`; or (`is_success`) take it back: the password was right."""

    call: int
    address: str
    name: str
    is_success: bool = False


class Ping(_Message, tag="ping"):
    """Check that the broker is alive; answered by `Pong`."""


# ---- from the broker -----------------------------------------------------------------------------------------------


class Enrolled(_Message, tag="enrolled"):
    """Welcome a gateway: it puts its snapshots again, which a broker that was restarted does not know."""


class Gateways(_Message, tag="gateways"):
    """List the gateways that are enrolled: addresses by name; sent after each change."""

    addresses: dict[str, str]


class Admitted(_Message, tag="admitted"):
    """Give a ticket a slot, for `left_s` seconds; `None` without a limit. It may be sent twice."""

    number: int
    left_s: float | None = None


class Extended(_Message, tag="extended"):
    """Let a ticket keep its slot for `left_s` seconds more."""

    number: int
    left_s: float | None = None


class Expired(_Message, tag="expired"):
    """Ask for a slot back: others wait."""

    number: int


class Stands(_Message, tag="stands"):
    """Give the queue position of a ticket.

    Attributes:
        number: The ticket.
        position: From 1; 0 if it is not known yet, since a broker that has just begun waits for other gateways.
        estimate_s: The expected wait; `None` if unknown.
        arrival, turn: Its order in the queue, for `TicketRecord`.
    """

    number: int
    position: int
    estimate_s: float | None = None
    arrival: int = 0
    turn: int = 0


class Declined(_Message, tag="declined"):
    """Refuse or end a ticket that waits; `reason` is for the user."""

    number: int
    reason: str


class SnapshotFound(_Message, tag="snapshot_found"):
    """Answer `TakeSnapshot`: head and body, or `None` if there is none to be taken."""

    call: int
    parts: tuple[bytes, bytes] | None = None


class SnapshotMoved(_Message, tag="snapshot_moved"):
    """Note that the snapshot of a key, and with it the session, belongs to another gateway."""

    key: bytes


class Revoked(_Message, tag="revoked"):
    """List logins that have ended, by the seconds for which they would be valid; all known ones on enrolling."""

    logins: dict[bytes, float]


class AttemptWait(_Message, tag="attempt_wait"):
    """Answer `Attempt`: how long to wait before a password may be tried; 0 if this attempt may be made, and counts."""

    call: int
    wait_s: float = 0.0


class Pong(_Message, tag="pong"):
    """Answer `Ping`."""


GatewayMessage: TypeAlias = (
    Enrol
    | Join
    | Rejoin
    | Leave
    | Linger
    | StepAside
    | StepUp
    | Bequeath
    | Goodbye
    | PutSnapshot
    | TakeSnapshot
    | DropSnapshot
    | Revoke
    | Attempt
    | Ping
)
BrokerMessage: TypeAlias = (
    Enrolled
    | Gateways
    | Admitted
    | Extended
    | Expired
    | Stands
    | Declined
    | SnapshotFound
    | SnapshotMoved
    | Revoked
    | AttemptWait
    | Pong
)
