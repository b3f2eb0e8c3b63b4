from millstream.login_backoff import Backoff
from millstream.runtime.state.file_quota import network_of


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_guessing_gets_slower_and_slower() -> None:
    clock = Clock()
    backoff = Backoff(clock)
    waits = []
    for _ in range(15):
        waits.append(backoff.wait_s("6.6.6.6", "ann"))
        clock.now += waits[-1]
        backoff.failed("6.6.6.6", "ann")
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert backoff.wait_s("7.7.7.7", "ann") == 0
    assert backoff.wait_s("6.6.6.6", "bob") == 0


def test_one_address_cannot_try_many_names() -> None:
    backoff = Backoff(Clock())
    for number in range(21):
        backoff.failed(network_of("2001:db8::1"), f"user {number}")
    assert backoff.wait_s(network_of("2001:db8::2"), "somebody else") > 0  # the same /64
    assert backoff.wait_s(network_of("2001:db8:0:1::1"), "somebody else") == 0


def test_who_gets_it_right_is_not_held_back() -> None:
    backoff = Backoff(Clock())
    for _ in range(100):
        backoff.failed("10.0.0.1", "ann")
        backoff.succeeded("10.0.0.1", "ann")
    assert backoff.wait_s("10.0.0.1", "ann") == 0


def test_failures_are_forgotten_and_bounded() -> None:
    clock = Clock()
    backoff = Backoff(clock)
    for _ in range(6):
        backoff.failed("6.6.6.6", "ann")
    clock.now += 1000
    backoff.failed("6.6.6.6", "ann")
    assert backoff.wait_s("6.6.6.6", "ann") == 0
    for number in range(6000):
        backoff.failed(f"10.0.{number // 256}.{number % 256}", "ann")
    assert len(backoff._failures) == Backoff.MAX_ENTRIES
