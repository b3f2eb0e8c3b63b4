"""A broker on an event loop: its state, the timer of that, and its peers, whatever connects them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from millstream.broker.encoding import decode_of_gateway, encode_broker_message
from millstream.broker.messages import Enrol
from millstream.broker.state import BrokerState
from millstream.errors import ProtocolError


class Peer:
    """One connection of a gateway.

    Args:
        broker: The other end.
        send: Takes messages to the gateway. It must neither wait nor raise.
        close: Ends the connection: the gateway has another one, or sent something that makes no sense.
    """

    def __init__(self, broker: Broker, send: Callable[[bytes], None], close: Callable[[], None]) -> None:
        self._broker, self.send, self.close = broker, send, close
        self.gateway = ""
        """The name of the gateway, once it has enrolled."""

    def receive(self, data: bytes) -> None:
        """Act upon a message of the gateway.

        Raises:
            ProtocolError: It is none, or makes no sense. The connection is to be closed.
        """
        self._broker.receive(self, data)

    def lost(self) -> None:
        """Note that the connection has ended. Harmless if repeated."""
        self._broker.lose(self)


class Broker:
    """Serves the gateways of one app.

    Args:
        state: What it knows; its times are those of the running loop.
    """

    def __init__(self, state: BrokerState) -> None:
        self._state = state
        self._loop = asyncio.get_running_loop()
        self._peers: dict[str, Peer] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None
        self._go_on()

    def connect(self, send: Callable[[bytes], None], close: Callable[[], None]) -> Peer:
        """Begin to serve a connection: see `Peer`."""
        return Peer(self, send, close)

    def close(self) -> None:
        """Set no timer any more."""
        if self._timer is not None:
            self._timer.cancel()

    def receive(self, peer: Peer, data: bytes) -> None:
        """Act upon a message: see `Peer.receive`."""
        message = decode_of_gateway(data)
        if isinstance(message, Enrol):
            self._enrol(peer, message.gateway)
        elif self._peers.get(peer.gateway) is not peer:
            raise ProtocolError("a connection to the broker has to begin with enrol")
        self._state.receive(peer.gateway, message, self._loop.time())
        self._go_on()

    def lose(self, peer: Peer) -> None:
        """Note that a connection has ended: see `Peer.lost`."""
        if self._peers.get(peer.gateway) is peer:
            del self._peers[peer.gateway]
            self._state.lost(peer.gateway, self._loop.time())
            self._go_on()

    def _enrol(self, peer: Peer, gateway: str) -> None:
        if not gateway or peer.gateway not in ("", gateway):
            raise ProtocolError(f"connection of gateway {peer.gateway!r} enrols as {gateway!r}")
        before = self._peers.get(gateway)
        self._peers[gateway], peer.gateway = peer, gateway
        if before is not None and before is not peer:
            before.close()

    def _go_on(self) -> None:
        """Send what is to be sent, and wake up when something is due."""
        for gateway, message in self._state.take():
            peer = self._peers.get(gateway)
            if peer is not None:
                peer.send(encode_broker_message(message))
        due = self._state.due
        if due != self._due or self._timer is None:
            if self._timer is not None:
                self._timer.cancel()
            self._due, self._timer = due, None if due is None else self._loop.call_at(due, self._wake)

    def _wake(self) -> None:
        self._timer = self._due = None
        self._state.wake(self._loop.time())
        self._go_on()
