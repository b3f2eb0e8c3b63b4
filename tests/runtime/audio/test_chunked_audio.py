"""Audio that comes cut anywhere, under virtual time: from generators, plain handlers, streams and answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from tests.media.chunked_audio.chunked_files import heard, pieces, plain_tone, sine, sound_file, tone, unsized
from tests.runtime.room import over, speaker

import millstream as gr
from millstream import installation
from millstream.frames import Chunk
from millstream.media import wav
from millstream.runtime.settings import Settings
from millstream.testing import LoudnessDetector, TestPage

RATE = 24_000
FILES = {
    "MP3": tone(RATE, 1, 2.0),
    "MP3 of frames": plain_tone(RATE, 1, 2.0),
    "AAC": sound_file("adts", "aac", RATE, 1, 2.0),
    "Opus": sound_file("ogg", "libopus", RATE, 1, 2.0),
    "FLAC": sound_file("flac", "flac", RATE, 1, 2.0),
    "WAV": wav.encode(Chunk(sine(RATE, 1, 2.0), RATE)),
}
FLAC = FILES["FLAC"]


def whole(file: bytes, size: int = 500) -> np.ndarray:
    return heard(pieces(file, [size]))[1][:, 0]


def voice(seconds: float) -> tuple[int, np.ndarray]:
    return 16_000, np.full(round(seconds * 16_000), 8_000, np.int16)


@pytest.mark.parametrize("kind", FILES)
def test_a_generator_of_chunks_is_heard_as_one_stream(kind: str) -> None:
    with TestPage(speaker(lambda: iter_of(pieces(FILES[kind], [500])))) as page:
        assert [run.state for run in page.click("Go")] == ["done"]
        over(page)
        rate, samples = page.value("Out")
    assert rate == (48_000 if kind == "Opus" else RATE)
    np.testing.assert_array_equal(samples, whole(FILES[kind]))


def iter_of(values: list[object]) -> Iterator[object]:
    yield from values


def test_sentence_after_sentence_with_a_pause_between() -> None:
    pause = RATE, np.zeros(RATE // 2, np.int16)
    given = [*pieces(FLAC, [700]), pause, *pieces(FLAC, [700]), pause]
    with TestPage(speaker(lambda: iter_of(given))) as page:
        page.click("Go")
        samples = over(page).samples[:, 0]
    sentence = sine(RATE, 1, 2.0)[:, 0]
    np.testing.assert_array_equal(samples, np.concatenate([sentence, pause[1], sentence, pause[1]]))


@pytest.mark.parametrize("file", [unsized(FLAC), FILES["MP3 of frames"], FILES["AAC"]], ids=["FLAC", "MP3", "AAC"])
def test_a_plain_handler_may_return_what_does_not_say_how_long_it_is(file: bytes) -> None:
    with TestPage(speaker(lambda: file)) as page:
        page.click("Go")
        np.testing.assert_array_equal(over(page).samples[:, 0], whole(file, len(file)))


def test_what_ends_too_soon_is_heard_and_then_an_error() -> None:
    with TestPage(
        speaker(lambda: iter_of(pieces(FILES["WAV"][:48_044], [1_000]))), settings=Settings(show_error=True)
    ) as page:
        (run,) = page.click("Go")
        assert run.state == "failed"
        assert "Audio 'Out' cannot play all of what it was given: the WAV file is cut off" in run.error
        assert len(over(page).samples) == 24_000


@pytest.mark.blocking  # the handler runs on the loop here, and its error asks how Millstream was installed
@pytest.mark.parametrize("kind", ["MP3", "AAC", "Opus", "FLAC"])
def test_without_pyav_the_developer_reads_the_remedy_at_once(kind: str, monkeypatch, caplog) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    taken: list[int] = []

    def speak() -> Iterator[bytes]:
        for piece in pieces(FILES[kind], [500]):
            taken.append(len(piece))
            yield piece

    with TestPage(speaker(speak), settings=Settings(show_error=False)) as page:
        (run,) = page.click("Go")
    assert run.state == "failed"
    assert run.error is not None
    assert run.error.startswith("Something went wrong in the app.")
    assert f"Install it: {installation.extra_command('video')}" in caplog.text
    assert taken == [500]


def heard_in_stream(handler: Callable[..., object]) -> np.ndarray:
    with gr.Blocks() as demo:
        mic = gr.Audio(label="Mic", sources="microphone")
        out = gr.Audio(label="Out", streaming=True)
        mic.stream(handler, mic, out, stream_every=0.1, time_limit=None)
    with TestPage(demo) as page:
        page.stream("Mic", voice(2.0))
        return over(page).samples[:, 0]


def test_a_streams_handler_returns_one_chunk_after_the_other() -> None:
    waiting = iter(pieces(FLAC, [len(FLAC) // 15]))
    np.testing.assert_array_equal(heard_in_stream(lambda chunk: next(waiting, None)), sine(RATE, 1, 2.0)[:, 0])


def test_to_stop_a_stream_before_all_was_there_is_no_error() -> None:
    waiting = iter(pieces(FILES["WAV"], [1_000]))
    with gr.Blocks() as demo:
        mic = gr.Audio(label="Mic", sources="microphone")
        out = gr.Audio(label="Out", streaming=True)
        mic.stream(lambda chunk: next(waiting), mic, out, stream_every=0.1, time_limit=None)
    with TestPage(demo) as page:
        stream = page.stream("Mic", voice(1.0))
        assert 0 < len(over(page).samples) < 2 * RATE
        assert page.toasts == []
        assert stream.error == ""


def test_each_generator_of_a_stream_is_a_playback_of_its_own() -> None:
    count = 0

    def speak(chunk: object) -> Iterator[bytes]:
        nonlocal count
        count += 1
        if count < 3:
            yield from pieces(FLAC, [700])

    np.testing.assert_array_equal(heard_in_stream(speak), np.tile(sine(RATE, 1, 2.0)[:, 0], 2))


def test_an_answer_is_heard_to_its_end() -> None:
    def answer(sound: object) -> Iterator[bytes]:
        yield from pieces(FLAC, [700])

    with gr.Blocks() as demo:
        mic = gr.Audio(label="Mic", sources="microphone")
        out = gr.Audio(label="Out", streaming=True)
        mic.stream(gr.ReplyOnPause(answer, detector=LoudnessDetector), mic, out)
    with TestPage(demo) as page:
        recording = page.record("Mic")
        recording.wait_for_state("running")
        recording.feed((16_000, np.concatenate([voice(1.0)[1], np.zeros(32_000, np.int16)])))
        np.testing.assert_array_equal(over(page).samples[:, 0], sine(RATE, 1, 2.0)[:, 0])
        recording.stop()
