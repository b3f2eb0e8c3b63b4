"""Assembles a host: the only module that chooses its engine, queue and store."""

from __future__ import annotations

from functools import partial

from millstream.admission import Admission
from millstream.declare.manifest import Manifest
from millstream.engines.router import Engine as Router
from millstream.jobs import Engine
from millstream.runtime.host import Host
from millstream.runtime.queue import RunQueue
from millstream.runtime.settings import Settings
from millstream.runtime.state.temp_folders import TempFolders


def compose_host(manifest: Manifest, settings: Settings, engine: Engine | None = None) -> Host:
    """Make a host whose neighbours live in this process; it has yet to be started.

    Args:
        manifest: The frozen declaration.
        settings: Bounds and rules.
        engine: Where the handlers run whose bindings name no engine; threads by default.
    """
    return Host(
        manifest,
        settings,
        engine=Router(engine),
        queue=partial(RunQueue, Admission(manifest.max_waiting, settings.max_waiting_each), settings.abandon_s),
        folders=TempFolders(),
    )
