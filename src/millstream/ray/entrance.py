"""The app as Ray calls it: in a replica's HTTP server, which has our settings, and by Ray's proxy, which has not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from millstream.server.security.refusal import Refusal, refuse

DIRECT: Final = "millstream.direct"
"""Set in the scope of what comes by the HTTP server of the replica."""

VIA: Final = (b"via", b"1.1 haproxy")
"""Added to each request: HAProxy adds nothing, and on the same machine all its visitors would pass for the operator."""

SOON: Final = Refusal(503, "The app is starting. Try again in a moment.", (("retry-after", "1"),))


class Entrance:
    """The app, which runs already when Ray starts it: so Ray tells of what has failed.

    HAProxy turns to Ray's proxy while it knows no replica that is well, as in the first half second. A page would stay
    there for its whole life, with compression and a second event loop; it is asked to try again.

    Args:
        app: The app.
        routes: What Ray names requests by in its figures.
        close: Ends the app.
    """

    def __init__(self, app: ASGIApp, routes: list[BaseRoute], close: Callable[[], Awaitable[None]]) -> None:
        self._app, self._close = app, close
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes directly; of the rest, what is short. Each request has `VIA` then."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._close()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket" and DIRECT not in scope:
            await refuse(scope, receive, send, SOON)
        else:
            await self._app({**scope, "headers": [*scope["headers"], VIA]}, receive, send)


class Undisturbed:
    """Has Ray leave calls alone: a page's session is not a part of the call that lends it its connection.

    Ray would read ahead of the app, without bound, to see a client go, and then cancel the call; and it would let a
    client say after what time.

    Args:
        app: What Ray calls in its HTTP server.
    """

    STAYS: Final = (b"x-request-disconnect-disabled", b"?1")
    """Ray's own header by which a call is left alone when its client goes: the app knows what to do then."""

    FOREIGN: Final = frozenset({STAYS[0], b"x-request-timeout-seconds"})
    """Headers by which a client could tell Ray how to treat its call."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Mark what comes."""
        if "headers" in scope:
            scope["headers"] = [each for each in scope["headers"] if each[0] not in self.FOREIGN] + [self.STAYS]
            scope[DIRECT] = True
        await self._app(scope, receive, send)
