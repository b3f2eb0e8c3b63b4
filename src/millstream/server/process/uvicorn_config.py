"""The settings that every uvicorn has which serves pages: bounds on their connections, and nothing in the log."""

from __future__ import annotations

from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from millstream.transports.websocket import LiveSocket
from millstream.wire.limits import MAX_MESSAGE_BYTES

PING_S: Final = 5.0
"""The interval of pings, and the time allowed for each answer: a dead link is noticed within 10 s, unless it rests."""


def configured(app: ASGIApp, **others: Any) -> uvicorn.Config:
    """Make the settings of one server.

    Args:
        app: What it serves.
        others: What differs from one server to the next; see `uvicorn.Config`.
    """
    return uvicorn.Config(
        app,
        **others,
        ws=LiveSocket,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
