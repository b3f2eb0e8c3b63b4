"""Pages over HTTP on a real socket: whose connection it is, what is lost or doubled, who is slow, and what is left."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Self

import httpx
import pytest
from tests.server.asgi import ask
from tests.server.live import ORIGIN, cookies, echo, held, serving, visit
from tests.server.over_http import VISITOR, listening
from tests.server.test_serving import wait_until

import millstream as gr
from millstream.client import Client, over_http
from millstream.client.over_http import ClientHttp
from millstream.errors import Closed, InvalidValue, Refused
from millstream.server.app import create_app
from millstream.server.http.connections import BATCH_HEADER, CONNECTION_HEADER, MAX_BODY_BYTES
from millstream.server.options import ServerOptions
from millstream.server.process import protocols
from millstream.transports import http as http_transport
from millstream.types import Transport
from millstream.wire.framing import End, Unframer, frame

pytestmark = pytest.mark.anyio

Scene = Callable[[str, "asyncio.Queue[Transport]"], Awaitable[None]]


async def play(scene: Scene) -> None:
    handed: asyncio.Queue[Transport] = asyncio.Queue()
    is_over = asyncio.Event()

    async def serve(_: object, transport: Transport) -> None:
        handed.put_nowait(transport)
        await is_over.wait()

    async with asyncio.timeout(20), listening(serve) as url:
        try:
            await scene(url, handed)
        finally:
            is_over.set()


class Page:
    """A page whose requests a test writes by itself."""

    def __init__(self, url: str, visitor: str = "") -> None:
        self.client = httpx.AsyncClient(base_url=url, headers={VISITOR: visitor}, trust_env=False)
        self.secret = ""

    async def __aenter__(self) -> Self:
        self._response = self.client.stream("POST", "down")
        response = await self._response.__aenter__()
        self.chunks = response.aiter_raw()
        self.secret = (await anext(self.chunks))[4:].decode()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._response.__aexit__(None, None, None)
        await self.client.aclose()

    async def up(self, number: object, body: bytes, **headers: str) -> int:
        given = {CONNECTION_HEADER: self.secret, BATCH_HEADER: str(number), **headers}
        return (await self.client.post("up", content=body, headers=given)).status_code


async def test_a_lost_and_a_doubled_batch_arrive_once() -> None:
    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        async with Page(url) as page:
            server = await handed.get()
            later = asyncio.ensure_future(page.up(2, frame(b"second")))
            assert [await page.up(1, frame(b"first")), await later] == [204, 204]
            assert [await page.up(number, frame(b"again")) for number in (1, 2)] == [204, 204]
            assert await page.up(3, frame(b"third")) == 204
            assert [await server.receive() for _ in range(3)] == [b"first", b"second", b"third"]

    await play(scene)


async def test_a_batch_that_breaks_off_is_not_taken_in_part() -> None:
    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        async with Page(url) as page:
            server = await handed.get()
            body = frame(b"one") + frame(b"two")
            host, port = url.removeprefix("http://").strip("/").split(":")
            _, writer = await asyncio.open_connection(host, int(port))
            head = f"POST /up HTTP/1.1\r\nHost: x\r\n{CONNECTION_HEADER}: {page.secret}\r\n{BATCH_HEADER}: 1\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:9])
            await writer.drain()
            writer.close()
            assert await page.up(1, body) == 204
            assert [await server.receive() for _ in range(2)] == [b"one", b"two"]

    await play(scene)


async def test_a_foreign_connection_looks_like_none() -> None:
    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        async with Page(url, "ann") as page:
            server = await handed.get()
            body = frame(b"x")
            for secret in ("", "guessed", page.secret[:-1]):
                assert await page.up(1, body, **{CONNECTION_HEADER: secret}) == 404
            assert await page.up(1, body, **{VISITOR: "bob"}) == 404
            assert await page.up(1, frame(b"own")) == 204
            assert await server.receive() == b"own"
        with pytest.raises(Closed):
            await server.receive()
        async with Page(url, "ann") as other:
            assert await other.up(1, body, **{CONNECTION_HEADER: page.secret}) == 404

    await play(scene)


@pytest.mark.parametrize("number", ["", "0", "-1", "1.5", "x", "9" * 16])
async def test_a_batch_needs_a_number(number: str) -> None:
    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        async with Page(url) as page:
            assert await page.up(number, frame(b"x")) == 400

    await play(scene)


@pytest.mark.parametrize("body", [b"\1", frame(b"x")[:-1], bytes(MAX_BODY_BYTES + 1), b"\xff" * 8])
async def test_a_malformed_batch_is_refused_and_taken_when_it_is_right(body: bytes) -> None:
    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        async with Page(url) as page:
            server = await handed.get()
            assert await page.up(1, body) == 409
            assert await page.up(1, frame(b"right")) == 204
            assert await server.receive() == b"right"

    await play(scene)


async def test_batches_beyond_the_bound_are_not_read() -> None:
    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        async with Page(url) as page:
            waiting = [asyncio.ensure_future(page.up(2, frame(b"early"))) for _ in range(8)]
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            assert {task.result() for task in done} == {429}
            assert await page.up(1, frame(b"x")) in (204, 429)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    await play(scene)


async def test_the_server_notices_that_a_page_has_left() -> None:
    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        async with Page(url):
            server = await handed.get()
        with pytest.raises(Closed, match="lost"):
            await server.receive()

    await play(scene)


async def test_a_request_for_messages_with_a_body_is_none() -> None:
    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        async with (
            httpx.AsyncClient(base_url=url, trust_env=False) as client,
            client.stream("POST", "down", content=b"x"),
        ):
            with pytest.raises(Closed, match="body"):
                await (await handed.get()).receive()

    await play(scene)


async def test_a_slow_reader_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "TAKE_S", 0.5)

    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        host, port = url.removeprefix("http://").strip("/").split(":")
        slow = socket.create_connection((host, int(port)))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"POST /down HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        server = await handed.get()

        async def flood() -> None:
            while True:
                await server.send(bytes(64 * 1024))

        flooding = asyncio.ensure_future(flood())
        async with Page(url) as page:
            other = await handed.get()
            await other.send(b"quick")
            assert await anext(page.chunks) == frame(b"quick")
            with pytest.raises(Closed):
                await flooding  # what is not taken in time ends the connection
        slow.close()

    await play(scene)


# ---- the whole app


def shout() -> gr.Blocks:
    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")
        text.submit(str.upper, text, text)
    return demo


def test_a_client_without_a_websocket_does_what_one_with_it_does() -> None:
    with serving(shout()) as (url, app):
        with Client(url, transport="http") as client:
            client.set("Text", "hello")
            client.fire("Text", "submit")
            assert client.value("Text") == "HELLO"
        wait_until(lambda: not app.host.sessions)


def test_a_client_over_http_reaches_an_app_with_a_login() -> None:
    auth = ("ann", "secret")
    with serving(shout(), auth=auth) as (url, _), Client(url, auth=auth, transport="http") as client:
        client.set("Text", "hello")
        client.fire("Text", "submit")
        assert client.value("Text") == "HELLO"


async def test_a_client_that_says_nothing_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_transport, "SILENCE_S", 1.0)
    monkeypatch.setattr(over_http, "KEEP_ALIVE_S", 0.1)

    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        page = ClientHttp(url, {})
        await page.open()
        server = await handed.get()
        reading = asyncio.ensure_future(server.receive())
        await asyncio.wait([reading], timeout=2.0)
        assert not reading.done()
        await page.send(b"still here")
        assert await reading == b"still here"
        await page.close(1001, "")

    await play(scene)


async def test_a_client_that_leaves_says_so_and_one_that_is_lost_does_not() -> None:
    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        for code, why in ((1001, r"the page closed the connection \(1001\)"), (1006, "the link to the page was lost")):
            page = ClientHttp(url, {})
            await page.open()
            server = await handed.get()
            await page.send(b"last words")
            await page.close(code, "")
            assert await server.receive() == b"last words"
            with pytest.raises(Closed, match=why):
                await server.receive()

    await play(scene)


async def test_a_client_whose_goodbye_is_given_up_leaves_nothing_open() -> None:
    async def scene(url: str, handed: asyncio.Queue[Transport]) -> None:
        page = ClientHttp(url, {})
        await page.open()
        server = await handed.get()
        leaving = asyncio.create_task(page.close(1001, ""))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        with pytest.raises(Closed):
            await server.receive()
        await asyncio.to_thread(wait_until, lambda: not client_threads())

    await play(scene)


async def test_a_client_that_is_given_up_while_it_opens_leaves_nothing_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        page = ClientHttp(f"http://127.0.0.1:{server.getsockname()[1]}/", {})
        opening = asyncio.create_task(page.open())
        connection, _ = await asyncio.to_thread(server.accept)
        with closing(connection):
            await asyncio.to_thread(connection.recv, 65536)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            assert await asyncio.to_thread(connection.recv, 65536) == b""
        await asyncio.to_thread(wait_until, lambda: not client_threads())


def client_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("millstream-client-")]


def test_a_client_knows_two_transports() -> None:
    with pytest.raises(InvalidValue, match="'websocket' or 'http'"):
        Client("http://127.0.0.1:1", transport="pigeon")  # type: ignore[arg-type]


def test_a_client_over_http_is_told_that_it_is_not_served() -> None:
    with serving() as (url, app):
        app.is_draining = True
        with pytest.raises(Refused, match="503"):
            Client(url, transport="http")


async def test_the_gate_stands_before_both_ways() -> None:
    app = await asyncio.to_thread(create_app, echo(), ServerOptions.resolve({"auth": ("ann", "secret")}, {}))
    own, foreign = {"origin": "http://localhost:7860"}, {"origin": "http://evil.example"}
    for path in ("/down", "/up"):
        assert (await ask(app, path, method="POST", headers=own)).status == 401
        assert (await ask(app, path, method="POST", headers=foreign)).status == 403
        assert (
            await ask(app, path, method="POST", headers={**own, "cookie": "a=b", "host": "evil.example"})
        ).status == 403
        assert (await ask(app, path, headers=own)).status in (401, 405)
    await app.close(0)


async def test_a_server_that_stops_takes_no_new_page() -> None:
    app = await asyncio.to_thread(create_app, echo(), ServerOptions.resolve({}, {}))
    await app.start()
    app.is_draining = True
    reply = await ask(app, "/down", method="POST", headers={"origin": "http://localhost:7860"})
    assert (reply.status, reply.header("retry-after")) == (503, "3")
    await app.close(0)


def test_a_page_that_says_no_hello_is_told_so_and_its_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        serving() as (url, _app),
        visit(url) as client,
        client.stream("POST", "/down", headers={ORIGIN: url}) as response,
    ):
        chunks = response.iter_raw()
        secret = next(chunks)[4:].decode()
        headers = {CONNECTION_HEADER: secret, BATCH_HEADER: "1"}
        assert client.post("/up", content=frame(b"\x81\xa4type\xa4none"), headers=headers).status_code == 204
        rest = b"".join(chunks)
        assert rest[3] == 0x80
        assert b"hello" in rest or b"none" in rest
    assert len(secret) == 43
    assert secret not in caplog.text


def test_the_way_down_counts_as_a_page_and_nothing_of_it_is_left() -> None:
    with serving() as (url, app):
        with Client(url, transport="http"):
            wait_until(lambda: len(app.host.sessions) == 1)
            [pages] = {id(found.pages): found.pages for found in held()}.values()
            assert len(pages or ()) == 1
        wait_until(lambda: not app.host.sessions and not held())
        assert len(pages or ()) == 0


def test_a_cookie_of_somebody_else_opens_no_connection_of_mine() -> None:
    with serving() as (url, _), visit(url) as mine, visit(url) as other, mine.stream("POST", "/down") as response:
        chunks = response.iter_raw()
        secret = next(chunks)[4:].decode()
        headers = {CONNECTION_HEADER: secret, BATCH_HEADER: "1"}
        assert cookies(mine) != cookies(other)
        assert other.post("/up", content=frame(b"x"), headers=headers).status_code == 404
        assert mine.post("/up", content=frame(b"\x80"), headers=headers).status_code == 204


def test_a_connection_that_has_said_nothing_does_not_hold_up_the_end(caplog: pytest.LogCaptureFixture) -> None:
    with httpx.Client(trust_env=False) as client:
        with serving() as (url, _):
            stream = client.stream("POST", f"{url}/down")
            chunks = stream.__enter__().iter_raw()
            next(chunks)
        assert Unframer().feed(b"".join(chunks)) == [End(1012, "the app is being restarted")]
        stream.__exit__(None, None, None)
    assert not [record for record in caplog.records if record.exc_info]
