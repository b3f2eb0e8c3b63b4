"""One worker process as its pool sees it, and the thread of the server that speaks to it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol, TypeVarTuple, cast

from millstream.engine_limits import EngineLimits
from millstream.engines.process import words
from millstream.engines.process.child import Child
from millstream.engines.process.death import Cause, Death
from millstream.engines.process.memory import resident_bytes
from millstream.engines.process.messages import (
    Broken,
    Control,
    Forget,
    Imported,
    Logged,
    OrderReply,
    Report,
    SettingUp,
    SetUpOrder,
    TakeOver,
)
from millstream.engines.process.pending_order import PendingOrder
from millstream.engines.process.waker import Waker
from millstream.engines.process.wire import packed
from millstream.errors import InvalidValue

Arguments = TypeVarTuple("Arguments")

logger = logging.getLogger("millstream.engine")

TICK_S: Final = 0.25
"""The interval at which a busy process is looked at: whether it hangs, and the memory that it takes."""


class Owner(Protocol):
    """Learns, on the loop, of everything that a process does of itself."""

    def ready(self, process: Process) -> None:
        """It takes orders from now on."""

    def broken(self, process: Process, why: str) -> None:
        """It cannot import or set up the app, and ends."""

    def heard(self, process: Process, report: Report) -> None:
        """A handler says something."""

    def due(self, process: Process) -> None:
        """It has made so many calls, or takes so much memory, that it is to be replaced."""

    def died(self, process: Process, death: Death) -> None:
        """It has ended, and nothing of it is left."""


class Process:
    """A worker process, whose methods are called on the loop. It has a thread of its own, which lives as long.

    Args:
        set_up: What it is told first.
        limits: The bounds on its calls.
        owner: Who learns of what it does.

    Attributes:
        number: Its number among the worker processes.
        setting_up: The set-up that it has begun last, as messages call it; empty before.
        started: Done when it is ready, or dead.
        gone: Done when nothing of it is left.
        is_ready: Whether it has ever been ready.
        is_standing_by: Whether it has imported the app, and waits until it takes over.
    """

    def __init__(self, set_up: SetUpOrder, limits: EngineLimits, owner: Owner) -> None:
        self._set_up_order, self._limits, self._owner = set_up, limits, owner
        self._loop = asyncio.get_running_loop()
        self._steps: deque[tuple[PendingOrder, asyncio.Future[OrderReply | None]]] = deque()
        self._forgotten: deque[int | str] = deque()
        self._current: tuple[PendingOrder, asyncio.Future[OrderReply | None]] | None = None
        self._waker = Waker()
        self._child: Child | None = None
        self._cause: Cause = ""
        self._bound = 0.0
        self._is_closing = self._is_due = False
        self._is_standby = set_up.is_standby
        self._calls = 0
        self.number, self.setting_up = set_up.number, ""
        self.is_ready = self.is_standing_by = False
        self.started: asyncio.Future[None] = self._loop.create_future()
        self.gone: asyncio.Future[None] = self._loop.create_future()

    @property
    def pid(self) -> int:
        """Its number in the system; 0 before it was started."""
        return self._child.pid if self._child is not None else 0

    @property
    def is_dead(self) -> bool:
        return self.gone.done()

    @property
    def is_wanted(self) -> bool:
        """True unless it is to be replaced."""
        return not self._is_due and not self._is_closing

    @property
    def culprit(self) -> int | None:
        """The binding whose handler ran in it when it died."""
        return self._current[0].binding if self._current is not None else None

    def start(self) -> None:
        """Start the process.

        Raises:
            RuntimeError: No thread can be had.
        """
        try:
            threading.Thread(target=self._live, name="millstream worker process", daemon=True).start()
        except RuntimeError:
            self._let_go()
            raise

    def take_over(self) -> None:
        """Have it, a standby, set up the app and take orders."""
        self._is_standby = False
        self._waker.wake()

    def ask(self, step: PendingOrder) -> asyncio.Future[OrderReply | None]:
        """Have a step taken; gives what it comes to, or `None` if the process was dead before it began."""
        future: asyncio.Future[OrderReply | None] = self._loop.create_future()
        if self.is_dead:
            future.set_result(None)
        else:
            self._steps.append((step, future))
            self._waker.wake()
        return future

    def tell(self, control: Control, worker: int) -> None:
        """Tell it something at once, also while it is busy."""
        if self._child is not None and not self.is_dead:
            self._child.tell(control, worker)

    def forget(self, ended: int | str) -> None:
        """Have the calls of a worker closed, by its number, or what is kept for a page let go of, by its session."""
        if not self.is_dead:
            self._forgotten.append(ended)
            self._waker.wake()

    def kill(self, cause: Cause, bound: float = 0.0) -> None:
        """End it at once, whatever it does; in any thread."""
        if not self._cause:
            self._cause, self._bound = cause, bound
        if self._child is not None:
            self._child.kill()

    def close(self) -> None:
        """Have it end when its step is done."""
        self._is_closing = True
        self._waker.wake()

    def _begin(self) -> None:
        self.is_ready = True
        if not self.started.done():
            self.started.set_result(None)
        self._owner.ready(self)

    def _bury(self, death: Death) -> None:
        """Let go of what is left, and say what was lost."""
        current, self._is_closing = self._current, True
        self._let_go()
        self._owner.died(self, death)
        if current is not None:
            step, future = current
            _give(future, step.failed(words.lost(step.signature.handler, death)))
        for _, future in self._steps:
            _give(future, None)

    def _let_go(self) -> None:
        self._waker.close()
        self.gone.set_result(None)
        if not self.started.done():
            self.started.set_result(None)

    # ---- in the thread; nothing of the loop may be touched but by `_on_loop` ------------------------------

    def _live(self) -> None:
        """Start the process, pass steps on, and bury it."""
        try:
            child = self._child = Child()
        except OSError as error:
            _on_loop(self._loop, self._owner.broken, self, f"no process can be started: {error}")
            _on_loop(self._loop, self._bury, Death(0, "closed"))
            return
        try:
            self._greet(child)
            while not self._is_closing:
                if self._steps:
                    self._take(child, *self._steps.popleft())
                else:
                    self._hear(_next(child, self._waker))
                    _send_forgotten(child, self._forgotten)
        except (EOFError, OSError):
            logger.debug("a worker process has died")  # its owner says how
        finally:
            code = child.close()
            cause: Cause = self._cause or ("closed" if self._is_closing else "")
            _on_loop(self._loop, self._bury, Death(code, cause, self._bound))

    def _greet(self, child: Child) -> None:
        if self._cause:  # killed before it was there
            child.kill()
        child.send(packed(self._set_up_order), is_answered=False)
        answer = self._answer(child, self._limits.set_up_s)
        if isinstance(answer, Imported):
            self.is_standing_by = True
            while self._is_standby and not self._is_closing:
                self._hear(_next(child, self._waker))
            self.is_standing_by = False
            if self._is_closing:
                return
            child.send(packed(TakeOver()), is_answered=False)
            answer = self._answer(child, self._limits.set_up_s)
        if isinstance(answer, Broken):
            self._is_closing = True
            _on_loop(self._loop, self._owner.broken, self, answer.why)
        else:
            _on_loop(self._loop, self._begin)

    def _take(self, child: Child, step: PendingOrder, future: asyncio.Future[OrderReply | None]) -> None:
        """Send the order of a step, and wait for its result."""
        try:
            parts = packed(step.order)
        except InvalidValue as error:
            failure = step.unpicklable(str(error))
            logger.error("%s", failure.message)
            _on_loop(self._loop, _give, future, step.failed(failure))
            return
        self._current = step, future
        _send_forgotten(child, self._forgotten)
        child.send(parts, is_answered=True)
        answer = self._answer(child, self._limits.hang_s)
        if isinstance(answer, Broken):
            answer = step.failed(words.unread(step.signature.handler, answer.why))
        self._current = None
        _on_loop(self._loop, _give, future, cast("OrderReply", answer))
        self._calls += step.is_call
        if not self._is_due and _is_worn(self._limits, self._calls, child.pid):
            self._is_due = True
            _on_loop(self._loop, self._owner.due, self)

    def _answer(self, child: Child, wait_s: float) -> object:
        """Wait for the answer, and pass on what is said before it; `Broken` if it cannot be read.

        Raises:
            EOFError, OSError: The process has died.
        """
        limits, until = self._limits, time.monotonic() + wait_s
        while True:
            if child.wait(wait_s=TICK_S):
                try:
                    message = child.receive()
                except InvalidValue as error:
                    return Broken(str(error))
                if not self._hear(message):
                    return message
            if time.monotonic() >= until:
                self.kill("hang", wait_s)
            elif limits.worker_bytes is not None and resident_bytes(child.pid) > limits.worker_bytes:
                self.kill("memory", limits.worker_bytes)

    def _hear(self, message: object) -> bool:
        """Pass on what is no answer; gives whether it was none."""
        if isinstance(message, Report):
            _on_loop(self._loop, self._owner.heard, self, message)
        elif isinstance(message, SettingUp):
            self.setting_up = message.name
        elif isinstance(message, Logged):
            record = logging.makeLogRecord(message.attributes)
            log = logging.getLogger(record.name)
            if log.isEnabledFor(record.levelno):
                log.handle(record)
        else:
            return False
        return True


def _next(child: Child, waker: Waker) -> object:
    """Wait for a message; gives `None` if the thread was woken for something else."""
    if child.wait(waker.reader):
        return child.receive()
    waker.clear()
    return None


def _send_forgotten(child: Child, forgotten: deque[int | str]) -> None:
    """Send what has ended since the last time: workers by their numbers, pages by their sessions."""
    if forgotten:
        ended = [forgotten.popleft() for _ in range(len(forgotten))]
        workers = tuple(each for each in ended if isinstance(each, int))
        sessions = tuple(each for each in ended if isinstance(each, str))
        child.send(packed(Forget(workers, sessions)), is_answered=False)


def _give(future: asyncio.Future[OrderReply | None], reply: OrderReply | None) -> None:
    if not future.done():
        future.set_result(reply)


def _is_worn(limits: EngineLimits, calls: int, pid: int) -> bool:
    """Tell whether a process is to be replaced."""
    if limits.recycle_calls is not None and calls >= limits.recycle_calls:
        return True
    return limits.recycle_bytes is not None and resident_bytes(pid) > limits.recycle_bytes


def _on_loop(loop: asyncio.AbstractEventLoop, function: Callable[[*Arguments], object], *arguments: *Arguments) -> None:
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        logger.debug("a worker process ended after its server")  # the loop is closed, nobody is left to tell
