"""What goes to the page, in which order, and what waits for credit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import InvalidValue
from millstream.runtime.send.channel import Channel, Delivery
from millstream.runtime.send.sender import Sender
from millstream.testing.virtual import VirtualLoop
from millstream.transports.memory import MemoryTransport, connect
from millstream.wire.encoding import decode_packet, decode_server_message, encode_message
from millstream.wire.messages import Clock, Credit, Outputs, ServerMessage, Toast
from millstream.wire.packet import Flag, Packet, PacketKind, is_packet

PICTURE, TEXT = 10, 11


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*arguments: Any, **keywords: Any) -> None:
        loop = VirtualLoop()
        try:
            loop.run_until_complete(test(*arguments, **keywords))
        finally:
            loop.close()

    return run


class SessionContext:
    """An outlet, its writer, and the page's end of the connection."""

    def __init__(self, max_control: int = 1024) -> None:
        self.stalls = 0
        self.sender = Sender(max_control, self._stalled)
        self.channels = self.sender.channels
        self.page: MemoryTransport
        self.page, self._server = connect()
        self.writer = asyncio.get_running_loop().create_task(self.sender.write(self._server))
        self._call = 0

    def _stalled(self) -> None:
        self.stalls += 1

    def result(
        self, channel: Channel, text: str | None = None, components: tuple[int, ...] = (PICTURE,), payload: bytes = b"p"
    ) -> Delivery:
        self._call += 1
        updates: dict[int, dict[str, object]] = {} if text is None else {TEXT: {"value": text}}
        pictures = {
            number: Packet(
                PacketKind.PICTURE,
                1,
                Flag.KEY | Flag.INDEPENDENT,
                channel.stream,
                number,
                0,
                0,
                self._call,
                self._call,
                payload,
            )
            for number in components
        }
        return Delivery(Outputs(call=self._call, stream=channel.stream, updates=updates), pictures)

    async def received(self) -> list[Any]:
        """Everything that the page has got so far, decoded."""
        await asyncio.sleep(0.001)
        messages = []
        while True:
            try:
                async with asyncio.timeout(0.001):
                    data = await self.page.receive()
            except TimeoutError:
                return messages
            messages.append(decode_packet(data) if is_packet(data) else decode_server_message(data))

    async def close(self) -> None:
        self.writer.cancel()
        await asyncio.gather(self.writer, return_exceptions=True)


@virtual
async def test_control_messages_keep_their_order_and_are_numbered() -> None:
    context = SessionContext()
    for number in range(5):
        context.sender.send(Clock(page_us=number))
    messages = await context.received()
    assert [(message.seq, message.page_us) for message in messages] == [(n + 1, n) for n in range(5)]
    await context.close()


@virtual
async def test_an_update_is_encoded_once() -> None:
    context, encoded = SessionContext(), []

    def encode(message: ServerMessage) -> bytes:
        encoded.append(message)
        return encode_message(message)

    context.sender.control.encode = encode
    context.sender.send(Outputs(call=1, updates={TEXT: {"value": "one"}}))
    channel = context.channels.open(1)
    context.sender.put(channel, context.result(channel, "two", ()))
    first, second = await context.received()
    assert (first.seq, second.seq) == (1, 2)
    assert len(encoded) == 2
    await context.close()


@virtual
async def test_a_frame_without_credit_waits_and_a_newer_one_replaces_it() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    for _ in range(3):
        context.sender.put(channel, context.result(channel))
    assert await context.received() == []
    context.channels.grant(Credit(stream=1, limit=1))
    (packet,) = await context.received()
    assert (packet.call, packet.sequence, packet.is_last) == (3, 1, True)
    assert channel.replaced == 2
    await context.close()


@virtual
async def test_the_updates_of_a_replaced_result_are_sent_without_its_frame() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.sender.put(channel, context.result(channel, "one"))
    context.sender.put(channel, context.result(channel, "two"))
    (first,) = await context.received()
    assert (first.updates, first.packets) == ({TEXT: {"value": "one"}}, 0)
    context.channels.grant(Credit(stream=1, limit=5))
    outputs, packet = await context.received()
    assert (outputs.updates, outputs.packets, outputs.call) == ({TEXT: {"value": "two"}}, 1, 2)
    assert packet.call == 2
    await context.close()


