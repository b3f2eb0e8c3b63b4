"""What the supervisor decides, with processes that are not there."""

from __future__ import annotations

import logging
import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from millstream.supervisor import broker_keeper, supervisor
from millstream.supervisor.broker_keeper import BrokerKeeper
from millstream.supervisor.loads import Loads
from millstream.supervisor.messages import Message, Serving, Start
from millstream.supervisor.post import Post, ServedProgram
from millstream.supervisor.supervisor import LEAST_START_S, SPARE_S, START_FACTOR, Supervisor


class Child:
    """A gateway that notes what it is asked."""

    def __init__(self, name: str) -> None:
        self.name, self.drain_s, self.lived_s = name, 5.0, 70.0
        self.is_serving, self.seat = False, 1
        self.until: float | None = None
        self.asked: list[str] = []

    def terminate(self) -> None:
        self.asked.append("terminate")

    def kill(self) -> None:
        self.asked.append("kill")

    def tell(self, message: Message) -> None:
        self.asked.append(type(message).__name__)


class Fresh(Child):
    """A gateway that has just been started, with a connection of its own."""

    def __init__(self, start: Start, listener: socket.socket | None) -> None:
        super().__init__(start.name)
        self.connection, self._theirs = socket.socketpair()

    def hear(self) -> tuple[Message, None]:
        return Serving([], self.drain_s), None

    def close(self) -> None:
        self.connection.close()
        self._theirs.close()


class Refused:
    """A process for which the system has no room."""

    def __init__(self, *_: object) -> None:
        raise BlockingIOError("no more processes")


def rolling() -> tuple[Supervisor, Any, Any]:
    """A supervisor in a rolling restart: the new gateway serves, the old one was asked to end."""
    one = Supervisor(ServedProgram("app.py", {}), 1, print)
    (post,) = one._posts
    old, new = Child("g1"), Child("g1-2")
    post.child, post.successor = old, new  # type: ignore[assignment]
    one._take_over(post)
    return one, old, new


def test_the_end_of_all_asks_nobody_a_second_time() -> None:
    one, old, new = rolling()
    one._obey(signal.SIGTERM)
    assert (old.asked, new.asked) == (["Retire"], ["terminate"])
    one._obey(signal.SIGTERM)
    assert (old.asked, new.asked) == (["Retire", "terminate"], ["terminate", "terminate"])


def test_a_gateway_that_was_replaced_and_does_not_end_is_killed(caplog: pytest.LogCaptureFixture) -> None:
    one, old, new = rolling()
    assert old.until == pytest.approx(time.monotonic() + 5.0 + SPARE_S, abs=1.0)
    one._kill_overdue()
    assert old.asked == ["Retire"]
    old.until = time.monotonic()
    one._kill_overdue()
    one._kill_overdue()
    assert (old.asked, new.asked) == (["Retire", "kill"], [])
    assert "g1 has not ended in time" in caplog.text
    caplog.clear()


def test_a_new_gateway_that_hangs_is_killed_and_the_old_ones_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(supervisor, "GatewayProcess", Fresh)
    one: Any = Supervisor(ServedProgram("shop/app.py", {}), 2, print)
    one._is_complete, one._listener, one._loads = True, object(), Loads(tmp_path)
    olds = [Child("g1"), Child("g2")]
    for post, old in zip(one._posts, olds, strict=True):
        post.child, post.starts = old, 1
    for slowest_s, bound_s, name in [(1.0, LEAST_START_S, "g1-2"), (50.0, START_FACTOR * 50.0, "g1-3")]:
        one._slowest_s = slowest_s
        one._roll()
        new = one._posts[0].successor
        assert new.name == name
        assert new.until == pytest.approx(time.monotonic() + bound_s, abs=1.0)
        new.until = time.monotonic()
        one._kill_overdue()
        assert new.asked == ["kill"]
        one._bury(new, -signal.SIGKILL)
        assert f"{name} has not served shop/app.py within 70 s" in caplog.text
        assert f"{name} was ended by SIGKILL: the others keep running" in caplog.text
    assert [post.child for post in one._posts] == olds
    assert not any(old.asked for old in olds)
    one._loads.close()


def test_a_new_gateway_that_serves_in_time_has_no_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "GatewayProcess", Fresh)
    one: Any = Supervisor(ServedProgram("app.py", {}), 1, print)
    one._is_complete, one._listener = True, object()
    [post] = one._posts
    post.child = Child("g1")
    one._roll()
    new = post.successor
    one._hear(new)
    assert (post.child, new.until, one._slowest_s) == (new, None, new.lived_s)
    new.close()


def test_a_process_that_cannot_be_started_ends_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(supervisor, "GatewayProcess", Refused)
    monkeypatch.setattr(broker_keeper, "SupervisedProcess", Refused)
    one = Supervisor(ServedProgram("app.py", {}), 1, print)
    post = Post(1, due=0.0)
    with pytest.raises(OSError, match="no more processes"):
        one._fill(post)
    one._is_complete = True
    broker = BrokerKeeper(tmp_path)
    with caplog.at_level(logging.ERROR):
        one._fill(post)
        broker.tend([])
        one._roll()
    for due in (post.due, broker.due):
        assert due is not None
        assert 0.0 < due - time.monotonic() <= 0.5
    assert not one._rolling
    assert caplog.text.count("no more processes") == 3
