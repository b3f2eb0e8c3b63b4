"""A replica of Ray Serve: the app, served as under `launch()`, with the sessions that come to it."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from millstream.errors import DeclarationError
from millstream.ray import environment
from millstream.ray.options import RayOptions
from millstream.ray.program import load
from millstream.ray.uvicorn_settings import use_our_settings
from millstream.server.app import App, create_app
from millstream.server.options import ServerOptions

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


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
        served = create_app(loaded.app, ServerOptions.resolve(arguments))
        await use_our_settings(served.close)
        try:
            async with asyncio.timeout(self._options.start_s):
                await served.start()
        except TimeoutError as error:
            raise DeclarationError(
                f"{self._options.target} is not ready after {self._options.start_s:g} seconds: the set-up of a handler "
                "hangs, or takes longer; then give start_s="
            ) from error
        self._served = served
        return Entrance(served)

    def record_autoscaling_stats(self) -> dict[str, float]:
        """Count, for Ray's autoscaler, the streams that run here and those that wait for a slot."""
        if self._served is None:
            return {"streams": 0.0}
        metrics = self._served.host.metrics()
        return {"streams": float(metrics.running + metrics.waiting)}


class Entrance:
    """The app as Ray calls it: started already, so that Ray tells of what has failed.

    Args:
        app: The app.

    Attributes:
        routes: What Ray names requests by in its figures.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self.routes: list[BaseRoute] = app.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything but the lifespan."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._app.close()
        await send({"type": "lifespan.shutdown.complete"})
