"""Requests that reach the wrong gateway are answered as if they had reached the right one."""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path

import httpx
import pytest
from tests.server.gateways.pair import browser, pair
from tests.server.live import open_socket, raw, say_hello

from millstream.runtime.state.owned import owner_of
from millstream.server.gateways.siblings import FolderSiblings

SESSION = "x-millstream-session"


def cookie_of(client: httpx.Client) -> str:
    return client.headers["cookie"]


def uploaded(client: httpx.Client, url: str, session: str, data: bytes, name: str = "a.bin") -> httpx.Response:
    return client.post(f"{url}/upload?name={name}", content=data, headers={SESSION: session})


def test_uploads_and_files_reach_the_owner_by_either_port() -> None:
    with pair() as (a, b), browser(a) as client, open_socket(a.url, cookie_of(client)) as page:
        session = say_hello(page, "").session
        assert owner_of(session) == "a"
        data = os.urandom(3_000_000)
        for one in (a, b):
            answer = uploaded(client, one.url, session, data)
            assert answer.status_code == 200, answer.text
            handle = answer.json()["file"]
            assert owner_of(handle) == "a"
            for other in (a, b):
                assert client.get(f"{other.url}/file/{handle}").content == data
                part = client.get(f"{other.url}/file/{handle}", headers={"range": "bytes=10-19"})
                assert (part.status_code, part.content) == (206, data[10:20])
                assert part.headers["content-range"] == "bytes 10-19/3000000"
                head = client.head(f"{other.url}/file/{handle}")
                assert (head.status_code, head.headers["content-length"], head.content) == (200, "3000000", b"")
                assert client.get(f"{other.url}/file/{handle}", headers={"range": "bytes=9000000-"}).status_code == 416
        assert a.app.host.totals.uploads == 2
        assert b.app.host.totals.uploads == 0


def test_the_answers_of_both_are_the_same_but_for_the_date() -> None:
    with pair() as (a, b), browser(a) as client, open_socket(a.url, cookie_of(client)) as page:
        handle = uploaded(client, a.url, say_hello(page, "").session, b"x" * 100).json()["file"]
        answers = [client.get(f"{one.url}/file/{handle}", headers={"range": "bytes=1-3"}) for one in (a, b)]
        first, second = (
            {name: value for name, value in one.headers.items() if name not in ("date", "connection")}
            for one in answers
        )
        assert first == second
        assert len(answers[1].headers.get_list("date")) == 1


def test_a_body_without_a_length_is_passed_on_as_it_comes() -> None:
    with pair() as (a, b), browser(a) as client, open_socket(a.url, cookie_of(client)) as page:
        session, gate = say_hello(page, "").session, threading.Event()

        def chunks() -> object:
            yield b"first"
            assert gate.wait(10), "the owner has begun the upload before it was complete"
            yield b" last"

        def let_go() -> None:
            folder = a.app.host._folders.root
            while not any(path.is_file() for path in folder.rglob("*")):
                threading.Event().wait(0.01)
            gate.set()

        threading.Thread(target=let_go, daemon=True).start()
        answer = client.post(f"{b.url}/upload?name=a.txt", content=chunks(), headers={SESSION: session})  # type: ignore[arg-type]
        assert answer.json()["size"] == 10


def test_other_visitors_get_nothing_by_either_port() -> None:
    with pair() as (a, b), browser(a) as client, browser(a) as other, open_socket(a.url, cookie_of(client)) as page:
        session = say_hello(page, "").session
        handle = uploaded(client, b.url, session, b"secret").json()["file"]
        for one in (a, b):
            assert other.get(f"{one.url}/file/{handle}").status_code == 404
            assert uploaded(other, one.url, session, b"x").status_code == 403


def test_too_large_an_upload_is_refused_in_the_words_of_the_owner() -> None:
    with pair(max_file_size=1000) as (a, b), browser(a) as client, open_socket(a.url, cookie_of(client)) as page:
        session = say_hello(page, "").session
        for one in (a, b):
            answer = uploaded(client, one.url, session, b"x" * 5_000_000)
            assert answer.status_code == 413
            assert "larger than" in answer.json()["error"]


