"""Pages from their hello to their end, whatever carries their messages: a WebSocket, or HTTP where that is blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from millstream.declare.injected import Address
from millstream.declare.injected import Request as HandlerRequest
from millstream.errors import Closed
from millstream.recording.recorder import Recorder
from millstream.recording.transport import RecordingTransport
from millstream.runtime.host import Host
from millstream.server.gateways.relay import Relay
from millstream.server.http.record_bar import asked, offered_by
from millstream.server.security.caller import Caller
from millstream.server.security.gate import secured
from millstream.server.security.headers import Policy
from millstream.server.security.refusal import LOGGED_OUT, Refusal, refuse
from millstream.transports.websocket import WebSocketTransport
from millstream.types import Transport
from millstream.wire.close_codes import CLOSE_LOGGED_OUT

BUSY: Final = Refusal(503, "The app is being stopped. Try again in a moment.", (("retry-after", "3"),))


class Visits:
    """Serves the pages of one app.

    Args:
        is_draining: True if new pages are refused.
        policy: The security headers of a refusal.
        recorder: Records the visits; `None` if none is recorded.
        records_all: Whether it records all of them; else only those for which a developer asks by the page's address.
        relay: Serves pages whose sessions other gateways have; `None` if there are no others.
    """

    def __init__(
        self,
        is_draining: Callable[[], bool],
        policy: Policy,
        recorder: Recorder | None = None,
        relay: Relay | None = None,
        *,
        records_all: bool = True,
    ) -> None:
        self._is_draining = is_draining
        self._policy = policy
        self._recorder, self._records_all = recorder, records_all
        self._relay = relay
        self._closing: set[asyncio.Task[None]] = set()
        self.over_websocket = self.unless_draining(self._accept)

    def unless_draining(self, app: ASGIApp) -> ASGIApp:
        """Refuse new pages when the server is about to stop."""
        return _Unless(self._is_draining, self._policy, app)

    async def _accept(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = WebSocketTransport(receive, send)
        try:
            await transport.accept(scope["subprotocols"])
        except Closed:
            return
        await self.serve(scope, transport)

    async def serve(self, scope: Scope, transport: Transport) -> None:
        """Serve the page of a request over a transport that is accepted; a login that ends ends the page, too."""
        host: Host = scope["host"]
        caller: Caller = scope["caller"]
        name, owner = (asked(scope["query_string"]), offered_by(scope)) if caller.is_developers else (None, "")
        elsewhere = None if self._relay is None else partial(self._relay.serve, scope, transport, owner)
        if self._recorder is not None and (self._records_all or name is not None):
            transport = RecordingTransport(transport, self._recorder, name or "")
        sockets = caller.login.sockets if caller.login is not None else set()

        def log_out() -> None:
            task = asyncio.create_task(_turn_out(transport))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

        sockets |= {log_out, _EndOfLogin(host, caller.visitor)}
        try:
            await host.serve(
                transport,
                describe(scope, caller),
                caller.visitor,
                is_developers=caller.is_developers,
                elsewhere=elsewhere,
            )
        finally:
            sockets.discard(log_out)


class _Unless:
    """Refuses new pages when the server is about to stop. A class, since that is how a `Route` knows an ASGI app."""

    def __init__(self, is_draining: Callable[[], bool], policy: Policy, app: ASGIApp) -> None:
        self._is_draining = is_draining
        self._policy = policy
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_draining() or not scope["host"].is_ready:
            out = secured(send, self._policy, scope["caller"]) if scope["type"] == "websocket" else send
            await refuse(scope, receive, out, BUSY)
            return
        await self._app(scope, receive, send)


@dataclass(frozen=True)
class _EndOfLogin:
    """Ends all sessions of a login when that ends, also those that wait for their page; one of each login is enough."""

    host: Host
    visitor: str

    def __call__(self) -> None:
        self.host.log_out(self.visitor)


async def _turn_out(transport: Transport) -> None:
    """Tell a page that its login has ended, and close it."""
    try:
        await transport.send(LOGGED_OUT)
    except Closed:
        return
    await transport.close(CLOSE_LOGGED_OUT, "logged out")


def describe(scope: Scope, caller: Caller) -> HandlerRequest:
    """Describe the request that opened a page to handlers: everything but our own cookies."""
    cookies = caller.foreign_cookies()
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if "cookie" in headers:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    query = scope["query_string"].decode("latin-1")
    address = f"{'https' if caller.is_https else 'http'}://{caller.host}{caller.root_path}/"
    return HandlerRequest(
        headers=MappingProxyType(headers),
        query_params=MappingProxyType(dict(parse_qsl(query, keep_blank_values=True))),
        path_params=MappingProxyType({name: str(value) for name, value in scope.get("path_params", {}).items()}),
        cookies=MappingProxyType(cookies),
        client=Address(caller.address, scope["client"][1]) if scope.get("client") else None,
        url=f"{address}?{query}" if query else address,
        username=caller.login.user if caller.login is not None else None,
    )
