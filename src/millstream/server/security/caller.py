"""The caller: the facts that the gate has established about a request, and the cookies that identify a browser."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from millstream.server.security.hosts import HostPort
from millstream.server.security.logins import Login


@dataclass(eq=False)
class Caller:
    """The sender of one request, as far as it can be trusted.

    Attributes:
        address: IP address of the client, behind trusted proxies.
        is_https: Whether the browser's own connection is encrypted.
        host: The host that was requested; it is one of the allowed ones.
        root_path: Where the app is mounted, empty at the root.
        cookies: By name.
        visitor: Identifies this browser, or this login; empty for a program that keeps no cookies.
        login: The login, `None` without one.
        token: The token in the login cookie.
        is_developers: Whether the caller is the app's developer, on this machine.
    """

    address: str
    is_https: bool
    host: HostPort
    root_path: str
    cookies: Mapping[str, str]
    visitor: str = ""
    login: Login | None = None
    token: str = ""
    is_developers: bool = False

    def foreign_cookies(self) -> dict[str, str]:
        """Return the cookies that are not ours: ours are secrets that no handler needs."""
        ours = {cookie_name("visitor", self), cookie_name("login", self)}
        return {name: value for name, value in self.cookies.items() if name not in ours}


def cookie_name(what: str, caller: Caller) -> str:
    """Name a cookie so that apps do not overwrite each other's: browsers share cookies between the ports of a host."""
    app = hashlib.blake2s(f"{caller.host.port}{caller.root_path}".encode(), digest_size=4).hexdigest()
    prefix = "__Host-" if caller.is_https else ""
    return f"{prefix}ms-{what}-{app}"


def new_visitor() -> str:
    """Make the identity of a browser without a login: 128 random bits."""
    return secrets.token_urlsafe(16)


def set_cookie(response: Response, what: str, value: str, caller: Caller) -> None:
    """Store `value` in the browser until it is closed; an empty value deletes the cookie."""
    response.set_cookie(
        cookie_name(what, caller),
        value,
        max_age=None if value else 0,
        path="/" if caller.is_https else f"{caller.root_path}/",
        secure=caller.is_https,
        httponly=True,
        samesite="lax",
    )
