"""The broker as a process of its own: two gateways, a limit, and SIGKILL."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import millstream as ms
from millstream.broker.connection import BrokerConnection, Identity
from millstream.broker.framing import framed
from millstream.broker.unix_socket import dial
from millstream.errors import Busy
from millstream.runtime.remote_queue import RemoteQueue

with ms.Blocks() as _demo:
    ms.Button().click(lambda: None)
BINDING = replace(_demo.freeze().bindings[0], concurrency_key="stream", concurrency_limit=2, stream=1)


@asynccontextmanager
async def broker(path: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    command = (sys.executable, "-m", "millstream.broker", "--socket", str(path), *options)
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        process._transport.close()


@asynccontextmanager
async def gateway(path: Path, name: str) -> AsyncIterator[tuple[BrokerConnection, RemoteQueue]]:
    connection = BrokerConnection(partial(dial, path), lambda: Identity(name))
    queue = RemoteQueue(connection, name, {"stream": 2})
    connection.start()
    try:
        await until(lambda: connection.is_enrolled)
        yield connection, queue
    finally:
        queue.close()
        await connection.close()


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time() + seconds
    while not condition():
        assert loop.time() < due, "it does not come about"
        await asyncio.sleep(0.005)


class Stream:
    """A stream that writes down when it was admitted."""

    admissions: list[Stream]

    def __init__(self, queue: RemoteQueue, admissions: list[Stream]) -> None:
        self.queue, self.admissions = queue, admissions
        self.heard: list[Any] = []
        self.ticket = queue.join(self, BINDING, f"visitor {id(self)}")

    def admitted(self) -> None:
        self.admissions.append(self)

    def extended(self) -> None: ...
    def expired(self) -> None: ...
    def surrender(self) -> None: ...

    def refused(self, error: Busy) -> None:
        self.heard.append(str(error))

    def stands(self, position: int, eta_s: float) -> None:
        self.heard.append(position)


@pytest.mark.anyio
async def test_a_broker_that_is_killed_and_started_again_changes_nothing_for_those_who_run(tmp_path: Path) -> None:
    path, admissions = tmp_path / "broker.sock", list[Stream]()
    async with (
        broker(path, "--first") as first,
        gateway(path, "g1") as (one, queue),
        gateway(path, "g2") as (two, other),
    ):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        streams = []
        for number in range(6):
            streams.append(Stream((queue, other)[number % 2], admissions))
            await until(lambda: streams[-1].ticket.has_slot or streams[-1].heard)
        assert admissions == streams[:2]
        first.send_signal(signal.SIGKILL)
        await until(lambda: not (one.is_enrolled or two.is_enrolled))
        assert [stream.heard[-1] for stream in streams[2:]] == [0] * 4, "those who wait are told"
        queue.leave(streams[0].ticket)
        async with broker(path, "--expect", "g1", "--expect", "g2"):
            began = asyncio.get_running_loop().time()
            for number, stream in enumerate(streams[1:], 1):
                await until(lambda stream=stream: stream.ticket.has_slot)
                assert sum(each.ticket.has_slot for each in streams) <= 2
                if number > 1:
                    streams[number - 1].queue.leave(streams[number - 1].ticket)
            assert admissions == streams
            assert asyncio.get_running_loop().time() - began < 8


@pytest.mark.anyio
async def test_sigterm_and_the_end_of_standard_input_end_it(tmp_path: Path) -> None:
    for end in (lambda process: process.terminate(), lambda process: process.stdin.close()):
        async with broker(tmp_path / "broker.sock", "--first") as process, gateway(tmp_path / "broker.sock", "g1"):
            end(process)
            assert await asyncio.wait_for(process.wait(), 5) == 0


@pytest.mark.anyio
async def test_bytes_that_are_no_message_close_the_connection_and_are_logged_once(tmp_path: Path) -> None:
    path = tmp_path / "broker.sock"
    async with broker(path, "--first") as process, gateway(path, "g1") as (connection, _):
        for nonsense in (framed(b"\xc1"), b"\xff\xff\xff\xff", framed(b"\x81\xa4type\xa4ping")):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(nonsense)
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            await writer.wait_closed()
        assert connection.is_enrolled
        assert process.returncode is None


@pytest.mark.anyio
async def test_snapshots_and_logins_go_from_one_gateway_to_another(tmp_path: Path) -> None:
    class Snapshots:
        def __init__(self) -> None:
            self.heard: list[object] = []

        def taken(self, key: bytes) -> None:
            self.heard.append(key)

        def forgotten(self) -> None:
            self.heard.append("forgotten")

    path, key, listener = tmp_path / "broker.sock", b"k" * 32, Snapshots()
    async with broker(path, "--first"), gateway(path, "g1") as (one, _), gateway(path, "g2") as (two, _):
        one.attach(listener)
        revoked: list[bytes] = []
        two.on_revoked = lambda login, left_s: revoked.append(login)
        one.put(key, b"head", b"body")
        one.put(key, b"newer head")
        one.revoke(b"login", 60.0)
        await until(lambda: revoked == [b"login"])
        assert await two.take(key) == (b"newer head", b"body")
        assert await two.take(b"other") is None
        await until(lambda: listener.heard == [key])
        two.put(key, b"head", b"body")
        two.drop(key)
        assert await one.take(key) is None
        waits = [await one.attempt("10.0.0.1", "anna") for _ in range(5)]
        assert waits == [0.0] * 5
        assert 0 < await two.attempt("10.0.0.1", "anna") <= 2.0, "both count together"
        assert await two.attempt("10.0.0.1", "anna", is_success=True) == 0.0
        await until(lambda: set(one.addresses) == {"g1", "g2"})


@pytest.mark.anyio
async def test_a_broker_that_stands_still_is_found_out_and_nobody_hangs(tmp_path: Path) -> None:
    path, began = tmp_path / "broker.sock", asyncio.get_running_loop().time()
    async with broker(path, "--first") as process, gateway(path, "g1") as (one, queue):
        process.send_signal(signal.SIGSTOP)
        streams = [Stream(queue, [])]
        assert await one.take(b"key") is None
        assert await one.attempt("10.0.0.1", "anna") is None
        await until(lambda: streams[0].heard and "cannot be reached" in str(streams[0].heard[-1]))
        assert asyncio.get_running_loop().time() - began < 10
        process.send_signal(signal.SIGCONT)
        await until(lambda: one.is_enrolled)
