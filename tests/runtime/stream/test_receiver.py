"""The upward side of a stream: what is refused, what waits, and how much credit there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream as ms
from millstream.codecs import pcm16
from millstream.declare.binding import Binding
from millstream.errors import BacklogExceeded, ProtocolError
from millstream.frames import Chunk
from millstream.runtime.stream.av_receiver import AVReceiver, open_receiver
from millstream.runtime.stream.receiver import Receiver
from millstream.wire.packet import SEQUENCES, Flag, Packet, PacketKind

with ms.Blocks() as _demo:
    _camera = ms.Image(sources="webcam")
    _camera.stream(lambda frame: None, _camera, None, stream_every=0.1)
BINDING = _demo.freeze().bindings[0]
COMPONENT = BINDING.stream or 0


def make(
    keep: Literal["latest", "all"] = "latest", carries: Literal["picture", "sound"] = "picture", backlog_s: float = 30.0
) -> Receiver:
    binding: Binding = replace(BINDING, keep=keep, max_backlog=backlog_s)
    receiver = Receiver(binding, carries)
    receiver.open(0.0)
    receiver.raise_limit(0.0)
    return receiver


def picture(sequence: int, *, payload: bytes = b"p", flags: Flag = Flag.KEY | Flag.INDEPENDENT) -> Packet:
    return Packet(PacketKind.PICTURE, 1, flags, 1, COMPONENT, sequence, 0, 0, 0, payload)


def sound(sequence: int, seconds: float = 0.1, *, is_last: bool = False) -> Packet:
    samples = np.zeros((round(seconds * 8000), 1), np.int16)
    payload = pcm16.open_encoder(1.0).encode(Chunk(samples, 8000)).payload
    flags = Flag.KEY | (Flag.LAST if is_last else Flag.NONE)
    return Packet(PacketKind.SOUND, pcm16.NUMBER, flags, 1, COMPONENT, sequence, 0, 0, 0, payload)


def test_the_newest_frame_is_taken() -> None:
    receiver = make()
    for sequence in (1, 2):
        receiver.put(picture(sequence), 0.0)
    assert [packet.sequence for packet in receiver.take()] == [2]
    assert receiver.take() == ()
    assert receiver.statistics().dropped == 1


def test_frames_that_depend_on_each_other_are_taken_together() -> None:
    receiver = make()
    receiver.put(picture(1, flags=Flag.KEY), 0.0)
    receiver.put(picture(2, flags=Flag.NONE), 0.0)
    assert [packet.sequence for packet in receiver.take()] == [1, 2]
    statistics = receiver.statistics()
    assert (statistics.put, statistics.taken, statistics.dropped) == (2, 1, 1), "the handler gets the newest"


def test_all_frames_are_taken_one_by_one() -> None:
    receiver = make("all")
    for sequence in (1, 2):
        receiver.put(picture(sequence), 0.0)
    assert [len(receiver.take()) for _ in range(3)] == [1, 1, 0]


def test_waiting_audio_is_taken_as_a_whole_and_two_chunks_may_wait() -> None:
    receiver = make("all", "sound")
    assert receiver.limit == 2
    for sequence in (1, 2):
        receiver.put(sound(sequence), 0.0)
    assert not receiver.raise_limit(0.0)
    assert not receiver.has_credit
    assert len(receiver.take()) == 2
    assert receiver.raise_limit(0.0)
    assert receiver.limit == 4


def test_a_flush_takes_everything_up_to_the_final_packet_in_one_call() -> None:
    receiver = make("all", "sound")
    receiver.put(sound(1), 0.0)
    receiver.flush(4)
    assert receiver.take() == ()
    for sequence in (2, 3, 4):
        receiver.raise_limit(0.0)
        assert not receiver.is_flushed
        receiver.put(sound(sequence), 0.0)
    assert receiver.is_flushed
    assert [packet.sequence for packet in receiver.take()] == [1, 2, 3, 4]


def test_a_flush_ends_with_the_packet_flagged_last_which_may_be_empty() -> None:
    receiver = make("all", "sound")
    receiver.flush(None)
    receiver.put(sound(1), 0.0)
    assert receiver.take() == ()
    receiver.put(Packet(PacketKind.SOUND, 16, Flag.KEY | Flag.LAST, 1, COMPONENT, 2, 0, 0, 0, b""), 0.0)
    assert [packet.sequence for packet in receiver.take()] == [1]


def test_a_flush_can_be_given_up() -> None:
    receiver = make("all", "sound")
    receiver.put(sound(1), 0.0)
    receiver.flush(7)
    receiver.give_up()
    assert receiver.is_flushed
    assert len(receiver.take()) == 1


def test_nothing_was_ever_sent_so_the_flush_is_over_at_once() -> None:
    receiver = make("all", "sound")
    receiver.flush(0)
    assert receiver.is_flushed


def test_a_backlog_has_a_bound() -> None:
    receiver = make("all", "sound", backlog_s=0.25)
    receiver.put(sound(1), 0.0)
    receiver.put(sound(2), 0.0)
    receiver.flush(None)
    receiver.raise_limit(0.0)
    with pytest.raises(BacklogExceeded, match="s are allowed: make the handler faster"):
        receiver.put(sound(3), 0.0)


def test_what_comes_between_two_slots_is_dropped_but_counted() -> None:
    receiver = make()
    receiver.put(picture(1), 0.0)
    receiver.close(is_over=True)
    receiver.put(picture(2), 0.0)
    assert not receiver.raise_limit(0.0)
    receiver.open(1.0)
    assert receiver.take() == ()
    receiver.raise_limit(1.0)
    receiver.put(picture(3), 1.0)
    assert [packet.sequence for packet in receiver.take()] == [3]
    statistics = receiver.statistics()
    assert (statistics.put, statistics.taken, statistics.dropped) == (3, 1, 2)


@pytest.mark.parametrize("sequence", [0, 2, 7])
def test_sequences_have_no_gaps_and_no_repeats(sequence: int) -> None:
    receiver = make()
    with pytest.raises(ProtocolError, match="follows packet 0"):
        receiver.put(picture(sequence), 0.0)


def test_sequences_wrap() -> None:
    receiver = make()
    receiver.received = SEQUENCES - 1
    receiver.raise_limit(0.0)
    receiver.limit = SEQUENCES + 5
    receiver.put(picture(0), 0.0)
    receiver.put(picture(1), 0.0)
    assert receiver.received == SEQUENCES + 1


def test_nothing_may_come_without_credit() -> None:
    receiver = make("all", "sound")
    for sequence in (1, 2):
        receiver.put(sound(sequence), 0.0)
    with pytest.raises(ProtocolError, match="without credit") as caught:
        receiver.put(sound(3), 0.0)
    assert caught.value.code == 1008


@pytest.mark.parametrize(
    "packet", [sound(1), Packet(PacketKind.PICTURE, 1, Flag.KEY, 1, COMPONENT + 1, 1, 0, 0, 0, b"p")]
)
def test_what_belongs_elsewhere_is_refused(packet: Packet) -> None:
    with pytest.raises(ProtocolError) as caught:
        make().put(packet, 0.0)
    assert caught.value.code == 4404


@pytest.mark.parametrize("payload", [b"", b"x", bytes(16), bytes(40)])
def test_audio_of_no_known_length_is_left_to_its_decoder(payload: bytes) -> None:
    receiver = make("all", "sound")
    receiver.put(Packet(PacketKind.SOUND, 16, Flag.KEY, 1, COMPONENT, 1, 0, 0, 0, payload), 0.0)
    assert receiver.statistics().waiting_s == 0


def test_it_is_active_when_something_comes_or_may_come_again() -> None:
    receiver = make("all", "sound")
    receiver.put(sound(1), 1.0)
    receiver.put(sound(2), 2.0)
    assert receiver.active_at == 2.0
    receiver.take()
    receiver.raise_limit(9.0)
    assert receiver.active_at == 9.0
    receiver.put(sound(3), 10.0)
    receiver.take()
    receiver.raise_limit(11.0)
    assert receiver.active_at == 10.0, "there was credit all the time"


def test_only_streams_that_let_newer_packets_win_are_paced() -> None:
    assert make("all").next_at(0.0) is None
    receiver = make()
    receiver.measured(0.05, 0.01, 0.002)
    receiver.call_began(0.0)
    receiver.put(picture(1), 0.01)
    receiver.call_ended(0.5)
    receiver.call_began(0.5)
    receiver.put(picture(2), 0.51)
    at = receiver.next_at(0.51)
    assert at is None or at > 0.5


# ---- audio and frames together -------------------------------------------------------------------------------


def video(keep: Literal["latest", "all"] = "all", backlog_s: float = 30.0) -> AVReceiver:
    receiver = open_receiver(replace(BINDING, keep=keep, max_backlog=backlog_s), "film", 1, 2)
    assert isinstance(receiver, AVReceiver)
    receiver.open(0.0)
    receiver.grants(0.0)
    return receiver


def scene(sequence: int, payload: bytes = b"p") -> Packet:
    return msgspec.structs.replace(picture(sequence, payload=payload), stream=2)


def test_a_video_hands_over_all_audio_and_the_newest_frame() -> None:
    receiver = video()
    receiver.put(scene(1), 0.0)
    receiver.put(sound(1), 0.0)
    receiver.put(scene(2), 0.0)
    receiver.put(sound(2), 0.0)
    assert [(packet.stream, packet.sequence) for packet in receiver.take()] == [(1, 1), (1, 2), (2, 2)]
    assert receiver.statistics().dropped == 1
    assert receiver.take() == ()


def test_a_video_begins_with_its_first_frame_and_shows_it_until_there_is_another() -> None:
    receiver = video()
    receiver.put(sound(1), 0.0)
    assert receiver.take() == ()
    receiver.put(scene(1), 0.0)
    assert len(receiver.take()) == 2
    receiver.put(sound(2), 0.0)
    assert [(packet.stream, packet.sequence) for packet in receiver.take()] == [(1, 2), (2, 1)]
    assert receiver.statistics().taken == 3, "what is shown again is not taken again"


def test_a_frame_alone_is_not_handled() -> None:
    receiver = video()
    receiver.put(scene(1), 0.0)
    assert receiver.take() == ()


def test_a_handler_that_is_behind_waits_for_a_frame_that_may_come_but_not_for_long() -> None:
    receiver = video()
    receiver.put(scene(1), 0.0)
    receiver.put(sound(1), 0.0)
    assert len(receiver.take()) == 2
    receiver.call_began(0.0)
    receiver.put(sound(2), 0.1)
    receiver.call_ended(0.15)
    assert receiver.take() == ()
    receiver.grants(0.2)
    receiver.put(sound(3), 0.2)
    assert receiver.take() == ()
    receiver.grants(0.2)
    receiver.put(sound(4), 0.3)
    assert [packet.sequence for packet in receiver.take()] == [2, 3, 4, 1]
    receiver.call_began(0.3)
    receiver.put(sound(5), 0.4)
    receiver.call_ended(0.45)
    receiver.put(scene(2), 0.46)
    assert [packet.sequence for packet in receiver.take()] == [5, 2]


def test_audio_of_a_video_is_not_held_back_in_the_page() -> None:
    receiver = video(backlog_s=0.35)
    for sequence in (1, 2, 3):
        receiver.grants(0.0)
        assert receiver.has_credit
        receiver.put(sound(sequence), 0.0)
    assert receiver.statistics().waiting_s == pytest.approx(0.3)
    receiver.grants(0.0)
    with pytest.raises(BacklogExceeded):
        receiver.put(sound(4), 0.0)


def test_a_video_ends_with_its_audio() -> None:
    receiver = video()
    receiver.put(scene(1), 0.0)
    receiver.put(sound(1), 0.0)
    receiver.flush(2)
    receiver.put(scene(2), 0.0)
    assert receiver.take() == ()
    receiver.put(sound(2, is_last=True), 0.0)
    assert receiver.is_flushed
    assert [packet.sequence for packet in receiver.take()] == [1, 2, 2]


def test_a_video_without_any_frame_is_not_a_video() -> None:
    receiver = video()
    receiver.put(sound(1), 0.0)
    receiver.flush(1)
    assert receiver.is_flushed
    assert receiver.take() == ()
    receiver.close(is_over=True)
    assert receiver.statistics().dropped == 1


def test_a_second_slot_begins_with_a_frame_of_its_own() -> None:
    receiver = video()
    receiver.put(scene(1), 0.0)
    receiver.put(sound(1), 0.0)
    receiver.take()
    receiver.close(is_over=True)
    assert not receiver.is_open
    receiver.open(1.0)
    receiver.grants(1.0)
    receiver.put(sound(2), 1.0)
    assert receiver.take() == ()
    receiver.put(scene(2), 1.0)
    assert [packet.sequence for packet in receiver.take()] == [2, 2]


@pytest.mark.parametrize(
    "packet", [sound(2), scene(2), msgspec.structs.replace(sound(1), stream=2), picture(1)], ids=repr
)
def test_neither_half_of_a_video_takes_what_is_not_its_next(packet: Packet) -> None:
    with pytest.raises(ProtocolError):
        video().put(packet, 0.0)


def test_old_audio_of_a_video_gives_way_where_the_app_says_so() -> None:
    receiver = video("latest")
    assert not receiver.keeps_all
    receiver.put(scene(1), 0.0)
    for sequence in (1, 2):
        receiver.put(msgspec.structs.replace(sound(sequence), flags=Flag.KEY | Flag.INDEPENDENT), 0.0)
    assert [packet.sequence for packet in receiver.take()] == [2, 1]


def test_a_device_without_a_microphone_sends_frames_of_which_the_newest_wins() -> None:
    receiver = open_receiver(replace(BINDING, keep="all"), "film", 1, 0)
    receiver.open(0.0)
    assert [credit.stream for credit in receiver.grants(0.0)] == [1]
    for sequence in (1, 2):
        receiver.put(picture(sequence), 0.0)
    assert [packet.sequence for packet in receiver.take()] == [2]


@given(st.lists(st.sampled_from(["sound", "picture", "take", "flush"]), max_size=80))
def test_whatever_comes_audio_is_whole_and_frames_never_go_back(steps: list[str]) -> None:
    receiver = video()
    counts = {"sound": 0, "picture": 0}
    heard: list[int] = []
    shown: list[int] = []
    for step in [*steps, "flush", "take"]:
        grants = {credit.stream: credit.limit for credit in receiver.grants(0.0)}
        assert all(limit > 0 for limit in grants.values())
        if step == "flush" and not receiver.is_flushed:
            receiver.flush(counts["sound"])
        elif step == "take":
            packets = receiver.take()
            heard += [packet.sequence for packet in packets if packet.stream == 1]
            shown += [packet.sequence for packet in packets if packet.stream == 2]
            assert not packets or packets[-1].stream == 2
        elif step in counts and not (step == "sound" and receiver.is_flushed):
            counts[step] += 1
            receiver.put((sound if step == "sound" else scene)(counts[step]), 0.0)
    assert shown == sorted(shown)
    assert heard == list(range(1, counts["sound"] + 1)) if counts["picture"] else heard == []
    statistics = receiver.statistics()
    assert statistics.put == statistics.taken + statistics.dropped + statistics.waiting


def test_credit_is_computed_again_only_after_something_that_may_raise_it() -> None:
    receiver = make()
    assert receiver.is_granted
    receiver.put(picture(1), 0.0)
    assert not receiver.is_granted
    assert receiver.grants(0.0)
    assert receiver.is_granted
    receiver.take()
    receiver.call_began(0.0)
    receiver.call_ended(0.01)
    assert receiver.is_granted
    assert receiver.grants(0.01) == []


def test_a_slow_handler_leaves_credit_to_be_given_later() -> None:
    receiver, now, sequence = make(), 0.0, 0
    for _ in range(4):
        sequence += 1
        receiver.put(picture(sequence), now)
        receiver.take()
        receiver.call_began(now)
        receiver.grants(now)
        now += 1.0
        receiver.call_ended(now)
        receiver.grants(now)
    receiver.put(picture(sequence + 1), now)
    receiver.take()
    receiver.call_began(now)
    receiver.grants(now)
    assert not receiver.is_granted
    assert receiver.next_at(now) is not None


def test_audio_that_is_held_back_gets_credit_when_it_is_taken_and_while_it_is_flushed_when_it_comes() -> None:
    receiver = make("all", "sound")
    assert receiver.is_granted
    receiver.put(sound(1), 0.0)
    assert receiver.is_granted
    receiver.take()
    assert not receiver.is_granted
    receiver.grants(0.0)
    receiver.flush(9)
    assert not receiver.is_granted
    receiver.grants(0.0)
    receiver.put(sound(2), 0.0)
    assert not receiver.is_granted


def test_camera_and_microphone_are_granted_when_both_are() -> None:
    receiver = video()
    assert receiver.is_granted
    receiver.put(scene(1), 0.0)
    assert not receiver.is_granted
    receiver.grants(0.0)
    assert receiver.is_granted


def test_what_keeps_only_the_latest_hands_on_nothing_more_once_it_is_flushed() -> None:
    receiver = make()
    receiver.put(picture(1), 0.0)
    receiver.flush(None)
    assert receiver.is_flushed
    assert receiver.take() == ()
    receiver.put(picture(2), 0.0)
    assert receiver.is_flushed
    assert receiver.take() == ()
    receiver.close(is_over=True)
    assert receiver.statistics().dropped == 2
    receiver.open(0.0)
    receiver.raise_limit(0.0)
    receiver.put(picture(3), 0.0)
    assert len(receiver.take()) == 1
