import asyncio
import signal
import statistics
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import Busy
from millstream.server.security import logins as module
from millstream.server.security.address_slots import AddressSlots
from millstream.server.security.logins import Logins

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_right_and_wrong_passwords() -> None:
    logins = Logins([("ann", "secret"), ("bob", "hidden")])
    assert await logins.check("ann", "secret") == "ann"
    assert await logins.check("bob", "hidden") == "bob"
    for name, password in [("ann", "hidden"), ("ann", ""), ("", ""), ("eve", "secret"), ("ANN", "secret")]:
        assert await logins.check(name, password) is None


async def test_one_pair_need_not_be_in_a_list() -> None:
    assert await Logins(("ann", "secret")).check("ann", "secret") == "ann"


@pytest.mark.parametrize("auth", [(), [], "ann:secret", [("ann",)], [("ann", 1)], 5, {"ann": "secret"}])
def test_anything_else_is_refused_as_auth(auth: object) -> None:
    with pytest.raises(ValueError, match="auth="):
        Logins(auth)  # type: ignore[arg-type]


async def _late() -> str:
    return "ann"


class _Yes:
    def __bool__(self) -> bool:
        return True


class _Broken:
    def __getattr__(self, name: str) -> object:
        raise RuntimeError("broken")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        0,
        1,
        False,
        _Yes(),
        {"user": "ann"},
        ["ann"],
        b"ann",
        np.array([True, True]),
        np.bool_(False),
    ],
)
async def test_only_true_and_a_name_let_in(answer: object) -> None:
    assert await Logins(lambda name, password: answer).check("ann", "x") is None

    async def check(name: str, password: str) -> object:
        return answer

    assert await Logins(check).check("ann", "x") is None


async def test_an_answer_that_cannot_be_read_lets_nobody_in() -> None:
    assert await Logins(lambda name, password: _Broken()).check("ann", "x") is None


async def test_an_answer_that_is_neither_yes_nor_no_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert await Logins(lambda name, password: {"user": name}).check("ann", "x") is None
    line = "auth= returned a dict, which lets nobody in: return True, False or a name"
    assert [record.message for record in caplog.records] == [line]


async def test_functions_that_let_in() -> None:
    async def by_hand(name: str, password: str) -> bool:
        return password == "secret"

    assert await Logins(by_hand).check("ann", "secret") == "ann"
    assert await Logins(lambda name, password: True).check("ann", "") == "ann"
    assert await Logins(lambda name, password: "the real ann").check("ann", "") == "the real ann"
    assert await Logins(lambda name, password: _late()).check("x", "") == "ann"
    assert await Logins(lambda name, password: np.bool_(password == "x")).check("ann", "x") == "ann"
    assert await Logins(lambda name, password: np.str_("ann")).check("x", "") == "ann"


async def test_a_function_that_raises_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    def check(name: str, password: str) -> bool:
        raise RuntimeError("database is down")

    async def check_async(name: str, password: str) -> bool:
        raise RuntimeError("database is down")

    assert await Logins(check).check("ann", "pass-word") is None
    assert await Logins(check_async).check("ann", "pass-word") is None
    assert len(caplog.records) == 2
    assert "pass-word" not in caplog.text


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


