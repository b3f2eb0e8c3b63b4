"""Frames that build on each other on their way to the page: encoded when they go, in order, never beside the point."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.send.test_sender import PICTURE, TEXT, SessionContext, virtual

from millstream import codecs
from millstream.frames import Frame
from millstream.runtime.send.channel import Channel, Delivery
from millstream.runtime.send.frame_encoder import FrameEncoder
from millstream.runtime.state.raw_frame import RawFrame
from millstream.testing import fake_delta
from millstream.transports.memory import connect
from millstream.types import Encoded, Media
from millstream.wire.messages import Credit, KeyFrame, Outputs, Toast
from millstream.wire.packet import Flag, Packet, PacketKind


@pytest.fixture(autouse=True, scope="module")
def delta_codec() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(codecs._codecs(), fake_delta.NUMBER, fake_delta)  # type: ignore[arg-type]  # a module
        patch.setattr(fake_delta, "KEY_EVERY", 1_000)
        yield


def raw(number: int, stream: int = 1, component: int = PICTURE) -> RawFrame:
    header = Packet(PacketKind.PICTURE, fake_delta.NUMBER, Flag.NONE, stream, component, 0, 0, number, 0, b"")
    return RawFrame(header, Frame(np.full((2, 2, 3), number, np.uint8)), 1.0)


def delivery(number: int, channel: Channel, text: str | None = None, *components: int) -> Delivery:
    updates: dict[int, dict[str, object]] = {} if text is None else {TEXT: {"value": text}}
    frames = {each: raw(number, channel.stream, each) for each in components or (PICTURE,)}
    return Delivery(Outputs(call=number, stream=channel.stream, updates=updates), frames, is_raw=True)


class Blocked:
    """Holds the encoder up until it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go_on = threading.Event()
        encode = fake_delta.DeltaEncoder.encode

        def slowly(encoder: fake_delta.DeltaEncoder, media: Media) -> Encoded:
            assert self.go_on.wait(10)
            return encode(encoder, media)

        monkeypatch.setattr(fake_delta.DeltaEncoder, "encode", slowly)


