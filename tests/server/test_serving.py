"""What only a real socket shows: limits, half requests, dead links, TLS, uploads and downloads."""

import errno
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from tests.server.live import cookies, open_socket, raw, read_all, say_hello, serving, visit
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CloseCode
from websockets.sync.client import ClientConnection

import millstream as gr
from millstream.runtime.state.upload import Upload
from millstream.server.app import App
from millstream.server.http import uploads
from millstream.server.process import network, protocols, uvicorn_config
from millstream.server.process.network import listen
from millstream.transports import websocket
from millstream.wire.encoding import encode_message
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Hello
from millstream.wire.packet import VERSION

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, App]]:
    with serving() as (url, app):
        yield url, app


@pytest.fixture
def url(served: tuple[str, App]) -> str:
    return served[0]


@pytest.fixture
def page(served: tuple[str, App]) -> Iterator[tuple[httpx.Client, str]]:
    """A browser with an open page: its HTTP client, and its session."""
    url, app = served
    with visit(url) as client, open_socket(url, cookies(client)) as socket:
        yield client, say_hello(socket, app.manifest.build).session


def wait_until(condition: Callable[[], bool], timeout: float = 10.0) -> None:
    """Look again until it is so."""
    event = threading.Event()
    for _ in range(int(timeout / 0.01)):
        if condition():
            return
        event.wait(0.01)
    raise AssertionError("it did not come about")


# ---- WebSocket -------------------------------------------------------------------------------------------------


def test_a_page_gets_a_session(page: tuple[httpx.Client, str]) -> None:
    assert len(page[1]) >= 22


def closing_code(socket: ClientConnection, *messages: object, **options: object) -> int:
    """Send messages, and read until the server closes the connection; gives its code."""
    try:
        for message in messages:
            socket.send(message, **options)  # type: ignore[call-overload]
        while True:
            socket.recv(10)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else 1006


def test_a_message_that_is_too_large_closes_with_1009(url: str) -> None:
    with open_socket(url) as socket:
        assert closing_code(socket, bytes(MAX_MESSAGE_BYTES + 1)) == CloseCode.MESSAGE_TOO_BIG


def test_endless_fragments_close_with_1009_and_cost_little_memory(url: str) -> None:
    before = psutil.Process().memory_info().rss
    with open_socket(url) as socket:
        assert closing_code(socket, (bytes(1000) for _ in range(100_000))) == CloseCode.MESSAGE_TOO_BIG
    assert psutil.Process().memory_info().rss - before < 3 * MAX_MESSAGE_BYTES


def test_a_message_in_single_bytes_closes_with_1009(url: str) -> None:
    with open_socket(url) as socket:
        assert closing_code(socket, (b"x" for _ in range(100_000))) == CloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize(("message", "code"), [("hello", 1003), (b"\xff\xff", 1002)])
def test_what_is_not_a_message_closes(url: str, message: str | bytes, code: int) -> None:
    with open_socket(url) as socket:
        assert closing_code(socket, message) == code


