"""Streamed sound under virtual time: everything arrives, in order, and never far ahead of what is heard."""

from __future__ import annotations

import asyncio
import io
import logging
import sys
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.codecs.test_mp3 import tone

import millstream as gr
from millstream.client.listener import Listener
from millstream.codecs import opus, pcm16
from millstream.frames import Chunk
from millstream.runtime.outlet import Outlet
from millstream.runtime.playback import FILE_PART_BYTES, Players, Voice
from millstream.runtime.settings import Settings
from millstream.testing.page import TestPage
from millstream.types import Footage
from millstream.ui.component import Component
from millstream.wire.messages import Played
from millstream.wire.packet import CodecNumber, Flag

RATE = 16_000
PIECE = 320
"""20 ms."""


def piece(number: int, length: int = PIECE) -> np.ndarray:
    return np.full(length, number, np.int16)


def speaker(handler: Callable[..., Any], event: dict[str, Any] | None = None, **options: Any) -> gr.Blocks:
    """A button that lets a handler speak, one that silences it, and what happens to the player."""
    with gr.Blocks() as demo:
        out = gr.Audio(label="Out", streaming=True, autoplay=True, **options)
        speaking = gr.Button("Go").click(handler, None, out, **(event or {}))
        gr.Button("Stop").click(None, None, None, cancels=[speaking])
        gr.Button("Clear").click(lambda: None, None, out)
    return demo


def listener(page: TestPage, label: str = "Out") -> Listener:
    page.wait_for(lambda: isinstance(page.page.values[page.page.find(label)], Listener))
    found = page.page.values[page.page.find(label)]
    assert isinstance(found, Listener)
    return found


def over(page: TestPage) -> Listener:
    """Hear it to its end."""
    found = listener(page)
    page.wait_for(lambda: found.is_over, 100)
    return found


def test_a_generator_is_heard_whole_and_in_order() -> None:
    def count() -> Iterator[tuple[int, np.ndarray]]:
        for number in range(100):
            yield RATE, piece(number)

    with TestPage(speaker(count)) as page:
        assert [run.state for run in page.click("Go")] == ["done"]
        assert over(page).played_s == pytest.approx(2.0)
        rate, samples = page.value("Out")
        assert rate == RATE
        np.testing.assert_array_equal(samples, np.repeat(np.arange(100), PIECE))


def test_an_async_generator_is_heard_too() -> None:
    async def count() -> AsyncIterator[tuple[int, np.ndarray]]:
        for number in range(10):
            await asyncio.sleep(0.01)
            yield RATE, piece(number)

    with TestPage(speaker(count)) as page:
        page.click("Go")
        over(page)
        np.testing.assert_array_equal(page.value("Out")[1], np.repeat(np.arange(10), PIECE))


def test_a_plain_handlers_sound_is_one_piece() -> None:
    with TestPage(speaker(lambda: (RATE, np.zeros((RATE, 2), np.int16)))) as page:
        page.click("Go")
        assert over(page).samples.shape == (RATE, 2)


@pytest.mark.parametrize("max_ahead", [0.5, 2.0])
def test_who_is_faster_than_the_listener_is_held_back(max_ahead: float) -> None:
    made = 0

    def endless() -> Iterator[tuple[int, np.ndarray]]:
        nonlocal made
        while True:
            made += 1
            yield RATE, piece(made % 1000)

    with TestPage(speaker(endless, max_ahead=max_ahead)) as page:
        page.click("Go", wait=False)
        for seconds in range(5):
            page.advance(1.0 if seconds else 0.95)
            ahead_s = made * PIECE / RATE - listener(page).played_s
            assert max_ahead <= ahead_s <= max_ahead + 0.15
        (session,) = page.host.statistics()["sessions"].values()  # type: ignore[attr-defined]
        (playback,) = session["playbacks"].values()
        assert playback["position_s"] == pytest.approx(listener(page).played_s, abs=0.11)


