"""The transport that listens: what goes through it, and one file for a session that comes back over another one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from millstream.errors import Closed
from millstream.recording.msr import RecordKind, read
from millstream.recording.recorder import Recorder
from millstream.recording.transport import RecordingTransport
from millstream.transports.memory import MemoryTransport, connect
from millstream.wire.encoding import decode_page_message, encode_message
from millstream.wire.messages import Hello, Refuse, Set, Welcome
from millstream.wire.packet import VERSION

HELLO = encode_message(Hello(seq=1, version=VERSION, build="b", page_us=1, resume="token"))
EDIT = encode_message(Set(seq=2, component=1, value="x"))


def welcome(session: str) -> bytes:
    return encode_message(Welcome(version=VERSION, build="b", session=session, server_us=1, page_us=1, resume="token"))


async def greeted(recorder: Recorder, session: str) -> tuple[MemoryTransport, RecordingTransport]:
    page, server = connect()
    recording = RecordingTransport(server, recorder)
    await page.send(HELLO)
    assert await recording.receive() == HELLO
    await recording.send(welcome(session))
    assert await page.receive() == welcome(session)
    return page, recording


def test_a_session_that_comes_back_goes_on_in_its_file(tmp_path: Path) -> None:
    async def scene() -> None:
        first, lost = await greeted(recorder, "secret")
        await greeted(recorder, "another")
        first.lose()
        with pytest.raises(Closed):
            await lost.receive()
        second, back = await greeted(recorder, "secret")
        await second.send(EDIT)
        assert await back.receive() == EDIT
        await back.close(1000, "done")

    recorder = Recorder(tmp_path, "b")
    asyncio.run(scene())
    recorder.close()
    long, short = sorted((read(file) for file in tmp_path.iterdir()), key=lambda visit: -len(visit.records))
    kinds = [record.kind for record in long.records]
    beginning = [RecordKind.ATTACHED, RecordKind.UP, RecordKind.DOWN]
    assert kinds == [*beginning, RecordKind.LEFT, *beginning, RecordKind.UP, RecordKind.LEFT]
    assert [long.is_whole, short.is_whole] == [True, False]
    for record in long.records:
        assert b"token" not in record.body
        assert b"secret" not in record.body
    assert isinstance(decode_page_message(long.records[1].body), Hello)


def test_a_page_that_is_refused_leaves_no_file(tmp_path: Path) -> None:
    async def scene() -> None:
        page, server = connect()
        recording = RecordingTransport(server, recorder)
        await page.send(HELLO)
        await recording.receive()
        await recording.send(encode_message(Refuse(code="busy", message="later")))
        await recording.close(1013, "busy")

    recorder = Recorder(tmp_path, "b")
    asyncio.run(scene())
    recorder.close()
    assert list(tmp_path.iterdir()) == []
