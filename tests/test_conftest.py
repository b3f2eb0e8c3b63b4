"""The police of the event loop is on duty, and no warning gets past it."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path
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


WARNED = """
import asyncio
import socket
import threading
import warnings


def test_a_warning():
    warnings.warn("this will be an error in the next version", DeprecationWarning)


def test_a_coroutine_that_nobody_awaits():
    asyncio.sleep(0)


def test_a_socket_that_nobody_closes():
    socket.socket()


def test_an_error_in_a_thread():
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
"""


@pytest.mark.slow
def test_B35_a_warning_fails_its_test(tmp_path: Path) -> None:
    (tmp_path / "test_warned.py").write_text(WARNED)
    ours = Path(__file__).parents[1] / "pyproject.toml"
    command = [sys.executable, "-m", "pytest", "-c", str(ours), "-p", "no:cacheprovider", str(tmp_path)]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    assert "4 failed" in said, said
