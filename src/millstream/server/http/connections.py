"""Pages that come over HTTP because WebSockets are blocked on their way: `POST down` and `POST up`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from millstream.errors import Closed, ProtocolError
from millstream.runtime.state.owned import new_secret
from millstream.server.http.uploads import SESSION_HEADER, chunks_of
from millstream.server.security.caller import Caller
from millstream.transports.http import KEEP_ALIVE_S, MAX_IN_FLIGHT, PAGE_EXTENSION, HttpTransport
from millstream.types import Transport
from millstream.wire.framing import frame, unframe
from millstream.wire.limits import MAX_MESSAGE_BYTES

CONNECTION_HEADER: Final = "x-millstream-connection"
BATCH_HEADER: Final = "x-millstream-batch"

MAX_BODY_BYTES: Final = len(frame(b"")) + MAX_MESSAGE_BYTES
"""Largest batch: one message of the largest size, or many small ones."""

MAX_REQUESTS: Final = 2 * MAX_IN_FLIGHT
"""Batches of one connection that are read at once: each may come again while its first copy still hangs."""

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,14}")

Serve = Callable[[Scope, Transport], Awaitable[None]]


class HttpConnections:
    """All connections of this kind, by their secrets.

    A secret is made here, known to the page alone, never part of an address, and of use only to the visitor to whom it
    was given.

    Args:
        serve: Serves the page of a request over a transport until its end.
        gateway: The name of this gateway, with which secrets begin; empty if there is no other.
    """

    def __init__(self, serve: Serve, gateway: str = "") -> None:
        self._serve = serve
        self._gateway = gateway
        self._open: dict[str, _Connection] = {}

    async def down(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST down` with all that the server says to one page, as long as that lasts."""
        transport, secret = HttpTransport(send), new_secret(self._gateway)
        self._open[secret] = _Connection(scope["caller"].visitor, transport)
        if count_as_page := scope.get("extensions", {}).get(PAGE_EXTENSION):
            count_as_page()
        watching = asyncio.create_task(_watch(receive, transport))
        try:
            await transport.accept(secret)
            await self._serve(scope, transport)
        except Closed:
            return
        finally:
            del self._open[secret]
            transport.lose("the connection is closed")
            watching.cancel()
            await asyncio.wait([watching])

    async def close(self) -> None:
        """End those that the host does not know, since they have said nothing yet: the server stops."""
        for connection in list(self._open.values()):
            await connection.transport.close(1012, "the app is being restarted")

    async def up(self, request: Request) -> Response:
        """Answer `POST up`: the next messages of a page; 204 says that they were taken, now or before."""
        caller: Caller = request.scope["caller"]
        found = self._open.get(request.headers.get(CONNECTION_HEADER, ""))
        if found is None or found.visitor != caller.visitor:
            return _refused(404, "There is no such connection, or not any more.")
        number = request.headers.get(BATCH_HEADER, "")
        if not _NUMBER.fullmatch(number):
            return _refused(400, f"{BATCH_HEADER} has to be the number of the batch.")
        if found.requests >= MAX_REQUESTS:
            return _refused(429, "Too many batches are sent at once.")
        found.requests += 1
        try:
            await found.transport.take(int(number), unframe(await _body(request)))
        except ProtocolError as error:
            return _refused(409, f"{error}.")
        except Closed:
            return _refused(404, "The connection has ended.")
        except TimeoutError:
            return _refused(408, "The batch stood still.")
        except ClientDisconnect:
            return _refused(400, "The batch broke off.")  # nobody reads it
        finally:
            found.requests -= 1
        return Response(status_code=204, headers={"cache-control": "no-store"})


class _Connection:
    """One connection: whose it is, and how many of its batches are being read."""

    def __init__(self, visitor: str, transport: HttpTransport) -> None:
        self.visitor = visitor
        self.transport = transport
        self.requests = 0


async def leave(request: Request) -> Response:
    """Answer `POST bye`: the page of a session has been closed, which no connection of its own has told the server."""
    caller: Caller = request.scope["caller"]
    request.scope["host"].leave(request.headers.get(SESSION_HEADER, ""), caller.visitor)
    return Response(status_code=204, headers={"cache-control": "no-store"})


async def _watch(receive: Receive, transport: HttpTransport) -> None:
    """Notice when the page leaves, and give signs of life until then."""
    while True:
        try:
            async with asyncio.timeout(KEEP_ALIVE_S):
                message = await receive()
        except TimeoutError:
            await transport.keep_alive()
            continue
        if message["type"] == "http.disconnect":
            transport.lose("the link to the page was lost")
            return
        if message.get("body"):
            transport.lose("the request for messages has a body")
            return


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in chunks_of(request):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ProtocolError(f"a batch may have {MAX_BODY_BYTES} bytes")
    return bytes(body)


def _refused(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status, {"cache-control": "no-store", "connection": "close"})
