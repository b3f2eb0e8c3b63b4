"""A replica among the others of its app: its name and address, its way to the broker, and where its siblings are."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Sequence
from typing import Final

import ray

from millstream.broker.connection import BrokerConnection, Identity
from millstream.declare.manifest import Manifest
from millstream.ray.broker_link import BrokerLink
from millstream.ray.broker_process import dial
from millstream.server.process.network import is_everywhere

logger = logging.getLogger("millstream.broker")

BROKER_S: Final = 5.0
"""How long a replica waits for the broker before it serves without."""


class ReplicaSiblings:
    """The `Siblings` of a replica: all that the broker knows of, by their private HTTP ports.

    Args:
        app: Name of the app on the cluster.
        key: The secret of all of them.

    Attributes:
        name: The name of this gateway; another after each start.
        broker: The way to the broker, which begins when the replica is about to listen: only then it has an address.
    """

    def __init__(self, app: str, key: bytes) -> None:
        self.name = f"r-{secrets.token_hex(6)}"
        self.broker = BrokerConnection(self._dial, self._identify)
        self._app, self._key = app, key
        self._build = ""
        self._max_waiting: int | None = None
        self._address = ""
        self._has_address = asyncio.Event()

    def declared(self, manifest: Manifest) -> None:
        """Take note of what is served."""
        self._build, self._max_waiting = manifest.build, manifest.max_waiting

    async def will_listen(self, host: str, port: int) -> None:
        """Take note of where this replica will be reached, and wait until it can find the sessions of pages there."""
        where = ray.util.get_node_ip_address() if is_everywhere(host) else host
        self._address = f"tcp:[{where}]:{port}" if ":" in where else f"tcp:{where}:{port}"
        self._has_address.set()
        try:
            async with asyncio.timeout(BROKER_S):
                await self.broker.enrolled()
        except TimeoutError:
            logger.warning("the broker does not answer: this replica serves, but knows no sessions of others yet")

    def address(self, name: str) -> str | None:
        """Give the address of a sibling."""
        return None if name == self.name else self.broker.addresses.get(name)

    async def names(self) -> Sequence[str]:
        """List the siblings."""
        return sorted(self.broker.addresses.keys() - {self.name})

    async def _dial(self) -> BrokerLink:
        await self._has_address.wait()  # longer, maybe, than the connection allows for one attempt
        return await dial(self._app, self._key)

    def _identify(self) -> Identity:
        return Identity(self.name, self._build, self._address, self._max_waiting)


def wall_clock() -> float:
    """Tell the time: monotonic clocks of several machines have nothing to do with each other."""
    return time.time()  # noqa: TID251 - a login may end some seconds early or late
