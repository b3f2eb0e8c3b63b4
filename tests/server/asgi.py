"""Speaks ASGI to an application, without a socket and without a client that would tidy up what it sends."""

import asyncio
import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Scope

HOST = {"host": "localhost:7860"}


@dataclass
class Reply:
    """What came back. Status 101 stands for an accepted WebSocket, 403 also for one that was closed before."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    sent: list[Message] = field(default_factory=list)

    def header(self, name: str) -> str:
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, f"{name} is there {len(found)} times"
        return found[0] if found else ""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def text(self) -> str:
        return (gzip.decompress(self.body) if self.header("content-encoding") == "gzip" else self.body).decode()

    @property
    def json(self) -> dict[str, object]:
        found = json.loads(self.text)
        assert isinstance(found, dict)
        return found

    def cookie(self) -> str:
        """The cookies that it sets, as the browser would send them."""
        return "; ".join(value.partition(";")[0] for value in self.all("set-cookie"))


def build_scope(
    path: str = "/",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    query: str = "",
    client: tuple[str, int] | None = ("127.0.0.1", 5000),
    kind: str = "http",
    **more: object,
) -> Scope:
    given = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    if not any(name == "host" for name, _ in given):
        given += list(HOST.items())
    scope: Scope = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given if value is not None],
        "client": client,
        "server": ("127.0.0.1", 7860),
        **more,
    }
    if kind == "http":
        scope["method"] = method
    else:
        scope.setdefault("subprotocols", ["millstream.1"])
        scope.setdefault("extensions", {"websocket.http.response": {}})
    return scope


async def ask(app: ASGIApp, path: str = "/", *, body: bytes | Iterable[bytes] = b"", **more: object) -> Reply:
    """Send one request and collect the answer. `body` may come in chunks."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting[-1]["more_body"] = False
    reply = Reply()

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        _collect(reply, message)

    await app(build_scope(path, **more), receive, send)  # type: ignore[arg-type]
    return reply


async def shake(app: ASGIApp, path: str = "/ws", **more: object) -> Reply:
    """Open a WebSocket and leave at once."""
    waiting: list[Message] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}]
    reply = Reply()

    async def receive() -> Message:
        await asyncio.sleep(0)
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect", "code": 1001}

    async def send(message: Message) -> None:
        _collect(reply, message)

    await app(build_scope(path, kind="websocket", **more), receive, send)  # type: ignore[arg-type]
    return reply


def _collect(reply: Reply, message: Message) -> None:
    reply.sent.append(message)
    kind = message["type"].removeprefix("websocket.")
    if kind == "http.response.start":
        reply.status = message["status"]
        reply.headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in message["headers"]
        ]
    elif kind == "http.response.body":
        reply.body += message.get("body", b"")
    elif kind == "accept":
        reply.status = 101
    elif kind == "close" and not reply.status:
        reply.status = 403
