"""The police of the event loop is on duty."""

import asyncio
import time
from types import ModuleType

import pytest
from blockbuster import BlockingError

import millstream


def code_of_the_package() -> ModuleType:
    """Make a module whose code seems to lie in the package, with a coroutine that sleeps on the loop."""
    module = ModuleType("millstream.sleeper")
    source = "import time\nasync def sleep():\n    time.sleep(0)\n"
    exec(compile(source, f"{millstream.__path__[0]}/sleeper.py", "exec"), module.__dict__)
    return module


def test_blocking_the_loop_is_an_error() -> None:
    with pytest.raises(BlockingError):
        asyncio.run(code_of_the_package().sleep())


@pytest.mark.blocking
def test_a_test_may_ask_to_block() -> None:
    asyncio.run(code_of_the_package().sleep())


def test_blocking_without_a_loop_is_fine() -> None:
    time.sleep(0)