@virtual
async def test_a_frame_of_another_component_is_kept_and_sent_with_the_newer_call() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.sender.put(channel, context.result(channel, components=(PICTURE, PICTURE + 5)))
    context.sender.put(channel, context.result(channel, components=(PICTURE,)))
    context.channels.grant(Credit(stream=1, limit=5))
    packets = await context.received()
    assert sorted(packet.component for packet in packets) == [PICTURE, PICTURE + 5]
    assert {packet.call for packet in packets} == {2}
    assert [packet.is_last for packet in packets] == [False, True]
    await context.close()


@virtual
async def test_more_frames_than_credit_go_as_it_comes() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.channels.grant(Credit(stream=1, limit=2))
    context.sender.put(channel, context.result(channel, "t", components=(1, 2, 3)))
    outputs, *packets = await context.received()
    assert (outputs.packets, len(packets)) == (3, 2)
    context.sender.put(channel, context.result(channel, components=(1,)))
    context.channels.grant(Credit(stream=1, limit=4))
    packets = await context.received()
    assert [(packet.call, packet.component, packet.is_last) for packet in packets] == [(1, 3, True), (2, 1, True)]
    await context.close()


@virtual
async def test_a_newer_value_from_elsewhere_overtakes_what_waits() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.sender.put(channel, context.result(channel, "old"))
    context.sender.send(Outputs(call=99, run=1, updates={TEXT: {"value": ""}, PICTURE: {"value": None}}))
    context.channels.grant(Credit(stream=1, limit=5))
    messages = await context.received()
    assert [message.updates for message in messages] == [
        {TEXT: {"value": "old"}},
        {TEXT: {"value": ""}, PICTURE: {"value": None}},
    ], "in the order of the session, and the outdated picture is not sent"
    await context.close()


@virtual
async def test_properties_do_not_outdate_a_frame() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.sender.put(channel, context.result(channel))
    context.sender.send(Outputs(call=99, updates={PICTURE: {"label": "new"}}))
    context.channels.grant(Credit(stream=1, limit=1))
    messages = await context.received()
    assert [type(message) for message in messages] == [Outputs, Packet]
    await context.close()


@virtual
async def test_frames_that_nobody_takes_before_the_stream_ends_are_counted() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.channels.grant(Credit(stream=1, limit=1))
    context.sender.put(channel, context.result(channel, None, (PICTURE, PICTURE + 1)))
    await context.received()
    assert (channel.sent, len(channel.unsent)) == (1, 1)
    context.sender.put(channel, context.result(channel))
    context.channels.close(channel)
    assert (channel.sent, channel.replaced) == (1, 2)
    await context.close()


@virtual
async def test_put_whole_waits_until_nothing_would_be_replaced() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    await context.sender.put_whole(channel, context.result(channel), 10)
    waiting = asyncio.ensure_future(context.sender.put_whole(channel, context.result(channel), 10))
    await asyncio.sleep(5)
    assert not waiting.done()
    context.channels.grant(Credit(stream=1, limit=1))
    await waiting
    assert [packet.call for packet in await context.received()] == [1]
    with pytest.raises(TimeoutError):
        await context.sender.flushed(channel, 10)
    context.channels.grant(Credit(stream=1, limit=2))
    await context.sender.flushed(channel, 10)
    assert [packet.call for packet in await context.received()] == [2]
    await context.close()


@virtual
async def test_put_whole_is_held_back_by_a_page_that_reads_slowly() -> None:
    context = SessionContext()
    context.page.incoming._buffer_bytes = 100
    context.page.incoming.is_stalled = True
    channel = context.channels.shared
    sent = 0

    async def flood() -> None:
        nonlocal sent
        while sent < 1000:
            await context.sender.put_whole(channel, context.result(channel, "t" * 50, ()), 1.0)
            sent += 1

    with pytest.raises(TimeoutError):
        await flood()
    assert sent < 30
    assert context.stalls == 0
    context.page.incoming.resume()
    waiting = asyncio.ensure_future(context.sender.put_whole(channel, context.result(channel, "end", ()), 1.0))
    seen = await context.received()
    await waiting
    assert len([*seen, *await context.received()]) == sent + 1
    await context.close()


@virtual
async def test_the_result_of_an_ordinary_event_is_always_announced() -> None:
    context = SessionContext()
    context.channels.grant(Credit(stream=0, limit=2))
    context.sender.put(context.channels.shared, context.result(context.channels.shared))
    outputs, packet = await context.received()
    assert (outputs.packets, packet.stream) == (1, 0)
    await context.close()


