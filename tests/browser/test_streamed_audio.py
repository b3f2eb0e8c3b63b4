"""Streamed audio as the loudspeaker gets it: every sample once, in order, promptly, and silent when it should be."""

from __future__ import annotations

import io
import time
import wave
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.ear import QUANTUM, TAP, delays_ms, faults, gap_ms, hear, ramp
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import Clips
from tests.media.audio_files import encoded

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
Listen = Callable[..., Page]

RATE = 24_000
PIECE = 480
"""20 ms."""

RAW = {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}
"""What leaves the audio of the microphone as it is."""

UNTOUCHED = """
let isTouched = false;
addEventListener("click", () => { isTouched = true; }, {capture: true});
const Context = AudioContext;
window.AudioContext = class extends Context {
  constructor(options) {
    super(options);
    if (!isTouched) void this.suspend();
  }
  resume() {
    return isTouched ? super.resume() : new Promise(() => {});
  }
};
"""
"""What a test looks at counts as the user's touch, in Chromium: here only a real click does."""

BESIDE_OTHERS_MS = 1_000
"""What counts as promptly on a machine that is busy; `benchmarks/bench_sound.py` has the promise."""

WHOLE = "#out audio"
"""Is there when all was heard."""


@pytest.fixture
def listen(launch: Launch, open_page: OpenPage) -> Listen:
    """Open a page of an app with a tap on its audio graph."""

    def start(demo: gr.Blocks, *, script: str = "", **options: Any) -> Page:
        return open_page(launch(demo), script=TAP + script, bypass_csp=True, **options)

    return start


def pieces(seconds: float, rate: int = RATE, length: int = PIECE) -> Iterator[tuple[int, np.ndarray]]:
    samples = ramp(round(seconds * rate))
    for at in range(0, len(samples), length):
        yield rate, samples[at : at + length]


def speaker(handler: Callable[..., Any], notes: Notes[str] | None = None, **options: Any) -> gr.Blocks:
    """A button that lets a handler speak, one that cancels it, and notes of what the player tells."""
    with gr.Blocks() as demo:
        out = gr.Audio(label="Out", elem_id="out", **{"streaming": True, "autoplay": True, **options})
        speaking = gr.Button("Speak").click(handler, None, out)
        gr.Button("Enough").click(None, cancels=[speaking])
        if notes is not None:
            out.play(lambda: notes.add("play"), concurrency_id="notes", trigger_mode="multiple")
            out.pause(lambda: notes.add("pause"), concurrency_id="notes", trigger_mode="multiple")
            out.stop(lambda: notes.add("stop"), concurrency_id="notes", trigger_mode="multiple")
            out.change(lambda: notes.add("change"), concurrency_id="notes", trigger_mode="multiple")
    return demo


def body(samples: np.ndarray) -> np.ndarray:
    """Leave out the silence before and after."""
    (loud,) = np.nonzero(samples)
    return samples[loud[0] : loud[-1] + 1]


def assert_heard(page: Page, expected: np.ndarray) -> None:
    """Check that the loudspeaker got all of it, in order."""
    assert lost(page, expected) == []


def lost(page: Page, expected: np.ndarray) -> list[str]:
    """Say where what was heard is not in order; a gap is none of that: who computes beside us may make one."""
    rate, samples = hear(page)
    return [fault for fault in faults(samples, expected, rate) if not gap_ms(fault)]


def whole(page: Page) -> tuple[int, np.ndarray]:
    """Give what can be played again."""
    encoded = page.evaluate(
        """async (selector) => {
            const answer = await fetch(document.querySelector(selector).src);
            return [...new Uint8Array(await answer.arrayBuffer())];
        }""",
        WHOLE,
    )
    with wave.open(io.BytesIO(bytes(encoded))) as file:
        return file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), np.int16)