def test_invalid_utf8_is_no_traceback_in_the_log(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with open_socket(url) as socket:
        assert closing_code(socket, b"\xff\xfe", text=True) == CloseCode.INVALID_DATA
    assert not [record for record in caplog.records if record.exc_info]
    assert len(caplog.records) <= 1


@pytest.mark.parametrize(
    "frame", [b"\x89\x80\0\0\0\0", b"\x82\x80\0\0\0\0", b"\x02\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 9]
)
def test_a_flood_of_empty_frames_ends_the_connection_long_before_its_end(url: str, frame: bytes) -> None:
    """100,000 pings, messages or fragments in one go."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), 10) as connection:
        connection.sendall(HANDSHAKE + b"\r\n")
        assert b" 101 " in connection.recv(4096)
        try:
            connection.sendall(frame * (600_000 // len(frame)))
            received = read_all(connection)
        except (BrokenPipeError, ConnectionResetError):
            return
    assert received.count(b"\x8a\x00") <= 2 * websocket.MAX_FRAMES_S


def test_a_flood_is_told_why(url: str) -> None:
    with open_socket(url) as socket:
        with suppress(ConnectionClosed):  # when it is closed hangs on how fast the two are
            for _ in range(10 * websocket.MAX_FRAMES_S):
                socket.ping()
        assert closing_code(socket) == 1008


def test_compression_is_not_offered(url: str) -> None:
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), 10) as connection:
        connection.sendall(HANDSHAKE + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
        reply = connection.recv(4096).lower()
    assert reply.startswith(b"http/1.1 101")
    assert b"extensions" not in reply
    assert b"server:" not in reply


@pytest.mark.parametrize(
    "headers",
    [
        b"Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n",
        b"Sec-WebSocket-Version: 13\r\n",
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: \xff\r\n",
    ],
)
def test_bad_handshakes_are_refused_and_the_server_lives(url: str, headers: bytes) -> None:
    reply = raw(
        url, GET.replace(b"/ ", b"/ws ", 1) + b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + headers + b"\r\n"
    )
    assert reply[9:10] == b"4"
    assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200


def test_a_dead_link_ends_although_data_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that neither reads nor answers: what waits for it in the buffers must not keep its session."""
    monkeypatch.setattr(uvicorn_config, "PING_S", 0.2)
    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")
        demo.load(lambda: "x" * 1_500_000, None, text)
    with serving(demo, grace=0) as (url, app), dead_page(url, app):
        wait_until(lambda: len(app.host.sessions) == 1)
        wait_until(lambda: not app.host.sessions)


@contextmanager
def dead_page(url: str, app: App) -> Iterator[None]:
    """Open a page that says hello and then never reads again; its kernel takes next to nothing for it."""
    place = urlsplit(url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((place.hostname, place.port))
        connection.sendall(HANDSHAKE + b"\r\n")
        assert b" 101 " in connection.recv(20)
        hello = encode_message(Hello(seq=1, version=VERSION, build=app.manifest.build, page_us=0))
        connection.sendall(bytes([0x82, 0x80 | len(hello)]) + bytes(4) + hello)  # masked with zeros
        yield


# ---- HTTP ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
        (GET + b"X: " + b"x" * 200_000 + b"\r\n\r\n", 400),
        (GET + b"X: y\r\n" * 10_000 + b"\r\n", 400),
        (b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (
            GET.replace(b"GET /", b"POST /upload", 1)
            + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"GET /%zz%00%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a/?x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET @evil HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET http://evil.com/healthz HTTP/1.1\r\nHost: evil.com\r\n\r\n", 403),
        (b"__class__ / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
)
def test_odd_requests(url: str, request_: bytes, status: int, caplog: pytest.LogCaptureFixture) -> None:
    reply = raw(url, request_)
    assert reply.split(b" ")[1] == str(status).encode()
    assert not [record for record in caplog.records if record.exc_info]


def test_half_a_request_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "HEADERS_S", 0.3)
    with serving() as (url, _):
        place = urlsplit(url)
        for start in (b"", b"G", GET):
            with socket.create_connection((place.hostname, place.port), 10) as connection:
                connection.sendall(start)
                assert read_all(connection) == b""
        with socket.create_connection((place.hostname, place.port), 10) as connection:
            connection.sendall(GET.replace(b"/ ", b"/healthz ", 1) + b"\r\n" + GET)  # the second one is never finished
            assert read_all(connection).count(b"HTTP/1.1 200") == 1


def test_half_a_header_that_goes_on_and_on_is_refused(url: str) -> None:
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), 10) as connection:
        connection.sendall(GET + b"X: ")
        for _ in range(1000):
            connection.sendall(b"x" * 1000)
        assert b" 400 " in read_all(connection)


def test_requests_are_not_piled_up(url: str) -> None:
    one = GET.replace(b"/ ", b"/healthz ", 1) + b"\r\n"
    assert raw(url, one * 4 + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).count(b"200 OK") == 5
    assert b" 400 " in raw(url, one * 1000)


def test_answers_say_nothing_of_the_server(url: str) -> None:
    reply = httpx.get(url, trust_env=False)
    assert "server" not in reply.headers
    assert "x-powered-by" not in reply.headers


# ---- files -----------------------------------------------------------------------------------------------------


def send(
    client: httpx.Client, session: str, body: object, name: str = "a.png", kind: str = "image/png"
) -> httpx.Response:
    headers = {"x-millstream-session": session, "content-type": kind}
    return client.post("/upload", params={"name": name}, headers=headers, content=body)  # type: ignore[arg-type]


def test_a_file_goes_up_and_comes_back(page: tuple[httpx.Client, str]) -> None:
    client, session = page
    body = bytes(range(256)) * 4000
    value = send(client, session, body, "../../photo ü.png").json()
    assert (value["name"], value["type"], value["size"]) == ("photo ü.png", "image/png", len(body))
    whole = client.get(f"/file/{value['file']}")
    assert whole.content == body
    assert whole.headers["content-type"] == "image/png"
    assert whole.headers["content-disposition"].startswith("inline")
    assert whole.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert whole.headers["cache-control"] == "no-store"
    part = client.get(f"/file/{value['file']}", headers={"range": "bytes=300-599"})
    assert (part.status_code, part.content) == (206, body[300:600])
    assert part.headers["content-range"] == f"bytes 300-599/{len(body)}"
    beyond = client.get(f"/file/{value['file']}", headers={"range": "bytes=9999999-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(body)}")
    ranged = {"range": "bytes=300-599", "if-range": part.headers["etag"]}
    assert client.get(f"/file/{value['file']}", headers=ranged).status_code == 206
    assert client.get(f"/file/{value['file']}", headers=ranged | {"if-range": '"another"'}).content == body
    head = client.head(f"/file/{value['file']}")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(body)))
    download = client.get(f"/file/{value['file']}", params={"download": "1"})
    assert download.headers["content-disposition"] == "attachment; filename*=UTF-8''photo%20%C3%BC.png"


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/javascript", "text/xml", "application/pdf", "nonsense"]
)
def test_what_could_run_is_only_ever_downloaded(page: tuple[httpx.Client, str], kind: str) -> None:
    client, session = page
    value = send(client, session, b"<script>alert(1)</script>", "x.html", kind).json()
    reply = client.get(f"/file/{value['file']}")
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"].startswith("attachment")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in reply.headers["content-security-policy"]


