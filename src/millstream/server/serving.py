"""A running server: uvicorn with our own options, our own drain, and signals that always end the process."""

from __future__ import annotations

import asyncio
import importlib
import logging
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from millstream.server.app import App
from millstream.server.process.accepting import Acceptor
from millstream.server.process.allocator import bound_arenas
from millstream.server.process.certificate import load_certificate
from millstream.server.process.connection_limits import ConnectionLimits
from millstream.server.process.exiting import EXIT_BLOCKED, leave, leave_abandoned
from millstream.server.process.network import BACKLOG
from millstream.server.process.prompt_server import PromptServer
from millstream.server.process.protocols import BoundedHttp
from millstream.server.process.retiring import settle
from millstream.server.process.side_door import SideDoor
from millstream.server.process.uvicorn_config import configured
from millstream.server.process.watchdog import INTERRUPT, Watchdog
from millstream.supervisor.loads import Loads

logger = logging.getLogger("millstream")

SPARE_FILES: Final = 256
"""File descriptors that pages leave free for everything else."""

ANSWERS_S: Final = 2.5
LAST_ANSWERS_S: Final = 0.3
"""How long at most, and at least, pages that were sent away may take to answer."""

SPARE_S: Final = 1.0
"""Time that shutting down may take beyond the drain."""

NOTE_LOAD_S: Final = 0.1
"""How often gateways tell each other how many connections they have."""


