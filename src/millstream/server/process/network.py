"""The listening socket: its port and its options."""

from __future__ import annotations

import errno
import socket
import sys
from typing import Final

FIRST_PORT: Final = 7860
BACKLOG: Final = 1024

UNSENT_BYTES: Final = 16 * 1024
"""Unsent bytes that the kernel may hold: frames that wait there go stale."""


def listen(server_name: str, server_port: int | None, num_ports: int) -> socket.socket:
    """Open the listening socket; connections that it accepts have the same options.

    Args:
        server_name: Address or name to listen on.
        server_port: Port, 0 for any free one; `None` for the first free one from 7860 on.
        num_ports: The number of ports to try from 7860 on.

    Raises:
        OSError: No such port is free, or the name is not one of this machine's; the message says what to change.
    """
    ports = range(FIRST_PORT, FIRST_PORT + num_ports) if server_port is None else [server_port]
    family, address = _resolve(server_name)
    for port in ports:
        try:
            return _bind(family, address, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise OSError(
                    error.errno,
                    f"cannot listen on {server_name} port {port} ({error.strerror}): give another server_name or "
                    "server_port to launch(), or set MILLSTREAM_SERVER_NAME or MILLSTREAM_SERVER_PORT",
                ) from error
    tried = f"port {ports[0]} is" if len(ports) == 1 else f"all ports from {ports[0]} to {ports[-1]} are"
    raise OSError(
        errno.EADDRINUSE,
        f"{tried} in use on {server_name}: give another server_port to launch(), set MILLSTREAM_SERVER_PORT, or end "
        "the program that uses it; server_port=0 takes any free one",
    )


def is_loopback(server_name: str) -> bool:
    """True if only this machine can reach a server that listens on this address or name."""
    return server_name == "localhost" or server_name == "::1" or server_name.startswith("127.")


def is_everywhere(server_name: str) -> bool:
    """True if the address stands for every network of the machine."""
    return server_name in ("0.0.0.0", "::", "")  # noqa: S104 - asked, not bound


def _resolve(server_name: str) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(server_name or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise OSError(
            errno.EADDRNOTAVAIL,
            f"server_name={server_name!r} is unknown on this machine: give an address, or '0.0.0.0' for every network",
        ) from error
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, str(address[0])


def _bind(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # on Windows it would let two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        listener.bind((address, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
