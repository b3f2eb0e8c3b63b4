"""One page's life: hello, what it may not say, how it ends, and that nothing of it is left."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as ms
from millstream.declare.injected import Request
from millstream.errors import Closed
from millstream.runtime.settings import Settings
from millstream.testing.page import TestPage
from millstream.transports.memory import MemoryTransport, connect
from millstream.wire.encoding import decode_server_message, encode_message
from millstream.wire.messages import Clock, Credit, Hello, Open, Refuse, Shown, Stop, Visible, Welcome
from millstream.wire.packet import VERSION, is_packet


def simple() -> ms.Blocks:
    with ms.Blocks() as demo:
        camera, text = ms.Image(label="Camera", sources="webcam"), ms.Textbox(label="Text")
        camera.stream(lambda frame: frame, camera, camera, stream_every=0.0)
        ms.Button("Go").click(lambda text: text + "!", text, text)
    return demo


def pictures(count: int) -> list[np.ndarray]:
    return [np.full((16, 16, 3), number, np.uint8) for number in range(count)]


def raw(page: TestPage, *messages: Any) -> tuple[MemoryTransport, list[Any]]:
    """Say something on a connection of its own; gives what came back within a minute."""
    near, far = page.run(_connected())
    serving = page.start(page.host.serve(far, Request()))
    page.run(_said(near, messages))
    page.advance(60)
    answers = []
    while (data := page.run(_received(near))) is not None:
        answers.append(data if is_packet(data) else decode_server_message(data))
    if near.code is not None:
        serving.result()
    else:
        page.run(near.close(1001, ""))
        serving.result()
    return near, answers


async def _connected() -> tuple[MemoryTransport, MemoryTransport]:
    return connect()


async def _said(transport: MemoryTransport, messages: Sequence[Any]) -> None:
    for message in messages:
        await transport.send(message if isinstance(message, bytes) else encode_message(message))


async def _received(transport: MemoryTransport) -> bytes | None:
    try:
        async with asyncio.timeout(0.01):
            return await transport.receive()
    except (TimeoutError, Closed):
        return None


def hello(**fields: Any) -> Hello:
    return Hello(**{"seq": 1, "version": VERSION, "build": "", "page_us": 5, **fields})


# ---- hello -----------------------------------------------------------------------------------------------------


def test_hello_is_answered_by_welcome_with_a_secret() -> None:
    with TestPage(simple()) as page:
        secrets = set()
        for _ in range(3):
            transport, (welcome, *_) = raw(page, hello())
            assert isinstance(welcome, Welcome)
            assert (welcome.version, welcome.page_us, welcome.seq, welcome.resumed) == (VERSION, 5, 1, False)
            assert len(welcome.session) >= 43
            secrets.add(welcome.session)
            assert transport.code == 1001
        assert len(secrets) == 3


@pytest.mark.parametrize("fields", [{"version": 2}, {"build": "of yesterday"}])
def test_another_version_is_refused_with_the_request_to_reload(fields: dict[str, Any]) -> None:
    with TestPage(simple()) as page:
        _, (refuse,) = raw(page, hello(**fields))
        assert isinstance(refuse, Refuse)
        assert refuse.code == "version"
        assert "reload" in refuse.message


def test_too_many_pages_are_refused_as_busy() -> None:
    with TestPage(simple(), settings=Settings(max_sessions=1)) as page:
        _, (refuse,) = raw(page, hello())
        assert isinstance(refuse, Refuse)
        assert refuse.code == "busy"


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (Clock(seq=1, page_us=1), 1002),
        (b"\x01" + bytes(31), 1002),
        (b"\xff\xff", 1002),
        (b"", 1002),
    ],
)
def test_a_connection_that_does_not_begin_with_hello_is_closed(first: Any, code: int) -> None:
    with TestPage(simple()) as page:
        transport, answers = raw(page, first)
        assert (transport.code, answers) == (code, [])


def test_a_connection_that_says_nothing_is_closed() -> None:
    with TestPage(simple()) as page:
        transport, _ = raw(page)
        assert transport.code == 1008


# ---- what a page may not say -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([hello(seq=2)], 1002),
        ([b"\x81\xa4type\xa4what"], 1002),
        ([b"\x01short"], 1002),
        ([Open(seq=2, stream=1, binding=99)], 4404),
        ([Open(seq=2, stream=1, binding=1)], 4404),
        ([Open(seq=2, stream=0, binding=0)], 1002),
        ([Open(seq=2, stream=2**32, binding=0)], 1002),
        ([Open(seq=2, stream=2, binding=0), Open(seq=3, stream=2, binding=0)], 1002),
    ],
)
def test_nonsense_closes_the_connection(messages: list[Any], code: int, caplog: pytest.LogCaptureFixture) -> None:
    with TestPage(simple()) as page:
        transport, _ = raw(page, hello(), *messages)
        assert transport.code == code
    assert len(caplog.records) == 1
    assert len(caplog.records[0].getMessage()) < 400
    assert caplog.records[0].exc_info is None


@pytest.mark.parametrize(
    "message",
    [
        Stop(seq=2, stream=7, final=0),
        Credit(seq=2, stream=7, limit=9),
        Shown(seq=2, stream=7, component=1, sequence=1, page_us=1),
        Visible(seq=2, hidden=True),
        Clock(seq=1, page_us=1),
    ],
)
def test_what_comes_late_or_twice_is_ignored(message: Any) -> None:
    with TestPage(simple()) as page:
        transport, answers = raw(page, hello(), message)
        assert transport.code == 1001
        assert [type(answer) for answer in answers] == [Welcome]


def test_a_flood_of_messages_is_cut_off() -> None:
    with TestPage(simple(), settings=Settings(messages_per_s=100)) as page:
        transport, _ = raw(page, hello(), *(Clock(seq=n, page_us=n) for n in range(2, 300)))
        assert transport.code == 1008


def test_clocks_are_compared() -> None:
    with TestPage(simple(), latency_s=0.1) as page:
        page.run(page.page.send(Clock(page_us=round(page.now * 1e6))))
        page.advance(1)
        assert abs(page.page.link.clock_offset_us) < 1000


def test_a_session_may_not_open_any_number_of_streams() -> None:
    with TestPage(simple(), settings=Settings(max_streams=2)) as page:
        recordings = [page.record("Camera") for _ in range(3)]
        page.advance(0.1)
        assert recordings[2].streams[0].reason == "busy"
        assert page.page.closed is None


def test_frames_on_the_glass_are_counted() -> None:
    with TestPage(simple()) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed(pictures(3))
        captured_us = round(page.now * 1e6)
        page.run(page.page.send(Shown(stream=1, component=1, sequence=2, page_us=captured_us)))
        page.run(page.page.send(Shown(stream=1, component=1, sequence=99, page_us=captured_us)))
        recording.stop()
        ended: Any = page.host.statistics()["ended_streams"]
        assert ended["glass"]["count"] == 1
        assert 0 < ended["glass"]["max_s"] < 0.2


# ---- ends ------------------------------------------------------------------------------------------------------


def test_a_page_that_takes_no_messages_is_closed() -> None:
    with TestPage(simple(), settings=Settings(max_control=20, messages_per_s=1e6)) as page:
        (session,) = page.host.sessions.values()
        transport: Any = page.page.link.transport
        transport.incoming.is_stalled = True
        with pytest.raises(Closed, match="1013"):
            page.run(_said(transport, [Clock(seq=number, page_us=number) for number in range(10, 20_000)]))
        page.advance(1)
        assert transport.code == 1013
        assert session.gone.done()


def perishable(deleted: list[object], **options: Any) -> ms.Blocks:
    with ms.Blocks() as demo:
        state = ms.State(["fresh"], delete_callback=deleted.append, **options)
        text = ms.Textbox(label="Text")
        ms.Button("Set").click(lambda: ["used"], None, state)
        ms.Button("Get").click(lambda value: value[0], state, text)
        demo.unload(lambda: deleted.append("unload"))
    return demo


@pytest.mark.parametrize("how", ["close", "drop"])
def test_values_are_handed_to_their_callback_at_the_end(how: str) -> None:
    deleted: list[object] = []
    with TestPage(perishable(deleted)) as one:
        two = one.another()
        two.click("Set")
        getattr(two, how)()
        one.advance(1)
        assert deleted == ["unload", ["used"]]
        two.close()


def test_values_are_dropped_after_their_time_to_live() -> None:
    deleted: list[object] = []
    with TestPage(perishable(deleted, time_to_live=10)) as page:
        page.click("Set")
        page.advance(8)
        page.click("Set")
        page.advance(8)
        assert deleted == []
        page.click("Get")
        assert page.value("Text") == "used"
        page.advance(3)
        assert deleted == [["used"]]
        page.click("Get")
        assert page.value("Text") == "fresh"


def test_what_takes_the_place_of_a_dropped_value_is_dropped_only_after_it_was_written() -> None:
    deleted: list[object] = []
    with TestPage(perishable(deleted, time_to_live=10)) as page:
        page.advance(100)
        assert deleted == [["fresh"]], "the page has never written anything"
        page.click("Set")
        page.advance(100)
        assert deleted == [["fresh"], ["used"]]


def test_a_callback_that_fails_or_takes_too_long_does_not_hold_up_the_end(caplog: pytest.LogCaptureFixture) -> None:
    def fail(value: object) -> None:
        raise ValueError("in the callback")

    async def forever() -> None:
        await asyncio.Event().wait()

    with ms.Blocks() as demo:
        ms.State(1, delete_callback=fail)
        demo.unload(forever)
    with TestPage(demo, settings=Settings(farewell_s=2)) as one:
        two = one.another()
        two.close()
        one.advance(3)
        assert len(one.host.sessions) == 1
        assert "take too long" in caplog.text
    with ms.Blocks() as other:
        ms.State(1, delete_callback=fail)
    with TestPage(other):
        pass
    assert "delete_callback of State failed" in caplog.text


def test_a_mistake_of_ours_costs_one_event_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with TestPage(simple()) as page:
        (session,) = page.host.sessions.values()  # type: ignore[union-attr]

        def fail(binding: object, message: object) -> None:
            raise KeyError("a bug")

        with monkeypatch.context() as broken:
            broken.setattr(session.events, "_occurrence", fail)
            page.click("Go", wait=False)
            page.advance(1)
        assert "a bug" in page.toasts[-1].message, "TestPage shows errors"
        page.set("Text", "a")
        page.click("Go")
        assert page.value("Text") == "a!"
    assert len(caplog.records) == 1


def test_a_mistake_of_ours_in_the_background_costs_no_session(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise KeyError("a bug")

    with TestPage(simple()) as page:
        (session,) = page.host.sessions.values()  # type: ignore[union-attr]
        page.run(asyncio.wait([session._background.start(fail())]))
        page.set("Text", "a")
        page.click("Go")
        assert page.value("Text") == "a!"
    assert len(caplog.records) == 1


def test_files_of_a_session_go_with_it(tmp_path: Path) -> None:
    with TestPage(simple()) as one:
        two = one.another()
        value: Any = two.run(two.upload("a.txt", "text/plain", b"hello"))
        assert two.run(two.download(value["file"])) == b"hello"
        with pytest.raises(Exception, match="no file"):
            one.run(one.download(value["file"]))
        two.close()
        one.advance(1)
        assert one.host.file("visitor 2", value["file"]) is None
