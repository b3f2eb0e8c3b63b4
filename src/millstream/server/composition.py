"""Assembles a host and its logins: the only module that chooses its engine, queue and store."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from millstream.admission import Admission
from millstream.compat.static_paths import static_paths
from millstream.declare.manifest import Manifest
from millstream.engines.router import Engine as Router
from millstream.jobs import Engine
from millstream.recording.recorder import Recorder
from millstream.runtime.host import Host
from millstream.runtime.queue import RunQueue, SlotQueue
from millstream.runtime.remote_queue import RemoteQueue
from millstream.runtime.settings import Settings
from millstream.runtime.state.snapshot_store import SnapshotStore
from millstream.runtime.state.temp_folders import TempFolders
from millstream.server.complaints import VisitorLog
from millstream.server.gateways.gateway import Gateway
from millstream.server.http.record_bar import RecordBar
from millstream.server.http.refused_page import RefusedPage
from millstream.server.options import RECORD_FOLDER, ServerOptions
from millstream.server.process.allocator import give_back
from millstream.server.security.logins import Logins
from millstream.server.security.outer_login import OuterLogin


def settings_of(options: ServerOptions, gateway: str = "") -> Settings:
    """Give the bounds and rules that the options of `launch` stand for, at the gateway of this name."""
    return Settings(
        show_error=options.show_error,
        allowed_paths=(*map(Path, options.allowed_paths), *static_paths()),
        blocked_paths=tuple(Path(path) for path in options.blocked_paths),
        lang=options.lang,
        max_file_size=options.max_file_size,
        max_image_pixels=options.max_image_pixels,
        drain_s=options.drain,
        gateway=gateway,
        grace_s=options.grace,
        abandon_s=options.abandon_after,
        hang_s=options.hang_after,
        devices=options.devices,
        at_rest=give_back,
        workers=options.engine_workers,
        standby=options.engine_standby,
        worker_bytes=options.worker_memory,
        recycle_calls=options.recycle_after,
        recycle_bytes=options.recycle_memory,
    )


HostSnapshots: TypeAlias = tuple[SnapshotStore, bytes]
"""Where a host writes its sessions down, and the secret that signs them."""


def compose_host(
    manifest: Manifest,
    settings: Settings,
    engine: Engine | None = None,
    gateway: Gateway | None = None,
    snapshots: HostSnapshots | None = None,
) -> Host:
    """Make a host, which has yet to be started.

    Args:
        manifest: The frozen declaration.
        settings: Bounds and rules.
        engine: Where the handlers run whose bindings name no engine; threads by default.
        gateway: The place of this process among several, whose broker has the queue and the snapshots of all; `None`
            if there is no other.
        snapshots: Where sessions are written down if there is no broker.
    """
    broker = None if gateway is None else gateway.broker
    return Host(
        manifest,
        settings,
        engine=Router(engine),
        queue=_queue(manifest, settings, gateway),
        folders=TempFolders(),
        snapshots=snapshots if gateway is None or broker is None else (broker, gateway.key_for("snapshots")),
    )


async def start_host(
    manifest: Manifest,
    settings: Settings,
    engine: Engine,
    gateway: Gateway | None = None,
    snapshots: HostSnapshots | None = None,
) -> Host:
    """Make a host and start it; see `compose_host`. Nothing is left of one that could not be started."""
    host = compose_host(manifest, settings, engine, gateway, snapshots)
    try:
        await host.start()
    except BaseException:
        await host.close(0.0)
        raise
    return host


def _queue(manifest: Manifest, settings: Settings, gateway: Gateway | None) -> Callable[[], SlotQueue]:
    if gateway is None or gateway.broker is None:
        return partial(RunQueue, Admission(manifest.max_waiting, settings.max_waiting_each), settings.abandon_s)
    limits: dict[str, int] = {}
    for binding in manifest.bindings:
        if binding.concurrency_limit is not None:
            key = binding.concurrency_key
            limits[key] = min(binding.concurrency_limit, limits.get(key, binding.concurrency_limit))
    return partial(RemoteQueue, gateway.broker, settings.gateway, limits, settings.abandon_s)


def recorder_of(manifest: Manifest, options: ServerOptions) -> Recorder | None:
    """Make what writes visits down; `None` if none is to be."""
    if options.record is None and not options.record_button:
        return None
    return Recorder(Path(options.record or RECORD_FOLDER), manifest.build, manifest.title)


def record_bar_of(recorder: Recorder | None, options: ServerOptions, gateway: str) -> RecordBar | None:
    """Make the developer's button; `None` if there is to be none."""
    return RecordBar(recorder, gateway) if recorder is not None and options.record_button else None


def logins_of(options: ServerOptions, complaints: VisitorLog, gateway: Gateway | None) -> Logins | None:
    """Give the logins of the app itself; `None` if it has none."""
    if options.auth is None:
        return None
    if gateway is None:
        return Logins(options.auth, complaints=complaints)
    logins = Logins(options.auth, gateway.clock, complaints, gateway.key)
    if gateway.broker is not None:
        logins.shared, gateway.broker.on_revoked = gateway.broker, logins.revoked
    return logins


def outer_login_of(options: ServerOptions, complaints: VisitorLog) -> OuterLogin | None:
    """Give the login of an application around this one; `None` if the app asks for none."""
    ask = options.auth_dependency
    return None if ask is None else OuterLogin(ask, complaints, RefusedPage(options.lang))