def test_one_long_piece_is_sent_as_it_is_heard() -> None:
    with TestPage(speaker(lambda: (RATE, piece(1, 20 * RATE)), max_ahead=1.0)) as page:
        page.click("Go", wait=False)
        page.advance(2.0)
        assert len(listener(page).samples) <= (2 + 1 + 0.5) * RATE
        assert len(over(page).samples) == 20 * RATE


def test_a_paused_player_holds_its_generator_and_at_last_ends_it() -> None:
    ended: list[float] = []

    def endless() -> Iterator[tuple[int, np.ndarray]]:
        try:
            while True:
                yield RATE, piece(1)
        finally:
            ended.append(1)

    with TestPage(speaker(endless, max_ahead=0.5), settings=Settings(show_error=True, pause_s=30.0)) as page:
        (run,) = page.click("Go", wait=False)
        listener(page).is_paused = True
        page.advance(29.0)
        held = len(listener(page).samples)
        listener(page).is_paused = False
        page.advance(5.0)
        assert len(listener(page).samples) > held + 4 * RATE
        listener(page).is_paused = True
        page.advance(31.0)
        assert run.error == "endless() was ended: its sound was paused for 30 seconds."
        assert ended


@pytest.mark.parametrize("button", ["Stop", "Clear"])
def test_what_is_cancelled_or_replaced_is_silent_at_once_and_closed(button: str) -> None:
    closed: list[bool] = []

    def endless() -> Iterator[tuple[int, np.ndarray]]:
        try:
            while True:
                yield RATE, piece(1)
        finally:
            closed.append(True)

    with TestPage(speaker(endless, {"concurrency_limit": 2})) as page:
        (run,) = page.click("Go", wait=False)
        page.advance(1.0)
        heard = listener(page)
        page.click(button)
        page.wait_for(lambda: run.is_over)
        assert heard.is_over
        assert heard.played_s < 1.1
        assert run.state == "cancelled"
        page.advance(0.1)
        assert closed == [True]
        assert page.toasts == []


@pytest.mark.parametrize("pause_s", [0.0, 0.5])
def test_a_listener_who_stops_it_ends_its_generator(pause_s: float) -> None:
    closed: list[bool] = []

    async def endless() -> AsyncIterator[tuple[int, np.ndarray]]:
        try:
            while True:
                yield RATE, piece(1)
                await asyncio.sleep(pause_s)
        finally:
            closed.append(True)

    with TestPage(speaker(endless)) as page:
        (run,) = page.click("Go", wait=False)
        page.advance(2.2)
        heard = listener(page)
        page.run(heard.fall_silent())
        page.wait_for(lambda: run.is_over)
        page.advance(0.1)
        assert (run.state, closed, page.toasts) == ("cancelled", [True], [])
        assert listener(page) is heard, "it does not begin anew"


def test_a_new_answer_takes_the_place_of_one_that_is_still_heard() -> None:
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


def test_nothing_adds_nothing() -> None:
    def hesitate() -> Iterator[tuple[int, np.ndarray] | None]:
        yield None
        yield RATE, piece(7)
        yield None
        yield RATE, piece(0, 0)
        yield RATE, piece(8)

    with TestPage(speaker(hesitate)) as page:
        page.click("Go")
        assert set(over(page).samples[:, 0]) == {7, 8}


def test_other_outputs_of_a_yield_come_with_it_and_change_is_raised_for_every_piece() -> None:
    changes: list[int] = []

    def say() -> Iterator[tuple[tuple[int, np.ndarray], str]]:
        for number in range(3):
            yield (RATE, piece(number)), f"word {number}"

    with gr.Blocks() as demo:
        out, text = gr.Audio(label="Out", streaming=True), gr.Textbox(label="Text")
        gr.Button("Go").click(say, None, [out, text])
        out.change(lambda sound: changes.append(int(sound[1][0])), out, trigger_mode="multiple", concurrency_limit=None)
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        texts = [value for result in run.results for value in result.values.values()]
        assert texts == ["word 0", "word 1", "word 2"]
        over(page)
    assert changes == [0, 1, 2]


