"""The main program of a worker process: it imports the app, and calls its handlers as the server orders."""

from __future__ import annotations

import ctypes
import faulthandler
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final, cast

from millstream.batches import BatchCall
from millstream.cancellation import is_wanted
from millstream.engines.process import words
from millstream.engines.process.coroutines import Coroutines
from millstream.engines.process.far_batch import call_together
from millstream.engines.process.memory import bound_own_memory
from millstream.engines.process.messages import (
    CONTROL_BYTES,
    Begin,
    Broken,
    CallStep,
    CallTogether,
    CloseCall,
    Control,
    Forget,
    Imported,
    Logged,
    Order,
    Ready,
    Report,
    SettingUp,
    SetUpOrder,
    read_control,
)
from millstream.engines.process.reporter import Reporter
from millstream.engines.process.segment import Part, Segment
from millstream.engines.process.wire import packed, receive, send, unpacked
from millstream.errors import DeclarationError, InvalidValue
from millstream.jobs import Call, Calls, Job, Program, Result, Signature
from millstream.set_up_calls import SetUpFailed

logger = logging.getLogger("millstream.engine")

LEAVE_S: Final = 1.0
"""How long the process may go on when its server has closed the connection."""

PR_SET_PDEATHSIG: Final = 1
"""Linux, prctl(2): the signal that comes when the thread ends that started this process."""


def main(parent: int, orders: int, control: int, requests: int, replies: int) -> None:
    """Serve one server until it closes the connection.

    Args:
        parent: The server's process.
        orders: Descriptor of the connection for orders and their answers.
        control: Descriptor of the connection for what comes meanwhile.
        requests: Descriptor of the shared memory of what comes.
        replies: Descriptor of the shared memory of what goes.
    """
    _die_with(parent)
    for number in (signal.SIGINT, signal.SIGTERM):  # the server says when a worker process ends
        signal.signal(number, signal.SIG_IGN)
    faulthandler.enable()
    sock = socket.socket(fileno=orders)
    CallServer(sock, Segment(requests), Segment(replies)).run(socket.socket(fileno=control))


