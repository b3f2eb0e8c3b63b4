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
from millstream.declare.event import Binding
from millstream.errors import BacklogExceeded, ProtocolError
from millstream.frames import Chunk
from millstream.runtime.stream.receiver import SEQUENCES, FilmIntake, Intake, open_intake
from millstream.wire.packet import Flag, Kind, Packet

with ms.Blocks() as _demo:
    _camera = ms.Image(sources="webcam")
    _camera.stream(lambda frame: None, _camera, None, stream_every=0.1)
BINDING = _demo.freeze().bindings[0]
COMPONENT = BINDING.stream or 0


def make(
    keep: Literal["latest", "all"] = "latest", carries: Literal["picture", "sound"] = "picture", backlog_s: float = 30.0
) -> Intake:
    binding: Binding = replace(BINDING, keep=keep, max_backlog=backlog_s)
    intake = Intake(binding, carries)
    intake.open(0.0)
    intake.raise_limit(0.0)
    return intake


def picture(sequence: int, *, payload: bytes = b"p", flags: Flag = Flag.KEY | Flag.INDEPENDENT) -> Packet:
    return Packet(Kind.PICTURE, 1, flags, 1, COMPONENT, sequence, 0, 0, 0, payload)


def sound(sequence: int, seconds: float = 0.1, *, is_last: bool = False) -> Packet:
    samples = np.zeros((round(seconds * 8000), 1), np.int16)
    payload = pcm16.open_encoder(1.0).encode(Chunk(samples, 8000)).payload
    flags = Flag.KEY | (Flag.LAST if is_last else Flag.NONE)
    return Packet(Kind.SOUND, pcm16.NUMBER, flags, 1, COMPONENT, sequence, 0, 0, 0, payload)


def test_the_newest_picture_is_taken() -> None:
    intake = make()
    for sequence in (1, 2):
        intake.put(picture(sequence), 0.0)
    assert [packet.sequence for packet in intake.take()] == [2]
    assert intake.take() == ()
    assert intake.statistics().dropped == 1


def test_pictures_that_depend_on_each_other_are_taken_together() -> None:
    intake = make()
    intake.put(picture(1, flags=Flag.KEY), 0.0)
    intake.put(picture(2, flags=Flag.NONE), 0.0)
    assert [packet.sequence for packet in intake.take()] == [1, 2]


def test_all_pictures_are_taken_one_by_one() -> None:
    intake = make("all")
    for sequence in (1, 2):
        intake.put(picture(sequence), 0.0)
    assert [len(intake.take()) for _ in range(3)] == [1, 1, 0]


def test_waiting_sound_is_taken_as_a_whole_and_two_chunks_may_wait() -> None:
    intake = make("all", "sound")
    assert intake.limit == 2
    for sequence in (1, 2):
        intake.put(sound(sequence), 0.0)
    assert not intake.raise_limit(0.0)
    assert not intake.has_credit
    assert len(intake.take()) == 2
    assert intake.raise_limit(0.0)
    assert intake.limit == 4


def test_a_flush_takes_everything_up_to_the_final_packet_in_one_call() -> None:
    intake = make("all", "sound")
    intake.put(sound(1), 0.0)
    intake.flush(4)
    assert intake.take() == ()
    for sequence in (2, 3, 4):
        intake.raise_limit(0.0)
        assert not intake.is_flushed
        intake.put(sound(sequence), 0.0)
    assert intake.is_flushed
    assert [packet.sequence for packet in intake.take()] == [1, 2, 3, 4]


def test_a_flush_ends_with_the_packet_flagged_last_which_may_be_empty() -> None:
    intake = make("all", "sound")
    intake.flush(None)
    intake.put(sound(1), 0.0)
    assert intake.take() == ()
    intake.put(Packet(Kind.SOUND, 16, Flag.KEY | Flag.LAST, 1, COMPONENT, 2, 0, 0, 0, b""), 0.0)
    assert [packet.sequence for packet in intake.take()] == [1]


def test_a_flush_can_be_given_up() -> None:
    intake = make("all", "sound")
    intake.put(sound(1), 0.0)
    intake.flush(7)
    intake.give_up()
    assert intake.is_flushed
    assert len(intake.take()) == 1


def test_nothing_was_ever_sent_so_the_flush_is_over_at_once() -> None:
    intake = make("all", "sound")
    intake.flush(0)
    assert intake.is_flushed


def test_a_backlog_has_a_bound() -> None:
    intake = make("all", "sound", backlog_s=0.25)
    intake.put(sound(1), 0.0)
    intake.put(sound(2), 0.0)
    intake.flush(None)
    intake.raise_limit(0.0)
    with pytest.raises(BacklogExceeded, match="s are allowed: make the handler faster"):
        intake.put(sound(3), 0.0)


