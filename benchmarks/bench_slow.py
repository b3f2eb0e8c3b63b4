"""(e) Two hundred silent, trickling or unread HTTP connections of each kind: how long they stay, and what they cost."""

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
from millstream.client.client import open_page

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
    "upload": POST.format("upload?name=a") + "X-Millstream-Session: SESSION\r\n\r\n",
    "unwanted_body": POST.format("healthz") + "\r\n",
    "unread_page": (GET + "\r\n") * 8,
    "unread_last_page": GET + "Connection: close\r\n\r\n",
    "upgrade": UPGRADE,
    "no_hello": UPGRADE + "\r\n",
}
TRICKLED = {"headers", "login_broken", "upload", "unwanted_body"}


def measure() -> dict[str, float]:
    """Measure each kind, and give the worst of all."""
    figures: dict[str, float] = {}
    ages, waits, held, left = [], [], [], []
    for app, kinds in (("benchmarks.locked_app", BEFORE_LOGIN), ("benchmarks.echo_app", AFTER)):
        with serve(app=app) as server:
            asyncio.run(_measure(server, kinds, figures, waits, held))
            left.append(held.pop())
    ages = list(figures.values())
    return figures | {
        "gone_after_s": max(ages),
        "page_of_others_p50_ms": float(np.median(waits)) * 1000,
        "page_of_others_p99_ms": float(np.percentile(waits, 99)) * 1000,
        "held_mib": max(held),
        "left_mib": max(left),
    }


async def _measure(
    server: Server, kinds: Mapping[str, str], figures: dict[str, float], waits: list[float], held: list[float]
) -> None:
    page = await open_page(server.url) if "upload" in kinds else None
    session = page.welcome.session if page is not None and page.welcome is not None else ""
    base = 0.0
    for number, (kind, text) in enumerate([("warm", GET + "\r\n"), *kinds.items()]):
        data = text.replace("SESSION", session).encode()
        others = server.process.num_fds()
        with _connected(server.url, data) as connections:
            seconds, most = await _until_gone(server, connections, others, waits, trickles=kind in TRICKLED)
        rss = server.process.memory_info().rss / 2**20
        if number == 0:
            base = rss
            continue
        held.append(most - base)
        figures[f"{kind}_gone_s"] = seconds
        if kind in TRICKLED:
            with _connected(server.url, data) as connections:
                seconds, _ = await _until_gone(server, connections, others, waits, trickles=False)
            figures[f"{kind}_silent_gone_s"] = seconds
    if page is not None:
        await page.close()
    held.append(server.process.memory_info().rss / 2**20 - base)


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
    """Wait until the server has let go of all; gives the seconds that took, and the most memory it had meanwhile."""
    began = time.monotonic()
    most, sent_at = 0.0, began
    while (fds := server.process.num_fds()) > others + len(connections) // 100:
        now = time.monotonic()
        if now - began > LATEST_S:
            raise RuntimeError(f"{fds - others} connections are still there after {LATEST_S:.0f} s")
        most = max(most, server.process.memory_info().rss / 2**20)
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
    """Load the page as another visitor does; gives the seconds that took."""
    place = urlsplit(url)
    began = time.monotonic()
    connection = http.client.HTTPConnection(place.netloc, timeout=10)
    try:
        connection.request("GET", "/", headers={"Accept-Encoding": "gzip", "Connection": "close"})
        connection.getresponse().read()
    finally:
        connection.close()
    return time.monotonic() - began
