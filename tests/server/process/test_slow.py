"""Slow and silent HTTP: who sends nothing, little, or reads nothing is gone soon, and costs the others nothing."""

import gc
import resource
import select
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.live import cookies, held, open_socket, raw, read_all, say_hello, serving, visit
from tests.server.test_serving import HANDSHAKE, certificate, closing_code, send, wait_until
from websockets.frames import CloseCode
from websockets.sync.client import ClientConnection

from millstream.server import serving as serving_module
from millstream.server.app import App
from millstream.server.process import accepting, protocols
from millstream.server.process.connection_limits import ConnectionLimits
from millstream.server.process.deadlines import Deadline
from millstream.server.process.protocols import BoundedHttp
from millstream.server.serving import Server
from millstream.transports import lingering

__all__ = ["certificate"]

MANY = 200
SOON_S = 1.5
"""In place of ten seconds."""

POST = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
KINDS = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "half the headers": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
    "a login without a byte": POST + b"Content-Length: 30\r\n\r\n",
    "a login that breaks off": POST + b"Content-Length: 30\r\n\r\nuserna",
    "a login in chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nuser",
    "a login that waits to be asked": POST + b"Content-Length: 30\r\nExpect: 100-continue\r\n\r\n",
    "a body where none belongs": b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n",
    "a body to nowhere": b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx",
    "a method of no route": b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx",
    "an upload without a session": b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx",
    "half a second request": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nX: ",
    "empty lines after an answer": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "half an upgrade": HANDSHAKE[:-10],
    "an upgrade with a body": HANDSHAKE + b"Content-Length: 10\r\n\r\nx",
    "pages that are not read": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 4,
    "a page that is not read": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a last page that is not read": b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, App]]:
    with serving(auth=None) as (url, app):
        yield url, app


@pytest.fixture(scope="module")
def with_login() -> Iterator[str]:
    with serving(auth=("ann", "secret")) as (url, _):
        yield url