def test_what_comes_between_two_turns_is_dropped_but_counted() -> None:
    intake = make()
    intake.put(picture(1), 0.0)
    intake.close()
    intake.put(picture(2), 0.0)
    assert not intake.raise_limit(0.0)
    intake.open(1.0)
    assert intake.take() == ()
    intake.raise_limit(1.0)
    intake.put(picture(3), 1.0)
    assert [packet.sequence for packet in intake.take()] == [3]


@pytest.mark.parametrize("sequence", [0, 2, 7])
def test_sequences_have_no_gaps_and_no_repeats(sequence: int) -> None:
    intake = make()
    with pytest.raises(ProtocolError, match="follows packet 0"):
        intake.put(picture(sequence), 0.0)


def test_sequences_wrap() -> None:
    intake = make()
    intake.received = SEQUENCES - 1
    intake.raise_limit(0.0)
    intake.limit = SEQUENCES + 5
    intake.put(picture(0), 0.0)
    intake.put(picture(1), 0.0)
    assert intake.received == SEQUENCES + 1


def test_nothing_may_come_without_credit() -> None:
    intake = make("all", "sound")
    for sequence in (1, 2):
        intake.put(sound(sequence), 0.0)
    with pytest.raises(ProtocolError, match="without credit") as caught:
        intake.put(sound(3), 0.0)
    assert caught.value.code == 1008


@pytest.mark.parametrize("packet", [sound(1), Packet(Kind.PICTURE, 1, Flag.KEY, 1, COMPONENT + 1, 1, 0, 0, 0, b"p")])
def test_what_belongs_elsewhere_is_refused(packet: Packet) -> None:
    with pytest.raises(ProtocolError) as caught:
        make().put(packet, 0.0)
    assert caught.value.code == 4404


@pytest.mark.parametrize("payload", [b"", b"x", bytes(16), bytes(40)])
def test_sound_of_no_known_length_is_left_to_its_decoder(payload: bytes) -> None:
    intake = make("all", "sound")
    intake.put(Packet(Kind.SOUND, 16, Flag.KEY, 1, COMPONENT, 1, 0, 0, 0, payload), 0.0)
    assert intake.statistics().waiting_s == 0


def test_it_is_active_when_something_comes_or_may_come_again() -> None:
    intake = make("all", "sound")
    intake.put(sound(1), 1.0)
    intake.put(sound(2), 2.0)
    assert intake.active_at == 2.0
    intake.take()
    intake.raise_limit(9.0)
    assert intake.active_at == 9.0
    intake.put(sound(3), 10.0)
    intake.take()
    intake.raise_limit(11.0)
    assert intake.active_at == 10.0, "there was credit all the time"


def test_only_streams_that_let_newer_packets_win_are_paced() -> None:
    assert make("all").next_at(0.0) is None
    intake = make()
    intake.measured(0.05, 0.01)
    intake.call_began(0.0)
    intake.put(picture(1), 0.01)
    intake.call_ended(0.5)
    intake.call_began(0.5)
    intake.put(picture(2), 0.51)
    at = intake.next_at(0.51)
    assert at is None or at > 0.5


# ---- sound and pictures together -------------------------------------------------------------------------------


def film(keep: Literal["latest", "all"] = "all", backlog_s: float = 30.0) -> FilmIntake:
    intake = open_intake(replace(BINDING, keep=keep, max_backlog=backlog_s), "film", 1, 2)
    assert isinstance(intake, FilmIntake)
    intake.open(0.0)
    intake.grants(0.0)
    return intake


def scene(sequence: int, payload: bytes = b"p") -> Packet:
    return msgspec.structs.replace(picture(sequence, payload=payload), stream=2)


def test_a_film_hands_over_all_sound_and_the_newest_picture() -> None:
    intake = film()
    intake.put(scene(1), 0.0)
    intake.put(sound(1), 0.0)
    intake.put(scene(2), 0.0)
    intake.put(sound(2), 0.0)
    assert [(packet.stream, packet.sequence) for packet in intake.take()] == [(1, 1), (1, 2), (2, 2)]
    assert intake.statistics().dropped == 1
    assert intake.take() == ()


def test_a_film_begins_with_its_first_picture_and_shows_it_until_there_is_another() -> None:
    intake = film()
    intake.put(sound(1), 0.0)
    assert intake.take() == ()
    intake.put(scene(1), 0.0)
    assert len(intake.take()) == 2
    intake.put(sound(2), 0.0)
    assert [(packet.stream, packet.sequence) for packet in intake.take()] == [(1, 2), (2, 1)]
    assert intake.statistics().taken == 3, "what is shown again is not taken again"


def test_a_picture_alone_is_not_handled() -> None:
    intake = film()
    intake.put(scene(1), 0.0)
    assert intake.take() == ()


