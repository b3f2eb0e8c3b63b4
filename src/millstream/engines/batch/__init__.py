"""Handlers that are called once for several sessions: `Engine` runs them, and all others in threads.

A `Worker` decodes and encodes in a thread of its own. In between a `Batcher` calls the function, as the `Former` says,
which knows from its `Costs` what a batch saves.
"""

from __future__ import annotations

from millstream.engines.batch.engine import Engine

__all__ = ["Engine"]
