"""A client's transport over HTTP: what a page uses where WebSockets are blocked. See `wire/framing.py`."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from millstream.errors import Closed, Departed, ProtocolError, Refused
from millstream.wire.close_codes import LOSSES
from millstream.wire.framing import End, Unframer, frame, frame_end

SILENCE_S: Final = 20.0
"""A server that says nothing for so long is gone: it gives signs of life."""

KEEP_ALIVE_S: Final = 5.0
"""A client that says nothing sends an empty request so often: the server takes it for gone after 20 s."""

GOODBYE_S: Final = 1.0
"""How long the last request may take, and how long is waited for what is closed then."""

LOST: Final = 1006
"""The close code of a connection that breaks off without a goodbye."""

ATTEMPTS: Final = 3
"""How often a request is sent whose answer does not come; what it carries is acted upon once."""

READ_BYTES: Final = 64 * 1024

_BROKEN: Final = (OSError, HTTPException, ValueError)
"""Raised by a connection that has ended, or that is closed while it is read."""


class ClientHttp:
    """A `Transport` over HTTP. Each direction has a connection, and a thread that waits for it.

    Args:
        url: The address of the app, with a slash at its end.
        headers: The headers of each request: its origin and cookies.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._path = parts.path
        self._headers = dict(headers)
        self._down, self._up = (make(parts.hostname or "", parts.port, timeout=SILENCE_S) for _ in range(2))
        self._down_thread, self._up_thread = (
            ThreadPoolExecutor(1, f"millstream-client-{way}") for way in ("down", "up")
        )
        self._response: HTTPResponse | None = None
        self._socket: socket.socket | None = None
        self._reading: Future[bytes] | None = None
        self._unframer = Unframer()
        self._ready: deque[bytes] = deque()
        self._end: Closed | None = None
        self._batch = self._said = 0
        self._staying: asyncio.Task[None] | None = None
        self._releases: list[Future[None]] = []

    async def open(self) -> None:
        """Open the way down, and with it the connection.

        Raises:
            Refused: The server does not serve this page.
            Closed: There is no such server, or it is gone.
        """
        try:
            status = await asyncio.wrap_future(self._down_thread.submit(self._begin))
            if status != 200:
                raise Refused(f"{self._path}down: {status}", {401: "login", 503: "shutdown"}.get(status, "origin"))
            self._headers["X-Millstream-Connection"] = (await self.receive()).decode()
        except _BROKEN as error:
            await self.close(LOST, "")
            raise Closed(f"no connection over HTTP: {error}") from error
        except BaseException:
            self._finish(Closed("the connection was not opened"))
            raise
        self._staying = asyncio.get_running_loop().create_task(self._stay(), name="millstream-client-stay")

    async def receive(self) -> bytes:
        """Wait for the next message.

        Raises:
            Closed: The connection has ended.
        """
        while not self._ready:
            if self._end is not None:
                await self._settle()
                raise self._end
            # If this is cancelled, the thread goes on reading, for the next call.
            if self._reading is None or self._reading.cancelled():
                self._reading = self._down_thread.submit(self._read)
            data = await asyncio.wrap_future(self._reading)
            self._reading = None
            self._take(data)
        return self._ready.popleft()

    async def send(self, message: bytes) -> None:
        """Send one message; returns when the server has taken it.

        Raises:
            Closed: The connection has ended.
        """
        self._said += 1
        await self._send(frame(message))

    async def close(self, code: int, reason: str) -> None:
        """End the connection; with 1006 it breaks off without a word."""
        try:
            if self._staying is not None:
                self._staying.cancel()
                if code != LOST and self._end is None:
                    await self._say_goodbye(frame_end(code, reason))
        finally:
            self._finish(Closed("the connection is closed"))
        await self._settle()

    def _finish(self, end: Closed) -> Closed:
        """Close the sockets and end the threads, whoever waits for it or does not; gives the first reason there was."""
        if self._end is not None:
            return self._end
        self._end = end
        for found in (self._socket, self._up.sock):
            if found is not None:
                _shut(found)
        for thread, connection in ((self._down_thread, self._down), (self._up_thread, self._up)):
            self._releases.append(thread.submit(self._release, connection))
            thread.shutdown(wait=False)
        return end

    async def _settle(self) -> None:
        """Wait until all is closed; it is closed too if nobody waits."""
        await asyncio.to_thread(wait, self._releases, GOODBYE_S)

    async def _send(self, body: bytes) -> None:
        """Send the next batch."""
        if self._end is not None:
            raise self._end
        self._batch += 1
        status = await asyncio.wrap_future(self._up_thread.submit(self._post, self._batch, body))
        if status != 204:
            raise self._finish(Closed(f"the server closed: {status}" if status else "the link is lost"))

    async def _stay(self) -> None:
        """Give signs of life."""
        said = -1
        while True:
            await asyncio.sleep(KEEP_ALIVE_S)
            if said == self._said:
                try:
                    await self._send(b"")
                except Closed:
                    return
            said = self._said

    async def _say_goodbye(self, last: bytes) -> None:
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._send(last)
        except (Closed, TimeoutError):
            return  # nobody listens any more

    def _take(self, data: bytes) -> None:
        try:
            records = self._unframer.feed(data)
        except ProtocolError as error:
            self._finish(Closed(str(error)))
            return
        for record in records:
            if isinstance(record, End):
                kind = Closed if record.code in LOSSES else Departed
                self._finish(kind(f"the server closed: {record.code} {record.reason}"))
            else:
                self._ready.append(record)
        if not data:
            self._finish(Closed("the link is lost"))

    # ---- in the threads

    def _begin(self) -> int:
        self._down.request("POST", f"{self._path}down", headers={**self._headers, "Content-Length": "0"})
        self._socket = self._down.sock  # the connection lets go of it, as nothing comes after this answer
        if self._end is not None:
            _shut(self._socket)  # it was given up while it connected
        self._response = self._down.getresponse()
        return self._response.status

    def _read(self) -> bytes:
        assert self._response is not None
        try:
            data = self._response.read1(READ_BYTES)
        except _BROKEN:
            data = b""
        if not data:
            self._response.close()  # nobody may ask for more, and so nobody else would
        return data

    def _post(self, number: int, body: bytes) -> int:
        headers = {**self._headers, "X-Millstream-Batch": str(number), "Content-Type": "application/octet-stream"}
        for _ in range(ATTEMPTS):
            try:
                self._up.request("POST", f"{self._path}up", body, headers)
                with self._up.getresponse() as response:
                    response.read()
                    return response.status
            except _BROKEN:
                self._up.close()
            if self._end is not None:
                break
        return 0

    def _release(self, connection: HTTPConnection) -> None:
        if connection is self._down and self._response is not None:
            self._response.close()
        connection.close()
        if connection is self._down and self._socket is not None:
            self._socket.close()


def _shut(found: socket.socket) -> None:
    try:
        found.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already
