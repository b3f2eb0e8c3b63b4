"""`Client`: drive a running app over its real socket, from blocking code."""

from __future__ import annotations

import asyncio
import html.parser
import json
import logging
import math
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any, Final, Literal, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urljoin, urlsplit, urlunsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

import websockets
from websockets.asyncio.client import ClientConnection, connect

from millstream.client.driver import BackgroundWork, Driver
from millstream.client.manifest import PageManifest
from millstream.client.over_http import ClientHttp
from millstream.client.page import Page
from millstream.errors import Closed, Departed, InvalidValue, Refused
from millstream.types import Transport
from millstream.wire.close_codes import LOSSES
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.packet import SUBPROTOCOL

T = TypeVar("T")

logger = logging.getLogger("millstream.client")

ENDING_S: Final = 5.0
"""How long what goes on in the background of a client may take to end."""

REFUSALS: Final = {401: "login", 403: "origin", 429: "login", 503: "shutdown"}
"""The code of `Refused` for a status of HTTP."""

SERVER_ERROR: Final = 500
"""The first status of HTTP that is the server's fault."""


class Client(Driver):
    """One page of a running app, opened over HTTP and WebSocket like a browser's.

    Args:
        url: The app's address, such as `http://127.0.0.1:7860`.
        path: The page of an app with several that is opened, such as `"/second"`; the main page by default.
        auth: `(user name, password)` for an app that asks for a login.
        timeout_s: How long opening may take.
        transport: `"http"` does without a WebSocket, where something on the way blocks them.
        grace: Seconds for which a link that is lost is sought to be found again; the session goes on then, as that of a
            browser does, and whoever waits goes on waiting. 0 closes the page at once.
        language: The language that it asks for, as `Accept-Language` says it, such as `"de"`; empty for none.

    It connects directly: proxies that the environment names are not used.

    Raises:
        InvalidValue: This is no address of the web, or the app has no such page.
        Refused: The server does not serve this page (login, another version, busy).
        Closed: There is no server, it is no Millstream app, or it does not answer in time.
    """

    def __init__(  # noqa: PLR0913 - keywords, of which each is optional
        self,
        url: str,
        *,
        path: str = "/",
        auth: tuple[str, str] | None = None,
        timeout_s: float = 10.0,
        transport: Literal["websocket", "http"] = "websocket",
        grace: float = 60.0,
        language: str = "",
    ) -> None:
        if transport not in ("websocket", "http"):
            raise InvalidValue(f"transport={transport!r} does not exist: give 'websocket' or 'http'")
        self._site = _Site(url, auth, timeout_s, grace, path, over_http=transport == "http")
        self._site.asked = {"Accept-Language": language} if language else {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="millstream-client", daemon=True)
        self._thread.start()
        try:
            self.page = self.run(asyncio.wait_for(self._site.open_page(), timeout_s))
        except TimeoutError as error:
            self._stop_loop()
            raise Closed(f"{url} did not open a page within {timeout_s:g} s") from error
        except BaseException:
            self._stop_loop()
            raise

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._begin(work).result()

    def start(self, work: Coroutine[Any, Any, T]) -> BackgroundWork[T]:
        return _ThreadWork(self._begin(work))

    def _begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        if self._loop.is_closed():
            work.close()
            raise Closed("the client is closed")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        self.run(asyncio.wait_for(self.page.wait_for(condition), timeout_s))

    async def upload(self, name: str, mime: str, data: bytes, component: int | None = None) -> object:
        assert self.page.welcome is not None
        return await asyncio.to_thread(self._site.upload, self.page.welcome.session, name, mime, data, component)

    async def download(self, handle: str) -> bytes:
        return await asyncio.to_thread(self._site.get, f"file/{quote(handle)}?download=1")

    def drop(self) -> None:
        """Vanish without a goodbye, as a dead link does; the client is closed then."""
        self.run(self.page.drop())
        self._stop_loop()

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self.run(self.page.close())
        self._stop_loop()

    def _stop_loop(self) -> None:
        self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_others() -> None:
    """End what still goes on in the background of this loop."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:  # one that does not end must not keep the caller waiting for ever
        _, late = await asyncio.wait(others, timeout=ENDING_S)
        for task in late:
            logger.warning("a task of the client does not end: %r", task)
    await asyncio.get_running_loop().shutdown_default_executor()


class _ThreadWork(BackgroundWork[T]):
    def __init__(self, future: Future[T]) -> None:
        self._future = future

    def result(self) -> T:
        return self._future.result()

    def cancel(self) -> None:
        self._future.cancel()


async def open_page(
    url: str, *, auth: tuple[str, str] | None = None, timeout_s: float = 10.0, grace: float = 60.0
) -> Page:
    """Open a page on the running loop; `Client` is this for blocking code, the load benchmark opens many."""
    return await _Site(url, auth, timeout_s, grace).open_page()


class _Site:
    """The HTTP side of a page: the manifest, the login, uploads and downloads. Its calls block."""

    def __init__(
        self,
        url: str,
        auth: tuple[str, str] | None,
        timeout_s: float,
        grace_s: float,
        path: str = "/",
        *,
        over_http: bool = False,
    ) -> None:
        if not 0 <= grace_s < math.inf:
            raise InvalidValue(f"grace={grace_s!r} is not a number of seconds from 0")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InvalidValue(f"{url!r} is not a web address: give one such as http://127.0.0.1:7860")
        self._url = url if url.endswith("/") else url + "/"
        self._path = path.strip("/")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._auth = auth
        self._timeout_s, self._grace_s = timeout_s, grace_s
        self._connect = self._open_http if over_http else self._open_websocket
        self._cookies = CookieJar()
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(self._cookies), ProxyHandler({}))
        self.asked: dict[str, str] = {}

    async def open_page(self) -> Page:
        manifest = await asyncio.to_thread(self._manifest)
        transport = await self._connect()
        page = Page(manifest, transport, self._connect, self._grace_s)
        await page.open()
        return page

    async def _open_http(self) -> Transport:
        transport = ClientHttp(self._url, {"Origin": self._origin, **self.asked, **self._cookie_header()})
        await transport.open()
        return transport

    async def _open_websocket(self) -> Transport:
        parts = urlsplit(urljoin(self._url, "ws"))
        address = urlunsplit(parts._replace(scheme={"http": "ws", "https": "wss"}[parts.scheme]))
        try:
            socket = await connect(
                address,
                subprotocols=[websockets.Subprotocol(SUBPROTOCOL)],
                origin=websockets.Origin(self._origin),
                additional_headers={**self.asked, **self._cookie_header()},
                compression=None,
                max_size=None,
                proxy=None,
            )
        except websockets.InvalidStatus as error:
            status = error.response.status_code
            raise Refused(f"{address}: {status}", refusal_code(status)) from error
        except (OSError, websockets.InvalidHandshake) as error:
            raise Closed(f"no WebSocket at {address}: {error}") from error
        return ClientWebSocket(socket)

    def _cookie_header(self) -> dict[str, str]:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)
        return {"Cookie": cookies} if cookies else {}

    def _manifest(self) -> PageManifest:
        if self._auth is not None:
            form = urlencode({"username": self._auth[0], "password": self._auth[1]}).encode()
            try:
                self._open("login", form, {"Origin": self._origin})
            except Refused as error:
                raise Refused(f"{error}: are user name and password those of the app?", error.code) from error
        page = self._open(quote(self._path)).decode("utf-8", "replace")
        parser = _ManifestParser()
        parser.feed(page)
        if not parser.manifest:
            raise Refused(f"{self._url} needs a login, or is not a Millstream app: pass auth=(name, password)", "login")
        manifest: PageManifest = json.loads(parser.manifest)
        return manifest

    def get(self, path: str) -> bytes:
        return self._open(path)

    def upload(self, session: str, name: str, mime: str, data: bytes, component: int | None) -> object:
        headers = {"X-Millstream-Session": session, "Content-Type": mime, "Origin": self._origin}
        meant = "" if component is None else f"component={component}&"
        return json.loads(self._open(f"upload?{meant}name={quote(name)}", data, headers))

    def _open(self, path: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        address = urljoin(self._url, path)
        request = Request(address, data, {**self.asked, **(headers or {})})  # noqa: S310 - its scheme was checked at the start
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                body: bytes = answer.read()
                return body
        except HTTPError as error:
            reason = _reason(error)
            if error.code in REFUSALS:
                raise Refused(f"{request.full_url}: {error.code} {reason}", REFUSALS[error.code]) from error
            raise InvalidValue(f"{request.full_url}: {error.code} {reason}") from error
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", error)  # of a `URLError`, which says it in brackets
            raise Closed(f"no web server answers at {request.full_url}: {why}") from error


def _reason(error: HTTPError) -> str:
    """Read what the server says of an error; what its status means if that is a page, or the connection breaks off."""
    with error:
        try:
            said = "" if error.headers.get_content_type() == "text/html" else error.read(500).decode("utf-8", "replace")
        except (OSError, HTTPException):
            said = ""
    return said or str(error.reason)


def refusal_code(status: int) -> str:
    """Give the code of `Refused` for the status of a handshake. What a proxy says of a server that is gone passes."""
    return "shutdown" if status >= SERVER_ERROR else REFUSALS.get(status, "login")


class _ManifestParser(html.parser.HTMLParser):
    """Finds the inline manifest of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.manifest = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and ("id", "ms-manifest") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.manifest += data


class ClientWebSocket:
    """A `Transport` over a client's WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def receive(self) -> bytes:
        try:
            message = await self._socket.recv(decode=False)
        except websockets.ConnectionClosed as closed:
            raise _ended(closed, "the link is lost") from closed
        return bytes(message)

    async def send(self, message: bytes) -> None:
        if len(message) > MAX_MESSAGE_BYTES:
            raise InvalidValue(f"a message of {len(message)} bytes exceeds {MAX_MESSAGE_BYTES}: send smaller images")
        try:
            await self._socket.send(message)
        except websockets.ConnectionClosed as closed:
            raise _ended(closed, "the connection is closed") from closed

    async def close(self, code: int, reason: str) -> None:
        if code == 1006:
            self._socket.transport.abort()
            return
        await self._socket.close(code, reason)


def _ended(closed: websockets.ConnectionClosed, otherwise: str) -> Closed:
    """Say why a connection has ended: by the server's word, which may come before what is sent fails."""
    by = closed.rcvd
    kind = Departed if by is not None and by.code not in LOSSES else Closed
    return kind(f"the server closed: {by.code} {by.reason}" if by else otherwise)


__all__ = ["Client", "open_page"]
