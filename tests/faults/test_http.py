"""Thousands of odd HTTP requests, half of them broken off: no traceback in the log, few lines, and the server lives."""

from __future__ import annotations

import random
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.server.live import cookies, open_socket, say_hello, serving, visit
from tests.server.test_serving import certificate

from millstream.server.app import App

__all__ = ["certificate"]

PATHS = [
    b"/",
    b"/login",
    b"/logout",
    b"/upload?name=a.png",
    b"/file/HANDLE",
    b"/ws",
    b"/assets/x",
    b"/healthz",
    b"/%ff",
]
HEADERS = [
    b"Range: bytes=0-10",
    b"Range: bytes=99999999999999999-",
    b"Range: bytes=\xff-",
    b"If-Range: \xe4",
    b"Content-Length: 10",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: 0",
    b"Content-Length: -1",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Expect: 100-continue",
    b"Content-Type: application/x-www-form-urlencoded; charset=utf-7",
    b"Content-Type: multipart/form-data; boundary=\xff",
    b"Content-Type: \xf0\x9f",
    b"Accept-Encoding: gzip;q=\xff",
    b"Cookie: \xff=\xfe; ms-login-x=\x80",
    b"X-Forwarded-For: , ,::1%eth0, \xff, 1.2.3.4",
    b"X-Forwarded-Proto: \xff",
    b"X-Forwarded-Host: [::",
    b"Origin: null",
    b"Origin: http://\xff",
    b"Connection: Upgrade",
    b"Upgrade: websocket",
    b"Upgrade: h2c",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    b"Sec-WebSocket-Key: \xff",
    b"Sec-WebSocket-Protocol: millstream.1",
    b"Sec-WebSocket-Protocol: \xff, \xe4",
    b"Sec-WebSocket-Extensions: permessage-deflate; x=\xff",
    b"X-Millstream-Session: SESSION",
    b"X-Millstream-Session: \xff",
]
BODIES = [
    b"",
    b"0123456789",
    b"username=%ff&password=\xff",
    b"5\r\nabcde\r\n0\r\n\r\n",
    b"zz\r\n",
    b"\x82\x80\0\0\0\0" * 3,
]


@pytest.fixture(params=["http", "https"])
def served(request: pytest.FixtureRequest, certificate: Path) -> Iterator[tuple[str, App]]:
    options = {"ssl_certfile": certificate} if request.param == "https" else {}
    with serving(trusted_proxies=["127.0.0.1"], **options) as (url, app):
        yield url, app


def request(chance: random.Random, place: str, own: list[bytes]) -> bytes:
    """Make one odd request."""
    method = chance.choice([b"GET", b"GET", b"HEAD", b"POST", b"POST", b"PUT", b"OPTIONS"])
    path = chance.choice(PATHS)
    if chance.random() < 0.3:
        path += bytes(chance.choices([*b"/?%&#=.;", 0xC3, 0xFF, 0x20, 0x09], k=4))
    lines = [method + b" " + path + chance.choice([b" HTTP/1.1", b" HTTP/1.1", b" HTTP/1.0", b" HTTP/9"])]
    lines += [b"Host: " + place.encode()] * chance.choice([1, 1, 1, 0, 2])
    lines += chance.sample(HEADERS, chance.randrange(6))
    if chance.random() < 0.5:
        lines += [b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", HEADERS[25]]
    if chance.random() < 0.5:
        lines += own
    data = b"\r\n".join(lines) + b"\r\n\r\n" + chance.choice(BODIES)
    if chance.random() < 0.2:
        data = bytearray(data)
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def test_odd_requests_cost_no_line_of_the_log_each(
    served: tuple[str, App], certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url, app = served
    place = urlsplit(url)
    context = ssl.create_default_context(cafile=str(certificate)) if place.scheme == "https" else None
    chance = random.Random(7)
    with visit(url, verify=context or True) as client, open_socket(url, cookies(client), context) as page:
        session = say_hello(page, app.manifest.build).session
        headers = {"x-millstream-session": session}
        handle = client.post("/upload", content=b"x" * 100, headers=headers).json()["file"]
        own = [f"Cookie: {cookies(client)}".encode(), f"Origin: {url}".encode()]
        for number in range(800 if context is None else 100):
            data = request(chance, place.netloc, own).replace(b"HANDLE", handle.encode())
            data = data.replace(b"SESSION", session.encode())
            connection: socket.socket = socket.create_connection((place.hostname, place.port), 10)
            if context is not None:
                connection = context.wrap_socket(connection, server_hostname=place.hostname)
            with connection:
                connection.sendall(data[: chance.randrange(len(data))] if number % 2 else data)
                if number % 3:
                    connection.settimeout(0.02)
                    try:
                        connection.recv(65536)
                    except OSError:
                        continue
        assert client.get("/healthz").status_code == 200
    lines = [record for record in caplog.records if record.name != "httpx"]
    assert not [record.getMessage() for record in lines if record.exc_info]
    assert all(len(record.getMessage()) <= 600 for record in lines)
    assert len(lines) < 40, [record.getMessage() for record in lines]
    assert httpx.get(url, trust_env=False, verify=context or True).status_code == 200
