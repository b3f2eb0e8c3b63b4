"""The page without a browser, spoken to by a server that a test plays by hand, or by a whole app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

import millstream as ms
from millstream.client.incoming import RUNS_KEPT, STREAMS_KEPT
from millstream.client.page import Page
from millstream.client.result import RESULTS_KEPT
from millstream.client.run import ClientRun
from millstream.errors import Closed, InvalidValue, Refused
from millstream.testing import TestPage
from millstream.transports.memory import MemoryTransport, connect
from millstream.wire.encoding import decode_page_message, encode_message, encode_packet
from millstream.wire.messages import Credit, Outputs, PageMessage, Refuse, RunState, Script, StreamState, Toast, Welcome
from millstream.wire.packet import CodecNumber, Flag, Packet, PacketKind

pytestmark = pytest.mark.anyio

CAMERA, TEXT = 2, 3


def manifest() -> dict[str, Any]:
    with ms.Blocks() as demo:
        with ms.Row(elem_id="row"):
            camera = ms.Image(label="Camera", sources="webcam")
            text = ms.Textbox(label="Text", elem_id="said")
        ms.Button("Go", label="Row").click(lambda: None)
        camera.stream(lambda frame: frame, camera, [camera, text])
        text.input(lambda said: said, text, text, js="(x) => x")
    assert (camera.id, text.id) == (CAMERA, TEXT)
    return dict(demo.freeze().page())


class Server:
    """The far end, played by hand."""

    def __init__(self, transport: MemoryTransport) -> None:
        self.transport = transport
        self.heard: list[PageMessage] = []

    async def say(self, *messages: Any) -> None:
        for message in messages:
            await self.transport.send(message if isinstance(message, bytes) else encode_message(message))

    async def hear(self, kind: type[PageMessage]) -> Any:
        while True:
            message = decode_page_message(await self.transport.receive())
            self.heard.append(message)
            if isinstance(message, kind):
                return message


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Page, Server]]:
    near, far = connect()
    page, server = Page(manifest(), near), Server(far)
    welcome = Welcome(version=1, build="", session="s", server_us=5_000_000, page_us=0)
    await server.say(welcome)
    await page.open()
    yield page, server
    await page.close()


def picture(call: int, flags: Flag = Flag.LAST, component: int = CAMERA, stream: int = 0) -> bytes:
    payload, flags = str(call).encode(), flags | Flag.KEY | Flag.INDEPENDENT
    return encode_packet(Packet(PacketKind.PICTURE, CodecNumber.JPEG, flags, stream, component, 1, 4, call, 0, payload))


async def settled(page: Page) -> None:
    """Wait until the page has read all that was said to it."""
    before = len(page.toasts)
    await page.wait_for(lambda: len(page.toasts) > before)


async def test_a_refusal_is_raised_with_its_code_and_leaves_nothing_running() -> None:
    before = asyncio.all_tasks()
    near, far = connect()
    await Server(far).say(Refuse(code="busy", message="Too many visitors."))
    with pytest.raises(Refused, match="Too many visitors") as refused:
        await Page(manifest(), near).open()
    assert refused.value.code == "busy"
    assert asyncio.all_tasks() == before


async def test_a_server_that_breaks_the_protocol_ends_the_page() -> None:
    near, far = connect()
    await far.send(b"\xff")
    with pytest.raises(Closed, match="not a control message"):
        await Page(manifest(), near).open()


async def test_elements_are_found_by_number_name_and_themselves(ends: tuple[Page, Server]) -> None:
    page, _ = ends
    assert page.find("Camera") == page.find(CAMERA) == CAMERA
    assert page.find("said") == TEXT
    assert page.elements.can(page.find("Go"), "shows_caption")
    assert page.find("Row") == page.find("Go"), "a component goes before a layout"
    row = page.find("row")
    assert page.props[row]["elem_id"] == "row"
    with pytest.raises(InvalidValue, match="is a layout"):
        page.find_component("row")
    for unknown in ("Nothing", 99):
        with pytest.raises(InvalidValue, match=r"0 components are called .* Camera, Row, Text, row"):
            page.find(unknown)


async def test_updates_reach_values_and_properties_of_layouts_too(ends: tuple[Page, Server]) -> None:
    page, server = ends
    updates = {TEXT: {"value": "new", "label": "New"}, page.find("row"): {"visible": False}}
    await server.say(Outputs(call=1, updates=updates), Toast(level="info", message=""))
    await settled(page)
    assert page.values[TEXT] == "new"
    assert page.find("New") == TEXT
    assert page.props[page.find("row")]["visible"] is False
    assert "value" not in page.props[TEXT]


async def test_an_announced_result_is_applied_when_its_last_frame_is_there(ends: tuple[Page, Server]) -> None:
    page, server = ends
    await server.say(Outputs(call=1, packets=2, updates={TEXT: {"value": "one"}}))
    await server.say(picture(1, Flag.NONE), Toast(level="info", message=""))
    await settled(page)
    assert page.values[TEXT] == ""
    await server.say(picture(1), Toast(level="info", message=""))
    await settled(page)
    assert page.values[TEXT] == "one"
    assert isinstance(page.values[CAMERA], Packet)


async def test_a_result_that_was_announced_before_another_does_not_undo_it(ends: tuple[Page, Server]) -> None:
    page, server = ends
    await server.say(
        Outputs(call=1, packets=1, updates={TEXT: {"value": "older", "label": "Older", "info": "kept"}}),
        Outputs(call=2, updates={TEXT: {"value": "newer", "label": "Newer"}}),
        picture(1),
        Toast(level="info", message=""),
    )
    await settled(page)
    props = page.props[TEXT]
    assert (page.values[TEXT], props["label"], props["info"]) == ("newer", "Newer", "kept")


async def test_frames_alone_are_one_result_when_the_last_one_is_there(ends: tuple[Page, Server]) -> None:
    page, server = ends
    recording = await page.record(CAMERA)
    await server.say(
        picture(1, Flag.NONE, stream=1),
        picture(1, component=TEXT, stream=1),
        Toast(level="info", message=""),
    )
    await settled(page)
    [result] = recording.first.results
    assert (result.source, set(result.values)) == (4, {CAMERA, TEXT})
    assert result.age_s is None, "nothing with this sequence was sent"


async def test_receipts_give_credit_for_each_stream_apart(ends: tuple[Page, Server]) -> None:
    page, server = ends
    await page.record(CAMERA)
    while not isinstance(server.heard[-1] if server.heard else None, Credit) or server.heard[-1].stream != 1:
        await server.hear(Credit)
    await server.say(picture(1, stream=1), picture(2))
    first, second = await server.hear(Credit), await server.hear(Credit)
    assert [(first.stream, first.limit), (second.stream, second.limit)] == [(1, 3), (0, 3)]


async def test_what_concerns_unknown_streams_and_scripts_is_ignored(ends: tuple[Page, Server]) -> None:
    page, server = ends
    await server.say(StreamState(stream=9, state="running"), Credit(stream=9, limit=4), Script(binding=0))
    await server.say(Toast(level="info", message=""))
    await settled(page)
    assert page.closed is None


async def test_what_is_remembered_is_bounded(ends: tuple[Page, Server]) -> None:
    page, server = ends
    page.runs[1] = run = ClientRun(1, 0)
    for call in range(RUNS_KEPT + 10):
        await server.say(RunState(run=0, call=call, binding=1, state="done"), Outputs(call=call, run=1))
    await server.say(Toast(level="info", message=""))
    await settled(page)
    assert list(page.server_runs) == list(range(10, RUNS_KEPT + 10))
    assert [result.call for result in run.results] == list(range(RUNS_KEPT + 10))[-RESULTS_KEPT:]


async def test_what_a_page_did_long_ago_is_forgotten(ends: tuple[Page, Server]) -> None:
    page, server = ends
    waiting = page._incoming.begin(0)
    for _ in range(RUNS_KEPT + 10):
        page._incoming.begin(0).state = "done"
    assert waiting.number in page.runs
    assert (len(page.runs), max(page.runs)) == (RUNS_KEPT, RUNS_KEPT + 11)
    for number in range(1, STREAMS_KEPT + 11):
        recording = await page.record(CAMERA)
        await server.say(StreamState(stream=number, state="ended", reason="user"))
        await page.wait_for(lambda recording=recording: recording.is_over)
    assert list(page.streams) == list(range(10, STREAMS_KEPT + 11))


async def test_clocks_are_compared(ends: tuple[Page, Server]) -> None:
    page, _ = ends
    assert abs(page.link.clock_offset_us + page.now_us() - 5_000_000) < 1_000_000


async def test_an_event_with_a_script_needs_a_browser(ends: tuple[Page, Server]) -> None:
    page, _ = ends
    with pytest.raises(InvalidValue, match="js="):
        await page.fire(TEXT, "input")


async def test_an_event_that_the_component_does_not_have_is_a_mistake(ends: tuple[Page, Server]) -> None:
    page, _ = ends
    message = r"'Text' has no event 'sumbit'; did you mean 'submit'\?; its events are blur, change, .*submit"
    with pytest.raises(InvalidValue, match=message):
        await page.fire(TEXT, "sumbit")
    assert await page.fire(TEXT, "submit") == [], "nothing listens to it, which is no mistake"
    assert await page.fire(1, "whatever") == [], "it is a layout, of which nothing is known"


async def test_only_what_streams_can_record(ends: tuple[Page, Server]) -> None:
    page, _ = ends
    with pytest.raises(InvalidValue, match=r"\.stream"):
        await page.record(TEXT)


async def test_a_lost_link_ends_streams_and_whoever_waits(ends: tuple[Page, Server]) -> None:
    page, server = ends
    recording = await page.record(CAMERA)
    waiting = asyncio.ensure_future(page.wait_for(lambda: False))
    server.transport.lose()
    with pytest.raises(Closed, match="1006"):
        await waiting
    assert recording.is_over
    assert recording.first.reason == "closed"
    with pytest.raises(Closed):
        recording.check()
    await page.close()
    await page.close()


async def test_what_came_before_the_end_is_read_although_nothing_can_be_sent_any_more(
    ends: tuple[Page, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the server has closed the connection, and what it sent before waits to be read."""
    page, server = ends
    sent: list[bytes] = []

    async def send(message: bytes) -> None:
        sent.append(message)
        raise Closed("the connection is closed")

    monkeypatch.setattr(page.link.transport, "send", send)
    await server.say(*(Outputs(call=call, updates={TEXT: {"value": f"{call}"}}) for call in range(1, 200)))
    await page.wait_for(lambda: page.values[TEXT] == "199")
    assert sent, "it has tried to acknowledge"
    await server.transport.close(1012, "the app is being restarted")
    with pytest.raises(Closed, match="1012"):
        await page.wait_for(lambda: False)


async def test_a_server_that_does_not_read_does_not_hold_up_the_goodbye(
    ends: tuple[Page, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.client.page.GOODBYE_S", 0.01)
    page, server = ends
    stuck = asyncio.ensure_future(page.send_packet(bytes(300_000)))
    also = asyncio.ensure_future(page.send_packet(bytes(300_000)))
    await page.close()
    await asyncio.gather(stuck, also, return_exceptions=True)
    assert server.transport.code == 1001


def test_a_recording_that_ends_by_itself_fires_stop_recording_once() -> None:
    stops: list[str] = []
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        stop = ms.Button("Cancel")
        streams = [camera.stream(lambda frame: None, camera, None) for _ in range(2)]
        camera.start_recording(lambda: stops.append("start"))
        camera.stop_recording(lambda: stops.append("stop"))
        stop.click(None, None, None, cancels=streams)
    with TestPage(demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        page.click("Cancel")
        page.advance(0.1)
        recording.stop()
        page.advance(0.1)
    assert stops == ["start", "stop"]
