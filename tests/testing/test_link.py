"""The proxy on real sockets: its rates and delays, and how connections end. What it reckons with is tested purely."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from millstream.testing import Link

pytestmark = pytest.mark.blocking

BYTES = 100_000


@contextmanager
def serving(answer: bytes = b"") -> Iterator[int]:
    """Serve connections: each sends all it has, gets what `answer` says or else the same back. Gives the port."""

    def talk(end: socket.socket) -> None:
        with end:
            try:
                while data := end.recv(65_536):
                    end.sendall(answer or data)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                end, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(end,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def read(end: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := end.recv(65_536)):
        data += more
    return data


def echo_s(end: socket.socket, data: bytes) -> float:
    """Send, and time until all of it is back."""
    began = time.monotonic()
    threading.Thread(target=end.sendall, args=(data,), daemon=True).start()
    assert read(end, len(data)) == data
    return time.monotonic() - began


def connect(link: Link) -> socket.socket:
    end = socket.create_connection(("127.0.0.1", link.port), timeout=20)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return end


def test_everything_arrives_as_it_was_sent() -> None:
    data = bytes(range(256)) * 4_000
    with serving() as port, Link(port) as link, connect(link) as end:
        echo_s(end, data)
        assert link.carried == (len(data), len(data))


def test_a_round_trip_takes_as_long_as_it_is_to() -> None:
    with serving() as port, Link(f"http://127.0.0.1:{port}/", rtt=60) as link, connect(link) as end:
        took = min(echo_s(end, b"x") for _ in range(5))
    assert 0.060 <= took < 0.080


@pytest.mark.parametrize(("up", "down"), [(2.0, None), (None, 2.0)])
def test_the_rate_of_each_direction_is_exact(up: float | None, down: float | None) -> None:
    with serving() as port, Link(port, up=up, down=down) as link, connect(link) as end:
        took = min(echo_s(end, bytes(BYTES)) for _ in range(2))
    assert BYTES / 250_000 * 0.97 <= took < BYTES / 250_000 * 1.1


def test_connections_share_the_rate() -> None:
    with serving() as port, Link(port, up=4) as link, connect(link) as one, connect(link) as two:
        began = time.monotonic()
        others = threading.Thread(target=echo_s, args=(one, bytes(BYTES)))
        others.start()
        echo_s(two, bytes(BYTES))
        others.join()
        took = time.monotonic() - began
    assert took >= 2 * BYTES / 500_000 * 0.97


def test_the_rate_changes_while_it_is_used() -> None:
    with serving() as port, Link(port, up=80) as link, connect(link) as end:
        fast = min(echo_s(end, bytes(BYTES)) for _ in range(2))
        link.set_rates(up=2, down=None)
        slow = echo_s(end, bytes(BYTES))
    assert fast < 0.2 < BYTES / 250_000 * 0.97 <= slow


def test_who_sends_too_much_is_held_back() -> None:
    with serving() as port, Link(port, up=1, buffer=10_000) as link, connect(link) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 10_000)
        end.settimeout(0.3)
        with pytest.raises(TimeoutError):
            end.sendall(bytes(2_000_000))


def test_a_stall_holds_everything_up_for_a_while() -> None:
    with serving() as port, Link(port) as link, connect(link) as end:
        echo_s(end, b"x")
        link.stall(0.3)
        time.sleep(0.01)  # it begins in the thread of the link
        assert echo_s(end, b"x") >= 0.25


def test_what_is_lost_comes_later_and_nothing_is_missing() -> None:
    with serving() as port, Link(port, loss=0.3, rtt=10, seed=1) as link, connect(link) as end:
        assert sum(echo_s(end, bytes([number])) for number in range(10)) > 10 * 0.01 + 0.2, "one of them was lost twice"


def test_a_planned_stall() -> None:
    with serving() as port, Link(port, stalls=[(0.0, 0.3)]) as link, connect(link) as end:
        assert echo_s(end, b"x") >= 0.2


def test_a_cut_breaks_connections_and_new_ones_are_carried() -> None:
    with serving() as port, Link(port) as link:
        with connect(link) as end:
            echo_s(end, b"x")
            link.cut()
            with pytest.raises(ConnectionResetError):
                end.recv(1)
        with connect(link) as end:
            echo_s(end, b"x")


def test_a_planned_cut() -> None:
    with serving() as port, Link(port, cuts=[0.2]) as link, connect(link) as end:
        echo_s(end, b"x")
        with pytest.raises(ConnectionResetError):
            end.recv(1)


def test_the_end_of_one_side_is_the_end_of_the_other() -> None:
    with serving() as port, Link(port, rtt=20) as link, connect(link) as end:
        end.sendall(b"last words")
        end.shutdown(socket.SHUT_WR)
        assert read(end, 100) == b"last words"


def test_where_nobody_listens_the_connection_breaks() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with Link(port) as link, pytest.raises(ConnectionResetError), connect(link) as end:
        end.recv(1)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"up": 0}, "up=0"),
        ({"down": -1}, "down=-1"),
        ({"up": float("nan")}, "up=nan"),
        ({"rtt": -1}, "rtt=-1"),
        ({"rtt": float("inf")}, "rtt=inf"),
        ({"stalls": [(1, -1)]}, "stalls=-1"),
        ({"loss": 1}, "loss=1"),
        ({"loss": -0.1}, "loss=-0.1"),
        ({"loss": float("nan")}, "loss=nan"),
    ],
)
def test_what_no_link_can_be_is_said(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Link(1, **wrong)  # type: ignore[arg-type]


def test_a_url_has_a_port() -> None:
    with pytest.raises(ValueError, match="no port"):
        Link("http://example.org/")
