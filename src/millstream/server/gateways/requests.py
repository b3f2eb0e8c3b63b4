"""Requests that belong to a sibling: passed on as they come, body and answer chunk by chunk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import httptools
from starlette.routing import request_response
from starlette.types import ASGIApp, Receive, Scope, Send

from millstream.runtime.state.owned import owner_of
from millstream.server.gateways.forwarded import FORWARDED, VisitorPeer, is_forwarded
from millstream.server.gateways.siblings import Siblings, connected
from millstream.server.security.refusal import Refusal, refuse

Owner: TypeAlias = Callable[[Scope], str]
"""Reads from a request the name of the gateway that it belongs to."""

READ_BYTES: Final = 64 * 1024

ANSWER_S: Final = 60.0
"""Time allowed for an answer, or its next part, once the body of the request is sent."""

CONNECTION_HEADERS: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
"""Headers that are about one connection alone (RFC 9110 section 7.6.1)."""

_NOT_PASSED_ON: Final = CONNECTION_HEADERS | {b"expect", FORWARDED.encode()}
_NOT_PASSED_BACK: Final = CONNECTION_HEADERS | {b"date", b"server"}

_LATE: Final = Refusal(504, "The part of the server that has this page does not answer.")


def owner_in_header(name: str) -> Owner:
    """Find the owner by the secret in a header."""
    wanted = name.encode()

    def owner(scope: Scope) -> str:
        return next((owner_of(value.decode("latin-1")) for key, value in scope["headers"] if key == wanted), "")

    return owner


def owner_in_path(name: str) -> Owner:
    """Find the owner by the secret in a part of the path."""
    return lambda scope: owner_of(scope["path_params"][name])


class Forwarding:
    """ASGI: a route whose requests may belong to another gateway.

    Args:
        siblings: The other gateways.
        owner: Names the gateway that a request belongs to.
        here: Answers the requests of this gateway, and those of a gateway that has gone.
    """

    def __init__(self, siblings: Siblings, owner: Owner, here: Callable[..., Any]) -> None:
        self._siblings = siblings
        self._owner = owner
        self._here: ASGIApp = request_response(here)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        address = None if is_forwarded(scope) else self._siblings.address(self._owner(scope))
        if address is None or not await forward(address, scope, receive, send):
            await self._here(scope, receive, send)


async def forward(address: str, scope: Scope, receive: Receive, send: Send) -> bool:
    """Have a request answered by a sibling; returns `False` if that has gone before its answer began."""
    try:
        reader, writer = await asyncio.open_connection(sock=await connected(address))
    except OSError:
        return False
    exchange = _Exchange(scope, receive, send)
    try:
        return await exchange.carry(reader, writer)
    finally:
        writer.transport.abort()  # what was to be sent is sent, and nothing more is wanted


class _Exchange:
    """One request on its way to a sibling, and the answer on its way back. The parser calls its `on_` methods."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._parser = httptools.HttpResponseParser(self)
        self._messages: list[dict[str, object]] = []
        self._headers: list[tuple[bytes, bytes]] = []
        self._is_begun = self._is_complete = self._has_left = False
        self._clock: asyncio.Timeout = asyncio.timeout(None)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send the request and pass its answer back; returns `False` if there was none."""
        writer.write(_head_of(self._scope))
        sending = asyncio.create_task(self._send_body(writer))
        try:
            async with self._clock:
                while not self._is_complete and (data := await self._read(reader)):
                    self._parser.feed_data(data)
                    await self._pass_back()
        except TimeoutError:
            if not self._is_begun:
                await refuse(self._scope, self._receive, self._send, _LATE)
            return True
        except httptools.HttpParserError:
            return self._is_begun
        finally:
            sending.cancel()
            await asyncio.wait([sending])
        return self._is_begun or self._has_left

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        try:
            data = await reader.read(READ_BYTES)
        except OSError:
            return b""  # it has gone
        if self._clock.when() is not None:
            self._hurry()
        return data

    async def _pass_back(self) -> None:
        """Pass on what the parser has found."""
        messages, self._messages = self._messages, []
        for message in messages:
            await self._send(message)

    async def _send_body(self, writer: asyncio.StreamWriter) -> None:
        """Send the body as it comes, then wait for the visitor to leave."""
        is_chunked = _has(self._scope, b"transfer-encoding")
        try:
            while (message := await self._receive())["type"] == "http.request":
                body, is_last = message.get("body", b""), not message.get("more_body", False)
                if is_chunked:
                    body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"0\r\n\r\n" if is_last else b"")
                writer.write(body)
                await writer.drain()
                if is_last:
                    self._hurry()
        except OSError:
            return  # it wants no more of the body, and may have said why
        self._has_left = True
        writer.transport.abort()

    def _hurry(self) -> None:
        self._clock.reschedule(asyncio.get_running_loop().time() + ANSWER_S)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header of the answer."""
        if name.lower() not in _NOT_PASSED_BACK:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Begin the answer."""
        status = self._parser.get_status_code()
        self._messages.append({"type": "http.response.start", "status": status, "headers": self._headers})
        self._is_begun = True
        if self._scope["method"] == "HEAD":  # its length is that of a body that does not come
            self.on_message_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the answer."""
        self._messages.append({"type": "http.response.body", "body": body, "more_body": True})

    def on_message_complete(self) -> None:
        """End the answer."""
        if not self._is_complete:
            self._messages.append({"type": "http.response.body", "body": b""})
            self._is_complete = True


def passed_on(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Give the headers of a visitor's request as a sibling gets them."""
    headers = [(name, value) for name, value in scope["headers"] if name not in _NOT_PASSED_ON]
    return [*headers, (FORWARDED.encode(), VisitorPeer.of(scope).written().encode())]


def target_of(scope: Scope) -> bytes:
    """Give the path and query of a request as they came."""
    query: bytes = scope["query_string"]
    path: bytes = scope["raw_path"]
    return path + b"?" + query if query else path


def _head_of(scope: Scope) -> bytes:
    headers = [*passed_on(scope), (b"connection", b"close")]
    if _has(scope, b"transfer-encoding"):
        headers.append((b"transfer-encoding", b"chunked"))
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (scope["method"].encode(), target_of(scope), lines)


def _has(scope: Scope, wanted: bytes) -> bool:
    return any(name == wanted for name, _ in scope["headers"])
