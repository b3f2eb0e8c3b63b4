"""Notices that user code blocks the event loop: says which, answers health checks meanwhile, and ends it in the end."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Final, NamedTuple

from millstream.runtime.call.batched import BatchedCall
from millstream.runtime.call.steps import SteppedCall
from millstream.server.complaints import VisitorLog
from millstream.server.process.side_door import SideDoor

logger = logging.getLogger("millstream")

CHECK_S: Final = 0.25
"""Pause between two checks."""

STEP_S: Final = 0.1
"""Shortest wait. Time is counted in waits, so that a suspended process or machine does not count as a blocked loop."""

NOTICE_STEPS: Final = 4
"""Waits for an answer of the loop after which it counts as blocked."""

RETRY_S: Final = 1.0
ATTEMPTS: Final = 3
"""How often an attempt is made to end what blocks the loop, before it is given up."""

INTERRUPT: Final = getattr(signal, "SIGURG", None)
"""The signal that interrupts a blocking call in the main thread. Nobody else uses it, and stray ones are ignored."""

_CALLS: Final = frozenset(
    function.__code__
    for function in (
        SteppedCall.call_async,
        SteppedCall.close_async,
        BatchedCall.call_async,
        BatchedCall.await_function,
    )
)
"""The code that calls async handlers: whatever runs deeper is the user's, and may be ended."""

_DEBUGGERS: Final = frozenset({"bdb", "pdb", "pydevd", "debugpy"})


class LoopBlocked(BaseException):
    """Raised in an async handler that has blocked the event loop for too long; an `except Exception` lets it pass."""

    def __init__(self) -> None:
        super().__init__(
            "this handler has blocked the event loop, and with it all visitors, and was ended. An async handler has to "
            "await: make it a plain function, or call what blocks by `await asyncio.to_thread(…)`"
        )


class Culprit(NamedTuple):
    """The code that the loop's thread is running.

    Attributes:
        name: The handler's, as far as it is one.
        stack: The stack from there on, as in a traceback.
        is_handler: Whether it is an async handler, which may be ended.
        is_debugged: Whether it has been stopped by a debugger.
    """

    name: str
    stack: str
    is_handler: bool
    is_debugged: bool


class Watchdog:
    """Watches one event loop from a thread of its own, which ends with `stop`.

    While nothing blocks, it has the loop do next to nothing four times a second. A blocked loop is logged once for each
    handler and minute, with the stack. After `limit_s` what blocks it is ended, if that is an async handler. If it
    resists, or is something else, `give_up` is called.

    Args:
        loop: The loop; it runs in the calling thread.
        complaints: Logs what visitors can cause at will.
        limit_s: Seconds for which the loop may be blocked.
        door: Answers health checks while it is; `None` if nobody can.
        give_up: Called in the watchdog's thread with the name of what cannot be ended.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        complaints: VisitorLog,
        limit_s: float,
        door: SideDoor | None,
        give_up: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._complaints = complaints
        self._limit_s = limit_s
        self._door = door
        self._give_up = give_up
        self._loops_thread = threading.get_ident()
        self._beat = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="millstream-watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch. Without a thread to be had, nothing is watched, and the log says so."""
        try:
            self._thread.start()
        except RuntimeError as error:
            logger.error("Handlers that block the server will not be detected: %s.", error)

    def stop(self) -> None:
        """End the watch, and wait for its thread."""
        self._stopped.set()
        self._beat.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Raise `LoopBlocked` if a handler blocks the loop: the handler of the signal `INTERRUPT`.

        Raises:
            LoopBlocked: In the very code that blocks the loop, which runs in this thread.
        """
        if not self._beat.is_set() and culprit_in(frame).is_handler:
            raise LoopBlocked

    # ---- in the thread -----------------------------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._stopped.wait(CHECK_S):
            self._beat.clear()
            try:
                self._loop.call_soon_threadsafe(self._beat.set)
            except RuntimeError:  # the loop has been closed
                return
            if not any(self._beat.wait(STEP_S) for _ in range(NOTICE_STEPS)):
                self._attend()

    def _attend(self) -> None:
        """Do what the loop cannot do, until it runs again."""
        culprit = self._culprit()
        self._say(culprit)
        blocked_s, ends_at, attempts = NOTICE_STEPS * STEP_S, self._limit_s, 0
        while not self._beat.wait(STEP_S):
            blocked_s += STEP_S
            if self._door is not None:
                self._door.attend()
            if blocked_s >= ends_at:
                ends_at, attempts = blocked_s + RETRY_S, attempts + 1
                self._end(attempts)
        if self._door is not None:
            self._door.close()
        self._complaints.say(f"unblocked {culprit.name}", f"The event loop runs again after {blocked_s:.1f} s.")

    def _say(self, culprit: Culprit) -> None:
        what = f"The event loop is blocked by {culprit.name}: nobody else is served until it ends"
        if self._complaints.say(what, f"{what}. An async handler has to await."):
            logger.error("The stack of %s:\n%s", culprit.name, culprit.stack)

    def _end(self, attempt: int) -> None:
        culprit = self._culprit()
        if culprit.is_debugged:
            return
        if attempt > ATTEMPTS or not culprit.is_handler:
            self._give_up(culprit.name)
        elif self._loops_thread != threading.main_thread().ident:
            # Python's last resort: it is raised as soon as the call in C that is being made, if any, returns.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._loops_thread), ctypes.py_object(LoopBlocked)
            )
        elif INTERRUPT is not None:
            signal.pthread_kill(self._loops_thread, INTERRUPT)  # a sleep, a lock or a socket returns at once

    def _culprit(self) -> Culprit:
        return culprit_in(sys._current_frames().get(self._loops_thread))


def culprit_in(frame: FrameType | None) -> Culprit:
    """Find out what runs in a thread, from its innermost frame."""
    frames = list(_outwards(frame))
    outer = next((index for index, each in enumerate(frames) if each.f_code in _CALLS), 0)
    inner = frames[:outer] or frames
    lines = traceback.StackSummary.extract((each, each.f_lineno) for each in inner[::-1]).format()
    roots = {str(each.f_globals.get("__name__", "")).partition(".")[0] for each in inner}
    named = inner[-1 if outer else 0].f_code if inner else None
    is_handler, is_debugged = outer > 0, not roots.isdisjoint(_DEBUGGERS)
    return Culprit(_named(named, is_handler=is_handler), "".join(lines), is_handler, is_debugged)


def _named(code: CodeType | None, *, is_handler: bool) -> str:
    if code is None:
        return "code that cannot be seen"
    return f"the handler {code.co_qualname}()" if is_handler else f"{code.co_qualname}() of {code.co_filename}"


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
