"""Keeps the broker's process: started before the gateways, again if it dies, and ended when they have gone."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from millstream.supervisor.back_off import FIRST_S, RestartDelay
from millstream.supervisor.child import SupervisedProcess

logger = logging.getLogger("millstream.supervisor")

SOCKET: Final = "broker"
"""Name of the broker's socket in the folder of the gateways, whose own end in `.sock`."""

CLOSE_S: Final = 1.0


class BrokerKeeper:
    """Starts the broker, and starts it again.

    Args:
        folder: The private folder for its socket.

    Attributes:
        due: When it is to be started, on the monotonic clock; `None` while it runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: SupervisedProcess | None = None
        self._delay = RestartDelay()
        self._is_first = True
        self.due: float | None = time.monotonic()

    def tend(self, gateways: Iterable[str]) -> None:
        """Start the broker if that is due, and notice its end.

        Args:
            gateways: Those that are alive: a broker that begins anew waits for what they know.
        """
        process = self._process
        if process is not None and (code := process.exit_code()) is not None:
            pause_s = self._delay.after(process.lived_s)
            logger.error("The broker ended with exit code %d; it is restarted in %g s.", code, pause_s)
            process.close()
            self._process, self.due = None, time.monotonic() + pause_s
        if self.due is not None and self.due <= time.monotonic():
            self.due = None
            try:
                self._process = self._started(gateways)
            except OSError as error:  # for lack of memory or processes, which is no reason to end the gateways
                pause_s = max(self._delay.after(0.0), FIRST_S)
                self.due = time.monotonic() + pause_s
                logger.error("No broker can be started (%s); trying again in %g s.", error, pause_s)

    def close(self) -> None:
        """End it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process.close()
        self._process = None

    def _started(self, gateways: Iterable[str]) -> SupervisedProcess:
        words = ["--socket", str(self._folder / SOCKET)]
        words += ["--first"] if self._is_first else [f"--expect={name}" for name in gateways]
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from millstream.broker.__main__ import main; sys.exit(main({words!r}))"
        )
        started = SupervisedProcess("broker", [sys.executable, "-c", code])
        self._is_first = False
        return started
