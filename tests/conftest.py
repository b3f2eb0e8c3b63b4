"""What holds for every test: the loop must not be blocked, the random cases are the same each time, asyncio only."""

import gc
import os
import random
import signal
import sys
from collections.abc import Generator, Iterator
from functools import cache

import coverage
import pytest
from blockbuster import BlockBuster
from hypothesis import settings

# The same cases on every run, so that a red test is red for everybody; `HYPOTHESIS_PROFILE=explore` looks for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_LEFT_ALONE = ("browser", "slow", "blocking")


def pytest_configure() -> None:
    """Handle Ctrl-C, which a shell has its background jobs ignore, and with them the programs that tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the search for garbage the million objects that the imports of all tests make, now and later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def chance_is_the_same_each_time(request: pytest.FixtureRequest) -> None:
    """Seed the spread of waits for each test, so that it is red for everybody or for nobody.

    `MILLSTREAM_TEST_SEED` looks for tests that hang on it.
    """
    random.seed(request.node.nodeid + os.environ.get("MILLSTREAM_TEST_SEED", ""))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run `@pytest.mark.anyio` tests on asyncio, the only loop that the server supports."""
    return "asyncio"


@cache
def _watched() -> BlockBuster:
    """Make once what every test uses; whatever measures coverage may wait for its own lock, not the package's doing."""
    watched = BlockBuster("millstream")
    current = coverage.Coverage.current()
    if current is None or current._collector is None:
        return watched
    own, acquire = current._collector.data_lock, watched.functions["threading.Lock.acquire"]
    may_block = acquire.can_block_predicate
    acquire.can_block_predicate = lambda lock, *args, **kwargs: lock is own or may_block(lock, *args, **kwargs)
    return watched


@pytest.fixture(autouse=True)
def loop_is_never_blocked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Raise `BlockingError` where code of the package sleeps, or waits for a file, a lock or a socket, on the loop."""
    if any(request.node.get_closest_marker(name) for name in _LEFT_ALONE):
        yield
        return
    watched = _watched()
    watched.activate()
    yield
    watched.deactivate()


@pytest.fixture(autouse=True)
def texts_are_forgotten() -> Iterator[None]:
    """Forget at its end the texts in several languages that a test has made: they hold for all of its process."""
    yield
    if (i18n := sys.modules.get("millstream.declare.i18n")) is not None:
        i18n.TEXTS.clear()
