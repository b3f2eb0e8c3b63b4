"""Requests that are refused before anything else sees them: with a status and one sentence, or a document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope, Send

from millstream.wire.close_codes import CLOSE_LOGGED_OUT
from millstream.wire.encoding import encode_message
from millstream.wire.framing import frame
from millstream.wire.messages import Refuse
from millstream.wire.packet import SUBPROTOCOL

LOGGED_OUT: Final = encode_message(Refuse(code="login", message="You are logged out. Reload the page to log in again."))
"""Sent to a page over its WebSocket when its login has ended."""


@dataclass(frozen=True)
class Refusal:
    """The reason why a request is refused.

    `is_logged_out`: it carries a login that has ended; a page that reconnects is told so, since browsers hide the
    status of a refused handshake from it. `document`: HTML for a person, in place of the sentence.
    """

    status: int
    sentence: str
    headers: tuple[tuple[str, str], ...] = ()
    is_logged_out: bool = False
    document: str = ""


async def refuse(scope: Scope, receive: Receive, send: Send, refusal: Refusal) -> None:
    """Answer a request, or a handshake before it is accepted, with a status and `{"error": sentence}`."""
    kind = "http.response"
    if scope["type"] == "websocket":
        await receive()
        if refusal.is_logged_out:
            # A browser drops a handshake that does not accept the sub-protocol it offered.
            chosen = SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None
            await send({"type": "websocket.accept", "subprotocol": chosen})
            await send({"type": "websocket.send", "bytes": LOGGED_OUT})
            await send({"type": "websocket.close", "code": CLOSE_LOGGED_OUT, "reason": "logged out"})
            return
        kind = "websocket.http.response"
        if kind not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 4000 + refusal.status})
            return
    mime, body = b"application/json", json.dumps({"error": refusal.sentence}).encode()
    if refusal.document:
        mime, body = b"text/html; charset=utf-8", refusal.document.encode()
    elif refusal.is_logged_out and scope["path"].endswith("/down"):  # a page that reconnects over HTTP
        mime, body = b"application/octet-stream", frame(b"-") + frame(LOGGED_OUT)
    headers = [(b"content-type", mime), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    if refusal.status >= 400:
        headers.append((b"connection", b"close"))  # its body is not read
    headers += [(name.encode(), value.encode("latin-1")) for name, value in refusal.headers]
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
