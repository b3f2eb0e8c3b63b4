"""Handlers in worker processes that import the app: `Engine` in the server, `main` in a worker.

In the server, the `Engine` opens a `Worker` for each stream or call. It asks the `Pool` for turns in a `Process`, which
starts one worker process, speaks to it in a thread of its own, and buries it. Over there `main` obeys.
"""

from __future__ import annotations

from typing import Final

from millstream.engines.process.engine import Engine

__all__ = ["IMPORTS_APP", "Engine"]

IMPORTS_APP: Final = True
"""Its processes have to find the app in a module."""
