"""A link that is cut, delayed or half open, at any moment: nothing is lost, nothing comes twice, and nobody is late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from functools import wraps
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream as ms
from millstream.client.received import Received
from millstream.declare.injected import Request
from millstream.engines.inline import Engine
from millstream.errors import Closed
from millstream.runtime.alarm import Alarm
from millstream.runtime.clock import SessionClock
from millstream.runtime.host import Host, Settings
from millstream.runtime.link import MAX_KEPT, TRANSITIONS, LinkEvent, LinkState, SessionLink, Unacknowledged
from millstream.runtime.send.sender import Sender, keep
from millstream.server.composition import compose_host
from millstream.testing.virtual import VirtualLoop
from millstream.transports.memory import MemoryTransport, connect
from millstream.wire.encoding import decode_packet, decode_server_message, encode_message
from millstream.wire.limits import ACK_MESSAGES
from millstream.wire.messages import Bye, Clock, Credit, Fire, Hello, Open, Outputs, RunState, StreamState, Welcome
from millstream.wire.packet import VERSION, CodecNumber, Flag, Packet, PacketKind, is_packet

STEPS = 20
STEP_S = 0.1
RATE = 16_000

Scene = Callable[..., Coroutine[Any, Any, None]]


def virtual(scene: Scene) -> Callable[..., None]:
    @wraps(scene)
    def run(*arguments: Any, **keywords: Any) -> None:
        loop = VirtualLoop()
        try:
            loop.run_until_complete(scene(*arguments, **keywords))
        finally:
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0.1))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    return run


# ---- the states ----------------------------------------------------------------------------------------------------


def documented() -> Iterator[tuple[LinkState, LinkEvent, str]]:
    """Read the table in the docstring of `SessionLink`."""
    lines = [line.strip() for line in (SessionLink.__doc__ or "").splitlines() if line.strip().startswith("|")]
    head, _, *rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]
    for state, *cells in rows:
        for event, after in zip(head[1:], cells, strict=True):
            yield LinkState(state), LinkEvent(event), after


def test_the_table_of_the_docstring_names_every_state_and_event() -> None:
    assert [(state, event) for state, event, _ in documented()] == list(product(LinkState, LinkEvent))


@pytest.mark.parametrize(("state", "event", "after"), list(documented()), ids=lambda each: getattr(each, "value", each))
@virtual
async def test_a_link_goes_where_the_table_says(state: LinkState, event: LinkEvent, after: str) -> None:
    link = await in_state(state)
    if after == "Closed":
        with pytest.raises(Closed):
            await link.serve(connect()[1])
        return
    assert TRANSITIONS.get((state, event), state) is LinkState(after or state)
    await cause(link, event)
    assert link.state is LinkState(after or state)
    assert link.clock.is_stopped is (link.state is not LinkState.ATTACHED)


async def in_state(state: LinkState) -> SessionLink:
    link = SessionLink(60.0, lambda _: None)
    await cause(link, LinkEvent.ATTACH)
    if state is LinkState.LOST:
        link.lose("cut")
    elif state is LinkState.GIVEN_UP:
        link.end()
    return link


async def cause(link: SessionLink, event: LinkEvent) -> None:
    match event:
        case LinkEvent.ATTACH:
            serving = asyncio.ensure_future(link.serve(connect()[1], _listen))
            await asyncio.sleep(0)
            link.serving = serving  # type: ignore[attr-defined]  # a task that nobody holds may vanish
        case LinkEvent.LOSE:
            link.lose("cut")
        case LinkEvent.EXPIRE:
            await asyncio.sleep(60)
        case LinkEvent.END:
            link.end()


async def _listen(transport: MemoryTransport) -> None:
    await transport.receive()


# ---- the store -----------------------------------------------------------------------------------------------------


@given(st.lists(st.booleans(), max_size=40), st.data())
def test_what_the_page_has_is_let_go_and_the_rest_is_kept_in_order(kinds: list[bool], data: st.DataObject) -> None:
    kept, sent, seen, audio = Unacknowledged(), [], 0, 0
    marks = [(0, 0)]
    for number, is_audio in enumerate(kinds):
        message = bytes([number])
        sent.append(message)
        if is_audio:
            audio += 1
            kept.audio += 1
            keep(kept, kept.seen, message)
        else:
            seen += 1
            keep(kept, seen, message)
        marks.append((seen, audio))
    known = 0
    for at in data.draw(st.lists(st.integers(0, len(kinds)), max_size=4)):
        kept.acknowledge(*marks[at])
        known = max(known, at)
        assert kept.messages() == sent[known:]


def test_a_page_that_acknowledges_nothing_is_sent_no_more_than_may_be_kept() -> None:
    kept = Unacknowledged()
    for seq in range(1, MAX_KEPT):
        keep(kept, seq, b"")
    assert kept.has_room
    keep(kept, MAX_KEPT, b"")
    assert not kept.has_room
    kept.acknowledge(1, 0)
    assert kept.has_room
    keep(kept, MAX_KEPT + 1, bytes(16 * 1024 * 1024))
    assert not kept.has_room
    kept.clear()
    assert kept.has_room
    assert len(kept) == 0


@virtual
async def test_without_a_grace_period_nothing_is_kept() -> None:
    for grace_s, kept in ((0.0, 0), (60.0, 3)):
        link = SessionLink(grace_s, lambda reason: None)
        sender, (page, transport) = Sender(10, lambda: None, None, link.clock, link.kept), connect()
        sender.send(Clock(page_us=1))
        sender.send(Clock(page_us=2))
        sender.play(Packet(PacketKind.SOUND, CodecNumber.PCM16, Flag.KEY, 1, 1, 1, 0, 1, 0, b"12"))
        writing = asyncio.create_task(sender.write(transport))
        for _ in range(3):
            await page.receive()
        writing.cancel()
        assert len(link.kept) == kept


# ---- the clock -----------------------------------------------------------------------------------------------------


@virtual
async def test_a_stopped_clock_rings_later_by_what_was_lost() -> None:
    loop, clock, rung = asyncio.get_running_loop(), SessionClock(), []
    began = loop.time()
    alarm = Alarm(lambda: rung.append(loop.time() - began), pytest.fail, clock)
    alarm.set(clock.time() + 10)
    cancelled = clock.call_at(clock.time() + 10, lambda: rung.append(-1))
    for _ in range(2):
        await asyncio.sleep(2)
        clock.stop()
        at = clock.time()
        await asyncio.sleep(20)
        assert clock.time() == at
        clock.resume()
    cancelled.cancel()
    await asyncio.sleep(20)
    assert rung == pytest.approx([50])


@virtual
async def test_a_timeout_waits_while_the_clock_stands_still() -> None:
    loop, clock = asyncio.get_running_loop(), SessionClock()
    began = loop.time()
    loop.call_later(1, clock.stop)
    loop.call_later(31, clock.resume)
    with pytest.raises(TimeoutError):
        async with clock.timeout(5):
            await asyncio.sleep(1000)
    assert loop.time() - began == pytest.approx(35)
    async with clock.timeout(5):
        await asyncio.sleep(1)
    await asyncio.sleep(10)


# ---- a session -----------------------------------------------------------------------------------------------------


class StubbornPage:
    """A page that comes back, however often it is cut off, and notes everything that it ever gets."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.secret = self.token = ""
        self.welcomes: list[Welcome] = []
        self.messages: list[Any] = []
        self.packets: list[Packet] = []
        self.near: MemoryTransport
        self.serving: list[asyncio.Task[None]] = []
        self._received = Received()
        self._seq = 0
        self._reading: asyncio.Task[None]
        self._changed = asyncio.Event()

    async def open(self, *, latency_s: float = 0.0, buffer_bytes: int = 1024 * 1024) -> None:
        """Say hello, and wait for the welcome."""
        self.near, far = connect(latency_s=latency_s, buffer_bytes=buffer_bytes)
        self.serving.append(asyncio.ensure_future(self.host.serve(far, Request(), "me")))
        self._reading = asyncio.ensure_future(self._read(self.near))
        await self.say(Hello(version=VERSION, build="", page_us=0))
        await self.wait(lambda: bool(self.welcomes))
        self.secret = self.welcomes[0].session

    async def come_back(self, *, latency_s: float = 0.0) -> None:
        """Come back over another transport, whatever has become of the one before."""
        self._reading.cancel()
        self.near, far = connect(latency_s=latency_s)
        self.serving.append(asyncio.ensure_future(self.host.serve(far, Request(), "me")))
        self._reading = asyncio.ensure_future(self._read(self.near))
        ack = self._received.ack
        again = Hello(version=VERSION, build="", page_us=0, resume=self.token, seen=ack.seen, audio=ack.audio)
        await self.near.send(encode_message(again))
        await asyncio.sleep(0)

    async def say(self, message: Any) -> None:
        self._seq += 1
        message.seq = self._seq
        await self.near.send(encode_message(message))

    async def wait(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def _read(self, transport: MemoryTransport) -> None:
        try:
            while True:
                data = await transport.receive()
                said = decode_packet(data) if is_packet(data) else decode_server_message(data)
                if isinstance(said, Packet):
                    self.packets.append(said)
                elif isinstance(said, Welcome):
                    self.welcomes.append(said)
                    self.token = said.resume
                else:
                    self.messages.append(said)
                if ack := self._received.note(said, len(data)):
                    await self.say(ack)
                self._changed.set()
        except Closed:
            return

    @property
    def sequences(self) -> list[int]:
        """The numbers of all control messages that came, the first welcome included."""
        return [message.seq for message in (self.welcomes[0], *self.messages)]

    @property
    def texts(self) -> list[object]:
        outputs = [message for message in self.messages if isinstance(message, Outputs)]
        return [update["value"] for each in outputs for update in each.updates.values() if "value" in update]

    def states(self, kind: type) -> list[str]:
        return [message.state for message in self.messages if isinstance(message, kind)]


class App:
    def __init__(self, demo: ms.Blocks, **settings: Any) -> None:
        self.host = compose_host(demo.freeze(), Settings(**settings), Engine(STEP_S))

    async def __aenter__(self) -> StubbornPage:
        await self.host.start()
        page = StubbornPage(self.host)
        await page.open()
        return page

    async def __aexit__(self, *_: object) -> None:
        await self.host.close(0)
        await asyncio.sleep(1)


def speaking() -> ms.Blocks:
    def count() -> Iterator[tuple[str, tuple[int, np.ndarray]]]:
        for number in range(STEPS):
            yield str(number), (RATE, np.full(320, number, np.int16))

    with ms.Blocks() as demo:
        text = ms.Textbox()
        audio = ms.Audio(streaming=True, autoplay=True)
        ms.Button("Go").click(count, None, [text, audio])
    return demo


Cut = tuple[float, float, str]
CUTS = st.lists(
    st.tuples(st.floats(0, 0.6), st.floats(0, 30), st.sampled_from(["cut", "half open", "cancelled"])), max_size=6
)


@given(CUTS, st.sampled_from([0.0, 0.03, 0.25]))
@virtual
async def test_every_control_message_and_all_audio_comes_exactly_once_and_in_order(
    cuts: list[Cut], latency_s: float
) -> None:
    async with App(speaking(), grace_s=600.0) as page:
        await page.say(Fire(binding=0, run=1))
        for after_s, away_s, how in cuts:
            await asyncio.sleep(after_s)
            if how == "cut":
                page.near.lose()
            elif how == "cancelled":  # as some servers do with a call whose client is gone
                page.serving[-1].cancel()
            else:
                page.near.incoming.is_stalled = True  # nothing comes any more, and the server does not know
            await asyncio.sleep(away_s)
            await page.come_back(latency_s=latency_s)
        async with asyncio.timeout(60):
            await page.wait(lambda: "done" in page.states(RunState))
            await page.wait(lambda: bool(page.packets) and page.packets[-1].is_last)
        assert page.sequences == list(range(1, len(page.sequences) + 1))
        assert page.texts == [str(number) for number in range(STEPS)]
        assert [packet.sequence for packet in page.packets] == list(range(1, len(page.packets) + 1))
        (session,) = page.host.sessions.values()
        await asyncio.sleep(1)  # the last acknowledgement is on its way
        assert len(session.link.kept) < ACK_MESSAGES
        assert all(welcome.resumed and welcome.seq == 0 for welcome in page.welcomes[1:])


@virtual
async def test_what_is_said_before_the_cut_is_known_after_it() -> None:
    async with App(speaking(), grace_s=60.0) as page:
        await page.say(Fire(binding=0, run=1))
        await asyncio.sleep(0.01)
        page.near.lose()
        await page.come_back()
        await page.wait(lambda: len(page.welcomes) == 2)
        assert page.welcomes[1].seen == 2
        assert page.welcomes[1].session == page.secret


@virtual
async def test_a_page_is_given_up_after_the_grace_period_and_not_before() -> None:
    async with App(speaking(), grace_s=60.0) as page:
        page.near.lose()
        await asyncio.sleep(59)
        assert page.host.sessions
        await asyncio.sleep(2)
        assert not page.host.sessions
        await page.come_back()
        await page.wait(lambda: len(page.welcomes) == 2)
        assert not page.welcomes[1].resumed
        assert page.welcomes[1].session != page.secret


@virtual
async def test_a_return_cancels_the_grace_period() -> None:
    async with App(speaking(), grace_s=60.0) as page:
        for _ in range(3):
            page.near.lose()
            await asyncio.sleep(40)
            await page.come_back()
            await asyncio.sleep(40)
        assert page.host.sessions
        await page.say(Fire(binding=0, run=1))
        await page.wait(lambda: "done" in page.states(RunState))


@virtual
async def test_without_a_grace_period_a_lost_link_ends_the_session_at_once() -> None:
    async with App(speaking(), grace_s=0.0) as page:
        page.near.lose()
        await asyncio.sleep(0.01)
        assert not page.host.sessions


@virtual
async def test_another_visitor_gets_nothing_of_a_session() -> None:
    async with App(speaking(), grace_s=60.0) as page:
        near, far = connect()
        page.serving.append(asyncio.ensure_future(page.host.serve(far, Request(), "somebody else")))
        await near.send(encode_message(Hello(version=VERSION, build="", page_us=0, resume=page.token)))
        welcome = decode_server_message(await near.receive())
        assert isinstance(welcome, Welcome)
        assert not welcome.resumed
        assert welcome.session != page.secret
        await page.say(Fire(binding=0, run=1))  # nothing has happened to the page
        await page.wait(lambda: "done" in page.states(RunState))


@virtual
async def test_a_goodbye_ends_the_session_whatever_the_grace_period() -> None:
    async with App(speaking(), grace_s=60.0) as page:
        await page.say(Bye())
        await asyncio.sleep(0.01)
        assert not page.host.sessions


@pytest.mark.parametrize("grace_s", [0.0, 5.0])
@virtual
async def test_unload_is_called_when_the_server_cancels_the_call_of_a_page_that_is_gone(grace_s: float) -> None:
    unloaded = []
    with ms.Blocks() as demo:
        demo.unload(lambda: unloaded.append(asyncio.get_running_loop().time()))
    async with App(demo, grace_s=grace_s) as page:
        began = asyncio.get_running_loop().time()
        page.serving[0].cancel()
        await asyncio.wait(page.serving)
        await asyncio.sleep(10)
        assert [at - began for at in unloaded] == [pytest.approx(grace_s, abs=0.2)]


@virtual
async def test_nothing_is_late_while_the_link_is_lost() -> None:
    async with App(speaking(), grace_s=60.0) as page:
        await page.say(Fire(binding=0, run=1))
        await asyncio.sleep(0.3)
        page.near.lose()
        await asyncio.sleep(50)  # far longer than a message may wait for a page that is there
        assert page.host.sessions
        await page.come_back()
        await page.wait(lambda: "done" in page.states(RunState))
        assert page.texts == [str(number) for number in range(STEPS)]


async def ask_in_vain(page: StubbornPage) -> None:
    """Ask and ask while the way back is blocked: the buffers of the sockets are full, and nobody has noticed yet."""
    page.near.incoming.is_stalled = True
    page.near.incoming._buffer_bytes = 1
    for _ in range(20):
        try:
            await page.say(Clock(page_us=0))
        except Closed:
            return
        await asyncio.sleep(0.5)


@virtual
async def test_a_page_that_takes_nothing_for_too_long_counts_as_lost_and_may_come_back() -> None:
    async with App(speaking(), grace_s=60.0) as page:
        await ask_in_vain(page)
        assert page.near.code == 1001
        await asyncio.sleep(30)
        await page.come_back()
        await page.wait(lambda: len(page.messages) >= 10)
        assert page.sequences == list(range(1, len(page.sequences) + 1))


@virtual
async def test_a_page_that_takes_nothing_and_could_not_come_back_is_closed() -> None:
    async with App(speaking(), grace_s=0.0) as page:
        await ask_in_vain(page)
        assert page.near.code == 1013
        assert not page.host.sessions


def recording() -> ms.Blocks:
    with ms.Blocks() as demo:
        camera, out = ms.Image(sources="webcam"), ms.Image()
        camera.stream(lambda frame: frame, camera, out, stream_every=0.0)
    return demo


@virtual
async def test_a_stream_is_not_idle_while_its_link_is_lost() -> None:
    async with App(recording(), grace_s=600.0, idle_s=30.0) as page:
        await page.say(Open(stream=1, binding=0))
        await page.wait(lambda: "running" in page.states(StreamState))
        await asyncio.sleep(20)
        page.near.lose()
        await asyncio.sleep(500)
        await page.come_back()
        await asyncio.sleep(9)
        assert "ended" not in page.states(StreamState)
        await asyncio.sleep(2)
        assert page.states(StreamState)[-1] == "ended"


@virtual
async def test_a_generator_waits_for_a_page_to_come_back_and_frames_are_not_sent_twice() -> None:
    def frames() -> Iterator[np.ndarray]:
        for number in range(6):
            yield np.full((16, 16, 3), number, np.uint8)

    with ms.Blocks() as demo:
        ms.Button("Go").click(frames, None, ms.Image())
    async with App(demo, grace_s=600.0, credit_s=10.0) as page:
        await page.say(Credit(stream=0, limit=2))
        await page.say(Fire(binding=0, run=1))
        await page.wait(lambda: len(page.packets) == 2)
        page.near.lose()
        await asyncio.sleep(300)
        await page.come_back()
        await page.wait(lambda: len(page.packets) == 4)  # whatever was on its way is lost: there is room for two more
        await page.say(Credit(stream=0, limit=10))
        await page.wait(lambda: "done" in page.states(RunState))
        sequences = [packet.sequence for packet in page.packets]
        assert all(packet.kind is PacketKind.PICTURE for packet in page.packets)
        assert all(one < other for one, other in pairwise(sequences))


@virtual
async def test_what_was_announced_with_a_lost_frame_comes_without_it() -> None:
    with ms.Blocks() as demo:
        text = ms.Textbox()
        ms.Button("Go").click(lambda: (np.zeros((16, 16, 3), np.uint8), "told"), None, [ms.Image(), text])
    async with App(demo, grace_s=60.0) as page:
        await page.say(Credit(stream=0, limit=2))
        page.near.incoming.is_stalled = True
        await page.say(Fire(binding=0, run=1))
        await asyncio.sleep(1)
        await page.come_back()
        await page.wait(lambda: "done" in page.states(RunState))
        (outputs,) = [message for message in page.messages if isinstance(message, Outputs)]
        assert outputs.packets == 0
        assert page.texts == ["told"]
        assert page.packets == []
        assert page.sequences == list(range(1, len(page.sequences) + 1))
