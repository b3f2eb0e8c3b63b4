"""One of several gateways: what its app has to know of the others."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from socket import socket
from typing import Any

from millstream.broker.connection import BrokerConnection
from millstream.server.gateways.figures import Figures
from millstream.server.gateways.relay import Relay
from millstream.server.gateways.requests import Forwarding, Owner
from millstream.server.gateways.siblings import Siblings
from millstream.supervisor.loads import Loads


@dataclass(eq=False)
class Gateway:
    """A gateway among its siblings.

    Attributes:
        siblings: The directory of all.
        key: The secret that all share: logins are signed with it.
        door: The listening socket for siblings; `None` if they use the public port.
        listener: The listening socket that all share; `None` for the first gateway, which opens it.
        on_serving: Called once visitors are served, with the listening socket, what is to be printed for whoever
            started the app, and the seconds that the drain may take.
        loads: Says which gateway has fewest connections; `None` where a proxy shares them out.
        is_retiring: Whether this gateway ends while its siblings go on; they get new connections then.
        broker: The way to what all share: slots, snapshots, ends of logins. `None` if nothing is shared but the key.
        clock: The time in seconds, the same in all of them: logins end by it.
    """

    siblings: Siblings
    key: bytes = field(repr=False)
    door: socket | None = None
    listener: socket | None = None
    on_serving: Callable[[socket, Sequence[str], float], None] = lambda listener, lines, drain_s: None
    loads: Loads | None = None
    is_retiring: bool = False
    broker: BrokerConnection | None = None
    clock: Callable[[], float] = time.monotonic

    @property
    def is_first(self) -> bool:
        """True for the one that opens the port."""
        return self.listener is None

    def key_for(self, purpose: str) -> bytes:
        """Derive a key for one purpose from the secret that all share."""
        return hmac.digest(self.key, purpose.encode(), "sha256")

    def close(self) -> None:
        """Close the door; siblings find nobody there. Harmless if repeated."""
        if self.door is not None:
            self.door.close()

    def relay(self) -> Relay:
        """Make what carries the messages of pages to siblings."""
        return Relay(self.siblings)

    def figures(self) -> Figures:
        """Make what collects the figures of all gateways."""
        return Figures(self.siblings, self.key_for("figures").hex())

    def forwarding(self, owner: Owner, here: Callable[..., Any]) -> Forwarding:
        """Make an endpoint that passes on what belongs to siblings."""
        return Forwarding(self.siblings, owner, here)
