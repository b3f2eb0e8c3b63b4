"""The ASGI application: everything that serves an app is assembled here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from millstream import engines
from millstream.declare.app_source import find_source, is_worker
from millstream.declare.declaration import Declaration
from millstream.declare.page_manifests import pages_by_path
from millstream.errors import Busy
from millstream.run_in_thread import run_in_thread
from millstream.runtime.app_metrics import AppMetrics
from millstream.runtime.host import Host
from millstream.server.complaints import VisitorLog
from millstream.server.composition import (
    HostSnapshots,
    logins_of,
    outer_login_of,
    record_bar_of,
    recorder_of,
    settings_of,
    start_host,
)
from millstream.server.gateways.figures import PATH
from millstream.server.gateways.forwarded import PrivateDoor
from millstream.server.gateways.gateway import Gateway
from millstream.server.gateways.requests import Owner, owner_in_header, owner_in_path
from millstream.server.http.assets import Assets
from millstream.server.http.connections import CONNECTION_HEADER, HttpConnections, leave
from millstream.server.http.failures import answering, contained
from millstream.server.http.favicon import Favicon
from millstream.server.http.login import LoginPage
from millstream.server.http.metrics import Metrics, alone
from millstream.server.http.named_files import ADDRESSES, NamedFiles
from millstream.server.http.operator import OperatorPage
from millstream.server.http.page import PageDocument
from millstream.server.http.probes import alive, while_starting
from millstream.server.http.record_bar import offered_by
from millstream.server.http.uploads import SESSION_HEADER, receive_file, send_file
from millstream.server.http.words import page_words
from millstream.server.look import first_elements, later_elements, page_contents, page_look
from millstream.server.options import ServerOptions
from millstream.server.security.gate import Gate
from millstream.server.security.headers import Policy
from millstream.server.security.hosts import is_loopback
from millstream.server.security.logins import Logins
from millstream.server.visits import BUSY, Visits

PUBLIC: Final = frozenset({"/login", "/healthz", "/readyz", "/favicon.ico", "/metrics"})
"""Paths that need no login; `/metrics` asks for one itself, or for a token."""

LONGEST_LAG_S: Final = 5.0
"""The event loop is not waited for any longer when somebody asks for figures."""


def create_app(
    declaration: Declaration,
    options: ServerOptions | None = None,
    gateway: Gateway | None = None,
    snapshots: HostSnapshots | None = None,
) -> App:
    """Make the ASGI application for a declaration, and freeze the declaration.

    Any ASGI server can serve it, and another application can mount it below any path.

    Args:
        declaration: The app.
        options: How it is served; anything absent comes from the environment.
        gateway: The place of this process among several; `None` for an app of a single process.
        snapshots: Where sessions are written down for the versions of the app that may follow; see `versions.py`.

    Raises:
        DeclarationError: The declaration cannot work.
    """
    return App(declaration, options or ServerOptions.resolve({}), gateway, snapshots)


class App:
    """An app that can be served: routes behind the gate, around one `Host`.

    The host starts with the server's lifespan. If nobody forwards the lifespan, as when the app is mounted in another
    one, it starts with the first request.

    Attributes:
        manifest: The frozen declaration.
        options: How it is served.
        gateway: The place of this process among several; `None` if it is the only one.
        routes: All routes, behind the gate.
        complaints: Logs what visitors can cause at will, each kind at most once a minute.
        policy: The security headers of its responses.
        successor: A later version of the app, which serves everybody in the place of this one; `None` for none.
        is_draining: Set it to turn new pages away; open pages keep working.
        private_door: The ASGI application for the siblings of a gateway, which pass on requests of visitors.
        loop: The loop that it runs on; `None` before its start.
        stop: Ends the server that `launch()` started for the app, as `Server.stop` does; does nothing without one.
        wait: Waits until that server has ended, if it runs in a thread.
    """

    def __init__(
        self,
        declaration: Declaration,
        options: ServerOptions,
        gateway: Gateway | None = None,
        snapshots: HostSnapshots | None = None,
    ) -> None:
        self.options = options
        self.gateway = gateway
        self._snapshots, self.successor = snapshots, cast("App | None", None)
        self._relay = None if gateway is None else gateway.relay()
        self._figures = None if gateway is None else gateway.figures()
        self._broker = None if gateway is None else gateway.broker
        self.manifest = declaration.freeze(page_look(declaration.look, options))
        self._pages = pages_by_path(self.manifest)
        if gateway is not None:
            gateway.siblings.declared(self.manifest)
        _check_found(declaration, {options.engine, *(binding.engine for binding in self.manifest.bindings)})
        self.complaints = VisitorLog()
        self._recorder = recorder_of(self.manifest, options)
        self.is_draining = False
        self.stop: Callable[..., None] = lambda drain_s=None: None
        self.wait: Callable[[], None] = lambda: None
        self._host: Host | None = None
        self._starting = asyncio.Lock()
        self.loop: asyncio.AbstractEventLoop | None = None
        policy = self.policy = Policy(options.frame_ancestors)
        logins = self._logins = logins_of(options, self.complaints, gateway)
        self.routes: list[BaseRoute] = [*self._routes(policy, logins), *self._login_routes(policy, logins)]
        answer = answering(self.complaints)
        handlers = {HTTPException: _as_json, Busy: _as_busy, OSError: answer, RuntimeError: answer}
        inner = Starlette(routes=self.routes, exception_handlers=handlers)
        inner.router.redirect_slashes = False  # it would build an address from the Host header
        public = PUBLIC if gateway is None else PUBLIC | {PATH}
        self._gate = Gate(
            inner, options, logins or outer_login_of(options, self.complaints), public, policy, self._pages
        )
        self._entrance = contained(self._gate, self.complaints)
        self.private_door = PrivateDoor(self)

    @property
    def host(self) -> Host:
        """The running host.

        Raises:
            RuntimeError: The app has not been started yet, or has been closed.
        """
        if self._host is None:
            raise RuntimeError("the app is not running: serve it, or await its start()")
        return self._host

    @property
    def is_running(self) -> bool:
        """True between its start and the beginning of its end."""
        return self._host is not None and not self.is_draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one connection, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self.successor is not None:
            await self.successor(scope, receive, send)
            return
        if self._starting.locked() and (answer := while_starting(scope)) is not None:
            await answer(scope, receive, send)
            return
        await self.start()
        await self._entrance({**scope, "host": self.host, "recorder": self._recorder}, receive, send)

    def bound_to(self, address: str) -> None:
        """Note the address that the server listens on: whoever opens the app at a loopback address is its developer.

        An app that is set up for a proxy or for other sites has visitors, who then all seem to come from this machine.
        """
        options = self.options
        hints = (options.root_path, options.allowed_hosts, options.allowed_origins, options.trusted_proxies)
        self._gate.is_private = is_loopback(address) and not any(hints) and not options.frame_ancestors

    def follows(self, other: App) -> None:
        """Take over from the version before who its developer is, and how it is stopped."""
        self._gate.is_private, self.stop = other._gate.is_private, other.stop

    async def start(self) -> None:
        """Start the host on the running loop, unless it already runs there."""
        loop = asyncio.get_running_loop()
        if self.loop is not loop:
            self.loop, self._host, self._starting, self.is_draining = loop, None, asyncio.Lock(), False
        if self._host is not None:
            return
        async with self._starting:
            if self._host is None:
                settings, engine = settings_of(self.options, self._name), engines.load(self.options.engine)
                self._host = await start_host(self.manifest, settings, engine, self.gateway, self._snapshots)
                if self._broker is not None:
                    self._broker.start()

    async def close(self, drain_s: float | None = None) -> None:
        """End all sessions; running handlers get `drain_s` seconds (`options.drain`) to finish.

        The host is kept until a new one is started, so that it can still name the handlers it had to abandon.
        """
        self.is_draining = True
        if self._relay is not None:
            self._relay.close()
        if self._host is not None:
            await self._host.close(self.options.drain if drain_s is None else drain_s)
        if self._broker is not None:
            await self._broker.close()
        await self._over_http.close()
        if self._recorder is not None:
            await run_in_thread("recording", self._recorder.close)

    def abandoned(self) -> list[str]:
        """Name the handlers that have not ended, abandoned or not."""
        engine = self._host.statistics().get("engine") if self._host is not None else None
        found = engine if isinstance(engine, Mapping) else {}
        return [str(name) for state in ("running", "abandoned") for name in found.get(state, [])]

    def metrics(self) -> dict[str, object]:
        """Give the figures of this moment; see `Blocks.metrics`. To be called in any thread.

        Raises:
            RuntimeError: The app was not started yet.
        """
        host, loop = self.host, self.loop
        if loop is None or not loop.is_running() or asyncio._get_running_loop() is loop:
            return host.metrics().plain()  # nobody can wait for the loop here
        try:
            return asyncio.run_coroutine_threadsafe(self._all_figures(host), loop).result(LONGEST_LAG_S)
        except TimeoutError:  # the loop is blocked, or has ended meanwhile
            return replace(host.metrics(), loop_lag_s=LONGEST_LAG_S).plain()

    async def _gather(self, host: Host) -> Mapping[str, AppMetrics]:
        return await (alone(host) if self._figures is None else self._figures.by_gateway(host))

    async def _all_figures(self, host: Host) -> dict[str, object]:
        parts = await self._gather(host)
        whole = AppMetrics.whole(list(parts.values())).plain()
        return whole if "" in parts else {**whole, "gateways": {name: part.plain() for name, part in parts.items()}}

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.loop = None
        await self.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await (self.successor or self).close()
        await send({"type": "lifespan.shutdown.complete"})

    def _routes(self, policy: Policy, logins: Logins | None) -> list[BaseRoute]:
        tags = first_elements(self.manifest)
        scripts = self.manifest.element_scripts.values()
        later = later_elements(self.manifest)
        assets = Assets(policy, is_public=not self.options.has_logins, elements=scripts, tags=tags, later=later)
        has_logins = logins is not None
        facts = {"reloads": self._snapshots is not None, "has_logins": has_logins}
        words = page_words([*tags, *(later or ())], has_renders=later is None)
        contents = page_contents(self._pages, self.options, assets, words, **facts)
        bar = record_bar_of(self._recorder, self.options, self._name)
        pages = {at: PageDocument(each, policy, has_logins=has_logins, bar=bar) for at, each in contents.items()}
        token, script = self.options.operator_token or "", assets.addresses["operator"]
        operator = OperatorPage(token, contents[""], script, policy, self._gather)
        favicon = Favicon(self.options.favicon_path)
        metrics = Metrics(self.options.metrics_token or "", has_logins=self.options.has_logins, gather=self._gather)
        records_all = self.options.record is not None and not self.options.record_button
        visits = Visits(lambda: self.is_draining, policy, self._recorder, self._relay, records_all=records_all)
        over_http = self._over_http = HttpConnections(visits.serve, self._name)
        guarded, at_owner = self._unless_draining, self._at_owner
        named = NamedFiles(settings_of(self.options))
        own = [] if self._figures is None else [Route(PATH, self._figures.serve)]
        return [
            *own,
            *(Route(f"/{at}", at_owner(offered_by, guarded(one.serve)), methods=["GET"]) for at, one in pages.items()),
            WebSocketRoute("/ws", visits.over_websocket),
            Route("/down", visits.unless_draining(over_http.down), methods=["POST"]),
            Route("/up", at_owner(owner_in_header(CONNECTION_HEADER), over_http.up), methods=["POST"]),
            Route("/bye", at_owner(owner_in_header(SESSION_HEADER), leave), methods=["POST"]),
            Route("/upload", at_owner(owner_in_header(SESSION_HEADER), guarded(receive_file)), methods=["POST"]),
            Route("/file/{handle}", at_owner(owner_in_path("handle"), send_file), methods=["GET"]),
            Route("/assets/{name}", assets.serve),
            *(Route(address, named.serve) for address in ADDRESSES),
            Route("/favicon.ico", favicon.serve),
            Route("/healthz", alive),
            Route("/metrics", metrics.serve),
            Route("/operator", operator.page),
            Route("/operator/figures", operator.figures),
            Route("/readyz", guarded(alive)),
        ]

    @property
    def _name(self) -> str:
        return "" if self.gateway is None else self.gateway.siblings.name

    def _at_owner(self, owner: Owner, endpoint: Callable[..., Any]) -> Callable[..., Any]:
        """Let an endpoint answer what belongs to this gateway, and others the rest."""
        return endpoint if self.gateway is None else self.gateway.forwarding(owner, endpoint)

    def _login_routes(self, policy: Policy, logins: Logins | None) -> list[BaseRoute]:
        if logins is None:
            return []
        options, title = self.options, self.manifest.title
        lang, pages = options.lang, self._pages
        login = LoginPage(logins, policy, title=title, message=options.auth_message, lang=lang, pages=pages)
        return [
            Route("/login", login.show),
            Route("/login", login.submit, methods=["POST"]),
            Route("/logout", login.leave, methods=["POST"]),
        ]

    def _unless_draining(self, endpoint: Callable[[Request], object]) -> Callable[[Request], object]:
        async def guarded(request: Request) -> Response:
            if self.is_draining or not self.host.is_ready:
                return JSONResponse({"error": BUSY.sentence}, BUSY.status, dict(BUSY.headers))
            return await cast("asyncio.Future[Response]", endpoint(request))

        return guarded


def _check_found(declaration: Declaration, asked: AbstractSet[str | None]) -> None:
    """Check that the engines that run handlers in other processes will find the app there.

    Raises:
        DeclarationError: They will not; the message names the remedy.
    """
    if not is_worker() and any(name is not None and engines.imports_app(name) for name in asked):
        find_source(declaration)


async def _as_busy(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, BUSY.status, dict(BUSY.headers))


async def _as_json(request: Request, error: Exception) -> Response:
    failure = cast("HTTPException", error)
    return JSONResponse({"error": failure.detail}, failure.status_code, dict(failure.headers or {}))
