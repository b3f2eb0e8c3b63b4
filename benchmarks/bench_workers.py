"""(l) Frames of 8 sessions whose handler computes in pure Python: one gateway and two, in turns, in one run.

The clients share the machine: with fewer cores than gateways and clients need, frames per second of CPU say more.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil

from benchmarks.pictures import encoded
from millstream.client.client import Client

ROUNDS = 3
SESSIONS = 8
SECONDS = 5.0
APP = Path(__file__).with_name("workers_app.py")


def measure() -> dict[str, float]:
    """Medians over the rounds; CPU is that of all processes of the server."""
    fps: dict[int, list[float]] = {1: [], 2: []}
    cpu_ms: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for workers in (1, 2):
            with _served(workers) as (url, server):
                frames, used_s = _frames(url, server)
            fps[workers].append(frames / SECONDS)
            cpu_ms[workers].append(used_s * 1000 / max(frames, 1))
    return {
        "one_fps": statistics.median(fps[1]),
        "two_fps": statistics.median(fps[2]),
        "fps_ratio": statistics.median(two / one for one, two in zip(fps[1], fps[2], strict=True)),
        "one_cpu_ms": statistics.median(cpu_ms[1]),
        "two_cpu_ms": statistics.median(cpu_ms[2]),
    }


@contextmanager
def _served(workers: int) -> Iterator[tuple[str, psutil.Process]]:
    command = [sys.executable, "-u", "-m", "millstream", "run", str(APP), "--workers", str(workers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[-1]
            _wait_for(url, workers)
            yield url, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait()


def _wait_for(url: str, workers: int) -> None:
    while httpx.get(f"{url}/metrics", trust_env=False).text.count("millstream_sessions{") < workers:
        pass


def _frames(url: str, server: psutil.Process) -> tuple[int, float]:
    """Stream from all sessions; gives the frames that were handled, and the CPU time that the server used."""
    frames = [bytes(payload) for payload in encoded(30)]
    with ExitStack() as stack:
        pages = [stack.enter_context(Client(url)) for _ in range(SESSIONS)]
        recordings = [page.record("Camera") for page in pages]
        for recording in recordings:
            recording.wait_for_state("running")
        before, used_s = sum(one.summary().results for one in recordings), _cpu_s(server)
        feeding = [recording.feed_in_background(_endless(frames), 30) for recording in recordings]
        asyncio.run(asyncio.sleep(SECONDS))
        found = sum(one.summary().results for one in recordings) - before, _cpu_s(server) - used_s
        for one in feeding:
            one.cancel()
    return found


def _endless(frames: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from frames


def _cpu_s(server: psutil.Process) -> float:
    times = [one.cpu_times() for one in [server, *server.children(recursive=True)]]
    return float(sum(one.user + one.system for one in times))
