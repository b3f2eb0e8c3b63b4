"""Limits on HTTP connections, per address and in all: new connections always get in, the most idle ones make room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Final

from millstream.runtime.state.file_quota import network_of
from millstream.server.options import Network
from millstream.server.security import hosts

PER_ADDRESS: Final = 256
"""HTTP connections of one address; open pages, which are WebSockets, do not count."""

IN_ALL: Final = 4096


class ConnectionLimits:
    """The open HTTP connections by address.

    A new connection is never refused: the one that has been idle for longest makes room, so that a visitor can load the
    page however many silent connections there are.

    Args:
        proxies: Trusted proxies; their connections count for the visitor behind them, once the headers name it.
        per_address: Connections of one address (of one /64 network with IPv6).
        in_all: Connections of all addresses.
    """

    def __init__(self, proxies: Sequence[Network] = (), per_address: int = PER_ADDRESS, in_all: int = IN_ALL) -> None:
        self._proxies = proxies
        self._per_address = per_address
        self._in_all = in_all
        self._groups: dict[str, OrderedDict[Hashable, Callable[[], None]]] = {}
        self._queue: dict[Hashable, str] = {}

    def __len__(self) -> int:
        return len(self._queue)

    def enter(self, member: Hashable, peer: str, end: Callable[[], None]) -> None:
        """Count a connection, unless it is counted already; `end` is called if it has to make room."""
        if member in self._queue:
            return
        self._put(member, "" if self._is_proxy(peer) else network_of(peer), end)
        while len(self._queue) > self._in_all:
            self.shed()

    def reveal(self, member: Hashable, peer: str, forwarded: str) -> None:
        """Count a proxy's connection for the address in its `X-Forwarded-For`; that of other peers is ignored."""
        if member in self._queue and forwarded and self._is_proxy(peer):
            end = self._groups[self._queue[member]][member]
            self.leave(member)
            self._put(member, network_of(hosts.client_behind(peer, forwarded, self._proxies)), end)

    def stir(self, member: Hashable) -> None:
        """Note activity on a connection."""
        if member in self._queue:
            self._groups[self._queue[member]].move_to_end(member)

    def leave(self, member: Hashable) -> None:
        """Forget a connection that has ended or become a page; an unknown one is no error."""
        address = self._queue.pop(member, None)
        if address is not None:
            del self._groups[address][member]
            if not self._groups[address]:
                del self._groups[address]

    def shed(self) -> None:
        """End the connection of the largest group that has been idle for longest."""
        if self._groups:
            self._evict(max(self._groups.values(), key=len))

    def _put(self, member: Hashable, address: str, end: Callable[[], None]) -> None:
        self._queue[member] = address
        group = self._groups.setdefault(address, OrderedDict())
        group[member] = end
        if address and len(group) > self._per_address:
            self._evict(group)

    def _evict(self, group: OrderedDict[Hashable, Callable[[], None]]) -> None:
        member, end = next(iter(group.items()))
        self.leave(member)
        end()

    def _is_proxy(self, peer: str) -> bool:
        return bool(self._proxies) and hosts.is_trusted(peer, self._proxies)
