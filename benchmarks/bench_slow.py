"""(e) Two hundred silent, trickling or unread HTTP connections of each kind: their duration, and their cost."""

from __future__ import annotations

import asyncio
import http.client
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import numpy as np

from benchmarks.server import Server, serve
from millstream.client.client import _Site

MANY = 200
TRICKLE_S = 1.0
LATEST_S = 60.0

POST = "POST /{} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n"
GET = "GET / HTTP/1.1\r\nHost: localhost\r\n"
LOGIN = "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
UPGRADE = (
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
BEFORE_LOGIN: Mapping[str, str] = {
    "silent": "",
    "headers": GET + "X: ",
    "login": POST.format("login") + LOGIN,
    "login_broken": POST.format("login") + LOGIN + "user",
    "unread_login": (GET.replace(" / ", " /login ") + "\r\n") * 8,
}
AFTER: Mapping[str, str] = {
    "upload": POST.format("upload?name=a") + "OWN\r\n",
    "refused_upload": POST.format("upload?name=a") + "\r\n",
    "unwanted_body": POST.format("healthz") + "\r\n",
    "unread_page": (GET + "\r\n") * 8,
    "unread_last_page": GET + "Connection: close\r\n\r\n",
    "upgrade": UPGRADE,
    "no_hello": UPGRADE + "\r\n",
}
TRICKLED = {"headers", "login_broken", "upload"}


def measure() -> dict[str, float]:
    """Measure each kind, and return the worst values."""
    figures: dict[str, float] = {}
    waits: list[float] = []
    held: list[float] = []
    left: list[float] = []
    for app, kinds in (("benchmarks.locked_app", BEFORE_LOGIN), ("benchmarks.echo_app", AFTER)):
        with serve(app=app) as server:
            asyncio.run(_measure(server, kinds, figures, waits, held, left))
    ages = list(figures.values())
    return figures | {
        "gone_after_s": max(ages),
        "page_of_others_p50_ms": float(np.median(waits)) * 1000,
        "page_of_others_p99_ms": float(np.percentile(waits, 99)) * 1000,
        "held_mib": max(held),
        "left_mib": max(left),
    }


async def _measure(
    server: Server,
    kinds: Mapping[str, str],
    figures: dict[str, float],
    waits: list[float],
    held: list[float],
    left: list[float],
) -> None:
    site = _Site(server.url, None, 10.0, 0.0)
    page = await site.open_page() if "upload" in kinds else None
    own = ""  # headers that make it a request of the page
    if page is not None and page.welcome is not None:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in site._cookies)
        own = (
            f"Origin: {server.url.rstrip('/')}\r\nCookie: {cookies}\r\nX-Millstream-Session: {page.welcome.session}\r\n"
        )
    for kind, text in [("warm", (GET + "\r\n") * 8), *kinds.items()]:
        for trickles in (False, True) if kind in TRICKLED else (False,):
            base, others = _memory(server), server.process.num_fds()
            with _connected(
                server.url, text.replace("OWN", own).replace("localhost", urlsplit(server.url).netloc).encode()
            ) as connections:
                seconds, most = await _until_gone(server, connections, others, waits, trickles=trickles)
            # Everything is imported and every pool of the allocator has been as full as it will be: what grows from
            # here on is kept for a connection, and not memory that was asked for the first time.
            if kind == "warm":
                waits.clear()
                continue
            figures[f"{kind}_{'trickling_' if trickles else ''}gone_s"] = seconds
            held.append(most - base)
            left.append(_memory(server) - base)
    if page is not None:
        await page.close()


def _memory(server: Server) -> float:
    """Memory of the process in MiB."""
    return float(server.process.memory_info().rss / 2**20)


@contextmanager
def _connected(url: str, data: bytes) -> Iterator[list[socket.socket]]:
    place = urlsplit(url)
    with ExitStack() as stack:
        connections = []
        for _ in range(MANY):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect((place.hostname, place.port))
            connection.sendall(data)
            connection.setblocking(False)
            connections.append(connection)
        yield connections


async def _until_gone(
    server: Server, connections: list[socket.socket], others: int, waits: list[float], *, trickles: bool
) -> tuple[float, float]:
    """Wait until the server has closed all of them; returns the seconds that took, and the peak memory meanwhile."""
    began = time.monotonic()
    most, sent_at = 0.0, began
    while server.process.num_fds() < others + len(connections) // 2 and time.monotonic() < began + 1.0:  # noqa: ASYNC110 - a process sets no event
        await asyncio.sleep(0.01)
    while (fds := server.process.num_fds()) > others + len(connections) // 100:
        now = time.monotonic()
        if now - began > LATEST_S:
            raise RuntimeError(f"{fds - others} connections are still there after {LATEST_S:.0f} s")
        most = max(most, _memory(server))
        if trickles and now - sent_at > TRICKLE_S:
            sent_at = now
            for connection in connections:
                try:
                    connection.send(b"a")
                except OSError:
                    continue
        waits.append(await asyncio.to_thread(_load, server.url))
        await asyncio.sleep(0.1)
    return time.monotonic() - began, most


def _load(url: str) -> float:
    """Load the page as another visitor; returns the seconds that took."""
    place = urlsplit(url)
    began = time.monotonic()
    connection = http.client.HTTPConnection(place.netloc, timeout=10)
    try:
        connection.request("GET", "/", headers={"Accept-Encoding": "gzip", "Connection": "close"})
        connection.getresponse().read()
    finally:
        connection.close()
    return time.monotonic() - began
