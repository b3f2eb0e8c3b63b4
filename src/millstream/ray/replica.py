"""A replica of Ray Serve: the app, served as under `launch()`, with the sessions that come to it."""

from __future__ import annotations

import asyncio
import os
import secrets

from starlette.types import ASGIApp

from millstream.apps.program import load
from millstream.engines.ray import PoolPlan, plan
from millstream.errors import DeclarationError
from millstream.ray import environment
from millstream.ray.broker_name import NAMESPACE
from millstream.ray.broker_process import agreed
from millstream.ray.entrance import Entrance
from millstream.ray.options import RayOptions
from millstream.ray.siblings import ReplicaSiblings, wall_clock
from millstream.ray.uvicorn_settings import use_our_settings
from millstream.server.app import App, create_app
from millstream.server.gateways.gateway import Gateway
from millstream.server.options import ServerOptions


class Replica:
    """One gateway of an app.

    Args:
        options: How the app is deployed.

    Raises:
        DeclarationError: Ray's processes have not what they need in their environment.
    """

    def __init__(self, options: RayOptions) -> None:
        environment.check(os.environ)
        self._options = options
        self._served: App | None = None

    async def __serve_build_asgi_app__(self) -> ASGIApp:
        """Import the app and set it up, for Ray to serve.

        Raises:
            CommandError, ProgramError, DeclarationError: It cannot be imported, or does not become ready in time.
        """
        loaded = load(self._options.target)
        arguments = {**loaded.arguments, "drain": self._options.drain}
        key = await agreed(self._options.name, secrets.token_bytes(32))
        siblings = ReplicaSiblings(self._options.name, key)
        gateway = Gateway(siblings, key, broker=siblings.broker, clock=wall_clock)
        served = create_app(loaded.app, ServerOptions.resolve(arguments), gateway)
        siblings.declared(served.manifest)
        plan(self._pool(served.manifest.build))
        await use_our_settings(siblings.will_listen, served.close)
        try:
            async with asyncio.timeout(self._options.start_s):
                await served.start()
        except TimeoutError as error:
            raise DeclarationError(
                f"{self._options.target} is not ready after {self._options.start_s:g} seconds: the set-up of a handler "
                "hangs, or takes longer; then give start_s="
            ) from error
        self._served = served
        return Entrance(served, served.routes, served.close)

    def _pool(self, build: str) -> PoolPlan | None:
        """Plan the actors for the handlers of this build of the app."""
        options = self._options
        if not options.pool:
            return None
        return PoolPlan(
            name=f"pool of {options.name} {build}",
            namespace=NAMESPACE,
            actors=options.pool,
            num_cpus=options.pool_cpus,
            num_gpus=options.pool_gpus,
            start_s=options.start_s,
        )

    def record_autoscaling_stats(self) -> dict[str, float]:
        """Count, for Ray's autoscaler, the streams that run here and those that wait for a slot."""
        if self._served is None:
            return {"streams": 0.0}
        metrics = self._served.host.metrics()
        return {"streams": float(metrics.running + metrics.waiting)}