def test_files_of_others_are_not_there(served: tuple[str, App], page: tuple[httpx.Client, str]) -> None:
    client, session = page
    value = send(client, session, b"mine").json()
    with visit(served[0]) as other:
        assert other.get(f"/file/{value['file']}").status_code == 404
        assert send(other, session, b"x").status_code == 403
    with httpx.Client(base_url=served[0], trust_env=False) as nobody:
        assert nobody.get(f"/file/{value['file']}").status_code == 404
    assert len(value["file"]) >= 22
    assert client.get(f"/file/{value['file'][:-1]}x").status_code == 404


@pytest.mark.parametrize("session", ["", "x", "../..", "a" * 43])
def test_uploads_need_a_session(page: tuple[httpx.Client, str], session: str) -> None:
    assert send(page[0], session, b"x").status_code == 403


def test_the_size_is_counted_while_it_streams() -> None:
    with serving(max_file_size="1 MB") as (url, app), visit(url) as client, open_socket(url, cookies(client)) as socket:
        session = say_hello(socket, app.manifest.build).session
        pieces = (b"x" * 65536 for _ in range(17))
        assert send(client, session, pieces).status_code == 413
        assert send(client, session, b"x" * (1024 * 1024 + 1)).status_code == 413
        assert send(client, session, b"x" * 1024 * 1024).status_code == 200
        folder = app.host.sessions[session].store.folder
        assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) == 1024 * 1024


def test_an_upload_that_breaks_off_leaves_nothing(served: tuple[str, App], page: tuple[httpx.Client, str]) -> None:
    url, app = served
    client, session = page
    folder = app.host.sessions[session].store.folder
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), 10) as connection:
        headers = f"POST /upload HTTP/1.1\r\nHost: {place.netloc}\r\nOrigin: {url}\r\nCookie: {cookies(client)}\r\n"
        headers += f"X-Millstream-Session: {session}\r\nContent-Length: 1000000\r\n\r\n"
        connection.sendall(headers.encode() + b"x" * 300_000)
        wait_until(lambda: has_files(folder))
    wait_until(lambda: not has_files(folder))


def has_files(folder: Path) -> bool:
    return any(names for _, _, names in os.walk(folder))  # what is removed meanwhile is no error to it


@pytest.mark.parametrize(
    ("number", "status", "sentence"),
    [
        (errno.ENOSPC, 507, "disk is full"),
        (errno.EMFILE, 503, "Try again"),
        (errno.EIO, 500, "went wrong"),
        (errno.ENOENT, 404, "no such file"),
    ],
)
def test_what_files_may_fail_with_is_said_and_leaves_nothing(
    page: tuple[httpx.Client, str],
    served: tuple[str, App],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    number: int,
    status: int,
    sentence: str,
) -> None:
    client, session = page

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    value = send(client, session, b"y" * 100_000).json()
    folder = served[1].host.sessions[session].store.folder
    before = sorted(folder.iterdir())
    monkeypatch.setattr(Upload, "_put", fail)
    monkeypatch.setattr(uploads, "_open", fail)
    for _ in range(5):
        reply = send(client, session, b"x")
        assert (reply.status_code, sentence in reply.json()["error"]) == (status, True)
        reply = client.get(f"/file/{value['file']}")
        assert (reply.status_code, sentence in reply.json()["error"]) == (status, True)
    assert sorted(folder.iterdir()) == before
    assert len(caplog.records) <= 1
    assert all(len(record.getMessage()) <= 200 and not record.exc_info for record in caplog.records)


