"""A page that comes over HTTP, and the server's end of its connection, on one loop and a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from millstream.client.over_http import ClientHttp
from millstream.server.http.connections import HttpConnections
from millstream.server.process.protocols import BoundedHttp
from millstream.server.security.caller import Caller
from millstream.server.security.hosts import HostPort
from millstream.types import Transport

Serve = Callable[[Scope, Transport], Awaitable[None]]

VISITOR = "x-visitor"


class _Down:
    """A class, since that is how a `Route` knows an ASGI app."""

    def __init__(self, connections: HttpConnections) -> None:
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._connections.down(scope, receive, send)


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """Serve the two endpoints without a gate: the header `x-visitor` says whose a request is. Gives the address."""
    connections = HttpConnections(serve)
    inner = Starlette(
        routes=[Route("/down", _Down(connections), methods=["POST"]), Route("/up", connections.up, methods=["POST"])]
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        caller = Caller("127.0.0.1", False, HostPort("127.0.0.1", 80), "", {})
        caller.visitor = dict(scope["headers"]).get(VISITOR.encode(), b"").decode()
        await inner({**scope, "caller": caller}, receive, send)

    config = uvicorn.Config(app, http=BoundedHttp, log_config=None, lifespan="off")
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: BoundedHttp(config, state, {}), "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}/"
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        if state.tasks:
            await asyncio.wait(state.tasks)


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[ClientHttp, Transport]]:
    """Connect a page to a server that hands its end to the test."""
    handed: asyncio.Queue[Transport] = asyncio.Queue()
    is_over = asyncio.Event()

    async def serve(_: Scope, transport: Transport) -> None:
        handed.put_nowait(transport)
        await is_over.wait()

    async with listening(serve) as url:
        page = ClientHttp(url, {})
        await page.open()
        try:
            yield page, await handed.get()
        finally:
            is_over.set()
            await page.close(1001, "")