@virtual
async def test_closing_a_channel_sends_what_needs_no_credit() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.sender.put(channel, context.result(channel, "last"))
    context.channels.close(channel)
    context.channels.close(channel)
    context.channels.grant(Credit(stream=1, limit=5))
    (outputs,) = await context.received()
    assert (outputs.updates, outputs.packets) == ({TEXT: {"value": "last"}}, 0)
    await context.close()


@virtual
async def test_credit_never_falls() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.channels.grant(Credit(stream=1, limit=3))
    context.channels.grant(Credit(stream=1, limit=1))
    assert channel.limit == 3
    await context.close()


@virtual
async def test_a_frame_leaves_when_the_link_is_free_for_it() -> None:
    context = SessionContext()
    link, channel = context.sender.link, context.channels.open(1)
    context.channels.grant(Credit(stream=1, limit=16))
    link.up.heard(0.0, 0.02)
    link.down.heard(0.0, 0.02)
    context.sender.put(channel, context.result(channel, payload=bytes(10_000)))
    await asyncio.sleep(0.13)
    # It arrived 0.02 s after the last of its bytes had passed: the link carries 100 kB/s.
    context.channels.grant(Credit(stream=1, limit=17, page_us=120_000))
    assert link.down.rate == pytest.approx(100_000, rel=0.01)
    for _ in range(2):
        context.sender.put(channel, context.result(channel, payload=bytes(10_000)))
        await asyncio.sleep(0.001)
    assert channel.sent == 2, "the second one would have to wait for the first"
    await asyncio.sleep(0.08)
    assert channel.sent == 2
    await asyncio.sleep(0.02)
    assert channel.sent == 3, "it left by itself"
    await context.close()


@virtual
async def test_channels_take_turns() -> None:
    context = SessionContext()
    channels = [context.channels.open(number) for number in (1, 2, 3)]
    for number in (1, 2, 3):
        context.channels.grant(Credit(stream=number, limit=100))
    await asyncio.sleep(0.01)
    sent: list[int] = []
    context.sender.link.sent = lambda stream, *_: sent.append(stream)  # type: ignore[method-assign]
    for _ in range(6):
        context.sender.link.may_send = lambda now: False  # type: ignore[method-assign]
        for each in channels:
            context.sender.put(each, context.result(each, components=(each.stream,)))
        await asyncio.sleep(0.01)
        before = len(sent)
        context.sender.link.may_send = lambda now, before=before: len(sent) == before  # type: ignore[method-assign]
        context.channels.grant(Credit(stream=1, limit=100))
        await asyncio.sleep(0.01)
    assert sent == [1, 2, 3, 1, 2, 3]
    await context.close()


@virtual
async def test_capture_times_are_remembered_for_a_while() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.channels.grant(Credit(stream=1, limit=1000))
    for _ in range(100):
        context.sender.put(channel, context.result(channel))
        await asyncio.sleep(0.001)
    assert list(channel.captured) == list(range(37, 101))
    assert channel.captured[100] == 100
    await context.close()


@virtual
async def test_a_page_that_takes_no_control_messages_is_given_up() -> None:
    context = SessionContext(max_control=10)
    context.page.incoming.is_stalled = True
    context.writer.cancel()
    for number in range(11):
        context.sender.send(Clock(page_us=number))
    assert context.stalls == 1
    slow = Sender(1000, context._stalled)
    slow.send(Clock(page_us=1))
    await asyncio.sleep(6)
    slow.send(Clock(page_us=2))
    assert context.stalls == 2
    await context.close()


@virtual
async def test_what_is_too_large_for_a_message_is_refused_before_anything_is_sent() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    large = "x" * 3_000_000
    with pytest.raises(InvalidValue, match="too large"):
        context.sender.send(Toast(level="info", message=large))
    with pytest.raises(InvalidValue, match="too large"):
        context.sender.put(channel, context.result(channel, large))
    assert channel.is_empty
    context.sender.send(Clock(page_us=1))
    assert [message.seq for message in await context.received()] == [1]
    await context.close()


@virtual
async def test_drained_waits_for_the_transport_but_not_for_ever() -> None:
    context = SessionContext()
    context.sender.send(Clock(page_us=1))
    await context.sender.drained(5)
    assert len(await context.received()) == 1
    context.writer.cancel()
    await asyncio.gather(context.writer, return_exceptions=True)
    context.sender.send(Clock(page_us=2))
    before = asyncio.get_running_loop().time()
    await context.sender.drained(5)
    assert asyncio.get_running_loop().time() == pytest.approx(before + 5)


Step = tuple[str, int]


WHAT = st.sampled_from(["picture", "both", "text", "credit", "turn"])