def test_many_small_chunks_without_a_gap(listen: Listen) -> None:
    seconds = 12
    page = listen(speaker(lambda: (yield from pieces(seconds))))
    button(page, "Speak").click()
    page.wait_for_selector(WHOLE, state="attached", timeout=60_000)
    rate, samples = hear(page)
    assert faults(samples, ramp(seconds * RATE), rate) == []
    assert len(body(samples)) - seconds * RATE < rate / 100, "after the last sample it may fade for some milliseconds"


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_any_rate_is_heard_sample_by_sample(listen: Listen, rate: int) -> None:
    page = listen(speaker(lambda: (yield from pieces(1, rate, rate // 50))))
    button(page, "Speak").click()
    page.wait_for_selector(WHOLE, state="attached")
    assert hear(page)[0] == rate
    assert_heard(page, ramp(rate))


@pytest.mark.parametrize("turn", ["first", "second"])
def test_the_first_audio_comes_promptly(listen: Listen, turn: str) -> None:
    yielded: Notes[float] = Notes()

    def speak() -> Iterator[tuple[int, np.ndarray]]:
        yielded.add(time.time() * 1000)
        yield from pieces(0.5)

    page = listen(speaker(speak))
    for _ in range(1 if turn == "first" else 2):
        page.evaluate("ear.seen.heardAt = 0")
        button(page, "Speak").click()
        until(page, "ear.seen.heardAt > 0")
        page.wait_for_selector(WHOLE, state="attached")
    took = page.evaluate("performance.timeOrigin + ear.seen.heardAt") - yielded.all[-1]
    assert took < BESIDE_OTHERS_MS


@pytest.mark.parametrize("every_s", [0.02, 0.1])
def test_what_the_microphone_hears_comes_back(listen: Listen, clips: Clips, every_s: float) -> None:
    rate, seconds = 16_000, 6
    chunks: Notes[np.ndarray] = Notes()

    def echo(chunk: tuple[int, np.ndarray]) -> tuple[int, np.ndarray]:
        chunks.add(chunk[1])
        return chunk

    with gr.Blocks() as demo:
        mic = gr.Audio(sources=["microphone"], sample_rate=rate, channels=1, constraints=RAW)
        out = gr.Audio(elem_id="out", streaming=True, autoplay=True)
        mic.stream(echo, mic, out, stream_every=every_s, time_limit=None)
    page = listen(demo, sound=clips.chirp)
    record(page)
    chunks.until(lambda all_of: sum(map(len, all_of)) >= seconds * rate, deadline_s=30)
    stop(page)
    page.wait_for_selector(WHOLE, state="attached")
    sent = np.concatenate(chunks.all)
    assert whole(page)[0] == rate
    np.testing.assert_array_equal(whole(page)[1], sent)
    assert lost(page, body(sent)) == []
    assert np.median(delays_ms(page)) <= every_s * 1000 + BESIDE_OTHERS_MS


def test_the_player_tells_what_happens_and_can_be_paused(listen: Listen) -> None:
    notes: Notes[str] = Notes()
    made: Notes[int] = Notes()

    def speak() -> Iterator[tuple[int, np.ndarray]]:
        for piece in pieces(6):
            made.add(1)
            yield piece

    page = listen(speaker(speak, notes, max_ahead=1.0))
    button(page, "Speak").click()
    until(page, "ear.seen.heardAt > 0")
    button(page, "Pause").click()
    expect(button(page, "Play")).to_be_visible()
    notes.until(lambda all_of: "pause" in all_of)
    held = len(made.all)
    until(page, "performance.now() - ear.seen.heardAt > 4000")
    assert len(made.all) - held <= 50, "nobody listens, so it waits when it is a second ahead"
    button(page, "Play").click()
    page.wait_for_selector(WHOLE, state="attached")
    told = [note for note in notes.until(lambda all_of: "stop" in all_of) if note != "change"]
    assert told == ["play", "pause", "play", "stop"]
    assert len(notes.until(lambda all_of: all_of.count("change") == 300)) == 304, "a change for each piece"
    assert_heard(page, ramp(6 * RATE))


def test_a_paused_player_goes_on_with_what_the_microphone_hears_then(listen: Listen, clips: Clips) -> None:
    chunks: Notes[int] = Notes()

    def echo(chunk: tuple[int, np.ndarray]) -> tuple[int, np.ndarray]:
        chunks.add(len(chunk[1]))
        return chunk

    with gr.Blocks() as demo:
        mic = gr.Audio(sources=["microphone"], sample_rate=16_000, channels=1, constraints=RAW)
        out = gr.Audio(elem_id="out", streaming=True, autoplay=True)
        mic.stream(echo, mic, out, stream_every=0.05, time_limit=None, max_backlog=2)
    page = listen(demo, sound=clips.chirp)
    record(page)
    until(page, "ear.seen.heardAt > 0")
    button(page, "Pause").click()
    before = len(chunks.all)
    chunks.wait(before + 80, deadline_s=30)
    page.evaluate("ear.forget()")
    button(page, "Play").click()
    until(page, "ear.seconds > 2")
    assert np.median(delays_ms(page)[-100:]) <= 50 + BESIDE_OTHERS_MS, (
        "it goes on with what is heard now, not with what was"
    )
    stop(page)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_without_autoplay_it_waits_for_the_listener(listen: Listen) -> None:
    page = listen(speaker(lambda: (yield from pieces(0.5)), autoplay=False))
    button(page, "Speak").click()
    button(page, "Play").click()
    page.wait_for_selector(WHOLE, state="attached")
    assert_heard(page, ramp(RATE // 2))


def test_a_browser_that_wants_a_tap_first_gets_a_button_for_it(listen: Listen) -> None:
    with gr.Blocks() as demo:
        out = gr.Audio(elem_id="out", streaming=True, autoplay=True)
        demo.load(lambda: (yield from pieces(0.5)), None, out)
    page = listen(demo, script=UNTOUCHED, autoplay=False)
    button(page, "Tap to listen").click()
    page.wait_for_selector(WHOLE, state="attached")
    assert_heard(page, ramp(RATE // 2))


def test_what_was_heard_can_be_played_again_and_downloaded(listen: Listen) -> None:
    page = listen(speaker(lambda: (yield from pieces(3))))
    button(page, "Speak").click()
    page.wait_for_selector(WHOLE, state="attached")
    until(page, f"document.querySelector('{WHOLE}').duration === 3")
    assert page.evaluate(f"document.querySelector('{WHOLE}').paused"), "it does not begin again by itself"
    page.locator("#out").get_by_role("slider").press("End")
    until(page, f"document.querySelector('{WHOLE}').currentTime > 2.9")
    with page.expect_download() as download:
        button(page, "Download").click()
    with wave.open(str(download.value.path())) as file:
        assert file.getnframes() == 3 * RATE
    button(page, "Speak").click()
    expect(button(page, "Pause")).to_be_visible()


def test_what_is_cut_falls_silent_at_once_without_a_click(listen: Listen) -> None:
    closed: Notes[float] = Notes()
    hum = (np.sin(np.arange(RATE) * 2 * np.pi * 400 / RATE) * 20_000).astype(np.int16)

    def endless() -> Iterator[tuple[int, np.ndarray]]:
        try:
            while True:
                yield RATE, hum
        finally:
            closed.add(time.time() * 1000)

    page = listen(speaker(endless))
    button(page, "Speak").click()
    until(page, "ear.seen.heardAt > 0 && ear.seconds > 1")
    button(page, "Enough").click()
    (cut_at,) = closed.wait(1)
    page.wait_for_selector(WHOLE, state="attached")
    heard = hear(page)[1].astype(int)
    (loud,) = np.nonzero(heard)
    silent_at = page.evaluate(f"ear.heard.times[{loud[-1] // QUANTUM}]")
    assert silent_at - cut_at < 50
    assert np.abs(np.diff(heard[loud[0] :])).max() < 4_000, "it dies away in some milliseconds; a step is a click"


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_listener_can_end_what_has_no_end(listen: Listen, is_paused: bool) -> None:
    notes, closed = Notes[str](), Notes[bool]()

    def endless() -> Iterator[tuple[int, np.ndarray]]:
        try:
            while True:
                yield RATE, np.full(RATE // 10, 1_000, np.int16)
        finally:
            closed.add(True)

    page = listen(speaker(endless, notes))
    button(page, "Speak").click()
    until(page, "ear.seen.heardAt > 0 && ear.seconds > 0.5")
    if is_paused:
        button(page, "Pause").click()
        expect(button(page, "Play")).to_be_visible()
    button(page, "Stop playing").click()
    closed.wait(1)
    notes.until(lambda all_of: all_of.count("stop") == 1)
    page.wait_for_selector(WHOLE, state="attached")
    expect(page.get_by_role("alert")).to_have_count(0)
    button(page, "Speak").click()
    expect(button(page, "Stop playing")).to_be_enabled()


def test_who_leaves_ends_what_is_played(listen: Listen) -> None:
    closed: Notes[bool] = Notes()

    def endless() -> Iterator[tuple[int, np.ndarray]]:
        try:
            while True:
                yield RATE, ramp(PIECE)
        finally:
            closed.add(True)

    page = listen(speaker(endless))
    button(page, "Speak").click()
    until(page, "ear.seen.heardAt > 0")
    page.close()
    closed.wait(1)


TONE_HZ = 440.0
LOUD = 12_000

FILES = {
    "mp3": ("libmp3lame", "mp3"),
    "vorbis": ("libvorbis", "ogg"),
    "opus": ("libopus", "ogg"),
    "flac": ("flac", "flac"),
    "flac in ogg": ("flac", "ogg"),
    "m4a": ("aac", "mp4"),
}

LENGTHS_S = (0.3, 0.05, 0.41, 2.3, 0.2)
"""One is shorter than a second page of Ogg takes, one longer."""


def tone(count: int, rate: int) -> np.ndarray:
    """A tone that begins loud, so that its beginning is found."""
    return np.rint(LOUD * np.cos(2 * np.pi * TONE_HZ * np.arange(count) / rate)).astype(np.int16)


def in_pieces(samples: np.ndarray, rate: int) -> list[np.ndarray]:
    """Cut it where no codec has the end of a block."""
    ends = np.cumsum([round(seconds * rate) + 7 for seconds in LENGTHS_S])
    return np.split(samples[: ends[-1]], ends[:-1])


def shift(heard: np.ndarray, expected: np.ndarray, rate: int) -> float:
    """By how many samples the tone comes too late, by its phase; none of half a period is told from another."""
    turns = np.exp(-2j * np.pi * TONE_HZ * np.arange(len(heard)) / rate)
    late = np.angle(np.dot(expected, turns) / np.dot(heard, turns))
    return float(late * rate / (2 * np.pi * TONE_HZ))


def assert_one_tone(samples: np.ndarray, rate: int, lengths: list[int]) -> None:
    """Check that chunks of these lengths are one tone, without a pause or a jump where one ends and the next begins."""
    expected = tone(len(samples), rate)
    assert len(samples) == sum(lengths)
    near = round(0.02 * rate)
    for seam in [0, *np.cumsum(lengths)]:
        for part in (slice(max(seam - near, 0), seam), slice(seam, seam + near)):
            if len(samples[part]):
                late = shift(samples[part].astype(float), expected[part].astype(float), rate)
                assert abs(late) < 0.5, f"{late:.2f} samples late beside {seam}"
    # At its edges a file sounds as the codec left it there, which is up to half as loud or half as loud again for less
    # than a millisecond: what is before and after is no part of it. A pause would be none of the tone for longer.
    wide = round(0.002 * rate)
    wrong = np.square(samples.astype(float) - expected)
    error = np.sqrt(np.convolve(wrong, np.full(wide, 1 / wide), "valid")) / (LOUD / np.sqrt(2))
    assert error.max() < 0.3


@pytest.mark.parametrize(
    ("kind", "rate", "heard_hz"),
    [("mp3", 44_100, 44_100), ("vorbis", 24_000, 24_000), ("opus", 24_000, 48_000)],
)
def test_files_one_after_the_other_play_as_one(listen: Listen, kind: str, rate: int, heard_hz: int) -> None:
    cut = in_pieces(tone(4 * rate, rate), rate)
    songs = [encoded(piece[:, None], rate, *FILES[kind]) for piece in cut]
    page = listen(speaker(lambda: (yield from songs)))
    button(page, "Speak").click()
    page.wait_for_selector(WHOLE, state="attached")
    found_hz, samples = whole(page)
    assert (found_hz, hear(page)[0]) == (heard_hz, heard_hz)
    assert_one_tone(samples, heard_hz, [len(piece) * heard_hz // rate for piece in cut])
    assert_heard(page, body(samples))


@pytest.mark.parametrize(("kind", "rate"), [("flac", 22_050), ("flac in ogg", 44_100)])
def test_files_without_loss_are_heard_sample_by_sample(listen: Listen, kind: str, rate: int) -> None:
    cut = in_pieces(ramp(4 * rate), rate)
    songs = [encoded(piece[:, None], rate, *FILES[kind]) for piece in cut]
    page = listen(speaker(lambda: (yield from songs)))
    button(page, "Speak").click()
    page.wait_for_selector(WHOLE, state="attached")
    np.testing.assert_array_equal(whole(page)[1], np.concatenate(cut))
    assert hear(page)[0] == rate
    assert_heard(page, np.concatenate(cut))


def test_files_of_other_forms_are_brought_to_that_of_the_first(listen: Listen) -> None:
    rate = 24_000
    songs = [
        encoded(tone(rate, rate)[:, None], rate, *FILES["flac"]),
        encoded(np.repeat(tone(2 * rate, 2 * rate)[:, None], 2, axis=1), 2 * rate, *FILES["flac"]),
        encoded(tone(44_100, 44_100)[:, None], 44_100, *FILES["mp3"]),
        encoded(tone(16_000, 16_000)[:, None], 16_000, *FILES["opus"]),
        encoded(tone(44_100, 44_100)[:, None], 44_100, *FILES["m4a"]),
    ]
    page = listen(speaker(lambda: (yield from songs)))
    button(page, "Speak").click()
    page.wait_for_selector(WHOLE, state="attached")
    found_hz, samples = whole(page)
    assert found_hz == rate
    assert_one_tone(samples, rate, [rate] * len(songs))


NOISE = np.random.default_rng(7).bytes(5_000)


@pytest.mark.parametrize("song", [b"ID3" + NOISE, b"OggS" + NOISE, b"fLaC" + NOISE, b"\xff\xfb", b"\x1a\x45\xdf\xa3"])
def test_a_broken_file_is_a_notice_and_ends_its_generator(listen: Listen, song: bytes) -> None:
    closed: Notes[bool] = Notes()
    sound = encoded(tone(RATE // 5, RATE)[:, None], RATE, *FILES["vorbis"])

    def sing() -> Iterator[bytes]:
        try:
            yield sound
            while True:
                yield song
        finally:
            closed.add(True)

    page = listen(speaker(sing))
    button(page, "Speak").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    closed.wait(1)


def test_a_broken_file_that_is_the_last_word_is_shown_in_the_player(listen: Listen) -> None:
    page = listen(speaker(lambda: b"ID3 this is no song"))
    button(page, "Speak").click()
    expect(page.locator("#out").get_by_text("This audio cannot be played.")).to_be_visible()
