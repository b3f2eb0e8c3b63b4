"""`GET /metrics`: the figures of the app for Prometheus, for those who may see them."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from time import perf_counter, process_time
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from millstream.runtime.app_metrics import AppMetrics
from millstream.runtime.host import Host
from millstream.server.http.exposition import CONTENT_TYPE, exposition, families_of
from millstream.server.security.caller import Caller
from millstream.server.security.hosts import is_from_here

FRESH: Final = {"cache-control": "no-store"}

Gather: TypeAlias = Callable[[Host], Awaitable[Mapping[str, AppMetrics]]]
"""Collects the figures of a host and its siblings, by the names of their gateways."""

_ASK: Final = {**FRESH, "www-authenticate": 'Bearer realm="metrics"'}

_LOG_IN: Final = "Log in, or send the metrics token: Authorization: Bearer TOKEN."
_NOT_FROM_HERE: Final = (
    "The metrics are for this machine alone: pass metrics_token= to launch(), or set MILLSTREAM_METRICS_TOKEN, and "
    "send Authorization: Bearer TOKEN."
)


class Metrics:
    """Answers `GET metrics`.

    A scraper that sends the token is answered, and so is a user who is logged in. Without a token and without logins
    only this machine is, as whatever an app tells about itself is not for its visitors.

    Args:
        token: What a scraper sends as `Authorization: Bearer TOKEN`; empty for none.
        has_logins: Whether the app asks for a login.
        gather: Collects the figures of all gateways.
    """

    def __init__(self, token: str, *, has_logins: bool, gather: Gather) -> None:
        self._token = token
        self._has_logins = has_logins
        self._gather = gather

    async def serve(self, request: Request) -> Response:
        """Give the figures, or say what is missing to see them."""
        host: Host = request.scope["host"]
        caller: Caller = request.scope["caller"]
        if caller.login is None and not self._has_token(request):
            if self._token or self._has_logins:
                return JSONResponse({"error": _LOG_IN}, 401, _ASK)
            if not is_from_here(caller.address, caller.host.host, request.headers.keys()):
                return JSONResponse({"error": _NOT_FROM_HERE}, 403, FRESH)
        text = exposition(families_of(await self._gather(host)))
        return Response(text, headers={**FRESH, "content-type": CONTENT_TYPE})

    def _has_token(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        is_bearer = scheme.lower() == "bearer" and bool(self._token)
        return is_bearer and hmac.compare_digest(given.strip().encode(), self._token.encode())


async def alone(host: Host) -> dict[str, AppMetrics]:
    """Collect the figures of an app of a single process, which has no name."""
    return {"": await collected(host)}


async def collected(host: Host) -> AppMetrics:
    """Take the figures of a host, and with them how long one round of the loop takes just now, and the CPU so far."""
    began = perf_counter()
    await asyncio.sleep(0)
    return replace(host.metrics(), loop_lag_s=perf_counter() - began, cpu_s=process_time())
