"""The players of a session: one playback in each component, and none that stays behind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from tests.runtime.room import PIECE, RATE, Room, in_a_room, listener, over, piece, speaker

from millstream.runtime.audio.players import MAX_KEPT
from millstream.testing.page import TestPage
from millstream.wire.messages import Played


def test_a_new_answer_replaces_one_that_is_still_heard() -> None:
    answers = iter([1, 2])

    def answer() -> Iterator[tuple[int, np.ndarray]]:
        number = next(answers)
        for _ in range(200):
            yield RATE, piece(number)

    with TestPage(speaker(answer, {"trigger_mode": "multiple", "concurrency_limit": 2}, max_ahead=1.0)) as page:
        (first,) = page.click("Go", wait=False)
        page.advance(0.5)
        page.click("Go", wait=False)
        page.advance(0.5)
        assert first.state == "cancelled"
        assert set(over(page).samples[:, 0]) == {2}


def test_a_position_in_a_playback_that_is_gone_means_nothing() -> None:
    with TestPage(speaker(lambda: (RATE, piece(1)))) as page:
        page.run(page.page.send(Played(playback=77, received=1, rate=1, samples=1, played=1)))
        page.click("Go")
        over(page)
        assert page.page.closed is None


def test_ten_sessions_speak_at_once_and_none_waits_for_another() -> None:
    def count() -> Iterator[tuple[int, np.ndarray]]:
        for number in range(250):
            yield RATE, piece(number)

    with TestPage(speaker(count, {"concurrency_limit": None}, max_ahead=0.5)) as page:
        pages = [page, *(page.another() for _ in range(9))]
        for each in pages:
            each.click("Go", wait=False)
        page.advance(6.0)
        for each in pages:
            np.testing.assert_array_equal(each.value("Out")[1], np.repeat(np.arange(250), PIECE))
            assert listener(each).is_over
            each.close()


def test_many_playbacks_leave_nothing_behind() -> None:
    with TestPage(speaker(lambda: (RATE, piece(1)))) as page:
        for _ in range(5):
            page.click("Go")
            over(page)
            page.advance(0.2)
        (session,) = page.host.statistics()["sessions"].values()  # type: ignore[attr-defined]
        assert session["playbacks"] == {}


def test_the_page_is_asked_where_it_was_when_something_else_took_the_place() -> None:
    async def act(room: Room) -> None:
        await room.say(1.0)
        room.players.hush(room.component.id)
        room.hears(1.0, 0.3, received=4, state="ended")
        assert room.voice.heard_s == pytest.approx(0.3)
        await room.say(1.0)
        assert room.voice.heard_s == 0.0

    in_a_room(act)


def test_of_playbacks_that_the_page_never_ended_only_the_latest_are_remembered() -> None:
    async def act(room: Room) -> None:
        for _ in range(MAX_KEPT + 10):
            await room.say(0.1)
            room.voice.cut()
        await room.say(0.1)
        assert list(room.players.statistics()) == [str(number) for number in range(11, MAX_KEPT + 12)]

    in_a_room(act)
