"""The pool of an app as one of its gateways sees it: the actors, and the calls that are made of them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

from millstream.engines.ray.messages import PoolOrder
from millstream.engines.ray.plan import PoolPlan
from millstream.errors import DeclarationError

logger = logging.getLogger("millstream.engine")

BEAT_S: Final = 5.0
"""How often a gateway says that it lives; the actors let go of what they keep for one that is silent."""

ANSWER_S: Final = 15.0
"""A call of an actor that takes longer is lost: a node that is gone only says nothing."""

MOST_CALLS: Final = 10_000
"""Calls that an actor takes at once: each waits for the news of one job."""


class MemberLost(Exception):
    """An actor has died, or its node cannot be reached."""


class PoolMember:
    """One actor of the pool.

    Attributes:
        name: Its name on the cluster.
        opened: Workers of this gateway that have their jobs run there.
    """

    def __init__(self, name: str, handle: Any, gateway: str) -> None:
        self.name, self.opened = name, 0
        self._handle, self._gateway = handle, gateway

    async def ask(self, method: str, *arguments: object, limit_s: float = ANSWER_S) -> Any:
        """Call a method of the actor, in the name of this gateway.

        Raises:
            MemberLost: There is no answer in time.
        """
        from ray.exceptions import RayError, RayTaskError

        try:
            answer: Awaitable[Any] = getattr(self._handle, method).remote(self._gateway, *arguments)
            async with asyncio.timeout(limit_s):
                return await answer
        except RayTaskError as error:
            raise error.cause if isinstance(error.cause, DeclarationError) else MemberLost(str(error)) from error
        except (RayError, TimeoutError) as error:
            raise MemberLost(f"{type(error).__name__}: {error}") from error

    def tell(self, method: str, *arguments: object) -> None:
        """Call a method of the actor, and wait for nothing."""
        getattr(self._handle, method).remote(self._gateway, *arguments)


class ActorPool:
    """The actors of an app; whichever gateway comes first makes them.

    Args:
        plan: How many there are, and what they take.
        order: What they begin with.
    """

    def __init__(self, plan: PoolPlan, order: PoolOrder) -> None:
        self._plan, self._order = plan, order
        self._gateway = secrets.token_hex(6)
        self.members: list[PoolMember] = []
        self._beats: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Find or make the actors, and wait until each has set up the app.

        Raises:
            DeclarationError: One cannot, or not in time; the message says why.
        """
        made = await asyncio.to_thread(self._found)
        self.members = [PoolMember(name, handle, self._gateway) for name, handle in made.items()]
        self._beats = asyncio.ensure_future(self._beat())
        starts = (member.ask("ready", limit_s=self._plan.start_s) for member in self.members)
        try:
            await asyncio.gather(*starts)
        except MemberLost as error:
            raise DeclarationError(
                f"the actors of {self._plan.name} are not ready ({error}): the cluster lacks what {self._plan.actors} "
                f"of them reserve ({self._plan.num_cpus:g} CPUs and {self._plan.num_gpus:g} GPUs each), or the set-up "
                "of a handler hangs; their log says which"
            ) from error

    def choose(self) -> PoolMember:
        """Give the actor that has the fewest workers of this gateway."""
        return min(self.members, key=lambda member: member.opened)

    async def close(self) -> None:
        """Let go of the actors, which stay for other gateways; without any they end by themselves."""
        if self._beats is not None:
            self._beats.cancel()
        leaving = [member.ask("leave") for member in self.members]
        await asyncio.gather(*leaving, return_exceptions=True)

    def _found(self) -> dict[str, Any]:
        import ray

        from millstream.engines.ray.actor import PoolActor

        plan = self._plan
        made = partial(
            ray.remote(PoolActor).options,
            namespace=plan.namespace,
            get_if_exists=True,
            lifetime="detached",
            num_cpus=plan.num_cpus,
            num_gpus=plan.num_gpus,
            max_restarts=-1,
            max_concurrency=MOST_CALLS,
        )
        names = [f"{plan.name} {number}" for number in range(plan.actors)]
        return {name: made(name=name).remote(self._order) for name in names}

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            for member, outcome in zip(
                self.members, await asyncio.gather(*self._beat_once(), return_exceptions=True), strict=True
            ):
                if isinstance(outcome, Exception):
                    logger.warning("%s does not answer: %s", member.name, outcome)

    def _beat_once(self) -> list[Awaitable[Any]]:
        return [member.ask("beat", limit_s=BEAT_S) for member in self.members]
