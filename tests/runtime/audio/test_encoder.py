"""Opus on a link that is too narrow: in order, whole, and never on the event loop."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.room import RATE, Room, in_a_room

import millstream as gr
from millstream.codecs.opus import OpusPacket, OpusStretch
from millstream.runtime.audio import encoder
from millstream.wire.packet import CodecNumber, Flag
from millstream.wire.sound import OPUS_PREFIX


async def wait_on_a_narrow_link(room: Room) -> None:
    """Let the page say for two seconds that what was sent arrives at half the rate of the samples."""
    room.players.bandwidth.takes_opus = True
    for tick in range(25):
        await room.say(0.1)
        room.hears(0.1 * (tick // 2), 0.05 * (tick // 2), received=tick // 2)
        await asyncio.sleep(0.1)


def test_the_end_of_an_answer_says_nothing_of_the_link() -> None:
    """It was sent long before, all at once, and the page counts it among what has come when it has played the rest."""

    async def act(room: Room) -> None:
        room.players.bandwidth.takes_opus = True
        await room.say(4.0)
        room.voice.end()
        await over(room)
        samples = len(room.sender._sounds) - 1
        for tick in range(35):
            room.hears(4.0, 0.1 * tick, received=samples)
            await asyncio.sleep(0.1)
        assert room.sender.link.carries(2.0 * RATE, asyncio.get_running_loop().time())

    in_a_room(act)


def narrow(room: Room) -> None:
    """Let the link be known as narrow from the beginning."""
    room.players.bandwidth.takes_opus = True
    room.sender.link.narrow(0.0)


async def over(room: Room) -> None:
    """Wait until the page has been told that nothing follows: the clock stands still while anything is encoded."""
    await asyncio.sleep(1.0)
    assert room.sender._sounds[-1].is_last


def codecs_of(room: Room) -> list[CodecNumber]:
    return [CodecNumber(packet.codec) for packet in room.sender._sounds]


def opus_ends(room: Room) -> list[int]:
    """Give where each packet of Opus ends, in samples."""
    return [end for _, end in opus_spans(room)]


def opus_spans(room: Room) -> list[tuple[int, int]]:
    """Give where each packet of Opus begins and ends, in samples."""
    sounds = [packet for packet in room.sender._sounds if packet.codec == CodecNumber.OPUS]
    prefixes = [OPUS_PREFIX.unpack_from(packet.payload) for packet in sounds if packet.payload]
    return [(first, first + count) for first, _, _, _, _, count in prefixes]


def is_whole(room: Room) -> bool:
    """Whether each packet of Opus begins where the one before it ends, and the first at 0."""
    spans = opus_spans(room)
    return [begin for begin, _ in spans] == [0, *(end for _, end in spans)][: len(spans)]


class Gate(OpusStretch):
    """An encoder that works when it may, and tells in which threads it did."""

    is_open = threading.Event()
    threads: set[threading.Thread]
    fails_at: str
    knock: Callable[[], object]

    @classmethod
    def put_up(cls, monkeypatch: pytest.MonkeyPatch, *, fails_at: str = "") -> type[Gate]:
        """Let it replace the encoder; it is open until somebody clears `is_open`."""
        cls.threads, cls.fails_at, cls.knock = set(), fails_at, bool
        cls.is_open.set()
        monkeypatch.setattr(encoder, "OpusStretch", cls)
        return cls

    @classmethod
    async def knocked(cls) -> None:
        """Wait until something is to be encoded."""
        loop, stands_there = asyncio.get_running_loop(), asyncio.Event()
        cls.knock = partial(loop.call_soon_threadsafe, stands_there.set)
        await stands_there.wait()
        cls.knock = bool

    def __init__(self, sample_rate: int, channels: int, first_sample: int) -> None:
        self.threads.add(threading.current_thread())
        super().__init__(sample_rate, channels, first_sample)

    def add(self, samples: np.ndarray) -> list[OpusPacket]:
        self.pass_through("add")
        return super().add(samples)

    def end(self) -> list[OpusPacket]:
        self.pass_through("end")
        return super().end()

    def pass_through(self, step: str) -> None:
        self.threads.add(threading.current_thread())
        self.knock()
        assert self.is_open.wait(30.0)
        if step == self.fails_at:
            raise OSError("no memory is left")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> type[Gate]:
    return Gate.put_up(monkeypatch)


async def begun(room: Room) -> asyncio.Task[None]:
    """Begin to say a second, so that the first quarter of it is in the encoder when this returns."""
    narrow(room)
    Gate.is_open.clear()
    saying = asyncio.create_task(room.say(1.0))
    await Gate.knocked()
    return saying


def test_on_a_narrow_link_samples_go_on_as_opus_and_all_of_them() -> None:
    async def act(room: Room) -> None:
        await wait_on_a_narrow_link(room)
        assert set(codecs_of(room)) == {CodecNumber.PCM16, CodecNumber.OPUS}
        assert codecs_of(room) == sorted(codecs_of(room)), "first the one, then the other"
        room.voice.end()
        await over(room)
        assert opus_ends(room)[-1] == round(2.5 * RATE)
        last = room.sender._sounds[-1]
        assert (last.is_last, len(last.payload)) == (True, 0)
        assert [packet.sequence for packet in room.sender._sounds] == list(range(1, len(room.sender._sounds) + 1))

    in_a_room(act, max_ahead=60.0)


def test_the_next_playback_begins_with_what_this_one_has_found_out() -> None:
    async def act(room: Room) -> None:
        await wait_on_a_narrow_link(room)
        room.voice.cut()
        await room.say(0.1)
        assert set(codecs_of(room)) == {CodecNumber.OPUS}
        first, *others = room.sender._sounds
        assert (first.sequence, first.flags) == (1, Flag.KEY)
        assert {packet.flags for packet in others} == {Flag.NONE}

    in_a_room(act, max_ahead=60.0)


def test_what_does_not_fill_a_packet_does_not_wait_for_long() -> None:
    async def act(room: Room) -> None:
        narrow(room)
        await room.say(0.103)
        assert opus_ends(room)[-1] < round(0.103 * RATE)
        await asyncio.sleep(0.2)
        assert opus_ends(room)[-1] == round(0.103 * RATE)
        await room.say(0.1, is_live=True)
        await asyncio.sleep(0.2)
        assert opus_ends(room)[-1] < round(0.203 * RATE), "the next one comes when this one has lasted"
        await asyncio.sleep(0.2)
        assert opus_ends(room)[-1] == round(0.203 * RATE)
        assert sum(packet.is_key for packet in room.sender._sounds) == 2
        await room.say(0.103)
        room.voice.cut()
        await asyncio.sleep(1.0)
        assert len(room.sender._sounds) == 0

    in_a_room(act)


def test_live_audio_that_is_skipped_leaves_a_hole_in_opus_too() -> None:
    async def act(room: Room) -> None:
        narrow(room)
        await room.say(0.25, is_live=True)
        room.hears(0.25, 0.05, state="paused")
        await room.say(1.0, is_live=True)
        room.hears(0.25, 0.1)
        await room.say(0.25, is_live=True)
        keys = [packet for packet in room.sender._sounds if packet.is_key]
        assert [OPUS_PREFIX.unpack_from(packet.payload)[0] for packet in keys] == [0, round(1.25 * RATE)]

    in_a_room(act)


@pytest.mark.parametrize("lacks", ["the page", "PyAV"])
def test_who_cannot_take_or_make_opus_gets_samples(lacks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(room: Room) -> None:
        room.players.bandwidth.takes_opus = lacks != "the page"
        room.sender.link.narrow(0.0)
        await room.say(0.5)
        assert set(codecs_of(room)) == {CodecNumber.PCM16}
        assert not room.players.bandwidth.takes_opus

    if lacks == "PyAV":
        monkeypatch.setitem(sys.modules, "av", None)
    in_a_room(act)


def test_nothing_is_encoded_on_the_loop(gate: type[Gate]) -> None:
    async def act(room: Room) -> None:
        narrow(room)
        await room.say(0.6)
        await asyncio.sleep(1.0)  # what is held back goes alone
        await room.say(0.103)
        room.voice.end()
        await over(room)
        assert gate.threads
        assert threading.current_thread() not in gate.threads

    in_a_room(act)


def test_the_loop_goes_on_while_an_encoder_works(gate: type[Gate]) -> None:
    async def act(room: Room) -> None:
        saying = await begun(room)
        for _ in range(100):
            await asyncio.sleep(0)
        assert not saying.done()
        gate.is_open.set()
        await saying

    in_a_room(act)


def test_an_end_waits_for_what_is_being_encoded(gate: type[Gate]) -> None:
    async def act(room: Room) -> None:
        narrow(room)
        await room.say(0.25)
        gate.is_open.clear()
        await asyncio.sleep(0)
        room.voice.end()
        room.voice.end()
        assert not any(packet.is_last for packet in room.sender._sounds)
        gate.is_open.set()
        await over(room)
        assert is_whole(room)
        assert opus_ends(room)[-1] == RATE // 4
        assert [packet.is_last for packet in room.sender._sounds].count(True) == 1
        assert room.sender._sounds[-1].is_last

    in_a_room(act)


def test_what_a_cancelled_run_has_handed_over_is_sent_whole(gate: type[Gate]) -> None:
    async def act(room: Room) -> None:
        saying = await begun(room)
        saying.cancel()
        await asyncio.wait([saying])
        room.voice.end()
        gate.is_open.set()
        await over(room)
        assert is_whole(room)
        assert opus_ends(room)[-1] == RATE // 4

    in_a_room(act)


@pytest.mark.parametrize("is_ending", [False, True])
def test_what_is_silenced_while_it_is_encoded_is_not_sent(gate: type[Gate], is_ending: bool) -> None:
    async def act(room: Room) -> None:
        saying = await begun(room)
        if is_ending:
            saying.cancel()
            await asyncio.wait([saying])
            room.voice.end()
        room.voice.cut()
        gate.is_open.set()
        await asyncio.wait([saying])
        await asyncio.sleep(1.0)
        assert len(room.sender._sounds) == 0

    in_a_room(act)


def test_who_stops_it_while_its_end_is_encoded_has_stopped_it(gate: type[Gate]) -> None:
    async def act(room: Room) -> None:
        narrow(room)
        await room.say(0.25)
        gate.is_open.clear()
        room.voice.end()
        room.hears(0.2, 0.1, received=1, state="ended")
        assert room.voice.is_cut
        gate.is_open.set()
        await asyncio.sleep(1.0)
        assert len(room.sender._sounds) == 0
        assert room.players.statistics() == {}

    in_a_room(act)


def test_who_hears_it_out_waits_for_its_end_to_be_encoded(gate: type[Gate]) -> None:
    async def act(room: Room) -> None:
        narrow(room)
        await room.say(0.25)
        gate.is_open.clear()
        room.voice.end()
        room.hears(0.24, 0.24, received=len(room.sender._sounds), state="paused")
        assert room.voice.is_heard
        waiting = asyncio.create_task(room.voice.heard_out(60.0))
        gate.is_open.set()
        await over(room)
        assert not waiting.done()
        room.hears(0.25, 0.25, received=len(room.sender._sounds), state="ended")
        await waiting

    in_a_room(act)


def test_a_chunk_that_comes_while_what_was_held_back_is_encoded_waits_for_it(gate: type[Gate]) -> None:
    async def act(room: Room) -> None:
        narrow(room)
        await room.say(0.103)
        gate.is_open.clear()
        await gate.knocked()  # nothing came for a while: what is held back goes
        saying = asyncio.create_task(room.say(0.1))
        for _ in range(10):
            await asyncio.sleep(0)
        gate.is_open.set()
        await saying
        room.voice.end()
        await over(room)
        assert is_whole(room)
        assert opus_ends(room)[-1] == round(0.203 * RATE)
        assert sum(packet.is_key for packet in room.sender._sounds if packet.payload) == 2

    in_a_room(act)


def test_an_encoder_that_fails_ends_the_audio_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Gate.put_up(monkeypatch, fails_at="add")

    async def act(room: Room) -> None:
        narrow(room)
        with pytest.raises(gr.InvalidValue, match="got audio that cannot be compressed: no memory is left"):
            await room.say(0.5)
        room.voice.end()
        await over(room)
        assert len(room.sender._sounds) == 1

    with caplog.at_level(logging.ERROR):
        in_a_room(act)
    assert "OSError" in caplog.text


def test_an_encoder_that_fails_at_the_end_does_not_keep_the_end_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Gate.put_up(monkeypatch, fails_at="end")

    async def act(room: Room) -> None:
        narrow(room)
        await room.say(0.25)
        room.voice.end()
        await over(room)
        assert is_whole(room)

    with caplog.at_level(logging.ERROR):
        in_a_room(act)
    assert "cannot be compressed" in caplog.text


STEPS = st.lists(st.tuples(st.sampled_from(["say", "sleep"]), st.integers(1, 12_000)), max_size=6)


@given(STEPS, st.integers(1, 12_000), st.integers(0, 20))
@settings(max_examples=25)
def test_whenever_it_is_cancelled_the_packets_are_in_order_and_whole(
    steps: list[tuple[str, int]], last: int, patience: int
) -> None:
    async def act(room: Room) -> None:
        narrow(room)
        for step, samples in steps:
            await (asyncio.sleep(samples / RATE) if step == "sleep" else room.say(samples / RATE))
        said = sum(samples for step, samples in steps if step == "say")
        saying = asyncio.create_task(room.say(last / RATE))
        for _ in range(patience):
            await asyncio.sleep(0)
        saying.cancel()
        await asyncio.wait([saying])
        room.voice.end()
        await asyncio.sleep(1.0)
        assert is_whole(room)
        assert said <= max(opus_ends(room), default=0) <= said + last
        sounds = list(room.sender._sounds)
        assert [packet.sequence for packet in sounds] == list(range(1, len(sounds) + 1))
        assert [packet.is_last for packet in sounds] == [False] * (len(sounds) - 1) + [True] * bool(sounds)

    in_a_room(act, max_ahead=60.0)
