"""The broker as Ray makes it: the class of the actor, and how a replica finds the one of its app."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from contextlib import suppress
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
from millstream.run_in_thread import run_in_thread

logger = logging.getLogger("millstream.broker")

START_S: Final = 30.0
"""How long the actor may take to start."""

KNOWN_S: Final = 3.0
"""How long a broker that begins anew waits for a replica that knows the secret, before a new replica decides it."""

MOST_CALLS: Final = 10_000
"""Calls that the actor takes at once; each gateway has one that waits for news."""


class BrokerProcess:
    """The class of the actor. Its broker begins with the first call, on the loop of the actor."""

    def __init__(self) -> None:
        self._actor: BrokerActor | None = None
        self._key = b""
        self._has_key = asyncio.Event()

    async def agree(self, key: bytes, is_new: bool = False) -> bytes:
        """Give the secret of all replicas; the first that offers one decides, whatever version it is of.

        Args:
            key: What is offered.
            is_new: Whether it was made just now. A broker that begins anew prefers what replicas had agreed upon.
        """
        if is_new and not self._key and ray.get_runtime_context().was_current_actor_reconstructed:
            with suppress(TimeoutError):
                async with asyncio.timeout(KNOWN_S):
                    await self._has_key.wait()
        self._key = self._key or key
        self._has_key.set()
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
    try:
        async with asyncio.timeout(START_S):
            answer: bytes = await _asked(actor.agree, key, True)
            return answer
    except TimeoutError as error:
        raise Closed(f"the broker of {name} does not start within {START_S:g} s") from error


async def dial(name: str, key: bytes) -> BrokerLink:
    """Connect to the broker of an app; whoever comes first makes it.

    Args:
        name: Name of the app on the cluster.
        key: What was `agreed`: one that begins anew has to be told.

    Raises:
        Closed: It cannot be reached.
    """
    actor = await _broker(name)
    if await _asked(actor.agree, key) != key:
        logger.error(
            "The replicas of %s disagree on their secret, so logins and pages do not move: deploy it anew.", name
        )
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
