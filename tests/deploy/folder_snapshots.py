"""Snapshots in a folder: the store of several programs on one machine that have no broker."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path

from millstream.admission import Admission
from millstream.declare.manifest import Manifest
from millstream.engines.router import Engine as Router
from millstream.jobs import Engine
from millstream.runtime.host import Host
from millstream.runtime.queue import RunQueue
from millstream.runtime.settings import Settings
from millstream.runtime.state.temp_folders import TempFolders
from millstream.server import composition
from millstream.snapshot_table import SnapshotOwner

LOOK_S = 0.1


class FolderSnapshots:
    """A `SnapshotStore`: two files for each key; whoever renames the body has taken it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: set[bytes] = set()
        self._watch: asyncio.TimerHandle | None = None

    def attach(self, owner: SnapshotOwner) -> None:
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._look()

    def put(self, key: bytes, head: bytes, body: bytes | None = None) -> None:
        if key in self._own and not self._path(key, "body").exists():
            return  # it is taken: `_look` says so
        self._own.add(key)
        for kind, data in (("head", head), ("body", body)):
            if data is not None:
                new = self._path(key, f"new-{kind}")
                new.write_bytes(data)
                new.rename(self._path(key, kind))

    async def take(self, key: bytes) -> tuple[bytes, bytes] | None:
        taken = self._path(key, "taken")
        try:
            self._path(key, "body").rename(taken)
        except FileNotFoundError:
            return None
        return self._path(key, "head").read_bytes(), taken.read_bytes()

    def drop(self, key: bytes) -> None:
        self._own.discard(key)
        with suppress(FileNotFoundError):
            self._path(key, "body").unlink()

    def _path(self, key: bytes, kind: str) -> Path:
        return self._folder / f"{key.hex()}.{kind}"

    def _look(self) -> None:
        for key in [key for key in self._own if not self._path(key, "body").exists()]:
            self._own.discard(key)
            self._owner.taken(key)
        self._loop.call_later(LOOK_S, self._look)


def share(folder: Path) -> None:
    """Have the app of this program write its sessions down in a folder, for other programs that do."""

    def composed(manifest: Manifest, settings: Settings, engine: Engine | None = None, *_: object) -> Host:
        return Host(
            manifest,
            settings,
            engine=Router(engine),
            queue=partial(RunQueue, Admission(manifest.max_waiting, settings.max_waiting_each)),
            folders=TempFolders(),
            snapshots=(FolderSnapshots(folder), b"the secret of all"),
        )

    composition.compose_host = composed