class CallServer:
    """Obeys orders, one after the other, in the main thread.

    Args:
        sock: Where orders come from, and answers go to.
        requests: Shared memory of what comes.
        replies: Shared memory of what goes.
    """

    def __init__(self, sock: socket.socket, requests: Segment, replies: Segment) -> None:
        self._sock, self._requests, self._replies = sock, requests, replies
        self._lock = threading.Lock()
        self._program: Program
        self._signatures: tuple[Signature, ...] = ()
        self._calls: dict[int, Calls] = {}
        self._reporters: dict[int, Reporter] = {}
        self._running: dict[int, tuple[Call, int]] = {}
        self._cancelled: set[int] = set()
        self._coroutines = Coroutines()

    def run(self, control: socket.socket) -> None:
        """Set up the app, and obey until the connection is closed."""
        threading.Thread(target=self._listen, args=[control], name="millstream control", daemon=True).start()
        try:
            set_up = cast("SetUpOrder", unpacked(receive(self._sock, self._requests)))
            if not self._succeeds(self._import, set_up):
                return
            if set_up.is_standby:
                self._answer(packed(Imported()))
                receive(self._sock, self._requests)  # a `TakeOver`
            if not self._succeeds(self._set_up, set_up):
                return
            self._answer(packed(Ready()))
            while True:
                self._obey(receive(self._sock, self._requests))
        except (EOFError, ConnectionError):
            for worker in list(self._calls):
                self._forget(worker)

    def _import(self, set_up: SetUpOrder) -> None:
        log = logging.getLogger("millstream")
        log.setLevel(set_up.log_level)
        log.addHandler(_Forwarder(self._say))
        log.propagate = False
        sys.argv = set_up.arguments
        if set_up.worker_bytes is not None:
            bound_own_memory(set_up.worker_bytes)
        self._program = cast("Callable[[], Program]", unpacked([set_up.factory]))()
        self._signatures = self._program.signatures()
        check_same(set_up.signatures, self._signatures)

    def _set_up(self, set_up: SetUpOrder) -> None:
        for call in self._program.set_ups(set_up.bindings, set_up.number):
            self._say(SettingUp(call.name))
            call()

    def _succeeds(self, step: Callable[[SetUpOrder], None], set_up: SetUpOrder) -> bool:
        """Take a step of the start; if it fails the server is told why."""
        try:
            step(set_up)
        except BaseException as error:  # the app's own code, which may raise anything
            logger.error("a worker process cannot import or set up the app", exc_info=error)
            self._answer(
                packed(Broken(str(error) if isinstance(error, SetUpFailed) else f"{type(error).__name__}: {error}"))
            )
            return False
        return True

    def _obey(self, parts: list[bytearray]) -> None:
        try:
            order = unpacked(parts)
        except InvalidValue as error:
            self._answer(packed(Broken(str(error))))
            return
        if isinstance(order, Forget):
            for worker in order.workers:
                self._forget(worker)
            for session in order.sessions:
                self._program.end_session(session)
            self._cancelled.intersection_update(self._calls)  # what was cancelled late has ended: nobody discards it
            return
        is_wanted.set(lambda: cast("Order", order).worker not in self._cancelled)
        if isinstance(order, CallTogether):
            self._call_together(order)
            return
        result = self._step(cast("CallStep", order))
        worker = cast("CallStep", order).worker
        self._reporters[worker].flush()
        self._reply(worker, result)

    def _call_together(self, order: CallTogether) -> None:
        worker, job = order.worker, Job(order.binding, 0, ())
        calls = self._calls.get(worker) or self._open(worker, order.binding)
        call = self._coroutines.begin(calls, job) if order.is_async else calls.begin(job)
        parts = call_together(cast("BatchCall", call), order, self._signatures[order.binding])
        self._reporters[worker].flush()
        with self._lock:
            send(self._sock, parts, self._replies)

    def _step(self, order: CallStep) -> Result:
        """Take one step of a call."""
        worker = order.worker
        if isinstance(order, Begin):
            self._cancelled.discard(worker)
            calls = self._calls.get(worker) or self._open(worker, order.job.binding)
            self._running[worker] = calls.begin(order.job), order.job.binding
        call, _ = self._running[worker]
        if isinstance(order, CloseCall):
            self._coroutines.close(worker)
            call.close()
            return Result(0)
        return self._coroutines.step(worker, call) if call.is_async else call.run()

    def _open(self, worker: int, binding: int) -> Calls:
        reporter = self._reporters[worker] = Reporter(worker, self._say)
        calls = self._calls[worker] = self._program.open(binding, reporter.notify)
        return calls

    def _reply(self, worker: int, result: Result) -> None:
        call, binding = self._running[worker]
        try:
            parts = packed(result)
        except InvalidValue as error:
            failure = words.unpicklable_output(result, self._signatures[binding], str(error))
            logger.error("%s", failure.message)
            self._coroutines.close(worker)
            call.close()
            result = Result(result.call, {}, failure)
            parts = packed(result)
        if result.is_last:
            del self._running[worker]
        with self._lock:
            send(self._sock, parts, self._replies)

    def _forget(self, worker: int) -> None:
        self._coroutines.close(worker)
        self._running.pop(worker, None)
        self._cancelled.discard(worker)
        if worker in self._calls:
            del self._reporters[worker]
            self._calls.pop(worker).close()

    def _answer(self, parts: Sequence[Part]) -> None:
        with self._lock:
            send(self._sock, parts, None)

    def _say(self, message: Report | Logged | SettingUp) -> None:
        """Send something that is no answer; in any thread."""
        try:
            self._answer(packed(message))
        except (OSError, InvalidValue):
            return  # the server is gone, or a log record holds what cannot be sent

    # ---- in a thread of its own, also while a handler runs -----------------------------------------------------

    def _listen(self, control: socket.socket) -> None:
        while len(data := control.recv(CONTROL_BYTES, socket.MSG_WAITALL)) == CONTROL_BYTES:
            kind, worker = read_control(data)
            if kind is Control.CANCEL:
                self._cancelled.add(worker)
                self._coroutines.cancel(worker)
            elif (reporter := self._reporters.get(worker)) is not None:
                reporter.seen()
        threading.Event().wait(LEAVE_S)
        os._exit(0)  # whatever the handler does: its server is gone


class _Forwarder(logging.Handler):
    """Hands the records of the library's log to the server, which logs them as its own."""

    def __init__(self, say: Callable[[Logged], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record, as text where it has objects."""
        text = logging.Formatter().formatException(record.exc_info) if record.exc_info else record.exc_text
        given = {**vars(record), "msg": record.getMessage(), "args": None, "exc_info": None, "exc_text": text}
        self._say(Logged(given))


def check_same(server: tuple[Signature, ...], worker: tuple[Signature, ...]) -> None:
    """Check that the app is the same in both processes: handlers are found by the numbers of their bindings.

    Raises:
        DeclarationError: It is not; the message says where it differs.
    """
    remedy = "declare the same app whenever the file is imported, whatever the arguments, the time and the user are"
    for number, (ours, theirs) in enumerate(zip(server, worker, strict=False)):
        if ours != theirs:
            raise DeclarationError(
                f"event {number} of the app calls {ours.handler}() in the server, but {theirs.handler}() in a worker "
                f"process, or has other inputs and outputs there: {remedy}"
            )
    if len(server) != len(worker):
        raise DeclarationError(
            f"the app has {len(server)} events in the server, but {len(worker)} in a worker process: {remedy}"
        )


def _die_with(parent: int) -> None:
    """End with the server, however that ends; what the system cannot do, `_listen` does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