@given(st.lists(st.tuples(WHAT, st.integers(1, 2)), max_size=40))
def test_text_is_complete_and_in_order_and_frames_never_go_back(steps: list[Step]) -> None:
    @virtual
    async def play() -> None:
        context = SessionContext()
        channels = {number: context.channels.open(number) for number in (1, 2)}
        sent: list[str] = []
        limits = {1: 0, 2: 0}
        seen: list[Any] = []
        for what, number in steps:
            channel = channels[number]
            if what == "credit":
                limits[number] += 1
                context.channels.grant(Credit(stream=number, limit=limits[number]))
            elif what == "turn":
                seen += await context.received()
            else:
                text = None if what == "picture" else str(len(sent))
                if text is not None:
                    sent.append(text)
                context.sender.put(channel, context.result(channel, text, () if what == "text" else (PICTURE,)))
        for channel in channels.values():
            context.channels.close(channel)
        seen += await context.received()
        texts = [message.updates[TEXT]["value"] for message in seen if isinstance(message, Outputs)]
        assert texts == sent
        for number, channel in channels.items():
            packets = [one for one in seen if isinstance(one, Packet) and one.stream == number]
            assert [packet.sequence for packet in packets] == list(range(1, len(packets) + 1))
            assert [packet.call for packet in packets] == sorted({packet.call for packet in packets})
            assert len(packets) <= limits[number]
            assert channel.is_empty
        assert [message.seq for message in seen if isinstance(message, Outputs)] == list(range(1, len(texts) + 1))
        await context.close()

    play()


LIST = 12


def grown(*items: str, pictures: dict[int, Packet] | None = None) -> Delivery:
    return Delivery(Outputs(call=1, updates={LIST: {"value": list(items)}}), pictures or {}, {LIST})


@virtual
async def test_of_a_list_that_grows_only_what_is_new_is_sent() -> None:
    context = SessionContext()
    for items in ("a", "ab", "abc"):
        context.sender.put(context.channels.shared, grown(*items))
    context.sender.told.forget(LIST)
    context.sender.put(context.channels.shared, grown("x"))
    sent = [message.updates[LIST] for message in await context.received()]
    assert sent == [{"value": ["a"]}, {"splice": [1, ["b"]]}, {"splice": [2, ["c"]]}, {"value": ["x"]}]
    await context.close()


@virtual
async def test_of_a_list_that_comes_with_a_frame_only_what_is_new_is_sent_and_so_of_the_next() -> None:
    context = SessionContext()
    context.sender.put(context.channels.shared, grown("a"))
    context.sender.put(
        context.channels.shared,
        grown("a", "b", pictures=context.result(context.channels.shared).pictures),
    )
    context.sender.put(context.channels.shared, grown("a", "b", "c"))
    sent = [message.updates[LIST] for message in await context.received()]
    assert sent == [{"value": ["a"]}, {"splice": [1, ["b"]]}, {"splice": [2, ["c"]]}]
    await context.close()


@virtual
async def test_a_list_that_is_too_large_was_not_told() -> None:
    context = SessionContext()
    with pytest.raises(InvalidValue, match="too large"):
        context.sender.put(context.channels.shared, grown("x" * 3_000_000))
    context.sender.put(context.channels.shared, grown("a"))
    (message,) = await context.received()
    assert message.updates[LIST] == {"value": ["a"]}
    await context.close()


@virtual
async def test_what_is_too_large_drops_nothing_that_waits() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.sender.put(channel, context.result(channel, "small"))
    with pytest.raises(InvalidValue, match="too large"):
        context.sender.send(Outputs(call=9, updates={PICTURE: {"value": "x" * 3_000_000}}))
    context.channels.grant(Credit(stream=1, limit=1))
    outputs, packet = await context.received()
    assert (outputs.updates, outputs.packets) == ({TEXT: {"value": "small"}}, 1)
    assert isinstance(packet, Packet)
    await context.close()


@virtual
async def test_frames_of_several_channels_all_go_and_control_messages_go_between() -> None:
    context = SessionContext()
    channels = [context.channels.open(number) for number in (1, 2, 3)]
    for number, channel in enumerate(channels):
        context.sender.put(channel, context.result(channel, components=(PICTURE + 10 * number,)))
    for number in (1, 2, 3):
        context.channels.grant(Credit(stream=number, limit=1))
    context.sender.send(Clock(page_us=1))
    first, *packets = await context.received()
    assert isinstance(first, Clock)
    assert [packet.stream for packet in packets] == [1, 2, 3]
    await context.close()
