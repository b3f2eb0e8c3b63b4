"""Pure rules on the Host, Origin and forwarding headers: the hosts that are served, and the pages that may call."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from millstream.server.options import Network

_HOST: Final = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([0-9]{1,5}))?")
_FORWARDING: Final = re.compile(
    r"forwarded|via|x-(?:forwarded|real|client|cluster|original|proxy|envoy|arr|scheme|amz|azure)[a-z-]*|"
    r"(?:[a-z]{2,10}-)?(?:client|connecting|remote)-ip|cf-[a-z-]+|fly-[a-z-]+|cdn-loop|ngrok-[a-z-]+|tailscale-[a-z-]+"
)
"""Headers that no browser sends, but that proxies, tunnels and load balancers add."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


MAX_HOPS: Final = 32
"""Of a longer chain only the last part is examined: our own proxies wrote it."""


class HostPort(NamedTuple):
    """A host in lower case, IPv6 in brackets, and a port, `None` for the scheme's default."""

    host: str
    port: int | None

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


def parse_host(text: str) -> HostPort | None:
    """Read a Host header; `None` for anything but a name or address with an optional port."""
    match = _HOST.fullmatch(text.lower())
    if match is None or (match[2] and int(match[2]) > 65535):
        return None
    return HostPort(match[1], int(match[2]) if match[2] else None)


def is_address(host: str) -> bool:
    """True for an IP address. DNS rebinding needs a name: a page opened at an address stays there."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """True if browsers trust a host without TLS, because it is their own machine."""
    if is_address(host):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def is_from_here(peer: str, host: str, headers: Iterable[str]) -> bool:
    """True if a request comes from this machine, and not through a proxy, which would make every visitor look so."""
    is_near = is_address(peer) and ipaddress.ip_address(peer).is_loopback
    return is_near and is_loopback(host) and not any(_FORWARDING.fullmatch(name.lower()) for name in headers)


def own_names() -> frozenset[str]:
    """Return the names that this machine has for itself, without asking the network."""
    name = socket.gethostname().lower()
    return frozenset({"localhost", name, f"{name}.local"})


def is_allowed_host(host: str, allowed: Sequence[str], own: frozenset[str]) -> bool:
    """Decide whether the app may be opened under this host name; ports do not matter."""
    return host in own or is_address(host) or host in allowed or "*" in allowed


def is_same_origin(origin: str, host: HostPort) -> bool:
    """Compare an Origin header, byte for byte, with the host that was requested.

    The scheme is not compared, since it is unknown behind a proxy that terminates TLS. `null`, upper case, a trailing
    dot and anything after the port never match.
    """
    scheme, _, rest = origin.partition("://")
    if scheme not in _DEFAULT_PORTS or rest != rest.lower():
        return False
    asker = parse_host(rest)
    if asker is None or asker.host != host.host:
        return False
    default = _DEFAULT_PORTS[scheme]
    return (asker.port or default) == (host.port or default)


def is_trusted(address: str, proxies: Sequence[Network]) -> bool:
    """True if a peer is one of the trusted proxies; `*` also trusts peers without an address (Unix sockets)."""
    if any(network.prefixlen == 0 for network in proxies):
        return True
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip.version == network.version and ip in network for network in proxies)


def client_behind(peer: str, forwarded_for: str, proxies: Sequence[Network]) -> str:
    """Find the client's address: the rightmost one of `X-Forwarded-For` and the peer that is not a trusted proxy."""
    hops = [hop for part in forwarded_for.rsplit(",", MAX_HOPS)[-MAX_HOPS:] if is_address(hop := part.strip())] + [peer]
    return next((hop for hop in reversed(hops) if not is_trusted(hop, proxies)), hops[0])