def test_a_stream_answers_in_sound() -> None:
    with gr.Blocks() as demo:
        mic, out = gr.Audio(label="Mic", sources=["microphone"]), gr.Audio(label="Out", streaming=True, autoplay=True)
        mic.stream(lambda chunk: chunk, mic, out, stream_every=0.1, time_limit=None)
    sound = np.arange(3 * RATE, dtype=np.int16)
    with TestPage(demo) as page:
        page.stream("Mic", (RATE, sound))
        over(page)
        rate, echo = page.value("Out")
    assert rate == RATE
    np.testing.assert_array_equal(echo, sound)


def wav(number: int, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sink:
        sink.setparams((1, 2, rate, 0, "NONE", ""))
        sink.writeframes(piece(number).astype("<i2").tobytes())
    return file.getvalue()


@pytest.mark.blocking  # the inline engine looks at the file on the loop
def test_wav_files_and_paths_are_pieces_like_arrays(tmp_path: Path) -> None:
    path = tmp_path / "three.wav"
    path.write_bytes(wav(3))

    def say() -> Iterator[object]:
        yield RATE, piece(1)
        yield wav(2)
        yield str(path)
        yield path

    with TestPage(speaker(say)) as page:
        page.click("Go")
        over(page)
        np.testing.assert_array_equal(page.value("Out")[1], np.repeat([1, 2, 3, 3], PIECE))
        (session,) = page.host.sessions.values()
        assert list(session.store.folder.iterdir()) == []


def test_other_files_go_to_the_page_as_they_are() -> None:
    songs = [b"ID3" + bytes([number]) * 700_000 for number in range(3)]

    def sing() -> Iterator[bytes]:
        yield from songs

    with TestPage(speaker(sing)) as page:
        page.click("Go")
        assert over(page).files == songs
        assert page.value("Out") == b"".join(songs)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ((8_000, piece(1)), "at 16000 Hz with 1 channel, and now got samples at 8000 Hz"),
        ((RATE, np.zeros((10, 2), np.int16)), "and now got samples at 16000 Hz with 2 channels"),
        (b"ID3 a song", "and now got an encoded file: the format of streamed sound must not change"),
        ((RATE, np.array([0.0, np.nan])), "finite number"),
        ((RATE, np.array([0.0, -np.inf], np.float32)), "finite number"),
        *(
            ((rate, piece(1)), "a sample rate between 1000 and 384000")
            for rate in (0, -16_000, 10_000_000, True, float("nan"), float("inf"), "16000", None, np.array([RATE]))
        ),
        ((2_000, piece(1)), "cannot play sound at 2000 Hz"),
        ((RATE, np.zeros((2, 3, 4))), "shape"),
        ((RATE, np.zeros((2, 400), np.int16)), r"return \.T"),
        ((RATE, np.zeros((400, 9), np.int16)), "(samples, 1 to 8 channels)"),
        ((RATE, np.zeros((400, 0), np.int16)), "(samples, 1 to 8 channels)"),
        ((RATE, np.int16(7)), "shape"),
        ((RATE, np.array([1, 2, "three"], object)), "the type has to be int16"),
        ((RATE, np.array([1j])), "the type has to be int16"),
        ((RATE, [1, 2, 3]), "takes (sample_rate, array)"),
        ((RATE, piece(1), 7), "takes (sample_rate, array)"),
        (wav(1, 8_000), "at 16000 Hz with 1 channel, and now got samples at 8000 Hz"),
        (b"RIFF, they say", "cannot play audio.wav"),
        (b"", "bytes of a WAV, MP3"),
        pytest.param("nowhere.mp3", "does not exist", marks=pytest.mark.blocking),
        (b"no sound at all", "bytes of a WAV, MP3"),
        (wav(1)[:50], "cut off"),
        (7, "takes"),
    ],
    ids=str,
)
def test_what_is_no_sound_ends_the_generator(bad: object, message: str, caplog: pytest.LogCaptureFixture) -> None:
    closed: list[bool] = []

    def say() -> Iterator[object]:
        try:
            yield RATE, piece(1)
            yield bad
            yield RATE, piece(2)
        finally:
            closed.append(True)

    with TestPage(speaker(say)) as page, caplog.at_level(logging.ERROR):
        (run,) = page.click("Go")
        assert run.state == "failed"
        assert message.replace("\\", "") in run.error
        assert closed == [True]
        assert set(over(page).samples[:, 0]) == {1}
        assert len(page.toasts) == 1
    assert message.replace("\\", "") in caplog.text