@pytest.fixture(autouse=True)
def log_is_short(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a visitor does, there is no traceback of it."""
    yield
    assert not [record.getMessage() for record in caplog.records if record.exc_info]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in [(protocols, "HEADERS_S"), (protocols, "BODY_S"), (protocols, "TAKE_S")]:
        monkeypatch.setattr(module, name, SOON_S)
    monkeypatch.setattr(accepting, "HANDSHAKE_S", SOON_S)
    monkeypatch.setattr(lingering, "LINGER_S", 0.1)


@contextmanager
def connected(url: str, data: bytes, number: int = 1, room: int = 4096) -> Iterator[list[socket.socket]]:
    """Open connections whose kernel takes next to nothing, and send the same over each."""
    place = urlsplit(url)
    with ExitStack() as stack:
        connections = []
        for _ in range(number):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
            connection.settimeout(10)
            connection.connect((place.hostname, place.port))
            connection.sendall(data)
            connections.append(connection)
        yield connections


def all_gone() -> None:
    wait_until(lambda: not held(), 20)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_who_is_silent_or_reads_nothing_is_gone(with_login: str, served: tuple[str, App], kind: str) -> None:
    """Two hundred of a kind; meanwhile others load the page."""
    url = with_login if "login" in kind else served[0]
    with connected(url, KINDS[kind], MANY) as connections:
        if kind.startswith("empty lines"):
            for connection in connections:
                connection.sendall(b"\r\n")
        assert httpx.get(url, trust_env=False, follow_redirects=True).status_code == 200
        all_gone()
    assert not threading.active_count() > 60


@pytest.mark.slow
@pytest.mark.parametrize(
    "start", [KINDS["half the headers"], KINDS["a login without a byte"], KINDS["a body to nowhere"]]
)
def test_who_trickles_is_gone(with_login: str, start: bytes) -> None:
    """One byte at a time does not prolong it."""
    with connected(with_login, start, 20) as connections:
        left = set(connections)
        deadline = time.monotonic() + 15
        while left:
            assert time.monotonic() < deadline
            for connection in list(left):
                try:
                    connection.sendall(b"a")
                except (BrokenPipeError, ConnectionResetError):
                    left.discard(connection)
            threading.Event().wait(0.05)
        all_gone()


def test_who_reads_single_bytes_is_gone(served: tuple[str, App]) -> None:
    with connected(served[0], KINDS["pages that are not read"]) as (connection,):
        connection.recv(1)
        for _ in range(1000):
            if not held():
                break
            connection.recv(1)
            threading.Event().wait(0.01)
        assert not held()


def test_a_slow_body_is_told_why(with_login: str) -> None:
    reply = raw(with_login, KINDS["a login that breaks off"])
    assert reply.startswith(b"HTTP/1.1 408")
    assert b"too slow" in reply


@pytest.mark.slow
def test_a_steady_slow_upload_goes_through(served: tuple[str, App], monkeypatch: pytest.MonkeyPatch) -> None:
    """At twice the least rate, for longer than the grace."""
    monkeypatch.setattr(protocols, "BODY_S", 2.5)
    url, app = served
    rate = 2 * protocols.BODY_RATE

    def pieces() -> Iterator[bytes]:
        for _ in range(80):
            threading.Event().wait(0.05)
            yield bytes(rate // 20)

    with visit(url) as client, open_socket(url, cookies(client)) as page:
        session = say_hello(page, app.manifest.build).session
        reply = send(client, session, pieces())
    assert (reply.status_code, reply.json()["size"]) == (200, 80 * (rate // 20))


@pytest.mark.slow
def test_a_reader_that_pauses_for_less_gets_everything(
    served: tuple[str, App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In chunks with pauses, for longer than the bound, as long as each chunk is taken in time."""
    monkeypatch.setattr(protocols, "TAKE_S", 2.5)
    url, app = served
    body = bytes(range(256)) * 8000
    with visit(url) as client, open_socket(url, cookies(client)) as page:
        session = say_hello(page, app.manifest.build).session
        name = send(client, session, body).json()["file"]
        ask = f"GET /file/{name} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nCookie: {cookies(client)}\r\n"
        with connected(url, ask.encode() + b"Connection: close\r\n\r\n", room=65536) as (connection,):
            received = b""
            while piece := connection.recv(200_000, socket.MSG_WAITALL):
                received += piece
                threading.Event().wait(0.4)
    assert received.endswith(body)


def test_an_answer_reaches_who_still_sends(served: tuple[str, App], monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused upload is not reset: its sender reads why."""
    monkeypatch.setattr(lingering, "LINGER_S", 5.0)
    reply = httpx.post(f"{served[0]}/upload", content=bytes(20_000_000), trust_env=False)
    assert reply.status_code == 403
    assert "error" in reply.json()


def test_what_nobody_wants_is_thrown_away_up_to_a_bound(
    served: tuple[str, App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sender has to wait from there on, and can still read the answer."""
    monkeypatch.setattr(lingering, "LINGER_S", 5.0)
    monkeypatch.setattr(lingering, "MOST_DROPPED", 100_000)
    with connected(served[0], KINDS["an upload without a session"], room=65536) as (connection,):
        connection.setblocking(False)
        sent = 0
        while select.select([], [connection], [], 0.2)[1]:
            sent += connection.send(bytes(65536))
        assert sent < 20_000_000, "what fits into the kernel's buffers"
        assert b" 403 " in connection.recv(4096)


def test_an_app_that_thinks_is_not_hurried() -> None:
    thinking = threading.Event()

    def check(name: str, password: str) -> bool:
        thinking.wait(SOON_S * 3)
        return True

    with serving(auth=check) as (url, _), visit(url) as client:
        reply = client.post("/login", data={"username": "ann", "password": "x"})
    assert reply.status_code == 303


def test_what_nobody_reads_is_in_memory_once(served: tuple[str, App], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 200 visitors who read nothing costs a chunk of the page, which all share; then nothing."""
    monkeypatch.setattr(protocols, "TAKE_S", 30.0)
    url = served[0]
    all_gone()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        with connected(url, KINDS["pages that are not read"], MANY):
            wait_until(lambda: sum(found.flow.write_paused for found in held()) == MANY)
            assert (tracemalloc.get_traced_memory()[0] - before) / MANY < 100_000
        all_gone()
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 5 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["no handshake", "half a handshake", "nothing", "pages that are not read", "bye"])
def test_over_tls_too(certificate: Path, kind: str) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    with serving(ssl_certfile=certificate) as (url, app), ExitStack() as stack:
        with connected(url, b"\x16\x03\x01\x02" if kind == "half a handshake" else b"", 20) as connections:
            server = urlsplit(url).hostname
            if "handshake" not in kind:
                connections[:] = [
                    stack.enter_context(context.wrap_socket(found, server_hostname=server)) for found in connections
                ]
                for connection in connections:
                    connection.sendall(KINDS.get(kind, KINDS["a last page that is not read"]))
            assert httpx.get(url, verify=context, trust_env=False).status_code == 200
            if kind == "bye":
                return  # the end of the server must not wait for them either
            for connection in connections:
                connection.settimeout(10)
                try:
                    while connection.recv(65536):
                        pass
                except (ConnectionError, ssl.SSLError):
                    continue
            all_gone()
        assert app.host.is_ready


# ---- how many --------------------------------------------------------------------------------------------------


def test_the_most_idle_make_room(served: tuple[str, App], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "HEADERS_S", 30.0)
    monkeypatch.setattr(Server, "_protocol", _with_crowd(ConnectionLimits(per_address=10)))
    with serving() as (url, _), connected(url, b"", 30):
        wait_until(lambda: len(held()) == 10)
        assert httpx.get(url, trust_env=False).status_code == 200


def test_who_waits_for_the_app_makes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "HEADERS_S", 30.0)
    connection_limits = ConnectionLimits(per_address=10)
    monkeypatch.setattr(Server, "_protocol", _with_crowd(connection_limits))
    thinking, asked = threading.Event(), threading.Event()

    def check(name: str, password: str) -> bool:
        asked.set()
        return thinking.wait(30)

    with serving(auth=check) as (url, _):
        login = POST + b"Connection: close\r\nContent-Length: 21\r\n\r\nusername=a&password=b"
        with connected(url, login) as (patient,):
            assert asked.wait(10)
            with connected(url, b"", 30):
                wait_until(lambda: len(connection_limits) == 10 and len(held()) == 11)
                thinking.set()
                assert b" 303 " in read_all(patient)


def test_pages_that_never_say_hello_make_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "HEADERS_S", 30.0)
    connection_limits = ConnectionLimits(per_address=10)
    monkeypatch.setattr(Server, "_protocol", _with_crowd(connection_limits))
    with serving() as (url, app), open_socket(url) as page:
        say_hello(page, app.manifest.build)
        with connected(url, HANDSHAKE + b"\r\n", 30) as connections:
            gone = 0
            for connection in connections[:20]:
                gone += read_all(connection).count(b" 101 ")
            assert gone <= 20
            assert len(connection_limits) == 10
            assert httpx.get(url, trust_env=False).status_code == 200
            with open_socket(url) as other:
                say_hello(other, app.manifest.build)
                assert len(app.host.sessions) == 2
        wait_until(lambda: len(connection_limits) == 0)


def test_one_address_cannot_keep_the_others_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With as many pages as there may be, the oldest of the address that has most goes."""
    monkeypatch.setattr(serving_module, "most_pages", lambda: 6)
    with serving(trusted_proxies=["127.0.0.1"], grace=0) as (url, app), ExitStack() as stack:

        def page(address: str) -> ClientConnection:
            page = stack.enter_context(open_socket(url, forwarded=address))
            say_hello(page, app.manifest.build)
            return page

        hog = [page("10.0.0.1") for _ in range(5)]
        others = [page(f"10.0.0.{number}") for number in (2, 3, 4)]
        for gone in hog[:2]:
            assert closing_code(gone) == CloseCode.ABNORMAL_CLOSURE
        wait_until(lambda: len(app.host.sessions) == 6)
        assert [other.ping().wait(10) for other in (*hog[2:], *others)] == [True] * 6


def _with_crowd(connection_limits: ConnectionLimits) -> object:
    def make(server: Server) -> BoundedHttp:
        protocol = BoundedHttp(server.config, server.server_state, server.lifespan.state)
        protocol.connection_limits = connection_limits
        return protocol

    return make


def test_room_is_made_within_an_address_and_by_those_behind_a_proxy() -> None:
    ended: list[str] = []
    networks = __import__("ipaddress").ip_network("10.0.0.0/8")
    connection_limits = ConnectionLimits((networks,), per_address=2, in_all=7)

    def enter(name: str, peer: str) -> None:
        connection_limits.enter(name, peer, lambda: ended.append(name))

    for name, peer in [("a", "1.1.1.1"), ("b", "1.1.1.1"), ("c", "2.2.2.2")]:
        enter(name, peer)
    connection_limits.stir("a")
    enter("d", "1.1.1.1")
    assert ended == ["b"]
    for name in "efgh":
        enter(name, "10.0.0.1")
    assert ended == ["b"]  # before its headers are there a proxy's connection counts for nobody
    for name in "efg":
        connection_limits.reveal(name, "10.0.0.1", "9.9.9.9, 3.3.3.3")
    connection_limits.reveal("c", "2.2.2.2", "1.1.1.1")
    assert ended == ["b", "e"]
    enter("i", "fd00::1")
    enter("j", "fd00::2")
    assert len(connection_limits) == 7
    for name in "acdfghij":
        connection_limits.leave(name)
    assert len(connection_limits) == 0
    connection_limits.shed()


@pytest.mark.slow
def test_a_lack_of_descriptors_is_said_once_and_passes(
    served: tuple[str, App], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    url = served[0]
    monkeypatch.setattr(protocols, "HEADERS_S", 30.0)
    with connected(url, b"", 20) as connections:
        wait_until(lambda: len(held()) == 20)
        spare = socket.socket()
        resource.setrlimit(resource.RLIMIT_NOFILE, (spare.fileno() + 1, hard))
        try:
            spare.connect((urlsplit(url).hostname, urlsplit(url).port))
            before = time.process_time()
            wait_until(lambda: any("ulimit -n" in record.getMessage() for record in caplog.records))
            wait_until(lambda: len(held()) <= 20)
            spare.settimeout(10)
            spare.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert b" 200 " in read_all(spare)
            assert time.process_time() - before < 5
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            spare.close()
        assert connections
    lines = [record for record in caplog.records if "ulimit" in record.getMessage()]
    assert len(lines) == 1
    assert len(lines[0].getMessage()) <= 200
    assert lines[0].exc_info is None


# ---- patience --------------------------------------------------------------------------------------------------


@given(st.floats(0, 0.9), st.floats(0.01, 2.0))
def test_who_brings_a_part_of_the_rate_is_given_up_in_time(part: float, step_s: float) -> None:
    patience, now = Deadline(10.0, 1000.0, 0.0), 0.0
    while patience.left_s(now) > 0:
        now += step_s
        patience.took(int(1000 * part * step_s), now)
    assert now <= 10.0 / (1 - part) + step_s


@given(st.lists(st.floats(0.01, 9.9), max_size=50), st.integers(0, 10**9))
def test_who_brings_the_rate_is_never_given_up(pauses: list[float], ahead: int) -> None:
    patience, now = Deadline(10.0, 1000.0, 0.0), 0.0
    patience.took(ahead, now)
    assert patience.left_s(now) <= 10.0
    for pause in pauses:
        now += pause
        assert patience.left_s(now) > 0
        patience.took(int(1000 * pause) + 1, now)
    assert patience.left_s(now + 10.001) <= 0
    patience.renew(now + 5.0)
    assert patience.left_s(now + 5.0) == pytest.approx(10.0)
