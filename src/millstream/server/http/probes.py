"""The probes of an orchestrator: whether the process lives, and whether it takes visitors."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

STARTING: Final = "The app is being started: what it sets up is not done yet.\n"


async def alive(request: Request) -> Response:
    """Answer `GET healthz`, and `readyz` of an app that takes visitors."""
    return _answer("ok\n", 200)


def while_starting(scope: Scope) -> Response | None:
    """Answer a probe of an app that is being started, at whatever path it is mounted; `None` for other requests."""
    match scope["path"].rpartition("/")[2] if scope["type"] == "http" else "":
        case "healthz":
            return _answer("ok\n", 200)
        case "readyz":
            return _answer(STARTING, 503)
        case _:
            return None


def _answer(text: str, status: int) -> Response:
    retry = {"retry-after": "3"} if status == 503 else {}
    return PlainTextResponse(text, status, {"cache-control": "no-store", **retry})
