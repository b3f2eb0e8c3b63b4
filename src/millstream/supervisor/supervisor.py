"""The supervisor: keeps the listening socket, so that no connection is lost whichever gateway dies."""

from __future__ import annotations

import logging
import os
import secrets
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from millstream.runtime.state.temp_folders import TempFolders
from millstream.supervisor.back_off import FIRST_S
from millstream.supervisor.broker_keeper import BrokerKeeper
from millstream.supervisor.child import GatewayProcess
from millstream.supervisor.loads import SEATS, Loads
from millstream.supervisor.messages import Retire, Serving, Start
from millstream.supervisor.post import Post, ServedProgram

logger = logging.getLogger("millstream.supervisor")

SPARE_S: Final = 3.0
"""Time that the end of a gateway may take beyond its drain."""

AT_ONCE_S: Final = 0.5
"""Time that gateways have for their end after a second signal."""

LEAST_START_S: Final = 60.0
START_FACTOR: Final = 3.0
"""A gateway that is started while others serve may take so many times as long as the slowest before it, and at least a
minute: weights may have to be fetched anew."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


class Supervisor:
    """Starts gateways, and starts again those that die. Runs on the main thread, without a loop.

    The first gateway alone opens the port, and hands over the socket when it serves; the others start then. Until all
    have served once, any that dies before it serves ends everything: what cannot start is not tried again and again.

    Args:
        program: What they serve.
        gateways: How many.
        say: Prints a line for whoever started it.
    """

    def __init__(self, program: ServedProgram, gateways: int, say: Callable[[str], None]) -> None:
        self._program = program
        self._posts = [Post(number) for number in range(1, gateways + 1)]
        self._say = say
        self._key = secrets.token_bytes(32)
        self._folder = Path()
        self._listener: socket.socket | None = None
        self._leaving: set[GatewayProcess] = set()
        self._rolling: deque[Post] = deque()
        self._is_complete = self._is_ending = False
        self._code = self._seats = 0
        self._slowest_s = 0.0
        self._signals: deque[int] = deque()
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Serve until a signal, or until the app cannot be served; returns the exit code."""
        folders = TempFolders()
        folders.make()
        folders.remove_orphans()
        self._folder = folders.root
        self._loads, self._broker = Loads(self._folder), BrokerKeeper(self._folder)
        self._posts[0].due = time.monotonic()
        try:
            with self._hearing_signals():
                while self._goes_on():
                    self._step()
        finally:
            for child in self._children():
                child.kill()
                child.close()
            if self._listener is not None:
                self._listener.close()
            self._selector.close()
            self._broker.close()
            self._loads.close()
            folders.remove()
        return self._code

    def _goes_on(self) -> bool:
        return not self._is_ending or bool(self._children())

    def _step(self) -> None:
        """Wait until something happens or is due, and do what follows from it."""
        self._broker.tend([child.name for child in self._children()])
        now = time.monotonic()
        for post in self._posts:
            if post.due is not None and post.due <= now:
                self._fill(post)
        untils = (child.until for child in self._children())
        known = (self._broker.due, *(post.due for post in self._posts), *untils)
        dues = [due for due in known if due is not None]
        wait_s = max(min(dues) - now, 0.0) if dues else None
        for key, _ in self._selector.select(wait_s):
            if isinstance(key.data, GatewayProcess):
                self._hear(key.data)
            else:
                os.read(key.fd, 4096)
        while self._signals:
            self._obey(self._signals.popleft())
        for child in self._children():
            if (code := child.exit_code()) is not None:
                self._bury(child, code)
        self._kill_overdue()

    def _kill_overdue(self) -> None:
        for child in self._children():
            if child.until is None or child.until > time.monotonic():
                continue
            if self._is_ending or child in self._leaving:
                logger.error("Gateway %s has not ended in time, and is killed.", child.name)
            else:
                logger.error(
                    "Gateway %s has not served %s within %.0f s, and is killed: the program has to come to its "
                    "launch() in that time, and set up its models. It may wait for a lock, a port or a download.",
                    child.name,
                    self._program.target,
                    child.lived_s,
                )
            child.kill()
            child.until = None

    def _children(self) -> list[GatewayProcess]:
        held = [child for post in self._posts for child in (post.child, post.successor) if child is not None]
        return [*held, *self._leaving]

    def _fill(self, post: Post) -> None:
        """Start a process for a post.

        Raises:
            OSError: None can be started, and the app was never served whole.
        """
        post.due = None
        try:
            post.child = self._started(post)
        except OSError as error:  # for lack of memory or processes, which is no reason to end those that serve
            if not self._is_complete:
                raise
            pause_s = max(post.delay.after(0.0), FIRST_S)
            post.due = time.monotonic() + pause_s
            logger.error("No gateway can be started (%s); trying again in %g s.", error, pause_s)

    def _started(self, post: Post) -> GatewayProcess:
        post.starts, self._seats = post.starts + 1, self._seats + 1
        # Each start has a name of its own: what names one that has gone is not taken for its successor's.
        name = f"g{post.number}" if post.starts == 1 else f"g{post.number}-{post.starts}"
        program, is_first = self._program, self._listener is None
        start = Start(
            name=name,
            folder=str(self._folder),
            seat=self._seats % SEATS,
            key=self._key,
            target=program.target,
            arguments=dict(program.arguments),
            inbrowser=program.inbrowser and is_first,
        )
        child = GatewayProcess(start, self._listener)
        if self._is_complete:
            child.until = time.monotonic() + max(START_FACTOR * self._slowest_s, LEAST_START_S)
        self._selector.register(child.connection, selectors.EVENT_READ, child)
        return child

    def _hear(self, child: GatewayProcess) -> None:
        try:
            message, listener = child.hear()
        except (EOFError, OSError):
            self._selector.unregister(child.connection)  # its end is noticed by its exit code
            return
        if not isinstance(message, Serving):
            return
        child.is_serving, child.drain_s = True, message.drain_s
        child.until = child.until if self._is_ending else None
        self._slowest_s = max(self._slowest_s, child.lived_s)
        if self._listener is None:
            self._listener = listener
            for line in message.lines:
                self._say(line)
            for post in self._posts[1:]:
                post.due = time.monotonic()
        elif listener is not None:
            listener.close()
        self._is_complete = self._is_complete or all(
            post.child is not None and post.child.is_serving for post in self._posts
        )
        for post in self._posts:
            if post.successor is child:
                self._take_over(post)

    def _obey(self, number: int) -> None:
        if number == signal.SIGCHLD:
            return
        if number == signal.SIGHUP:
            self._roll()
            return
        if self._is_ending:  # the second: whatever runs, now
            self._code = 128 + number
            for child in self._children():
                child.until = time.monotonic() + AT_ONCE_S
                child.terminate()
            return
        self._end()

    def _end(self) -> None:
        """Ask all gateways to end."""
        self._is_ending = True
        self._rolling.clear()
        for post in self._posts:
            post.due = None
        for child in self._children():
            if child not in self._leaving:  # those were asked to end before; asked twice they would end at once
                child.until = time.monotonic() + child.drain_s + SPARE_S
                child.terminate()

    def _bury(self, child: GatewayProcess, code: int) -> None:
        """See to what follows from the end of a gateway."""
        if child.connection in self._selector.get_map():
            self._selector.unregister(child.connection)
        child.close()
        (self._folder / f"{child.name}.sock").unlink(missing_ok=True)
        self._loads.clear(child.seat)
        self._leaving.discard(child)
        if self._is_ending:
            is_fine = code in (0, -signal.SIGTERM)  # the latter before it could drain: it had no visitors yet
            self._code = self._code or (0 if is_fine else code if code > 0 else 128 - code)
        for post in self._posts:
            if post.successor is child:
                post.successor = None
                self._rolling.clear()
                logger.error("The new gateway %s %s: the others keep running.", child.name, _ended(code))
            if post.child is child:
                post.child = None
                self._replace(post, child, code)
        self._roll_on()

    def _replace(self, post: Post, child: GatewayProcess, code: int) -> None:
        if self._is_ending:
            return
        if not self._is_complete and not child.is_serving:
            self._code = code if code > 0 else 1
            self._say_failed(child, code)
            self._end()
            return
        pause_s = post.delay.after(child.lived_s)
        post.due = time.monotonic() + pause_s
        when = f"in {pause_s:g} s" if pause_s else "now"
        logger.error("Gateway %s %s; another one is started %s.", child.name, _ended(code), when)

    def _say_failed(self, child: GatewayProcess, code: int) -> None:
        """Log that the app cannot be served; the gateway itself has printed the reason."""
        remedy = "see above; the program has to run to its launch() in each gateway"
        if self._listener is not None:
            remedy += ". The first one could: whatever can be had only once, such as a port or a lock, is in the way"
        logger.error("millstream: gateway %s %s before it served: %s", child.name, _ended(code), remedy)

    # ---- rolling restart -------------------------------------------------------------------------------------------

    def _roll(self) -> None:
        """Replace all gateways, one by one: each goes when its successor serves."""
        if self._is_complete and not self._is_ending and not self._rolling:
            self._rolling.extend(self._posts)
            self._roll_on()

    def _roll_on(self) -> None:
        """Start the next successor, unless one is on its way, or the one before it has not gone."""
        is_busy = self._leaving or any(post.successor is not None for post in self._posts)
        if self._rolling and not is_busy and not self._is_ending:
            post = self._rolling.popleft()
            try:
                post.successor = self._started(post)
            except OSError as error:
                self._rolling.clear()
                logger.error("No new gateway can be started (%s): the others keep running.", error)

    def _take_over(self, post: Post) -> None:
        if post.child is not None:
            self._leaving.add(post.child)
            post.child.until = time.monotonic() + post.child.drain_s + SPARE_S
            post.child.tell(Retire())
        post.child, post.successor, post.due = post.successor, None, None

    # ---- signals ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _hearing_signals(self) -> Iterator[None]:
        """Note signals, and wake the main thread for them."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        self._selector.register(reading, selectors.EVENT_READ)
        before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        woken = signal.set_wakeup_fd(writing)
        try:
            yield
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(reading)
            os.close(writing)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signals.append(number)


def _ended(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
