"""The other gateways of an app, and the connections to them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from millstream.broker.connection import BrokerConnection, Identity
from millstream.broker.unix_socket import dial
from millstream.declare.manifest import Manifest
from millstream.run_in_thread import run_in_thread
from millstream.runtime.settings import Settings
from millstream.runtime.state.owned import is_gateway_name

CONNECT_S: Final = 2.0
"""Time allowed for opening a connection to a sibling."""

PERMISSIONS: Final = 0o600

_SUFFIX: Final = ".sock"


class Siblings(Protocol):
    """The directory of the gateways of one app.

    Attributes:
        name: The name of this gateway.
    """

    name: str

    def address(self, name: str) -> str | None:
        """Give the address of a sibling: `unix:PATH` or `tcp:HOST:PORT`; `None` for this gateway and unknown names.

        A sibling that has an address may have gone.
        """

    async def names(self) -> Sequence[str]:
        """List the siblings, without this gateway."""

    def declared(self, manifest: Manifest) -> None:
        """Take note of what is served."""


class FolderSiblings:
    """Gateways on one host: each has a Unix socket in a folder that nobody else may enter.

    Args:
        folder: The folder; whoever made it let only this user in.
        name: The name of this gateway.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        self._identity = Identity(name)

    def address(self, name: str) -> str | None:
        """Give the address of a sibling."""
        is_other = is_gateway_name(name) and name != self.name
        return f"unix:{self._folder / (name + _SUFFIX)}" if is_other else None

    async def names(self) -> Sequence[str]:
        """List the siblings that have a socket."""
        return await run_in_thread("siblings", self._listed)

    def declared(self, manifest: Manifest) -> None:
        """Take note of what is served."""
        address = f"unix:{self._folder / (self.name + _SUFFIX)}"
        each = Settings().max_waiting_each
        self._identity = Identity(self.name, manifest.build, address, manifest.max_waiting, each)

    def broker(self, socket_name: str) -> BrokerConnection:
        """Make the connection to the broker whose socket has this name in the folder."""
        return BrokerConnection(partial(dial, self._folder / socket_name), lambda: self._identity)

    def listen(self) -> socket.socket:
        """Open the socket on which siblings reach this gateway. Blocks: not on the loop.

        Raises:
            OSError: The folder is gone, or its path is too long.
        """
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = self._folder / (self.name + _SUFFIX)
        try:
            listener.bind(str(path))
            path.chmod(PERMISSIONS)
            listener.listen()
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
        return listener

    def _listed(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*" + _SUFFIX) if self.address(path.stem) is not None)


async def connected(address: str) -> socket.socket:
    """Open a connection to a sibling.

    Args:
        address: `unix:PATH` or `tcp:HOST:PORT`, from the directory, never from a visitor.

    Raises:
        OSError: The sibling has gone, or does not accept in time.
    """
    kind, _, where = address.partition(":")
    host, _, port = where.rpartition(":")
    family = socket.AF_UNIX if kind == "unix" else socket.AF_INET6 if ":" in host else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        if family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        target = where if family == socket.AF_UNIX else (host.strip("[]"), int(port))
        async with asyncio.timeout(CONNECT_S):
            await asyncio.get_running_loop().sock_connect(connection, target)
    except BaseException:
        connection.close()
        raise
    return connection