def test_loud_floats_are_clipped_alike_in_every_piece() -> None:
    def say() -> Iterator[object]:
        yield RATE, np.full(PIECE, 0.5, np.float32)
        yield RATE, np.array([0.5, 2.0, -2.0], np.float32)

    with TestPage(speaker(say)) as page:
        page.click("Go")
        over(page)
        assert page.value("Out")[1][-4:].tolist() == [16384, 16384, 32767, -32767]


def test_a_file_that_the_browser_cannot_play_ends_the_generator(caplog: pytest.LogCaptureFixture) -> None:
    def sing() -> Iterator[bytes]:
        while True:
            yield b"ID3 not a song"

    with TestPage(speaker(sing)) as page, caplog.at_level(logging.ERROR):
        (run,) = page.click("Go", wait=False)
        listener(page).is_paused = True
        broken = Played(playback=1, received=0, rate=48_000, samples=0, played=0, state="broken", message="What is it?")
        page.run(page.page.send(broken))
        page.wait_for(lambda: run.is_over)
        assert "What is it?" in run.error
    assert "What is it?" in caplog.text


@pytest.mark.parametrize(
    "position",
    [{"received": 99}, {"rate": 0}, {"rate": 10**9}, {"played": 2}, {"played": -1, "samples": -1}],
    ids=str,
)
def test_a_page_that_is_nowhere_is_closed(position: dict[str, int]) -> None:
    with TestPage(speaker(lambda: (RATE, piece(1)))) as page:
        page.click("Go")
        nowhere = {"playback": 1, "received": 0, "rate": RATE, "samples": 0, "played": 0, **position}
        page.run(page.page.send(Played(**nowhere)))
        page.advance(0.1)
        assert page.page.closed is not None


def test_a_position_in_a_playback_that_is_gone_means_nothing() -> None:
    with TestPage(speaker(lambda: (RATE, piece(1)))) as page:
        page.run(page.page.send(Played(playback=77, received=1, rate=1, samples=1, played=1)))
        page.click("Go")
        over(page)
        assert page.page.closed is None


def test_who_leaves_takes_the_generator_with_him() -> None:
    closed: list[bool] = []

    def endless() -> Iterator[tuple[int, np.ndarray]]:
        try:
            while True:
                yield RATE, piece(1)
        finally:
            closed.append(True)

    with TestPage(speaker(endless)) as page:
        other = page.another()
        other.click("Go", wait=False)
        other.advance(1.0)
        other.close()
        page.advance(1.0)
        assert closed == [True]
        assert page.host.statistics()["sessions"].keys() == {session.tag for session in page.host.sessions.values()}  # type: ignore[attr-defined]
        assert len(page.host.sessions) == 1


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


def test_sound_of_an_address_is_a_value_like_any_other() -> None:
    def say() -> Iterator[object]:
        yield RATE, piece(1)
        yield "https://example.org/song.mp3"

    with TestPage(speaker(say)) as page:
        (run,) = page.click("Go")
        assert run.state == "done"
        page.advance(0.1)
        assert page.value("Out") == {"url": "https://example.org/song.mp3"}


def test_many_playbacks_leave_nothing_behind() -> None:
    with TestPage(speaker(lambda: (RATE, piece(1)))) as page:
        for _ in range(5):
            page.click("Go")
            over(page)
            page.advance(0.2)
        (session,) = page.host.statistics()["sessions"].values()  # type: ignore[attr-defined]
        assert session["playbacks"] == {}


def footage(*seconds: float, is_first: bool = False) -> Footage:
    return Footage("video/mp4", tuple((bytes(8), each) for each in seconds), is_first)


