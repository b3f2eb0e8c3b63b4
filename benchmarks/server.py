"""The server process that a benchmark measures from outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Server:
    """A running echo app: its address and its process."""

    url: str
    process: psutil.Process

    def cpu_s(self) -> float:
        """CPU seconds, user and system, that the process has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def serve(
    *arguments: str, app: str = "benchmarks.echo_app", environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start an app on a free port, wait for its address, and end it afterwards."""
    command = [sys.executable, "-u", "-m", app, *arguments]
    variables = {**os.environ, **(environment or {})}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"https?://\S+", line):
                yield Server(found[0], psutil.Process(process.pid))
                return
        raise RuntimeError(f"{app} ended with {process.wait()} before it printed its address")
    finally:
        process.terminate()
        process.wait(timeout=10)
