"""How much memory a process keeps that nobody uses: in processes of their own, as it cannot be undone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ARENAS = """
import ctypes, threading
from millstream.server.process.allocator import bound_arenas

bound_arenas()
barrier = threading.Barrier(20)
threads = [threading.Thread(target=barrier.wait) for _ in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""

HOLES = """
import psutil
from millstream.server.process.allocator import give_back

kept, process = [bytearray(100_000) for _ in range(400)], psutil.Process()
del kept[:-1]  # the last one is at the end of the heap
before = process.memory_full_info().uss
give_back()
print(before - process.memory_full_info().uss)
"""


def said(program: str, **environment: str) -> str:
    unset = {name: value for name, value in os.environ.items() if name not in ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES")}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env={**unset, **environment}, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("environment", "arenas"),
    [({}, 2), ({"MALLOC_ARENA_MAX": "5"}, 5), ({"GLIBC_TUNABLES": "glibc.malloc.arena_max=3"}, 3)],
)
def test_threads_share_few_arenas_unless_the_operator_says_otherwise(environment: dict[str, str], arenas: int) -> None:
    assert said(ARENAS, **environment).count("<heap nr=") == arenas


def test_free_pages_amid_others_are_given_back() -> None:
    assert int(said(HOLES)) > 30_000_000