def test_uploads_that_outlive_their_page_leave_no_traceback(
    served: tuple[str, App], caplog: pytest.LogCaptureFixture
) -> None:
    url, app = served
    place = urlsplit(url)
    with visit(url) as client, ExitStack() as stack:
        with open_socket(url, cookies(client)) as page:
            session = say_hello(page, app.manifest.build).session
            folder = app.host.sessions[session].store.folder
            headers = f"POST /upload?name=a HTTP/1.1\r\nHost: {place.netloc}\r\nOrigin: {url}\r\n"
            headers += f"Cookie: {cookies(client)}\r\nX-Millstream-Session: {session}\r\n"
            started = [stack.enter_context(socket.create_connection((place.hostname, place.port), 10)) for _ in "12345"]
            for connection in started:
                connection.sendall(headers.encode() + b"Content-Length: 1000000\r\n\r\n" + bytes(300_000))
            wait_until(lambda: folder.exists() and len(list(folder.iterdir())) == len(started))
        wait_until(lambda: session not in app.host.sessions)
        for connection in started[:-1]:
            connection.sendall(bytes(700_000))
            assert b" 403 " in read_all(connection)
        started[-1].close()
        assert b" 403 " in raw(url, headers.encode() + b"Content-Length: 1\r\n\r\nx")
    wait_until(lambda: not folder.exists())
    wait_until(lambda: app.host.statistics()["stored_bytes"] == 0)
    assert not caplog.records


# ---- login -----------------------------------------------------------------------------------------------------


def test_logging_out_closes_the_open_pages() -> None:
    with serving(auth=("ann", "secret")) as (url, app), visit(url) as client:
        with pytest.raises(InvalidStatus) as refused:
            open_socket(url, cookies(client))
        assert refused.value.response.status_code == 401
        assert client.post("/login", data={"username": "ann", "password": "secret"}).status_code == 303
        with open_socket(url, cookies(client)) as socket:
            say_hello(socket, app.manifest.build)
            assert client.post("/logout").status_code == 303
            assert closing_code(socket) == 4401


def test_a_closed_page_says_goodbye_to_a_session_that_waits_for_it() -> None:
    with serving() as (url, app), visit(url) as client, visit(url) as other:
        with open_socket(url, cookies(client)) as socket:
            headers = {"x-millstream-session": say_hello(socket, app.manifest.build).session}
            socket.close(4000)
        assert [other.post("/bye", headers=headers).status_code, client.post("/bye").status_code] == [204, 204]
        assert len(app.host.sessions) == 1, "it is not theirs"
        assert client.post("/bye", headers=headers).status_code == 204
        wait_until(lambda: not app.host.sessions)


# ---- TLS -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a self-signed certificate with its key for 127.0.0.1."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    subject = ["-subj", "/CN=millstream.test", "-addext", "subjectAltName=IP:127.0.0.1"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = ["openssl", "req", "-x509", *key, *subject, "-keyout", str(path), "-out", str(path.with_suffix(".crt"))]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_https(certificate: Path) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    with serving(ssl_certfile=certificate) as (url, app), visit(url, verify=context) as client:
        assert url.startswith("https://127.0.0.1:")
        assert all(name.startswith("__Host-") for name in client.cookies)
        assert len(client.cookies) == 1
        with open_socket(url, cookies(client), context) as socket:
            assert say_hello(socket, app.manifest.build).session


# ---- idle ------------------------------------------------------------------------------------------------------


def test_ports_are_chosen_and_refused() -> None:
    with listen("127.0.0.1", 0, 1) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} is in use on 127.0.0.1.*MILLSTREAM_SERVER_PORT"):
            listen("127.0.0.1", port, 1)
        with pytest.raises(OSError, match="server_name"):
            listen("no-such-name.invalid", 0, 1)
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == 16384


def test_the_first_free_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with listen("127.0.0.1", 0, 1) as taken:
        monkeypatch.setattr(network, "FIRST_PORT", taken.getsockname()[1])
        with listen("127.0.0.1", None, 20) as next_one:
            assert next_one.getsockname()[1] > taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            listen("127.0.0.1", None, 1)
