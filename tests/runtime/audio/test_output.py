"""What a voice knows of how far it was heard, and when it has to be silent."""

from __future__ import annotations

import asyncio

import pytest
from tests.runtime.room import Room, in_a_room, segment


def test_another_video_is_another_playback() -> None:
    async def act(room: Room) -> None:
        await room.voice.put(room.component, segment(1.0, is_first=True), 60.0)
        await room.voice.put(room.component, segment(1.0), 60.0)
        assert set(room.players.statistics()) == {"1"}
        await room.voice.put(room.component, segment(1.0, is_first=True), 60.0)
        assert set(room.players.statistics()) == {"1", "2"}
        assert room.voice.is_heard

    in_a_room(act)


def test_a_voice_knows_how_much_of_it_was_heard_and_whether_it_is_heard() -> None:
    async def act(room: Room) -> None:
        voice = room.voice
        assert (voice.heard_s, voice.is_heard) == (0.0, False)
        await room.say(2.0)
        assert (voice.heard_s, voice.is_heard) == (0.0, True)
        room.hears(2.0, 0.5, received=8)
        await asyncio.sleep(0.06)
        assert voice.heard_s == pytest.approx(0.56)
        await asyncio.sleep(10.0)
        assert voice.heard_s == 2.0
        room.hears(2.0, 1.0, received=8, state="paused")
        await asyncio.sleep(10.0)
        assert (voice.heard_s, voice.is_heard) == (1.0, True)
        room.hears(2.0, 2.0, received=8)
        assert (voice.heard_s, voice.is_heard) == (2.0, False)

    in_a_room(act)


def test_a_voice_that_is_interrupted_knows_how_far_it_came() -> None:
    async def act(room: Room) -> None:
        await room.say(2.0)
        room.hears(2.0, 0.5, received=8)
        await asyncio.sleep(0.06)
        room.voice.cut()
        await asyncio.sleep(1.0)
        assert room.voice.heard_s == pytest.approx(0.56)
        assert not room.voice.is_heard
        room.hears(2.0, 0.57, received=8, state="ended")
        await asyncio.sleep(1.0)
        assert room.voice.heard_s == pytest.approx(0.57)
        assert room.players.statistics() == {}

    in_a_room(act)


def test_a_voice_that_was_stopped_says_nothing_more_there() -> None:
    async def act(room: Room) -> None:
        await room.say(1.0, is_live=True)
        room.hears(1.0, 0.3, received=4, state="ended")
        assert (room.voice.is_heard, room.voice.heard_s) == (False, pytest.approx(0.3))
        await room.say(1.0, is_live=True)
        assert room.players.statistics() == {}

    in_a_room(act)


def test_what_was_heard_to_its_end_was_not_stopped() -> None:
    async def act(room: Room) -> None:
        await room.say(1.0)
        room.voice.end()
        room.hears(1.0, 1.0, received=5, state="ended")
        assert not room.voice.is_cut

    in_a_room(act)
