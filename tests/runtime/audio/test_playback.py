"""Streamed audio under virtual time: everything arrives, in order, and never far ahead of what is heard."""

from __future__ import annotations

import asyncio
import io
import logging
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runtime.room import PIECE, RATE, Room, in_a_room, listener, over, piece, segment, speaker

import millstream as gr
from millstream.codecs import pcm16
from millstream.runtime.audio.playback import FILE_PART_BYTES
from millstream.runtime.settings import Settings
from millstream.testing.page import TestPage
from millstream.wire.messages import Played
from millstream.wire.packet import Flag


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


def test_a_plain_handlers_audio_is_one_chunk() -> None:
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


def test_one_long_chunk_is_sent_as_it_is_heard() -> None:
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
        assert run.error == "endless() was ended: its audio was paused for 30 seconds."
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


def test_cancels_silences_what_is_heard_after_its_generator_has_ended() -> None:
    with TestPage(speaker(lambda: (RATE, np.ones(3 * RATE, np.int16)))) as page:
        (run,) = page.click("Go")
        assert run.state == "done"
        page.advance(1.0)
        heard = listener(page)
        page.click("Stop")
        page.wait_for(lambda: heard.is_over)
        assert heard.played_s == pytest.approx(1.0, abs=0.2)


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


def test_other_outputs_of_a_yield_come_with_it_and_change_is_raised_for_every_chunk() -> None:
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


def test_a_stream_answers_in_audio() -> None:
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
def test_wav_files_and_paths_are_chunks_like_arrays(tmp_path: Path) -> None:
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
    songs = [b"ID3" + bytes([number]) * 700_000 for number in (7, 8, 9)]

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
        (b"ID3\7 a song that is none", "and now got an encoded file: the format of streamed audio must not change"),
        *(
            ((rate, piece(1)), "a sample rate between 1000 and 384000")
            for rate in (0, -16_000, 10_000_000, True, float("nan"), float("inf"), "16000", None, np.array([RATE]))
        ),
        ((2_000, piece(1)), "cannot play audio at 2000 Hz"),
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
        (b"RIFF, they say", "not a WAV file"),
        (b"", "bytes of a WAV, MP3"),
        pytest.param("nowhere.mp3", "does not exist", marks=pytest.mark.blocking),
        (b"no audio at all", "bytes of a WAV, MP3"),
        (wav(1)[:50], "cut off"),
        (7, "takes"),
    ],
    ids=str,
)
def test_what_is_not_audio_ends_the_generator(bad: object, message: str, caplog: pytest.LogCaptureFixture) -> None:
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


def test_loud_floats_are_divided_by_the_largest_so_far() -> None:
    def say() -> Iterator[object]:
        yield RATE, np.full(PIECE, 0.5, np.float32)
        yield RATE, np.array([0.5, 2.0, -2.0], np.float32)
        yield RATE, np.array([1.0], np.float32)

    with TestPage(speaker(say)) as page:
        page.click("Go")
        over(page)
        assert page.value("Out")[1][-5:].tolist() == [16384, 8192, 32767, -32767, 16384]


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


def test_audio_of_an_address_is_a_value_like_any_other() -> None:
    def say() -> Iterator[object]:
        yield RATE, piece(1)
        yield "https://example.org/song.mp3"

    with TestPage(speaker(say)) as page:
        (run,) = page.click("Go")
        assert run.state == "done"
        page.advance(0.1)
        assert page.value("Out") == {"url": "https://example.org/song.mp3"}


def test_a_video_is_sent_as_it_is_seen() -> None:
    async def act(room: Room) -> None:
        sending = asyncio.create_task(room.voice.put(room.component, segment(*[0.5] * 20, is_first=True), 60.0))
        await asyncio.sleep(0)
        assert room.ahead_s == 5.0
        room.hears(2.0, 1.0, received=5)  # the first packet is the type
        await asyncio.sleep(0)
        assert room.ahead_s == 5.0
        assert not sending.done()
        sending.cancel()

    in_a_room(act)


