"""Set-up calls: what readies a process for its handlers, such as the loading of a model; each has a bound."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from millstream.errors import DeclarationError

logger = logging.getLogger("millstream.engine")

WARN_S: Final = 5.0
"""After how long the log says that a set-up is still running."""


class SetUpFailed(DeclarationError):
    """A set-up raised, or did not end; the message names the class, the device and the remedy."""


class SetUpCall:
    """One call that readies a process for its handlers. It is made once, whoever asks for it, and however often.

    Args:
        name: What messages call it, such as `Detector.setup() on cuda:0`.
        fn: The function, with its arguments.
    """

    def __init__(self, name: str, fn: Callable[[], object]) -> None:
        self.name = name
        self._fn: Callable[[], object] | None = fn
        self._lock = threading.Lock()
        self._failure: SetUpFailed | None = None

    def __call__(self) -> None:
        """Make the call, or wait for the thread that does.

        Raises:
            SetUpFailed: It raised; its own exception is the cause.
            KeyboardInterrupt: Ctrl-C was pressed, and it ran in the main thread; for who asks later, it has failed.
        """
        with self._lock:
            fn, self._fn = self._fn, None
            if fn is not None:
                try:
                    fn()
                except BaseException as error:  # the user's own code, which may raise anything
                    why = f"{type(error).__name__}: {error}".rstrip(".: ")
                    self._failure = SetUpFailed(f"{self.name} failed: {why}. {REMEDY}")
                    is_main = threading.current_thread() is threading.main_thread()
                    if is_main and isinstance(error, KeyboardInterrupt):
                        raise
                    raise self._failure from error
            if self._failure is not None:
                raise self._failure


REMEDY: Final = "Correct it, or choose other devices with launch(devices=[…])."


def say_slow(name: str, where: str, bound_s: float) -> None:
    """Say in the log that a set-up is still running."""
    logger.warning(
        "%s is still running%s after %g seconds: the app is not ready before it ends, and it is given up after %g "
        "seconds (hang_after)",
        name,
        where,
        WARN_S,
        bound_s,
    )


async def run_set_ups(calls: Sequence[SetUpCall], bound_s: float) -> None:
    """Make set-up calls, one after the other in a thread of their own.

    Args:
        calls: The calls.
        bound_s: How long each may take, in seconds. The thread of one that takes longer is left to itself.

    Raises:
        SetUpFailed: One raised, or did not end in time.
    """
    for call in calls:
        done = _begun(call)
        await asyncio.wait([done], timeout=min(WARN_S, bound_s))
        if not done.done():
            say_slow(call.name, "", bound_s)
            await asyncio.wait([done], timeout=None if bound_s == math.inf else bound_s - WARN_S)
        if not done.done():
            done.cancel()
            raise SetUpFailed(f"{call.name} did not end within {bound_s:g} seconds (hang_after). {REMEDY}")
        await done


def _begun(call: SetUpCall) -> asyncio.Future[None]:
    """Begin a call in a daemon thread, which cannot keep the program from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if not done.done():
            done.set_result(None) if error is None else done.set_exception(error)

    def work() -> None:
        failure: BaseException | None = None
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - handed on, as it would end this thread unnoticed
            failure = error
        try:
            loop.call_soon_threadsafe(partial(settle, failure))
        except RuntimeError:
            logger.debug("%s ended after its server", call.name)  # the loop is closed, nobody is left to tell

    threading.Thread(target=work, name=f"millstream {call.name}", daemon=True).start()
    return done
