"""Our uvicorn in Ray's replicas: the one place that changes what Ray Serve does, and that checks whether it could.

Ray starts the HTTP server of a replica itself, with settings that negotiate compression (2 ms of CPU for each frame)
and bound nothing, and ends it without a word to the app. Its function `start_asgi_http_server` finds uvicorn in a
variable of its module: that is where ours is put.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, TypeAlias

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from millstream import installation
from millstream.errors import DeclarationError
from millstream.ray.entrance import Undisturbed
from millstream.server.process.connection_limits import ConnectionLimits
from millstream.server.process.protocols import BoundedHttp
from millstream.server.process.uvicorn_config import configured
from millstream.server.serving import LAST_ANSWERS_S, most_pages, quieten
from millstream.transports.websocket import LiveSocket

OnStart: TypeAlias = Callable[[str, int], Awaitable[None]]
OnExit: TypeAlias = Callable[[], Awaitable[None]]


class ReplicaServer(uvicorn.Server):
    """Ends as a replica of Ray ends: nobody comes in any more, pages are sent away, and then connections are closed.

    HAProxy tries another replica when this one does not listen, so that a page that comes back is served there.

    Args:
        config: The settings.
        on_start: Called with the address and the port at which it will listen; returns when it may.
        on_exit: Called when Ray wants it to end; returns when all pages are gone.
    """

    def __init__(self, config: uvicorn.Config, on_start: OnStart, on_exit: OnExit) -> None:
        super().__init__(config)
        self._on_start, self._on_exit = on_start, on_exit
        quieten()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen as soon as whoever comes can be served."""
        await self._on_start(self.config.host, self.config.port)
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, and end."""
        for each in self.servers:
            each.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, BoundedHttp):
                connection.shutdown()  # at once if it is idle: HAProxy would send the next request by it
        await self._on_exit()
        self.config.timeout_graceful_shutdown = LAST_ANSWERS_S  # type: ignore[assignment]  # waits for it
        await super().shutdown(sockets)


async def use_our_settings(on_start: OnStart, on_exit: OnExit) -> None:
    """Have Ray start its HTTP server with our settings, and check that it does.

    Args:
        on_start: Called with the address and the port at which the replica will listen; returns when it may.
        on_exit: Called when Ray wants the replica to end; returns when all pages are gone.

    Raises:
        DeclarationError: This release of Ray starts its server in another way.
    """
    from ray.serve._private import http_util, replica

    hooks: list[tuple[OnStart, OnExit]] = [(on_start, on_exit)]
    ours = SimpleNamespace(Config=_config, Server=lambda config: ReplicaServer(config, *hooks[-1]))
    try:
        if http_util.uvicorn is not uvicorn and not isinstance(http_util.uvicorn, SimpleNamespace):
            raise AttributeError("uvicorn is something else there")
        http_util.uvicorn = ours
        hooks.append((_ignore, _nothing))
        await _try_out(replica.start_asgi_http_server)
    except (AttributeError, ImportError, TypeError) as error:
        version = getattr(sys.modules.get("ray"), "__version__", "")
        raise DeclarationError(
            f"Ray {version} starts its HTTP server in a way that Millstream does not know ({error}): install the "
            f"release that `{installation.extra_command('ray')}` takes"
        ) from error
    hooks.pop()


async def _try_out(start: Callable[..., Awaitable[tuple[asyncio.Task[None], object]]]) -> None:
    """Start Ray's server on a free port, look at its settings, and stop it."""
    from ray.serve.config import HTTPOptions

    options = HTTPOptions(host="127.0.0.1", port=0)
    task, server = await start(_refuse, options, event_loop=asyncio.get_running_loop())
    try:
        if not isinstance(server, ReplicaServer) or server.config.ws is not LiveSocket:
            raise AttributeError("it does not take our settings")
    finally:
        server.should_exit = True  # type: ignore[attr-defined]  # Ray sets it, too
        await task


def _config(make: Callable[[], ASGIApp], /, **rays: Any) -> uvicorn.Config:
    """Make the settings of Ray's server: where it listens and below which path are Ray's, all else is ours."""
    kept = {name: rays[name] for name in ("host", "port", "root_path", "ssl_keyfile", "ssl_certfile") if name in rays}
    return configured(Undisturbed(make()), **kept, http=_protocols(), lifespan="off")  # Ray calls it


def _protocols() -> Callable[..., BoundedHttp]:
    """Make what makes the protocols of one server. Its peers are HAProxies: no address is worth a bound."""
    connections = ConnectionLimits(per_address=sys.maxsize)
    pages = ConnectionLimits(per_address=sys.maxsize, in_all=most_pages())

    def make(*arguments: Any, **named: Any) -> BoundedHttp:
        protocol = BoundedHttp(*arguments, **named)
        protocol.connection_limits, protocol.pages = connections, pages
        return protocol

    return make


async def _ignore(host: str, port: int) -> None:
    """Start a server that nobody knows."""


async def _nothing() -> None:
    """End a server that nobody knows."""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve nothing."""