class Server(PromptServer):
    """Serves one app on one socket that is already open.

    Args:
        app: The app.
        listener: The listening socket; closed at the end.
        on_start: Called once the app can be opened.
    """

    def __init__(self, app: App, listener: socket.socket, on_start: Callable[[], None] = lambda: None) -> None:
        tls = load_certificate(app.options)
        super().__init__(_configured(app, tls))
        self._connection_limits = ConnectionLimits(app.options.proxies)
        self._pages = ConnectionLimits(app.options.proxies, per_address=sys.maxsize, in_all=most_pages())
        self._app = app
        self._listener = listener
        self._on_start = on_start
        self._thread: threading.Thread | None = None
        self._overdue: threading.Timer | None = None
        self._watchdog: Watchdog | None = None
        self._owns_process = False
        self._drain_s = app.options.drain
        self._is_up = threading.Event()
        quieten()

    def run_here(self) -> None:
        """Serve on the calling thread until a signal or `stop()`; the main thread also handles SIGINT and SIGTERM.

        A handler that does not end delays the process by no more than the drain and one second. Then the process exits
        with `EXIT_ABANDONED`, and the log names the handler. A second signal ends it at once.
        """
        if threading.current_thread() is threading.main_thread():  # else the process is not the server's own
            bound_arenas()
        try:
            with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner, self._own_signals():
                runner.run(self.serve([self._listener]))
        finally:
            if self._watchdog is not None:
                self._watchdog.stop()
            self._listener.close()
            if self._app.gateway is not None:
                self._app.gateway.close()
            self._is_up.set()

    def run_in_thread(self) -> None:
        """Serve on a thread of its own; returns once the app can be opened.

        Raises:
            RuntimeError: The server did not start; the log says why.
        """
        self._thread = threading.Thread(target=self._run_aside, name="millstream-server", daemon=True)
        self._thread.start()
        self._is_up.wait()
        if not self.started:
            raise RuntimeError("the server did not start; the log says why")

    def _run_aside(self) -> None:
        try:
            self.run_here()
        except SystemExit:  # it did not start: whoever waits for that is told
            logger.debug("the server did not start")

    def stop(self, drain_s: float | None = None) -> None:
        """End a server that runs in a thread; returns when it has ended or is overdue.

        Args:
            drain_s: Seconds that running handlers get to finish; by default those of the app's options.
        """
        if drain_s is not None:
            self._drain_s = drain_s
        self._app.is_draining = self.should_exit = True
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(self._drain_s + 2 * SPARE_S)

    def wait(self) -> None:
        """Wait until a server that runs in a thread has ended."""
        if self._thread is not None:
            self._thread.join()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and call `on_start`.

        The loop's own server is not used: it reports a lack of descriptors only in tracebacks, or not at all.
        """
        asyncio.get_running_loop().set_exception_handler(self._on_loop_error)
        is_alone = self._app.gateway is None
        door = await self._open() if is_alone else None  # probes are answered meanwhile; siblings answer for a gateway
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        door = door if is_alone else await self._open()
        self._open_private_door()
        options, complaints = self._app.options, self._app.complaints
        self._watchdog = Watchdog(asyncio.get_running_loop(), complaints, options.unblock_after, door, self._give_up)
        self._watchdog.start()
        self.started = True
        self._is_up.set()
        self._on_start()

    async def _open(self) -> SideDoor | None:
        """Begin to accept connections; returns what does so while the loop is blocked, if anything should.

        Of several gateways, none does: the others accept on the same socket, and serve whoever would have to wait here.
        """
        loop, tls = asyncio.get_running_loop(), self.config.ssl
        if sys.platform == "win32":  # its loop cannot watch a listening socket for connections
            self.servers = [await loop.create_server(self._protocol, sock=self._listener, ssl=tls)]
            return None
        acceptor = Acceptor(self._listener, self._protocol, tls, self._connection_limits, self._app.complaints)
        loads = None if self._app.gateway is None else self._app.gateway.loads
        if loads is not None:
            acceptor.is_preferred = partial(self._is_least, loads)
            self._note_load(loads)
        acceptor.open()
        self.servers = [acceptor]  # type: ignore[list-item]  # it has everything that uvicorn uses of a server
        if tls is not None or loads is not None:  # over TLS nothing can be read of a request before its handshake
            return None
        return SideDoor(self._listener, loop, acceptor.take, self._app.options.root_path)

    def _is_least(self, loads: Loads) -> bool:
        own = len(self.server_state.connections)
        is_least = loads.is_least(own)
        if not self.should_exit:
            loads.note(own + is_least)  # it is about to accept one
        return is_least

    def _note_load(self, loads: Loads) -> None:
        """Tell the other gateways now, and again and again, how many connections there are here, until this one ends.

        They would wait for it to take new ones otherwise, as it has fewest.
        """
        if self.should_exit:
            loads.leave()
        else:
            loads.note(len(self.server_state.connections))
            asyncio.get_running_loop().call_later(NOTE_LOAD_S, self._note_load, loads)

    def _open_private_door(self) -> None:
        """Begin to accept the requests that siblings of a gateway pass on; theirs are not limited by address."""
        gateway = self._app.gateway
        if gateway is None or gateway.door is None:
            return
        config = _configured(self._app.private_door, None)
        config.load()
        limits, pages = (ConnectionLimits(per_address=sys.maxsize, in_all=sys.maxsize) for _ in range(2))

        def protocol() -> BoundedHttp:
            made = BoundedHttp(config, self.server_state, self.lifespan.state)
            made.connection_limits, made.pages = limits, pages
            return made

        acceptor = Acceptor(gateway.door, protocol, None, limits, self._app.complaints)
        acceptor.open()
        self.servers.append(acceptor)  # type: ignore[arg-type]  # as above

    def _give_up(self, name: str) -> None:
        """End the process, if it is the server's, so that whoever supervises it starts it anew."""
        sentence = f"The event loop is still blocked by {name}, which cannot be ended"
        if self._owns_process:
            leave(EXIT_BLOCKED, f"{sentence}: the process exits with {EXIT_BLOCKED}.")
        self._app.complaints.say(sentence, f"{sentence} from here: the program has to be restarted.")

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log an error that nobody awaited; one that a connection can cause gets no traceback each time."""
        error, message = context.get("exception"), str(context.get("message", "Something failed on the event loop"))
        if isinstance(error, BaseException):
            self._app.complaints.failed(message, error)
        else:
            self._app.complaints.say(message, message)

    def _protocol(self) -> BoundedHttp:
        protocol = BoundedHttp(self.config, self.server_state, self.lifespan.state)
        protocol.connection_limits, protocol.pages = self._connection_limits, self._pages
        return protocol

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain first: while running handlers finish, the socket stays open and new requests get a 503.

        What is left of the drain is for pages to answer their close: a connection that is broken off may lose it.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._drain_s
        if self._is_retiring:  # its siblings take new connections from the same socket: nobody has to be refused
            self.servers[0].stop()  # type: ignore[attr-defined]  # an acceptor
            await settle(self.server_state.connections, until)
        await self._app.close(max(until - loop.time(), 0.0))
        left_s = min(until - loop.time(), ANSWERS_S)
        self.config.timeout_graceful_shutdown = max(left_s, LAST_ANSWERS_S)  # type: ignore[assignment]  # waits for it
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()  # it did not answer the close; over TLS that would take half a minute

    @property
    def _is_retiring(self) -> bool:
        return self._app.gateway is not None and self._app.gateway.is_retiring

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `run_here`."""
        yield

    @contextmanager
    def _own_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        # Not the loop's signal handlers: they run only when the loop gets to them, and a handler may be blocking it.
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        if INTERRUPT is not None:
            before[INTERRUPT] = signal.signal(INTERRUPT, self._on_interrupt)
        self._owns_process = True
        try:
            yield
            if names := self._app.abandoned():
                leave_abandoned(names)
        finally:
            self._owns_process = False
            if self._overdue is not None:
                self._overdue.cancel()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.should_exit:
            leave(128 + number)
        self.should_exit = True
        self._app.is_draining = not self._is_retiring
        seconds = self._drain_s + SPARE_S
        self._overdue = threading.Timer(seconds, lambda: leave_abandoned(self._app.abandoned()))
        self._overdue.daemon = True
        try:
            self._overdue.start()
        except RuntimeError as error:  # no thread can be started
            logger.error("The server may take long to end, unless it gets a second signal: %s.", error)
            self._overdue = None

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._watchdog is not None:
            self._watchdog.interrupt(number, frame)