def test_nothing_of_a_video_is_left_out_while_it_is_paused() -> None:
    async def act(room: Room) -> None:
        await room.voice.put(room.component, segment(1.0, is_first=True), 60.0, is_live=True)
        room.hears(1.0, 0.0, received=2, state="paused")
        await room.voice.put(room.component, segment(1.0), 60.0, is_live=True)
        assert room.ahead_s == 2.0

    in_a_room(act)


def test_a_video_does_not_go_on_with_audio() -> None:
    async def act(room: Room) -> None:
        await room.voice.put(room.component, segment(1.0, is_first=True), 60.0)
        with pytest.raises(gr.InvalidValue, match="plays a video, and now got samples"):
            await room.say(1.0)

    in_a_room(act)


@pytest.mark.parametrize("count", [1, 40])
def test_live_audio_is_skipped_while_the_player_is_paused(count: int) -> None:
    async def act(room: Room) -> None:
        await room.say(0.25, is_live=True)
        room.hears(0.25, 0.05, received=1, state="paused")
        for _ in range(count):
            await room.say(1.0, is_live=True)
        (playback,) = room.players.statistics().values()
        assert playback["skipped_s"] == count
        room.hears(0.25, 0.1, received=1)
        await room.say(0.25, is_live=True)
        first, second = room.sender._sounds
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
        assert {packet.flags for packet in room.sender._sounds} == {Flag.KEY}
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
        assert [packet.flags for packet in room.sender._sounds] == [Flag.KEY | Flag.INDEPENDENT] * 2

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
        with pytest.raises(gr.Error, match=r"answer\(\) was ended: its audio was paused for 8 seconds"):
            recording.stop()


def endless_echo(closed: list[int]) -> Callable[..., Any]:
    """A handler that does not come to an end with the first chunk."""

    def answer(chunk: tuple[int, np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
        try:
            while True:
                yield RATE, piece(1)
        finally:
            closed.append(len(chunk[1]))

    return answer


def test_a_listener_who_stops_it_ends_the_generator_of_a_stream() -> None:
    closed: list[int] = []
    with TestPage(echo(endless_echo(closed))) as page:
        recording = page.record("Mic")
        recording.feed((RATE, np.ones(RATE // 10, np.int16)))
        page.advance(2.0)
        assert closed == []
        player = listener(page)
        page.run(player.fall_silent())
        page.advance(0.1)
        assert len(closed) == 1
        recording.feed((RATE, np.ones(RATE // 2, np.int16)))
        page.advance(0.1)
        assert sum(closed) == 0.6 * RATE, "the microphone is listened to as before"
        recording.stop()
        assert listener(page) is player, "it does not begin anew"
        assert page.toasts == []


def test_a_generator_that_goes_on_after_stop_is_closed_at_last(caplog: pytest.LogCaptureFixture) -> None:
    closed: list[int] = []
    with TestPage(echo(endless_echo(closed)), settings=Settings(stop_s=20.0)) as page, caplog.at_level(logging.WARNING):
        recording = page.record("Mic")
        recording.feed((RATE, np.ones(RATE // 10, np.int16)))
        listener(page)
        stopping = page.start(recording.recording.stop())
        page.advance(19.0)
        assert closed == []
        page.advance(1.5)
        assert sum(closed) == RATE // 10
        stopping.result()
        assert page.toasts == []
    assert "answer() still runs 20 seconds after Stop" in caplog.text


@pytest.mark.blocking  # the inline engine looks for the file on the loop
def test_the_log_names_the_component_that_a_missing_file_was_for(caplog: pytest.LogCaptureFixture) -> None:
    with TestPage(speaker(lambda: "nowhere.mp3")) as page, caplog.at_level(logging.ERROR):
        page.click("Go")
    assert "the file 'nowhere.mp3' does not exist" in caplog.text
    assert "Audio 'Out' is not valid: the file 'nowhere.mp3'" in caplog.text