def in_real_time(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test while a thread is held up, for which virtual time would wait."""
    asyncio.run(test())


async def messages(context: SessionContext, count: int) -> list[Any]:
    """Wait for so many messages of any kind."""
    got: list[Any] = []
    while len(got) < count:
        got += await context.received()
    return got


async def packets(context: SessionContext, count: int) -> list[Any]:
    """Wait for so many media packets; gives all that came."""
    got: list[Any] = []
    while sum(isinstance(one, Packet) for one in got) < count:
        got += await context.received()
    return got


def numbers(got: list[Any]) -> list[int]:
    """Decode what came; raises if anything is missing in between."""
    decoder = fake_delta.open_decoder()
    frames = [decoder.decode(one.payload) for one in got if isinstance(one, Packet)]
    return [int(frame.pixels[0, 0, 0]) for frame in frames]


@virtual
async def test_only_the_newest_frame_is_encoded_and_what_was_encoded_is_sent() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    for number in (1, 2, 3):
        context.sender.put(channel, delivery(number, channel))
    assert await context.received() == []
    context.channels.grant(Credit(stream=1, limit=2))
    first = await packets(context, 1)
    context.sender.put(channel, delivery(4, channel))
    second = await packets(context, 1)
    assert numbers(first + second) == [3, 4]
    assert [packet.is_key for packet in first + second] == [True, False]
    assert [packet.sequence for packet in first + second] == [1, 2]
    assert all(packet.is_last for packet in first + second)
    assert channel.replaced == 2
    await context.close()


@pytest.mark.blocking
def test_other_messages_do_not_wait_for_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = Blocked(monkeypatch)

    async def play() -> None:
        context = SessionContext()
        channel = context.channels.open(1)
        context.channels.grant(Credit(stream=1, limit=5))
        context.sender.put(channel, delivery(1, channel))
        await context.received()
        context.sender.send(Toast(level="info", message="meanwhile"))
        context.sender.put(context.channels.shared, context.result(context.channels.shared, None, (PICTURE + 10,)))
        context.channels.grant(Credit(stream=0, limit=5))
        toast, _, shared = await messages(context, 3)
        assert (toast.message, shared.stream) == ("meanwhile", 0)
        context.sender.put(channel, delivery(2, channel))
        context.sender.put(channel, delivery(3, channel))
        blocked.go_on.set()
        assert numbers(await packets(context, 2)) == [1, 3]
        await context.close()

    in_real_time(play)


@pytest.mark.blocking
@pytest.mark.parametrize("is_replaced_by", ["text", "frame of another stream", "nothing, as the stream ends"])
def test_a_frame_that_is_outdated_while_it_is_encoded_is_not_sent(
    is_replaced_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = Blocked(monkeypatch)

    async def play() -> None:
        context = SessionContext()
        channel = context.channels.open(1)
        context.channels.grant(Credit(stream=1, limit=5))
        context.sender.put(channel, delivery(1, channel, "with it"))
        await context.received()
        if is_replaced_by == "text":
            context.sender.send(Outputs(call=9, updates={PICTURE: {"value": None}}))
        elif is_replaced_by == "frame of another stream":
            other = context.channels.open(2)
            context.sender.put(other, context.result(other))
        else:
            context.channels.close(channel)
        blocked.go_on.set()
        if is_replaced_by != "nothing, as the stream ends":
            context.sender.put(channel, delivery(2, channel))
            got = await packets(context, 1)
            assert numbers(got) == [2], "which builds on nothing that was not sent"
        else:
            got = await messages(context, 1)
            assert not any(isinstance(one, Packet) for one in got)
        texts = [one.updates[TEXT]["value"] for one in got if isinstance(one, Outputs) and TEXT in one.updates]
        assert texts == ["with it"]
        await context.close()

    in_real_time(play)


@virtual
async def test_the_next_frame_is_a_key_frame_if_it_is_asked_for_and_on_a_new_link() -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.channels.grant(Credit(stream=1, limit=10))
    keys = []
    for number in range(1, 7):
        if number == 3:
            context.channels.request_key_frame(KeyFrame(stream=1, component=PICTURE))
            context.channels.request_key_frame(KeyFrame(stream=99, component=PICTURE))  # of a stream that has ended
        if number == 5:
            context.writer.cancel()
            context.page, server = connect()
            context.writer = context.writer.get_loop().create_task(context.sender.write(server))
            await context.received()
        context.sender.put(channel, delivery(number, channel))
        (packet,) = await packets(context, 1)
        keys.append(packet.is_key)
    assert keys == [True, False, True, False, True, False]
    await context.close()


@virtual
async def test_what_an_encoder_raises_costs_one_frame_and_no_text(caplog: pytest.LogCaptureFixture) -> None:
    context = SessionContext()
    channel = context.channels.open(1)
    context.channels.grant(Credit(stream=1, limit=10))
    context.sender.put(channel, delivery(1, channel))
    await packets(context, 1)
    broken = delivery(2, channel, "kept")
    broken.pictures = {PICTURE: RawFrame(raw(2).header, "no frame", 1.0)}  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR):
        context.sender.put(channel, broken)
        await context.sender.flushed(channel, 5.0)
    assert "frames of stream 1 cannot be encoded" in caplog.text
    assert channel.replaced == 1
    (outputs,) = await context.received()
    assert outputs.updates == {TEXT: {"value": "kept"}}
    context.sender.put(channel, delivery(3, channel))
    (packet,) = await packets(context, 1)
    assert packet.is_key
    await context.close()


def test_a_frame_that_no_message_can_hold_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = FrameEncoder()
    assert encoder.encode({PICTURE: raw(1)})[PICTURE].is_key
    monkeypatch.setattr("millstream.runtime.send.frame_encoder.MAX_PAYLOAD_BYTES", 4)
    assert encoder.encode({PICTURE: raw(2)}) == {}
    assert "too large" in caplog.text
    monkeypatch.undo()
    assert encoder.encode({PICTURE: raw(3)})[PICTURE].is_key, "as the one before was not sent"
    encoder.close()


WHAT = st.sampled_from(["frame", "both", "text", "credit", "ask", "turn"])


@settings(max_examples=30)
@given(st.lists(st.tuples(WHAT, st.integers(1, 2)), max_size=25))
def test_whatever_happens_every_frame_that_is_sent_can_be_decoded(steps: list[tuple[str, int]]) -> None:
    @virtual
    async def play() -> None:
        context = SessionContext()
        channels = {number: context.channels.open(number) for number in (1, 2)}
        limits, texts, seen = {1: 0, 2: 0}, [], []
        for call, (what, number) in enumerate(steps, 1):
            channel = channels[number]
            if what == "credit":
                limits[number] += 1
                context.channels.grant(Credit(stream=number, limit=limits[number]))
            elif what == "ask":
                context.channels.request_key_frame(KeyFrame(stream=number, component=PICTURE))
            elif what == "turn":
                seen += await context.received()
            elif what == "text":
                context.sender.send(Outputs(call=call, updates={PICTURE: {"value": None}}))
            else:
                text = None if what == "frame" else str(call)
                texts += [] if text is None else [text]
                context.sender.put(channel, delivery(call, channel, text))
        for channel in channels.values():
            context.channels.close(channel)
        seen += await context.received()
        told = [one.updates[TEXT]["value"] for one in seen if isinstance(one, Outputs) and TEXT in one.updates]
        assert told == texts
        for number in channels:
            shown = numbers([one for one in seen if isinstance(one, Packet) and one.stream == number])
            assert shown == sorted(set(shown))
            assert len(shown) <= limits[number]
        await context.close()

    play()
