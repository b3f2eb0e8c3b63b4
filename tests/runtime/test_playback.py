"""Streamed sound under virtual time: everything arrives, in order, and never far ahead of what is heard."""

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

import millstream as gr
from millstream.client.listener import Listener
from millstream.runtime.settings import Settings
from millstream.testing.page import TestPage
from millstream.wire.messages import Played

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
        ((0, piece(1)), "a sample rate between 1000 and 384000"),
        ((10_000_000, piece(1)), "a sample rate between 1000 and 384000"),
        ((2_000, piece(1)), "cannot play sound at 2000 Hz"),
        ((RATE, np.zeros((2, 3, 4))), "shape"),
        ((RATE, np.zeros((2, 400), np.int16)), r"return \.T"),
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
