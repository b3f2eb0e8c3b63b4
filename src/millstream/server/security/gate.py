"""The one gate: it checks every request and every handshake, and refuses anything not explicitly allowed.

In order: Host, method, Origin, login. Nothing behind the gate consults headers to decide on permissions.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from millstream.server.options import ServerOptions
from millstream.server.security import hosts
from millstream.server.security.caller import Caller, cookie_name
from millstream.server.security.headers import Policy
from millstream.server.security.logins import Logins
from millstream.server.security.outer_login import OuterLogin
from millstream.server.security.refusal import Refusal, refuse

logger = logging.getLogger("millstream")

METHODS: Final = frozenset({"GET", "HEAD", "POST"})
SAFE: Final = frozenset({"GET", "HEAD"})
MAX_NOTES: Final = 200
"""The most refused hosts and origins that are logged, each once: invented names must not fill the log."""


class Gate:
    """ASGI middleware around everything that an app serves.

    Args:
        app: The app behind the gate; it finds the `Caller` in `scope["caller"]`.
        options: Allowed hosts and origins, trusted proxies.
        logins: The logins, or that of an application around this one; `None` if everybody may enter.
        public: Paths that need no login; all others do.
        policy: The security headers of each response.
        pages: The paths of the app's pages, without slashes: without a login they lead to the login page.

    Attributes:
        is_private: Whether the server listens on a loopback address, and no proxy is expected in front of it.
    """

    def __init__(
        self,
        app: ASGIApp,
        options: ServerOptions,
        logins: Logins | OuterLogin | None,
        public: frozenset[str],
        policy: Policy,
        pages: Collection[str] = ("",),
    ) -> None:
        self._app = app
        self._options = options
        self._logins = None if isinstance(logins, OuterLogin) else logins
        self._outer = logins if isinstance(logins, OuterLogin) else None
        self._public = public
        self._policy = policy
        self._pages = frozenset(f"/{page}" for page in pages)
        self._own_names = hosts.own_names() | {options.server_name.lower()}
        self._noted: set[tuple[str, str]] = set()
        self.is_private = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its `Caller`, or answer it here."""
        headers = Headers(scope=scope)
        path = local_path(scope, self._options.root_path)
        verdict = self._judge(scope, headers, path)
        outer = self._outer if path not in self._public else None
        if outer is not None and isinstance(verdict, Caller):
            verdict = await outer.admit(scope, verdict, self._policy, is_page=self._is_page(scope, path))
        if isinstance(verdict, Refusal):
            await refuse(scope, receive, secured(send, self._policy, None), verdict)
            return
        inner = {**scope, "path": path, "root_path": "", "caller": verdict}
        if scope["type"] != "websocket":  # what is accepted has no response: whoever refuses it behind here secures it
            send = secured(send, self._policy, verdict)
        if outer is None or not is_lasting(scope, path):
            await self._app(inner, receive, send)
            return
        async with outer.watching(scope, verdict):
            await self._app(inner, receive, send)

    def _is_page(self, scope: Scope, path: str) -> bool:
        return scope["type"] != "websocket" and scope["method"] in SAFE and path in self._pages

    def _judge(self, scope: Scope, headers: Headers, path: str) -> Caller | Refusal:
        is_socket = scope["type"] == "websocket"
        if not is_socket and scope["method"] not in METHODS:
            return Refusal(405, "This method is not served.", (("allow", "GET, HEAD, POST"),))
        if not path.isprintable():  # routes are regular expressions, which may take a line feed for the end of a path
            return Refusal(400, "The path is malformed.")
        peer = scope["client"][0] if scope.get("client") else ""
        is_proxied = bool(self._options.proxies) and hosts.is_trusted(peer, self._options.proxies)
        host = self._host(headers, is_proxied)
        if isinstance(host, Refusal):
            return host
        cookies = cookie_parser(headers.get("cookie", ""))
        if is_socket or scope["method"] not in SAFE:
            refusal = self._judge_origin(headers, host, bool(cookies))
            if refusal is not None:
                return refusal
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        if is_proxied:
            peer = hosts.client_behind(peer, headers.get("x-forwarded-for", ""), self._options.proxies)
            scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip() or scheme
        prefix = scope.get("root_path", "") or self._options.root_path
        caller = Caller(peer, scheme == "https", host, prefix, cookies)
        caller.is_developers = self.is_private and hosts.is_from_here(peer, host.host, headers.keys())
        if not path:  # without the slash, the page's relative addresses would point outside the app
            return Refusal(
                307,
                "The app is at the same address with a slash at the end.",
                (("location", f"{prefix.rpartition('/')[2]}/"),),
            )
        is_page = not is_socket and scope["method"] in SAFE
        if is_page and path not in ("/", "//") and path[-1] == "/" and path[:-1] in self._pages:
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            return Refusal(
                307,
                "The page is at the same address without a slash at the end.",
                (("location", f"..{quote(path[:-1])}{query}"),),
            )
        return self._judge_login(caller, path, is_page=self._is_page(scope, path))

    def _host(self, headers: Headers, is_proxied: bool) -> hosts.HostPort | Refusal:
        given = headers.getlist("host")
        text = given[0] if len(given) == 1 else ""
        if is_proxied and "x-forwarded-host" in headers:
            text = headers.get("x-forwarded-host", "").rpartition(",")[2].strip()
        host = hosts.parse_host(text)
        if host is None:
            return Refusal(400, "The request names no host, or a malformed one.")
        if not hosts.is_allowed_host(host.host, self._options.allowed_hosts, self._own_names):
            self._note("host", host.host, f'allowed_hosts=["{host.host}"]', "MILLSTREAM_ALLOWED_HOSTS")
            return Refusal(403, "The app is not served under this host name; the server's log names the remedy.")
        return host

    def _judge_origin(self, headers: Headers, host: hosts.HostPort, has_cookies: bool) -> Refusal | None:
        origins = headers.getlist("origin")
        if not origins:
            # Browsers name the origin of a handshake or a POST. Whatever does not is no browser, and has no cookies.
            if not has_cookies and headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
                return None
            return Refusal(403, "A request with cookies has to name its origin.")
        origin = origins[0]
        is_allowed = origin in self._options.allowed_origins or origin in self._policy.callers
        if len(origins) == 1 and (is_allowed or hosts.is_same_origin(origin, host)):
            return None
        self._note("origin", origin, f'allowed_origins=["{origin}"]', "MILLSTREAM_ALLOWED_ORIGINS")
        return Refusal(403, "Pages of this origin may not use the app; the server's log names the remedy.")

    def _judge_login(self, caller: Caller, path: str, *, is_page: bool) -> Caller | Refusal:
        if self._logins is None:
            caller.visitor = caller.cookies.get(cookie_name("visitor", caller), "")
            return caller
        caller.token = caller.cookies.get(cookie_name("login", caller), "")
        login = self._logins.find(caller.token) if caller.token else None
        if login is not None:
            caller.login, caller.visitor = login, login.visitor
            return caller
        if path in self._public:
            return caller
        if is_page:
            back = f"?page={quote(path[1:])}" if path != "/" else ""
            return Refusal(303, "Log in first.", (("location", f"login{back}"),))
        return Refusal(401, "Log in first.", is_logged_out=bool(caller.token))

    def _note(self, what: str, value: str, argument: str, variable: str) -> None:
        if (what, value) in self._noted or len(self._noted) >= MAX_NOTES:
            return
        self._noted.add((what, value))
        shown = value.encode("unicode_escape").decode()[:200]
        argument = argument.encode("unicode_escape").decode()[:240]
        logger.warning(
            "Refused the %s %s. If it is yours, pass %s to launch(), or set %s.", what, shown, argument, variable
        )


def secured(send: Send, policy: Policy, caller: Caller | None) -> Send:
    """Wrap `send` so that every response carries the security headers; headers of the response itself stay."""

    async def send_secured(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = MutableHeaders(scope=message)
            for name, value in policy.defaults(caller):
                headers.setdefault(name, value)
        await send(message)

    return send_secured


def is_lasting(scope: Scope, path: str) -> bool:
    """Tell a connection that lasts as long as its page from a request that is answered at once."""
    return scope["type"] == "websocket" or path == "/down"


def local_path(scope: Scope, root_path: str) -> str:
    """Return the path within the app, wherever it is mounted and whether or not a proxy strips the prefix.

    It is empty for the mount point without its slash.
    """
    path: str = scope["path"]
    for prefix in (scope.get("root_path", ""), root_path):
        if prefix and (path == prefix or path.startswith(prefix + "/")):
            path = path[len(prefix) :]
    return path