async def test_a_function_that_hangs_lets_nobody_in(hanging: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_S", 0.05)
    assert await Logins(lambda name, password: hanging.wait()).check("ann", "x") is None

    async def never(name: str, password: str) -> bool:
        await asyncio.Event().wait()
        return True

    assert await Logins(never).check("ann", "x") is None


ENDS = [SystemExit(1), KeyboardInterrupt(), GeneratorExit(), StopIteration(), asyncio.CancelledError(), BaseException()]


@pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)
async def test_nothing_that_a_function_raises_ends_more_than_its_login(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def check(name: str, password: str) -> bool:
        raise error

    async def check_async(name: str, password: str) -> bool:
        await asyncio.sleep(0)
        raise error

    class Awaited:
        def __await__(self) -> Iterator[None]:
            yield
            raise error

    signal.signal(signal.SIGINT, lambda *_: None)  # as a running server has it
    try:
        for auth in (check, check_async, lambda name, password: Awaited()):
            logins = Logins(auth)
            for _ in range(3):
                assert await logins.check("ann", "x") is None
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    traced = [record for record in caplog.records if record.exc_info]
    assert len(traced) == 3  # each once
    assert len(caplog.records) <= 6


async def test_one_address_with_a_slow_function_does_not_hold_up_the_others(hanging: threading.Event) -> None:
    running: list[str] = []

    def check(name: str, password: str) -> bool:
        running.append(name)
        return hanging.wait(30) if name == "slow" else True

    logins = Logins(check)
    slow = [asyncio.ensure_future(logins.check("slow", "x", "10.0.0.1")) for _ in range(module.MAX_WAITING + 10)]
    while len(running) < module.MAX_CALLS[1]:  # noqa: ASYNC110 - what a thread does sets no event of the loop
        await asyncio.sleep(0.001)
    async with asyncio.timeout(5):
        assert await logins.check("ann", "x", "10.0.0.2") == "ann"
        assert await logins.check("bob", "x", "fd00::1") == "bob"
        with pytest.raises(Busy):
            await logins.check("eve", "x", "10.0.0.1")
    assert running.count("slow") == module.MAX_CALLS[1]
    assert len([one for one in threading.enumerate() if one.name == "millstream login"]) <= module.MAX_CALLS[0]
    hanging.set()
    answers = await asyncio.gather(*slow, return_exceptions=True)
    assert answers.count("slow") == module.MAX_CALLS[1] + module.MAX_WAITING
    assert all(isinstance(answer, Busy) for answer in answers if answer != "slow")


async def test_a_hung_check_keeps_its_slot(hanging: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that do not come back are no more than there are places, and those of other addresses are still free."""
    monkeypatch.setattr(module, "CHECK_S", 0.05)
    logins = Logins(lambda name, password: name != "hung" or hanging.wait())
    for _ in range(module.MAX_CALLS[1]):
        assert await logins.check("hung", "x", "10.0.0.1") is None
    with pytest.raises(Busy):
        await logins.check("ann", "x", "10.0.0.1")
    monkeypatch.setattr(module, "CHECK_S", 5.0)
    assert await logins.check("ann", "x", "10.0.0.2") == "ann"
    hanging.set()
    assert await logins.check("ann", "x", "10.0.0.1") == "ann"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60))
async def test_slots_are_shared_and_never_lost(steps: list[tuple[str, bool]]) -> None:
    shares = AddressSlots(4, 2, 5)
    inside: list[str] = []
    tasks: list[asyncio.Task[None]] = []

    async def ask(address: str) -> None:
        if await shares.enter(address):
            inside.append(address)

    for address, enters in steps:
        if enters:
            tasks.append(asyncio.ensure_future(ask(address)))
        elif address in inside:
            inside.remove(address)
            shares.leave(address)
        elif tasks:
            tasks[len(steps) % len(tasks)].cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(inside) <= 4
        assert all(inside.count(one) <= 2 for one in "abc")
    while inside:
        shares.leave(inside.pop())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert all(task.done() for task in tasks)
    assert all([await shares.enter(one) for one in "aabb"])


def test_a_login_is_found_by_its_token_only() -> None:
    logins = Logins(("ann", "secret"))
    token = logins.open("ann")
    login = logins.find(token)
    assert login is not None
    assert login.user == "ann"
    assert len(token) >= 43
    for other in ["", token[:-1], token + "x", token.swapcase(), "ä"]:
        assert logins.find(other) is None
    assert Logins(("ann", "secret")).find(token) is None


def test_logging_out_ends_the_connections_of_that_login() -> None:
    logins = Logins(("ann", "secret"))
    token, other = logins.open("ann"), logins.open("ann")
    closed: list[str] = []
    for name in (token, other):
        login = logins.find(name)
        assert login is not None
        login.sockets.add(lambda name=name: closed.append(name))
    logins.close(token)
    assert closed == [token]
    assert logins.find(token) is None
    assert logins.find(other) is not None


def test_a_login_ends_by_itself() -> None:
    clock = Clock()
    logins = Logins(("ann", "secret"), clock)
    token = logins.open("ann")
    clock.now += module.LIFETIME_S - 1
    assert logins.find(token) is not None
    clock.now += 1
    assert logins.find(token) is None


def test_the_number_of_logins_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LOGINS", 3)
    logins = Logins(("ann", "secret"))
    tokens = [logins.open("ann") for _ in range(5)]
    assert [logins.find(token) is not None for token in tokens] == [False, False, True, True, True]


def several(count: int) -> list[Logins]:
    """Gateways that share a key, and a broker that tells each what the others say."""
    made = [Logins(("ann", "secret"), Clock(), key=b"k" * 32) for _ in range(count)]
    for one in made:
        one.shared = Broker([other for other in made if other is not one])
    return made


class Broker:
    def __init__(self, others: list[Logins]) -> None:
        self.others = others
        self.attempts: list[tuple[str, str, bool]] = []
        self.wait_s: float | None = 7.0

    def revoke(self, login: bytes, left_s: float) -> None:
        for other in self.others:
            other.revoked(login, left_s)

    async def attempt(self, address: str, name: str, is_success: bool = False) -> float | None:
        self.attempts.append((address, name, is_success))
        return self.wait_s


def test_each_gateway_knows_a_login_and_that_it_has_ended() -> None:
    first, second, third = several(3)
    token = first.open("ann")
    closed: list[str] = []
    for name, logins in (("first", first), ("second", second)):
        login = logins.find(token)
        assert login is not None
        assert login.user == "ann"
        login.sockets.add(lambda name=name: closed.append(name))
    found = [logins.find(token) for logins in (first, second, third)]
    assert len({login.visitor for login in found if login is not None}) == 1
    second.close(token)
    assert sorted(closed) == ["first", "second"]
    assert [logins.find(token) for logins in (first, second, third)] == [None, None, None]


def test_a_login_ends_once_however_often_it_is_said() -> None:
    first, second = several(2)
    token = first.open("ann")
    for logins in (first, second, first):
        logins.close(token)
    assert first.find(token) is None


def test_a_gateway_without_the_key_knows_nobody() -> None:
    token = Logins(("ann", "secret"), key=b"a" * 32).open("ann")
    assert Logins(("ann", "secret"), key=b"b" * 32).find(token) is None


async def test_attempts_are_counted_by_the_broker_and_here_while_it_is_away() -> None:
    logins, _ = several(2)
    broker = logins.shared
    assert isinstance(broker, Broker)
    assert await logins.wait_s("10.0.0.2", "ann") == 7.0
    await logins.succeeded("10.0.0.2", "ann")
    assert broker.attempts == [("10.0.0.2", "ann", False), ("10.0.0.2", "ann", True)]
    broker.wait_s = None
    assert [await logins.wait_s("10.0.0.1", "ann") for _ in range(6)] == [0, 0, 0, 0, 0, 1]


async def test_a_name_that_no_cookie_can_hold_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    assert await Logins(lambda name, password: "é" * 600).check("ann", "x") is None
    assert "1024 bytes at most" in caplog.text
    assert await Logins(lambda name, password: "é" * 512).check("ann", "x") == "é" * 512


@pytest.mark.slow
async def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    logins = Logins([("ann", "secret")])
    times: dict[str, list[float]] = {"ann": [], "eve": []}
    for _ in range(60):
        for name, taken in times.items():
            start = time.thread_time()
            module._Passwords.__call__(logins._check, name, "wrong")  # type: ignore[arg-type]
            taken.append(time.thread_time() - start)
    known, unknown = (statistics.median(taken) for taken in times.values())
    assert abs(known - unknown) < 0.05 * known