def test_a_handler_that_is_behind_waits_for_a_picture_that_may_come_but_not_for_long() -> None:
    intake = film()
    intake.put(scene(1), 0.0)
    intake.put(sound(1), 0.0)
    assert len(intake.take()) == 2
    intake.call_began(0.0)
    intake.put(sound(2), 0.1)
    intake.call_ended(0.15)
    assert intake.take() == ()
    intake.grants(0.2)
    intake.put(sound(3), 0.2)
    assert intake.take() == ()
    intake.grants(0.2)
    intake.put(sound(4), 0.3)
    assert [packet.sequence for packet in intake.take()] == [2, 3, 4, 1]
    intake.call_began(0.3)
    intake.put(sound(5), 0.4)
    intake.call_ended(0.45)
    intake.put(scene(2), 0.46)
    assert [packet.sequence for packet in intake.take()] == [5, 2]


def test_sound_of_a_film_is_not_held_back_in_the_page() -> None:
    intake = film(backlog_s=0.35)
    for sequence in (1, 2, 3):
        intake.grants(0.0)
        assert intake.has_credit
        intake.put(sound(sequence), 0.0)
    assert intake.statistics().waiting_s == pytest.approx(0.3)
    intake.grants(0.0)
    with pytest.raises(BacklogExceeded):
        intake.put(sound(4), 0.0)


def test_a_film_ends_with_its_sound() -> None:
    intake = film()
    intake.put(scene(1), 0.0)
    intake.put(sound(1), 0.0)
    intake.flush(2)
    intake.put(scene(2), 0.0)
    assert intake.take() == ()
    intake.put(sound(2, is_last=True), 0.0)
    assert intake.is_flushed
    assert [packet.sequence for packet in intake.take()] == [1, 2, 2]


def test_a_film_without_any_picture_is_none() -> None:
    intake = film()
    intake.put(sound(1), 0.0)
    intake.flush(1)
    assert intake.is_flushed
    assert intake.take() == ()
    intake.close()
    assert intake.statistics().dropped == 1


def test_a_second_turn_begins_with_a_picture_of_its_own() -> None:
    intake = film()
    intake.put(scene(1), 0.0)
    intake.put(sound(1), 0.0)
    intake.take()
    intake.close()
    assert not intake.is_open
    intake.open(1.0)
    intake.grants(1.0)
    intake.put(sound(2), 1.0)
    assert intake.take() == ()
    intake.put(scene(2), 1.0)
    assert [packet.sequence for packet in intake.take()] == [2, 2]


@pytest.mark.parametrize(
    "packet", [sound(2), scene(2), msgspec.structs.replace(sound(1), stream=2), picture(1)], ids=repr
)
def test_neither_half_of_a_film_takes_what_is_not_its_next(packet: Packet) -> None:
    with pytest.raises(ProtocolError):
        film().put(packet, 0.0)


def test_old_sound_of_a_film_gives_way_where_the_app_says_so() -> None:
    intake = film("latest")
    assert not intake.keeps_all
    intake.put(scene(1), 0.0)
    for sequence in (1, 2):
        intake.put(msgspec.structs.replace(sound(sequence), flags=Flag.KEY | Flag.INDEPENDENT), 0.0)
    assert [packet.sequence for packet in intake.take()] == [2, 1]


def test_a_device_without_a_microphone_sends_pictures_of_which_the_newest_wins() -> None:
    intake = open_intake(replace(BINDING, keep="all"), "film", 1, 0)
    intake.open(0.0)
    assert [number for number, _ in intake.grants(0.0)] == [1]
    for sequence in (1, 2):
        intake.put(picture(sequence), 0.0)
    assert [packet.sequence for packet in intake.take()] == [2]


@given(st.lists(st.sampled_from(["sound", "picture", "take", "flush"]), max_size=80))
def test_whatever_comes_sound_is_whole_and_pictures_never_go_back(steps: list[str]) -> None:
    intake = film()
    counts = {"sound": 0, "picture": 0}
    heard: list[int] = []
    shown: list[int] = []
    for step in [*steps, "flush", "take"]:
        grants = dict(intake.grants(0.0))
        assert all(limit > 0 for limit in grants.values())
        if step == "flush" and not intake.is_flushed:
            intake.flush(counts["sound"])
        elif step == "take":
            packets = intake.take()
            heard += [packet.sequence for packet in packets if packet.stream == 1]
            shown += [packet.sequence for packet in packets if packet.stream == 2]
            assert not packets or packets[-1].stream == 2
        elif step in counts and not (step == "sound" and intake.is_flushed):
            counts[step] += 1
            intake.put((sound if step == "sound" else scene)(counts[step]), 0.0)
    assert shown == sorted(shown)
    assert heard == list(range(1, counts["sound"] + 1)) if counts["picture"] else heard == []
    statistics = intake.statistics()
    assert statistics.put == statistics.taken + statistics.dropped + statistics.waiting
