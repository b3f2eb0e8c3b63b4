"""A narrow, long, unsteady and lossy link between a page and its server: a TCP proxy on a port of its own."""

from __future__ import annotations

import asyncio
import math
import socket
import threading
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final, Self
from urllib.parse import urlsplit

from millstream.testing.bottleneck import BUFFER_BYTES, SEGMENT_BYTES, Bottleneck

MOMENT_S: Final = 0.001
LARGEST_BYTES: Final = 64 * 1024
"""On a fast link as much travels at once as passes in this moment, up to this."""

MAX_UNREAD_BYTES: Final = 4 * 1024 * 1024
"""Bytes of one connection that may be on their way to a receiver who does not read."""

SOCKET_BYTES: Final = 16 * 1024
"""The kernel's buffers at the proxy: small, so that what waits is at the bottleneck and not in them."""

MBIT: Final = 125_000
"""Bytes a second of one Mbit/s."""

ENDED_S: Final = 5.0
"""The time that connections get to end when the link is closed."""


@dataclass(eq=False)
class Link:
    """Carries every connection to a server over a link that is as narrow, long and unsteady as wanted.

    All connections share the rate, as on a phone. What a sender offers beyond it waits in a bounded buffer, and then
    in the sender: nothing is lost, as TCP promises. A context manager: the link is there inside of it.

        with Link(url, up=2, down=2, rtt=100) as link:
            page.goto(link.url)

    Attributes:
        target: The server: its URL, or a port of this machine.
        up: Mbit/s from the page to the server; `None` for no limit.
        down: Mbit/s from the server to the page; `None` for no limit.
        rtt: Round trip in milliseconds, half of it in each direction.
        jitter: Milliseconds by which a segment may be late besides, evenly spread; none overtakes another.
        loss: The share of segments that are lost and sent again, such as 0.05; what comes after them waits.
        buffer: Bytes that wait at the bottleneck of each direction.
        stalls: When nothing passes: seconds after the beginning, and for how many.
        cuts: When all connections break: seconds after the beginning. New ones are carried.
        seed: Of the jitter and the loss.
        port: Where to listen; 0 for any free port, which is here once it is chosen.

    Raises:
        ValueError: A rate is not above 0, a time negative, or everything is lost.
    """

    target: str | int
    _: KW_ONLY
    up: float | None = None
    down: float | None = None
    rtt: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    buffer: int = BUFFER_BYTES
    stalls: Sequence[tuple[float, float]] = ()
    cuts: Sequence[float] = ()
    seed: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        shortest = min((min(each) for each in self.stalls), default=0.0)
        _check(rtt=self.rtt, jitter=self.jitter, buffer=self.buffer, stalls=shortest)
        if not 0 <= self.loss < 1:
            raise ValueError(f"Link(…, loss={self.loss}): give a share from 0 to below 1")
        self._far = _address(self.target)
        self._up, self._down = (
            _Direction(
                Bottleneck(
                    bytes_per_s=rate,
                    delay_s=self.rtt / 2000,
                    jitter_s=self.jitter / 1000,
                    loss=self.loss,
                    buffer_bytes=self.buffer,
                    stalls=self.stalls,
                    seed=seed,
                )
            )
            for rate, seed in ((_rate("up", self.up), self.seed), (_rate("down", self.down), self.seed + 1))
        )
        self._connections: set[asyncio.Task[None]] = set()
        self._back_at = -math.inf

    @property
    def url(self) -> str:
        """The near end: what the page opens in place of the server's URL."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def carried(self) -> tuple[int, int]:
        """Bytes that the link took up and down so far."""
        return self._up.shape.carried, self._down.shape.carried

    def set_rates(self, *, up: float | None, down: float | None) -> None:
        """Change the rates of a link that is in use, in Mbit/s; `None` for no limit."""
        rates = _rate("up", up), _rate("down", down)
        self._do(self._set_rates, *rates)

    def lead_to(self, target: str | int) -> None:
        """Carry new connections to another server."""
        self.target, self._far = target, _address(target)

    def stall(self, seconds: float) -> None:
        """Let nothing pass for a while, in both directions."""
        _check(seconds=seconds)
        for direction in (self._up, self._down):
            self._do(direction.stall, seconds)

    def cut(self, seconds: float = 0.0) -> None:
        """Break all connections, without the goodbye of a WebSocket, and for `seconds` also new ones."""
        _check(seconds=seconds)
        self._do(self._cut, seconds)

    def __enter__(self) -> Self:
        self._listener = _small(socket.create_server(("127.0.0.1", self.port)))
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="millstream-link", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._do(self._loop.stop)
        self._thread.join()

    # ---- in the thread of the link ---------------------------------------------------------------------------------

    def _run(self) -> None:
        loop, began = self._loop, self._loop.time()
        works = [self._accept(), self._up.serve(began), self._down.serve(began)]
        tasks = [loop.create_task(work) for work in works]
        for at in self.cuts:
            loop.call_at(began + at, self._cut)
        try:
            loop.run_forever()
        finally:
            self._listener.close()
            ending = [*tasks, *self._connections]
            for task in ending:
                task.cancel()
            loop.run_until_complete(asyncio.wait(ending, timeout=ENDED_S))
            loop.close()

    def _do(self, action: Any, *arguments: object) -> None:
        self._loop.call_soon_threadsafe(action, *arguments)

    def _set_rates(self, up: float, down: float) -> None:
        self._up.shape.bytes_per_s, self._down.shape.bytes_per_s = up, down

    def _cut(self, seconds: float = 0.0) -> None:
        self._back_at = self._loop.time() + seconds
        for connection in self._connections:
            connection.cancel()

    async def _accept(self) -> None:
        while True:
            near, _ = await self._loop.sock_accept(self._listener)
            task = self._loop.create_task(self._carry(_small(near)))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _carry(self, near: socket.socket) -> None:
        """Carry one connection until both sides have closed it, or one of them broke it."""
        far = _small(socket.socket())
        far.setblocking(False)
        near.setblocking(False)
        with near, far:
            if self._loop.time() < self._back_at:
                _reset(near)
                return
            try:
                await self._loop.sock_connect(far, self._far)
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(self._up.carry(near, far))
                    ways.create_task(self._down.carry(far, near))
            except OSError:
                _reset(near)  # nobody listens there
            except (asyncio.CancelledError, ExceptionGroup):
                _reset(near)
                _reset(far)


class _OneWay:
    """One connection in one direction: what has passed the bottleneck, with its arrival, and what has not arrived."""

    def __init__(self) -> None:
        self.passed: asyncio.Queue[tuple[bytes, float]] = asyncio.Queue()
        self.unread = 0


class _Direction:
    """All connections in one direction: what comes passes the bottleneck, and arrives after the delay."""

    def __init__(self, shape: Bottleneck) -> None:
        self.shape = shape
        self._began = 0.0
        self._offered: asyncio.Queue[tuple[bytes, float, _OneWay]] = asyncio.Queue()
        self._waiting = 0
        self._room = asyncio.Condition()

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    def stall(self, seconds: float) -> None:
        self.shape.stall(self._now, seconds)

    async def serve(self, began: float) -> None:
        """Let segment after segment pass the bottleneck; a rate that changes counts from the next one on."""
        self._began = began
        while True:
            data, offered_at, way = await self._offered.get()
            arrival = self.shape.send(len(data), offered_at)
            await self._until(self.shape.free_at)
            self._waiting -= len(data)
            way.passed.put_nowait((data, arrival))
            await self._tell_room()

    async def carry(self, source: socket.socket, sink: socket.socket) -> None:
        """Carry what one connection sends in this direction, to its end."""
        way = _OneWay()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._offer(source, way))
            both.create_task(self._arrive(way, sink))

    async def _offer(self, source: socket.socket, way: _OneWay) -> None:
        loop, data = asyncio.get_running_loop(), b" "
        while data:
            async with self._room:
                await self._room.wait_for(
                    lambda: self._waiting < self.shape.buffer_bytes and way.unread < MAX_UNREAD_BYTES
                )
            in_a_moment = min(self.shape.bytes_per_s * MOMENT_S, LARGEST_BYTES)
            data = await loop.sock_recv(source, max(SEGMENT_BYTES, int(in_a_moment)))
            self._waiting += len(data)
            way.unread += len(data)
            self._offered.put_nowait((data, self._now, way))

    async def _arrive(self, way: _OneWay, sink: socket.socket) -> None:
        data = b" "
        while data:
            data, arrival = await way.passed.get()
            await self._until(arrival)
            await asyncio.get_running_loop().sock_sendall(sink, data)
            way.unread -= len(data)
            await self._tell_room()
        sink.shutdown(socket.SHUT_WR)

    async def _tell_room(self) -> None:
        async with self._room:
            self._room.notify_all()

    async def _until(self, due: float) -> None:
        await asyncio.sleep(max(0.0, due - self._now))


def _address(target: str | int) -> tuple[str, int]:
    """Find the server's address.

    Raises:
        ValueError: There is no port in it.
    """
    if isinstance(target, int):
        return "127.0.0.1", target
    parts = urlsplit(target)
    if parts.port is None or parts.hostname is None:
        raise ValueError(f"{target!r} has no port: give the server's URL, such as 'http://127.0.0.1:7860/'")
    return parts.hostname, parts.port


def _rate(name: str, mbit: float | None) -> float:
    if mbit is not None and not mbit > 0:
        raise ValueError(f"Link(…, {name}={mbit}): a rate is above 0 Mbit/s, or None for no limit")
    return math.inf if mbit is None else mbit * MBIT


def _check(**numbers: float) -> None:
    for name, number in numbers.items():
        if not (math.isfinite(number) and number >= 0):
            raise ValueError(f"Link(…, {name}={number}): give a number that is not negative")


def _small(end: socket.socket) -> socket.socket:
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        end.setsockopt(socket.SOL_SOCKET, option, SOCKET_BYTES)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return end


def _reset(end: socket.socket) -> None:
    """Have a connection broken when it is closed, rather than ended."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
