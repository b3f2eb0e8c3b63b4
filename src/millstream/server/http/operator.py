"""`GET /operator`: what the app is doing just now, on a page for whoever runs it, and for nobody else."""

from __future__ import annotations

import base64
import hmac
import html
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from millstream.batches import BatchStatistics
from millstream.declare.i18n import translated_text
from millstream.declare.languages import ENGLISH
from millstream.runtime.app_metrics import AppMetrics
from millstream.runtime.host import Host
from millstream.runtime.live_view import live_view
from millstream.server.http.metrics import FRESH, Gather
from millstream.server.http.page import Content, style_elements
from millstream.server.security.caller import Caller
from millstream.server.security.headers import Policy
from millstream.server.security.hosts import is_from_here

_ASK: Final = {**FRESH, "www-authenticate": 'Basic realm="operator", charset="UTF-8"'}
_ASKED: Final = "Log in with any name, and the operator token as the password."

_PAGE: Final = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>Operator · {title}</title>
<link rel="icon" href="favicon.ico">
{styles}
</head>
<body>
<noscript>The operator page refreshes itself, and needs JavaScript for that: allow it.</noscript>
<script type="module" nonce="{nonce}" src="{script}"></script>
</body>
</html>
"""


class OperatorPage:
    """Answers `GET operator` and `GET operator/figures`.

    Visitors never see what others do: where users log in, a login is needed, but does not suffice. Whoever sends the
    token is answered; without a token only this machine is, and for everybody else the page does not exist.

    Args:
        token: What the operator gives as a password, or sends as `Authorization: Bearer TOKEN`; empty for none.
        content: The page of the app, whose style sheets and title this page has as well.
        script: Address of the script, relative to the page.
        policy: Makes the content security policy of the page.
        gather: Collects the figures of all gateways.
    """

    def __init__(self, token: str, content: Content, script: str, policy: Policy, gather: Gather) -> None:
        self._token = token
        self._content, self._script = content, script
        self._title = translated_text(str(content.manifest.get("title") or "Millstream"))
        self._policy = policy
        self._gather = gather

    async def page(self, request: Request) -> Response:
        """Give the page, which asks for the figures once a second."""
        if refusal := self._refusal(request):
            return refusal
        caller: Caller = request.scope["caller"]
        nonce = secrets.token_urlsafe(16)
        body = _PAGE.format(
            lang=html.escape(self._content.lang or ENGLISH),
            title=html.escape(self._title),
            styles=style_elements(self._content, nonce),
            nonce=nonce,
            script=html.escape(self._script),
        )
        headers = {**FRESH, "content-security-policy": self._policy.page(caller, nonce)}
        return Response(body, headers=headers, media_type="text/html")

    async def figures(self, request: Request) -> Response:
        """Give the figures of this moment: those of all gateways, and what goes on in the one that answers."""
        if refusal := self._refusal(request):
            return refusal
        host: Host = request.scope["host"]
        parts = await self._gather(host)
        body = {
            "title": self._title,
            "gateway": host.settings.gateway,
            "metrics": AppMetrics.whole(list(parts.values())).plain(),
            "sessions": live_view(host.sessions.values()),
            "open": len(host.sessions),
            "engine": _plain_engine(cast("Mapping[str, object]", host.statistics()["engine"])),
            "gateways": [{"name": name, **part.plain()} for name, part in parts.items() if name],
        }
        return JSONResponse(body, headers=FRESH)

    def _refusal(self, request: Request) -> Response | None:
        caller: Caller = request.scope["caller"]
        if self._token:
            is_operators = carries(request.headers.get("authorization", ""), self._token)
            return None if is_operators else JSONResponse({"error": _ASKED}, 401, _ASK)
        if is_from_here(caller.address, caller.host.host, request.headers.keys()):
            return None
        return JSONResponse({"error": "Not Found"}, 404, FRESH)


def _plain_engine(statistics: Mapping[str, object]) -> dict[str, object]:
    """Give what an engine says of itself as plain data, with a list of the batched functions."""
    batches = cast("Mapping[str, BatchStatistics]", statistics.get("batches", {}))
    return {**statistics, "batches": [{"event": name, **asdict(each)} for name, each in batches.items()]}


def carries(authorization: str, token: str) -> bool:
    """Tell whether a request has a token: as a bearer, or as the password of any name, which browsers can send."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "basic":
        return False
    try:
        _, _, password = base64.b64decode(given.strip(), validate=True).partition(b":")
    except ValueError:  # also if it is not ASCII
        return False
    return hmac.compare_digest(password, token.encode())