def test_a_film_is_sent_as_it_is_seen() -> None:
    async def act(room: Room) -> None:
        sending = asyncio.create_task(room.voice.put(room.component, footage(*[0.5] * 20, is_first=True), 60.0))
        await asyncio.sleep(0)
        assert room.ahead_s == 5.0
        room.hears(2.0, 1.0, received=5)  # the first packet is the type
        await asyncio.sleep(0)
        assert room.ahead_s == 5.0
        assert not sending.done()
        sending.cancel()

    in_a_room(act)


def test_nothing_of_a_film_is_left_out_while_it_is_paused() -> None:
    async def act(room: Room) -> None:
        await room.voice.put(room.component, footage(1.0, is_first=True), 60.0, is_live=True)
        room.hears(1.0, 0.0, received=2, state="paused")
        await room.voice.put(room.component, footage(1.0), 60.0, is_live=True)
        assert room.ahead_s == 2.0

    in_a_room(act)


def test_another_film_is_another_playback() -> None:
    async def act(room: Room) -> None:
        await room.voice.put(room.component, footage(1.0, is_first=True), 60.0)
        await room.voice.put(room.component, footage(1.0), 60.0)
        assert set(room.players.statistics()) == {"1"}
        await room.voice.put(room.component, footage(1.0, is_first=True), 60.0)
        assert set(room.players.statistics()) == {"1", "2"}
        assert room.voice.is_heard

    in_a_room(act)


def test_a_film_does_not_go_on_with_sound() -> None:
    async def act(room: Room) -> None:
        await room.voice.put(room.component, footage(1.0, is_first=True), 60.0)
        with pytest.raises(gr.InvalidValue, match="plays a film, and now got samples"):
            await room.say(1.0)

    in_a_room(act)


class Room:
    """A voice that speaks into one player, and a page that says what we let it say; the clock stands still."""

    def __init__(self, component: Component) -> None:
        self.outlet = Outlet(64, lambda: None)
        self.players = Players(self.outlet)
        self.voice = Voice(self.players, 0)
        self.component = component

    @property
    def ahead_s(self) -> float:
        return max(each["ahead_s"] for each in self.players.statistics().values())

    async def say(self, seconds: float, *, is_live: bool = False) -> None:
        sound = Chunk(np.ones((round(seconds * RATE), 1), np.int16), RATE)
        await self.voice.put(self.component, sound, 10.0, is_live=is_live)

    def hears(self, samples_s: float, played_s: float, **changes: Any) -> None:
        """Let the page say where it is."""
        told = {"playback": 1, "received": 0, "rate": RATE, **changes}
        self.players.report(Played(samples=round(samples_s * RATE), played=round(played_s * RATE), **told))


def in_a_room(act: Callable[[Room], Awaitable[None]], **options: Any) -> None:
    demo = speaker(lambda: None, **options)
    with TestPage(demo) as page:
        (player,) = [each for each in page.host.manifest.components.values() if each.plays_ahead_s]  # type: ignore[attr-defined]

        async def enter() -> None:
            await act(Room(player))

        page.run(enter())


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


def test_the_page_is_asked_where_it_was_when_something_else_took_the_place() -> None:
    async def act(room: Room) -> None:
        await room.say(1.0)
        room.players.hush(room.component.id)
        room.hears(1.0, 0.3, received=4, state="ended")
        assert room.voice.heard_s == pytest.approx(0.3)
        await room.say(1.0)
        assert room.voice.heard_s == 0.0

    in_a_room(act)


@pytest.mark.parametrize("count", [1, 40])
def test_live_sound_is_skipped_while_the_player_is_paused(count: int) -> None:
    async def act(room: Room) -> None:
        await room.say(0.25, is_live=True)
        room.hears(0.25, 0.05, received=1, state="paused")
        for _ in range(count):
            await room.say(1.0, is_live=True)
        (playback,) = room.players.statistics().values()
        assert playback["skipped_s"] == count
        room.hears(0.25, 0.1, received=1)
        await room.say(0.25, is_live=True)
        first, second = room.outlet._sounds
        assert pcm16.open_decoder().decode(first.payload).first_sample == 0
        assert pcm16.open_decoder().decode(second.payload).first_sample == RATE // 4 + count * RATE
        assert second.sequence == 2
        assert first.flags == Flag.KEY | Flag.INDEPENDENT, "the page may leave out silence of it"

    in_a_room(act)


