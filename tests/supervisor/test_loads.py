import asyncio
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.live import echo

from millstream.server.app import create_app
from millstream.server.gateways.gateway import Gateway
from millstream.server.gateways.siblings import FolderSiblings
from millstream.server.options import ServerOptions
from millstream.server.process.network import listen
from millstream.server.serving import Server
from millstream.supervisor.loads import SEATS, Loads


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=8))
def test_whoever_has_fewest_is_the_least(counts: list[int]) -> None:
    with TemporaryDirectory() as folder:
        members = [Loads(Path(folder), seat) for seat in range(len(counts))]
        for member, count in zip(members, counts, strict=True):
            member.note(count)
        assert [member.is_least(count) for member, count in zip(members, counts, strict=True)] == [
            count == min(counts) for count in counts
        ]
        for member in members:
            member.close()


def test_one_that_has_gone_does_not_count(tmp_path: Path) -> None:
    supervisor, first, last = Loads(tmp_path), Loads(tmp_path, 0), Loads(tmp_path, SEATS - 1)
    last.note(0)
    first.note(5)
    assert not first.is_least(5)
    supervisor.clear(SEATS - 1)
    assert first.is_least(5)
    last.note(0)
    assert not first.is_least(5)
    last.leave()
    assert first.is_least(5)
    supervisor.note(3)
    supervisor.leave()
    assert first.is_least(5)
    for one in (supervisor, first, last):
        one.close()


@pytest.mark.parametrize("is_gateway", [False, True])
def test_a_blocked_gateway_leaves_connections_to_its_siblings(tmp_path: Path, *, is_gateway: bool) -> None:
    loads = Loads(tmp_path, 0)
    gateway = Gateway(FolderSiblings(tmp_path, "g1"), b"k" * 32, loads=loads) if is_gateway else None
    with listen("127.0.0.1", 0, 1) as listener:
        server = Server(create_app(echo(), ServerOptions.resolve({}, {}), gateway), listener)
        server.config.load()

        async def has_side_door() -> bool:
            door = await server._open()
            server.servers.pop().close()
            return door is not None

        assert asyncio.run(has_side_door()) != is_gateway
    loads.close()


def test_a_server_that_ends_does_not_keep_others_from_accepting(tmp_path: Path) -> None:
    own, other = Loads(tmp_path, 0), Loads(tmp_path, 1)
    gateway = Gateway(FolderSiblings(tmp_path, "g1"), b"k" * 32, loads=own)
    app = create_app(echo(), ServerOptions.resolve({}, {}), gateway)
    with socket() as listener:
        server = Server(app, listener)
        own.note(0)
        assert not other.is_least(5)
        server.should_exit = True
        server._note_load(own)
        server._is_least(own)
        assert other.is_least(5)
    for one in (own, other):
        one.close()
