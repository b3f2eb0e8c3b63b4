"""Set-up calls in threads: their order, their failures, and their bound."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest

from millstream.engine_limits import EngineLimits
from millstream.set_up_calls import SetUpCall, SetUpFailed, run_set_ups

pytestmark = pytest.mark.anyio


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """Let go of what hangs at the end of the test, and wait until its thread has ended."""
    event, before = threading.Event(), set(threading.enumerate())
    yield event
    event.set()
    for thread in set(threading.enumerate()) - before:
        thread.join()


async def test_they_are_made_in_their_order_in_threads_of_their_own() -> None:
    made: list[tuple[str, bool]] = []

    def note(name: str) -> None:
        made.append((name, threading.current_thread() is threading.main_thread()))

    await run_set_ups([SetUpCall("a()", lambda: note("a")), SetUpCall("b()", lambda: note("b"))], 60.0)
    assert made == [("a", False), ("b", False)]


async def test_one_that_several_engines_ask_for_is_made_once_and_fails_for_all() -> None:
    made: list[str] = []

    def fail() -> None:
        made.append("once")
        raise ValueError("no weights")

    call = SetUpCall("Model.setup()", fail)
    engines = (run_set_ups([call], 60.0), run_set_ups([call], 60.0))
    failures = await asyncio.gather(*engines, return_exceptions=True)
    assert [type(failure) for failure in failures] == [SetUpFailed, SetUpFailed]
    assert made == ["once"]


@pytest.mark.parametrize("error", [ValueError("no weights"), SystemExit("no weights"), KeyboardInterrupt("no weights")])
async def test_the_first_that_raises_is_the_last_and_its_exception_the_cause(error: BaseException) -> None:
    def fail() -> None:
        raise error

    made: list[str] = []
    calls = [SetUpCall("Model.setup() on cuda:1", fail), SetUpCall("b()", lambda: made.append("b"))]
    with pytest.raises(SetUpFailed, match=r"setup\(\) on cuda:1 failed: \w+: no weights. Correct it, or") as raised:
        await run_set_ups(calls, 60.0)
    assert raised.value.__cause__ is error
    assert made == []


def test_one_that_was_interrupted_has_failed_for_who_asks_later() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    call = SetUpCall("Model.setup()", interrupt)
    with pytest.raises(KeyboardInterrupt):
        call()
    with pytest.raises(SetUpFailed, match=r"Model\.setup\(\) failed: KeyboardInterrupt\. Correct it"):
        call()


async def test_one_that_hangs_is_said_and_then_given_up(
    stuck: threading.Event, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("millstream.set_up_calls.WARN_S", 0.01)
    hanging = SetUpCall("Model.setup() on cpu", stuck.wait)
    with (
        caplog.at_level(logging.WARNING, "millstream"),
        pytest.raises(SetUpFailed, match=r"setup\(\) on cpu did not end within 0.05 seconds \(hang_after\). Correct"),
    ):
        await run_set_ups([hanging], 0.05)
    assert "Model.setup() on cpu is still running after 0.01 seconds: the app is not ready" in caplog.text


async def test_a_slow_one_is_said_and_waited_for(
    stuck: threading.Event, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("millstream.set_up_calls.say_slow", lambda *_: stuck.set())
    monkeypatch.setattr("millstream.set_up_calls.WARN_S", 0.01)
    for bound_s in (60.0, float("inf")):
        stuck.clear()
        await run_set_ups([SetUpCall("slow()", stuck.wait)], bound_s)
    assert stuck.is_set()


def test_a_set_up_has_a_minute_at_least() -> None:
    assert EngineLimits(hang_s=2.0).set_up_s == 60.0
    assert EngineLimits(hang_s=200.0).set_up_s == 200.0
