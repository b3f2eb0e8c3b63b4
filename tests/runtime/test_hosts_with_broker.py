"""Two hosts of one app with a broker between them, in one process: what users see when it dies. On virtual time."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import numpy as np
import pytest
from tests.runtime.test_host import virtual
from tests.runtime.test_queues import serve

import millstream as ms
from millstream.broker.broker import Broker
from millstream.broker.connection import BrokerConnection, Identity
from millstream.broker.state import BrokerState
from millstream.client.page import Page
from millstream.declare.injected import Request
from millstream.engines.thread import Engine
from millstream.runtime.host import Host, Settings
from millstream.runtime.remote_queue import RemoteQueue
from millstream.runtime.state.temp_folders import TempFolders
from millstream.snapshot_table import KEEP_S
from millstream.transports.memory import MemoryTransport, connect


class Cluster:
    """Two hosts, and a broker that can be killed. With a grace period it has the snapshots of their sessions, too."""

    def __init__(self, demo: ms.Blocks, grace_s: float = 0.0) -> None:
        self.manifest = demo.freeze()
        self.state = BrokerState(0.0, is_first=True)
        self.broker: Broker | None = Broker(self.state)
        self.ways: list[MemoryTransport] = []
        self.tasks: list[asyncio.Task[None]] = []
        limits = {each.concurrency_key: 1 for each in self.manifest.bindings if each.concurrency_limit == 1}
        self.hosts, self.connections = [], []
        for name in ("g1", "g2"):
            connection = BrokerConnection(self.dial, partial(Identity, name))
            engine = Engine(grace_s=0.1)
            asyncio.get_running_loop().watch(lambda engine=engine: engine.is_busy)  # type: ignore[attr-defined]
            queue = partial(RemoteQueue, connection, name, limits, 30.0)
            parts: dict[str, Any] = {"engine": engine, "queue": queue, "folders": TempFolders()}
            parts["snapshots"] = (connection, b"s" * 32) if grace_s else None
            self.hosts.append(Host(self.manifest, Settings(grace_s=grace_s), **parts))
            self.connections.append(connection)

    async def start(self) -> None:
        for host, connection in zip(self.hosts, self.connections, strict=True):
            await host.start()
            connection.start()
        await asyncio.sleep(0.01)

    async def dial(self) -> MemoryTransport:
        if self.broker is None:
            raise ConnectionRefusedError("nobody listens")
        near, far = connect()
        self.ways.append(near)
        self.tasks.append(asyncio.ensure_future(serve(self.broker, far)))
        return near

    async def kill_broker(self) -> None:
        assert self.broker is not None
        self.broker.close()
        self.broker = None
        for way in self.ways:
            way.lose()
        await asyncio.sleep(0.01)

    def start_broker(self) -> None:
        self.state = BrokerState(asyncio.get_running_loop().time(), expected=["g1", "g2"])
        self.broker = Broker(self.state)

    async def page(self, number: int) -> Page:
        near, far = connect()
        self.tasks.append(asyncio.ensure_future(self.hosts[number].serve(far, Request(), f"visitor {len(self.tasks)}")))
        page = Page(self.manifest.page(), near)
        await page.open()
        return page

    async def close(self) -> None:
        for host, connection in zip(self.hosts, self.connections, strict=True):
            await host.close(0)
            await connection.close()
        await asyncio.gather(*self.tasks)
        if self.broker is not None:
            self.broker.close()


def declared(unloaded: list[str]) -> ms.Blocks:
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: frame, camera, camera, stream_every=0.0, concurrency_limit=1, time_limit=None)
        ms.Button("Go").click(lambda: None, None, None, concurrency_limit=1)
        demo.unload(lambda: unloaded.append("unload"))
    return demo


@virtual
async def test_a_stream_goes_on_while_the_broker_is_away_and_the_next_has_its_slot_afterwards() -> None:
    cluster = Cluster(declared([]))
    await cluster.start()
    pages = [await cluster.page(number) for number in (0, 1, 0)]
    recordings = []
    for page in pages:
        recordings.append(await page.record(page.find("Camera")))
        await recordings[-1].first.wait_for_state("running" if page is pages[0] else "waiting")
    streams = [recording.first for recording in recordings]
    await cluster.kill_broker()
    await recordings[0].feed(np.full((16, 16, 3), number, np.uint8) for number in range(5))
    assert [stream.state for stream in streams] == ["running", "waiting", "waiting"]
    cluster.start_broker()
    await asyncio.sleep(1.0)
    assert [stream.state for stream in streams] == ["running", "waiting", "waiting"]
    await pages[0].close()
    await streams[1].wait_for_state("running")
    assert [stream.state for stream in streams[1:]] == ["running", "waiting"]
    await pages[1].close()
    await streams[2].wait_for_state("running")
    await pages[2].close()
    await cluster.close()


@virtual
async def test_without_a_broker_runs_and_streams_are_turned_away_in_words(caplog: pytest.LogCaptureFixture) -> None:
    unloaded: list[str] = []
    cluster = Cluster(declared(unloaded))
    await cluster.start()
    page = await cluster.page(0)
    await cluster.kill_broker()
    began = asyncio.get_running_loop().time()
    recording = await page.record(page.find("Camera"))
    (run,) = await page.fire(page.find("Go"), "click")
    await recording.first.wait_for_state("ended")
    await page.wait_for(lambda: run.is_over)
    assert asyncio.get_running_loop().time() - began < 5.0
    assert "cannot be reached" in run.error
    assert "cannot be reached" in recording.first.error
    await page.close()
    await cluster.close()
    assert unloaded == []
    assert "is not called for a page that has gone: The queue cannot be reached" in caplog.text


@virtual
async def test_what_nobody_goes_on_with_ends_120_s_after_its_gateway_was_drained_and_has_gone() -> None:
    unloaded: list[str] = []
    cluster = Cluster(declared(unloaded), grace_s=30.0)
    await cluster.start()
    pages = [await cluster.page(0) for _ in range(3)]
    table = cluster.state._snapshots
    await cluster.hosts[0].close(5.0)
    assert unloaded == ["unload"] * 3
    await asyncio.sleep(2 * KEEP_S)
    kept = len(table)
    assert kept >= 3, "the gateway is still there"
    await cluster.connections[0].close()
    await asyncio.sleep(KEEP_S - 0.1)
    assert len(table) == kept
    await asyncio.sleep(0.2)
    assert (len(table), table.size) == (0, 0)
    for page in pages:
        await page.close()
    await cluster.close()