@pytest.mark.parametrize("name", ["c", "../a", "a/../a", "A", "", "-", "a.b"])
def test_what_no_gateway_owns_is_refused_as_ever(name: str) -> None:
    with pair() as (a, _), browser(a) as client:
        assert uploaded(client, a.url, f"{name}.x", b"x").status_code == 403
        assert client.get(f"{a.url}/file/{name}.x").status_code == 404


def test_what_belongs_to_a_gateway_that_has_gone_is_refused_as_ever() -> None:
    with pair() as (a, b), browser(a) as client:
        with open_socket(a.url, cookie_of(client)) as page:
            session = say_hello(page, "").session
            handle = uploaded(client, a.url, session, b"x").json()["file"]
        a.server.stop()
        assert client.get(f"{b.url}/file/{handle}").status_code == 404
        answer = uploaded(client, b.url, session, b"x")
        assert answer.status_code == 403
        assert "reload" in answer.json()["error"]
        up = client.post(f"{b.url}/up", headers={"x-millstream-connection": "a.x", "x-millstream-batch": "1"})
        assert up.status_code == 404


def test_the_header_of_siblings_gives_visitors_nothing() -> None:
    """On the public port it stops a second forward, and is believed in nothing else."""
    forged = {"x-millstream-forwarded": "https 10.9.8.7 1"}
    with pair() as (a, b), browser(a) as client, open_socket(a.url, cookie_of(client)) as page:
        handle = uploaded(client, a.url, say_hello(page, "").session, b"x").json()["file"]
        assert client.get(f"{a.url}/file/{handle}", headers=forged).content == b"x"
        assert client.get(f"{b.url}/file/{handle}", headers=forged).status_code == 404
        metrics = client.get(f"{a.url}/metrics", headers=forged)
        assert metrics.status_code == 200, "it still comes from this machine"


def test_the_private_door_is_for_this_user_alone_and_wants_the_header() -> None:
    with pair() as (a, _):
        gateway = a.app.gateway
        assert gateway is not None
        assert gateway.door is not None
        path = Path(gateway.door.getsockname())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for header in ("", "x-millstream-forwarded: nonsense\r\n", "x-millstream-forwarded: http 1.2.3 5\r\n"):
            assert b"400 Bad Request" in asked(path, header)
        assert b"200 OK" in asked(path, "x-millstream-forwarded: http 127.0.0.1 5\r\n")
        assert b"403 Forbidden" in asked(path, "x-millstream-forwarded: http 10.0.0.1 5\r\n", host="evil.example")


def asked(path: Path, header: str, host: str = "localhost") -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n{header}Connection: close\r\n\r\n".encode())
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


def test_a_visitor_who_leaves_in_mid_upload_ends_it_at_the_owner() -> None:
    with pair() as (a, b), browser(a) as client, open_socket(a.url, cookie_of(client)) as page:
        session = say_hello(page, "").session
        head = (
            f"POST /upload?name=x HTTP/1.1\r\nHost: {a.url[7:]}\r\nOrigin: {a.url}\r\nCookie: {cookie_of(client)}\r\n"
            f"{SESSION}: {session}\r\nContent-Length: 1000000\r\n\r\n"
        )
        raw(b.url, head.encode() + b"x" * 1000, timeout=0.5)
        root = a.app.host._folders.root
        wait_until(lambda: not any(path.is_file() for path in root.rglob("*")))
        assert a.app.host.metrics().stored_bytes == 0


def test_a_sibling_that_stands_still_does_not_keep_a_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.server.gateways.requests.ANSWER_S", 0.3)
    with pair() as (a, b), browser(a) as client:
        gateway = b.app.gateway
        assert gateway is not None
        assert gateway.door is not None
        with FolderSiblings(Path(gateway.door.getsockname()).parent, "mute").listen():
            answer = client.get(f"{b.url}/file/mute.x")
        assert answer.status_code == 504
        assert "does not answer" in answer.json()["error"]


def wait_until(condition: object) -> None:
    for _ in range(1000):
        if condition():  # type: ignore[operator]
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come about")
