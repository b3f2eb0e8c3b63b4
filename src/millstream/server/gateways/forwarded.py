"""The header with which a request is passed on to a sibling, and the door by which it enters there.

A sibling gets the visitor's own request, and its gate judges it as any other. Only what the gate cannot see any more
is in the header: the scheme and the address of the visitor's connection. It is believed on the private door alone,
which only siblings can reach; in a request that comes by the public port it has one effect: the request is not passed
on again.
"""

from __future__ import annotations

import ipaddress
from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from millstream.server.security.refusal import Refusal, refuse

FORWARDED: Final = "x-millstream-forwarded"

_NOBODY: Final = "-"
_NO_SIBLING: Final = Refusal(400, "Only gateways of the same app come this way.")


class VisitorPeer(NamedTuple):
    """Where a request came from.

    Attributes:
        scheme: `http` or `https`.
        client: Address and port of the peer; `None` if it has none.
    """

    scheme: str
    client: tuple[str, int] | None

    @classmethod
    def of(cls, scope: Scope) -> VisitorPeer:
        """Read it from a scope of ASGI."""
        scheme = "https" if scope["scheme"] in ("https", "wss") else "http"
        client = scope.get("client")
        return cls(scheme, (client[0], client[1]) if client else None)

    def written(self) -> str:
        """Write the value of the header."""
        address, port = self.client or (_NOBODY, 0)
        return f"{self.scheme} {address} {port}"

    @classmethod
    def read(cls, text: str) -> VisitorPeer | None:
        """Read the value of the header; `None` if it is malformed."""
        words = text.split(" ")
        if len(words) != 3 or words[0] not in ("http", "https") or not (words[2].isascii() and words[2].isdigit()):
            return None
        if words[1] == _NOBODY:
            return cls(words[0], None)
        try:
            ipaddress.ip_address(words[1])
        except ValueError:
            return None
        return cls(words[0], (words[1], int(words[2])))


def is_forwarded(scope: Scope) -> bool:
    """Return whether a sibling has passed this request on, or its header claims so: it is not passed on again."""
    return any(name == FORWARDED.encode() for name, _ in scope["headers"])


class PrivateDoor:
    """ASGI: the door for siblings, in front of the gate.

    Args:
        app: The app with its gate.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in as the visitor's own."""
        given = Headers(scope=scope).getlist(FORWARDED)
        origin = VisitorPeer.read(given[0]) if len(given) == 1 else None
        if origin is None:
            await refuse(scope, receive, send, _NO_SIBLING)
            return
        scheme = origin.scheme.replace("http", "ws") if scope["type"] == "websocket" else origin.scheme
        await self._app({**scope, "scheme": scheme, "client": origin.client}, receive, send)
