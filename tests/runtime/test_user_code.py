import asyncio
import threading

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


def test_in_the_main_thread_control_c_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        caught(KeyboardInterrupt())


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