def test_who_waits_for_a_listener_skips_what_is_left_when_he_pauses() -> None:
    async def act(room: Room) -> None:
        await room.say(2.0, is_live=True)
        more = asyncio.create_task(room.say(1.0, is_live=True))
        await asyncio.sleep(5.0)
        assert not more.done()
        room.hears(0.0, 0.0, state="paused")
        await more

    in_a_room(act, max_ahead=2.0)


def test_what_is_not_live_waits_for_who_has_paused() -> None:
    async def act(room: Room) -> None:
        await room.say(2.0)
        assert {packet.flags for packet in room.outlet._sounds} == {Flag.KEY}
        room.hears(0.0, 0.0, state="paused")
        with pytest.raises(TimeoutError):
            await room.say(0.25)

    in_a_room(act, max_ahead=2.0)


def test_a_file_is_skipped_as_a_whole_or_not_at_all() -> None:
    async def act(room: Room) -> None:
        song = b"ID3" + bytes(FILE_PART_BYTES)
        await room.voice.put(room.component, song, 10.0, is_live=True)
        room.hears(0.0, 0.0, state="paused")
        await room.voice.put(room.component, song, 10.0, is_live=True)
        assert [packet.flags for packet in room.outlet._sounds] == [Flag.KEY | Flag.INDEPENDENT] * 2

    in_a_room(act)


