"""The broker as Ray makes it: the class of the actor, and how a replica finds the one of its app."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any, Final

import ray
from ray.exceptions import RayError

from millstream.broker.broker import Broker
from millstream.broker.state import BrokerState
from millstream.errors import Closed
from millstream.ray.broker_actor import BrokerActor
from millstream.ray.broker_link import BrokerLink
from millstream.ray.broker_name import NAMESPACE, broker_name
from millstream.runtime.run_in_thread import run_in_thread

START_S: Final = 30.0
"""How long the actor may take to start."""

MOST_CALLS: Final = 10_000
"""Calls that the actor takes at once; each gateway has one that waits for news."""


class BrokerProcess:
    """The class of the actor. Its broker begins with the first call, on the loop of the actor."""

    def __init__(self) -> None:
        self._actor: BrokerActor | None = None
        self._key = b""

    async def agree(self, key: bytes) -> bytes:
        """Give the secret of all replicas; the first that offers one decides, whatever version it is of."""
        self._key = self._key or key
        return self._key

    async def tell(self, line: str, messages: Sequence[bytes]) -> None:
        """See `BrokerActor.tell`."""
        await self._running().tell(line, messages)

    async def hear(self, line: str) -> list[bytes]:
        """See `BrokerActor.hear`."""
        return await self._running().hear(line)

    def _running(self) -> BrokerActor:
        if self._actor is None:
            context = ray.get_runtime_context()
            is_first = not context.was_current_actor_reconstructed
            state = BrokerState(asyncio.get_running_loop().time(), is_first=is_first)
            self._actor = BrokerActor(Broker(state), partial(ray.kill, context.current_actor))
        return self._actor


async def agreed(name: str, key: bytes) -> bytes:
    """Ask for the secret that all replicas of an app share, those of the version before included.

    Args:
        name: Name of the app on the cluster.
        key: The secret if there is none yet.

    Raises:
        Closed: The broker cannot be reached.
    """
    actor = await _broker(name)
    async with asyncio.timeout(START_S):
        answer: bytes = await _asked(actor.agree, key)
        return answer


async def dial(name: str, key: bytes) -> BrokerLink:
    """Connect to the broker of an app; whoever comes first makes it.

    Args:
        name: Name of the app on the cluster.
        key: What was `agreed`: one that begins anew has to be told.

    Raises:
        Closed: It cannot be reached.
    """
    actor = await _broker(name)
    await _asked(actor.agree, key)
    return BrokerLink(partial(_asked, actor.tell), partial(_asked, actor.hear))


async def _broker(name: str) -> Any:
    try:
        return await run_in_thread("broker", partial(_found, name))
    except (RayError, ValueError) as error:
        raise Closed(f"the broker of {name} cannot be reached: {error}") from error


def _found(name: str) -> Any:
    made = ray.remote(BrokerProcess).options(
        name=broker_name(name),
        namespace=NAMESPACE,
        get_if_exists=True,
        lifetime="detached",
        num_cpus=0,
        max_restarts=-1,
        max_concurrency=MOST_CALLS,
    )
    return made.remote()


async def _asked(method: Any, *arguments: object) -> Any:
    """Call a method of the actor.

    Raises:
        Closed: It is lost, or has refused.
    """
    try:
        answer: Awaitable[Any] = method.remote(*arguments)
        return await answer
    except RayError as error:
        raise Closed(f"the broker is lost: {type(error).__name__}") from error
