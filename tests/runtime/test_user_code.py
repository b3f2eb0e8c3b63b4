import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from millstream.runtime.user_code import guarded

EVERYTHING = [ValueError("x"), SystemExit(1), GeneratorExit(), KeyboardInterrupt(), asyncio.CancelledError()]


def caught(error: BaseException) -> list[BaseException]:
    reported: list[BaseException] = []
    with guarded(reported.append):
        raise error
    return reported


@pytest.mark.parametrize("error", EVERYTHING, ids=repr)
def test_in_a_thread_everything_ends_there(error: BaseException) -> None:
    results: list[list[BaseException]] = []
    thread = threading.Thread(target=lambda: results.append(caught(error)))
    thread.start()
    thread.join()
    assert results == [[error]]


@pytest.mark.parametrize("error", EVERYTHING[:3], ids=repr)
def test_in_the_main_thread_what_a_handler_raises_ends_there(error: BaseException) -> None:
    assert caught(error) == [error]


@contextmanager
def interrupted_by(handler: Any) -> Iterator[None]:
    """Handle Ctrl-C so, whatever whoever started the tests has set."""
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_the_main_thread_control_c_goes_through() -> None:
    with interrupted_by(signal.default_int_handler), pytest.raises(KeyboardInterrupt):
        caught(KeyboardInterrupt())


def test_where_nobody_listens_to_control_c_it_is_the_handler_that_raised() -> None:
    error = KeyboardInterrupt()
    with interrupted_by(signal.SIG_IGN):
        assert caught(error) == [error]


@pytest.mark.anyio
async def test_on_the_loop_a_cancellation_goes_through() -> None:
    async def wait() -> list[BaseException]:
        reported: list[BaseException] = []
        with guarded(reported.append):
            await asyncio.Event().wait()
        return reported

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.anyio
@pytest.mark.parametrize("error", [asyncio.CancelledError(), SystemExit(1)], ids=repr)
async def test_on_the_loop_what_a_handler_raises_by_itself_ends_there(error: BaseException) -> None:
    assert caught(error) == [error]