def echo(handler: Callable[..., Any], **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        mic, out = gr.Audio(label="Mic", sources=["microphone"]), gr.Audio(label="Out", streaming=True, autoplay=True)
        mic.stream(handler, mic, out, stream_every=0.1, time_limit=None, **options)
    return demo


def test_a_paused_player_does_not_hold_the_microphone_up() -> None:
    heard: list[int] = []

    def answer(chunk: tuple[int, np.ndarray]) -> tuple[int, np.ndarray]:
        heard.append(len(chunk[1]))
        return chunk

    with TestPage(echo(answer, max_backlog=5)) as page:
        recording = page.record("Mic")
        recording.feed((RATE, np.ones(RATE, np.int16)))
        player = listener(page)
        player.is_paused = True
        page.advance(0.2)
        before = len(player.samples)
        recording.feed((RATE, np.ones(60 * RATE, np.int16)))
        page.advance(1.0)
        assert sum(heard) == 61 * RATE
        assert len(player.samples) - before < RATE
        recording.stop()
        assert page.toasts == []


def test_a_generator_waits_for_the_listener_and_ends_before_the_microphone_has_waited_for_too_long() -> None:
    def answer(chunk: tuple[int, np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
        yield chunk

    with TestPage(echo(answer, max_backlog=10), settings=Settings(show_error=True)) as page:
        recording = page.record("Mic")
        recording.feed((RATE, np.ones(RATE, np.int16)))
        listener(page).is_paused = True
        page.advance(0.2)
        feeding = recording.feed_in_background((RATE, np.ones(30 * RATE, np.int16)))
        recording.wait_for_state("ended", 60.0)
        feeding.cancel()
        with pytest.raises(gr.Error, match=r"answer\(\) was ended: its sound was paused for 8 seconds"):
            recording.stop()


async def wait_on_a_narrow_link(room: Room) -> None:
    """Let the page say for two seconds that what was sent arrives at half the rate of the samples."""
    room.players.breadth.takes_opus = True
    for tick in range(25):
        await room.say(0.1)
        room.hears(0.1 * (tick // 2), 0.05 * (tick // 2), received=tick // 2)
        await asyncio.sleep(0.1)


def codecs_of(room: Room) -> list[CodecNumber]:
    return [CodecNumber(packet.codec) for packet in room.outlet._sounds]


def opus_ends(room: Room) -> list[int]:
    """Give where each packet of Opus ends, in samples."""
    prefixes = [opus.PREFIX.unpack_from(each.payload) for each in room.outlet._sounds if each.codec == CodecNumber.OPUS]
    return [first + count for first, _, _, _, _, count in prefixes]


def test_on_a_narrow_link_samples_go_on_as_opus_and_all_of_them() -> None:
    async def act(room: Room) -> None:
        await wait_on_a_narrow_link(room)
        assert set(codecs_of(room)) == {CodecNumber.PCM16, CodecNumber.OPUS}
        assert codecs_of(room) == sorted(codecs_of(room)), "first the one, then the other"
        room.voice.end()
        assert opus_ends(room)[-1] == round(2.5 * RATE)
        last = room.outlet._sounds[-1]
        assert (last.is_last, len(last.payload)) == (True, 0)
        assert [packet.sequence for packet in room.outlet._sounds] == list(range(1, len(room.outlet._sounds) + 1))

    in_a_room(act, max_ahead=60.0)


def test_the_next_playback_begins_with_what_this_one_has_found_out() -> None:
    async def act(room: Room) -> None:
        await wait_on_a_narrow_link(room)
        room.voice.cut()
        await room.say(0.1)
        assert set(codecs_of(room)) == {CodecNumber.OPUS}
        first, *others = room.outlet._sounds
        assert (first.sequence, first.flags) == (1, Flag.KEY)
        assert {packet.flags for packet in others} == {Flag.NONE}

    in_a_room(act, max_ahead=60.0)


def test_what_does_not_fill_a_packet_does_not_wait_for_long() -> None:
    async def act(room: Room) -> None:
        room.players.breadth.takes_opus = True
        room.players.breadth.narrow(0.0)
        await room.say(0.103)
        assert opus_ends(room)[-1] < round(0.103 * RATE)
        await asyncio.sleep(0.2)
        assert opus_ends(room)[-1] == round(0.103 * RATE)
        await room.say(0.1, is_live=True)
        await asyncio.sleep(0.2)
        assert opus_ends(room)[-1] < round(0.203 * RATE), "the next one comes when this one has lasted"
        await asyncio.sleep(0.2)
        assert opus_ends(room)[-1] == round(0.203 * RATE)
        assert sum(packet.is_key for packet in room.outlet._sounds) == 2
        await room.say(0.103)
        room.voice.cut()
        await asyncio.sleep(1.0)
        assert len(room.outlet._sounds) == 0

    in_a_room(act)


def test_live_sound_that_is_skipped_leaves_a_hole_in_opus_too() -> None:
    async def act(room: Room) -> None:
        room.players.breadth.takes_opus = True
        room.players.breadth.narrow(0.0)
        await room.say(0.25, is_live=True)
        room.hears(0.25, 0.05, state="paused")
        await room.say(1.0, is_live=True)
        room.hears(0.25, 0.1)
        await room.say(0.25, is_live=True)
        keys = [packet for packet in room.outlet._sounds if packet.is_key]
        assert [opus.PREFIX.unpack_from(packet.payload)[0] for packet in keys] == [0, round(1.25 * RATE)]

    in_a_room(act)


@pytest.mark.parametrize("lacks", ["the page", "PyAV"])
def test_who_cannot_take_or_make_opus_gets_samples(lacks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(room: Room) -> None:
        room.players.breadth.takes_opus = lacks != "the page"
        room.players.breadth.narrow(0.0)
        await room.say(0.5)
        assert set(codecs_of(room)) == {CodecNumber.PCM16}
        assert not room.players.breadth.takes_opus

    if lacks == "PyAV":
        monkeypatch.setitem(sys.modules, "av", None)
    in_a_room(act)


def test_an_mp3_as_a_service_sends_it_is_heard_as_one_sound() -> None:
    data = tone(24_000, 1, 2.0)

    def speak() -> Iterator[bytes]:
        for at in range(0, len(data), 500):
            yield data[at : at + 500]

    with gr.Blocks() as demo:
        out = gr.Audio(label="Out", streaming=True)
        gr.Button("Go").click(speak, None, out)
    with TestPage(demo) as page:
        page.click("Go")
        rate, samples = page.value("Out")
    assert (rate, samples.ndim) == (24_000, 1)
    assert 2.0 < len(samples) / rate < 2.2