def _configured(app: ASGIApp, tls: ssl.SSLContext | None) -> uvicorn.Config:
    """Configure uvicorn for the public port, or for the private door."""
    return configured(
        app,
        http=BoundedHttp,
        lifespan="on",
        backlog=BACKLOG,
        timeout_graceful_shutdown=1,
        ssl_context_factory=None if tls is None else lambda *_: tls,
    )


def most_pages() -> int:
    """Compute the number of pages that leaves enough file descriptors for everything else.

    Beyond it, the oldest page of the address with most pages makes room, so that no address can keep the others out.
    """
    try:
        resource = importlib.import_module("resource")
    except ImportError:  # Windows, which has no such limit
        return sys.maxsize
    limit: int = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sys.maxsize if limit == resource.RLIM_INFINITY else max(limit - SPARE_FILES, limit // 2)


def quieten() -> None:
    """Reduce uvicorn's log to what an operator can act upon."""
    log = logging.getLogger("uvicorn.error")
    log.setLevel(logging.WARNING)
    if not any(isinstance(known, _Noise) for known in log.filters):
        log.addFilter(_Noise())


class _Noise(logging.Filter):
    """Drops messages that mean nothing, or that any client can cause: a log that strangers can fill is useless."""

    NOISE: Final = (
        "Invalid HTTP request received",
        "Invalid UTF-8 sequence",
        "Unsupported upgrade request",
        "ASGI callable returned without",  # it refused a handshake, or has logged its own failure
        "Cancel ",  # whatever is left after our own drain
    )

    def filter(self, record: logging.LogRecord) -> bool:
        """Decide whether to keep a record."""
        return not record.getMessage().startswith(self.NOISE)
