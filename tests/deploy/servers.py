"""Programs that serve an app in a process of their own, as they do where an app is deployed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Program:
    """A program that serves an app: its process, and the app's address without a slash at the end."""

    process: subprocess.Popen[str]
    url: str

    def rest(self) -> str:
        """Wait for its end; gives what it has written to its log."""
        return self.process.communicate(timeout=20)[1]


@contextmanager
def program(source: str, folder: Path, port: int = 0, **environment: str) -> Iterator[Program]:
    """Run a program that calls `launch()`, until the end of the block at the latest."""
    path = folder / "app.py"
    path.write_text(source)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MILLSTREAM_")}
    settings = {**inherited, "MILLSTREAM_SERVER_PORT": str(port), "TMPDIR": str(folder), **environment}
    with subprocess.Popen(
        [sys.executable, str(path)],
        cwd=folder,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "Running on local URL" in line, process.communicate(timeout=5)
            yield Program(process, line.split()[-1])
        finally:
            process.kill()


def free_port() -> int:
    """Find a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
