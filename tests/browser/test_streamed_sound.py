"""Streamed sound as the loudspeaker gets it: every sample once, in order, promptly, and silent when it should be."""

from __future__ import annotations

import io
import subprocess
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.ear import TAP, hear
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import CHIRP_SECONDS, Clips, read_chirp

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
Listen = Callable[..., Page]

RATE = 24_000
PIECE = 480
"""20 ms."""

RAW = {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}
"""What leaves the sound of the microphone as it is."""

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

WHOLE = "#out audio"
"""Is there when all was heard."""


@pytest.fixture
def listen(launch: Launch, open_page: OpenPage) -> Listen:
    """Open a page of an app with a tap on its audio graph."""

    def start(demo: gr.Blocks, *, script: str = "", **options: Any) -> Page:
        return open_page(launch(demo), script=TAP + script, bypass_csp=True, **options)

    return start


def ramp(length: int) -> np.ndarray:
    """Samples that tell where they belong; none of them is 0."""
    return (np.arange(length) % 30_000 + 1).astype(np.int16)


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
    return demo


def body(samples: np.ndarray) -> np.ndarray:
    """Leave out the silence before and after."""
    (loud,) = np.nonzero(samples)
    return samples[loud[0] : loud[-1] + 1]


def assert_heard(page: Page, expected: np.ndarray) -> None:
    """Check that the loudspeaker got exactly this; after the last sample it may fade for a few milliseconds."""
    rate, samples = hear(page)
    heard = body(samples)
    np.testing.assert_array_equal(heard[: len(expected)], expected)
    assert len(heard) - len(expected) < rate / 100


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


def test_twenty_seconds_of_small_pieces_without_a_gap(listen: Listen) -> None:
    seconds = 22
    page = listen(speaker(lambda: (yield from pieces(seconds))))
    button(page, "Speak").click()
    page.wait_for_selector(WHOLE, state="attached", timeout=60_000)
    assert_heard(page, ramp(seconds * RATE))


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_any_rate_is_heard_sample_by_sample(listen: Listen, rate: int) -> None:
    page = listen(speaker(lambda: (yield from pieces(1, rate, rate // 50))))
    button(page, "Speak").click()
    page.wait_for_selector(WHOLE, state="attached")
    assert hear(page)[0] == rate
    assert_heard(page, ramp(rate))


@pytest.mark.parametrize("turn", ["first", "second"])
def test_the_first_sound_comes_promptly(listen: Listen, turn: str) -> None:
    yielded: Notes[float] = Notes()

    def speak() -> Iterator[tuple[int, np.ndarray]]:
        import time

        yielded.add(time.time() * 1000)
        yield from pieces(0.5)

    page = listen(speaker(speak))
    for _ in range(1 if turn == "first" else 2):
        page.evaluate("ear.seen.heardAt = 0")
        button(page, "Speak").click()
        until(page, "ear.seen.heardAt > 0")
        page.wait_for_selector(WHOLE, state="attached")
    took = page.evaluate("performance.timeOrigin + ear.seen.heardAt") - yielded.all[-1]
    assert took < (400 if turn == "first" else 200), "a first sound opens the loudspeaker, beside other tests"


def test_what_the_microphone_hears_comes_back(listen: Listen, clips: Clips) -> None:
    chunks: Notes[np.ndarray] = Notes()

    def echo(chunk: tuple[int, np.ndarray]) -> tuple[int, np.ndarray]:
        chunks.add(chunk[1])
        return chunk

    with gr.Blocks() as demo:
        mic = gr.Audio(sources=["microphone"], sample_rate=16_000, channels=1, constraints=RAW)
        out = gr.Audio(elem_id="out", streaming=True, autoplay=True)
        mic.stream(echo, mic, out, stream_every=0.1, time_limit=None)
    page = listen(demo, sound=clips.chirp)
    record(page)
    chunks.until(lambda all_of: sum(map(len, all_of)) >= 6 * 16_000, deadline_s=30)
    stop(page)
    page.wait_for_selector(WHOLE, state="attached")
    sent = np.concatenate(chunks.all)
    rate, kept = whole(page)
    assert rate == 16_000
    np.testing.assert_array_equal(kept, sent)
    heard = body(hear(page)[1])
    window = rate // 10
    loud = [heard[at : at + window] for at in range(0, len(heard) - window, window)]
    seconds = [read_chirp(each, rate) for each in loud]
    steps = np.diff(np.unwrap(np.array(seconds), period=CHIRP_SECONDS))
    assert len(heard) >= len(body(sent))
    assert (steps > -0.03).sum() >= len(steps) - 3, "the tone rises, but for the seam of its loop"


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
    notes.wait(2)
    until(page, "performance.now() - ear.seen.heardAt > 2500")
    assert len(made.all) * PIECE < 3 * RATE, "nobody listens, so it waits"
    button(page, "Play").click()
    page.wait_for_selector(WHOLE, state="attached")
    assert notes.wait(4) == ["play", "pause", "play", "stop"]
    assert_heard(page, ramp(6 * RATE))


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


def test_cancelling_silences_the_page(listen: Listen) -> None:
    closed: Notes[bool] = Notes()

    def endless() -> Iterator[tuple[int, np.ndarray]]:
        try:
            while True:
                yield RATE, ramp(PIECE)
        finally:
            closed.add(True)

    page = listen(speaker(endless))
    button(page, "Speak").click()
    until(page, "ear.seen.heardAt > 0 && ear.seconds > 1")
    page.evaluate(
        "document.addEventListener('click', () => { window.clickedS = ear.seconds }, {capture: true, once: true})"
    )
    button(page, "Enough").click()
    closed.wait(1)
    page.wait_for_selector(WHOLE, state="attached")
    heard = hear(page)[1]
    (loud,) = np.nonzero(heard)
    assert loud[-1] / RATE - page.evaluate("clickedS") < 0.2


def encoded(folder: Path, kind: str, seconds: float = 1.0) -> bytes:
    """A tone, as a file of a kind."""
    path = folder / f"tone.{kind}"
    tone = f"sine=frequency=440:duration={seconds}:sample_rate=48000"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", tone, str(path)], check=True)
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["mp3", "ogg", "flac"])
def test_files_are_pieces_too(listen: Listen, tmp_path: Path, kind: str) -> None:
    tone = encoded(tmp_path, kind)
    page = listen(speaker(lambda: (yield from [tone, tone, tone])))
    button(page, "Speak").click()
    page.wait_for_selector(WHOLE, state="attached")
    rate, samples = whole(page)
    assert len(samples) / rate == pytest.approx(3.0, abs=0.2)
    crossings = int((np.diff(np.signbit(samples.astype(np.int32))) != 0).sum())
    assert crossings / 2 == pytest.approx(3 * 440, abs=30)


def test_a_broken_file_is_a_notice_and_ends_its_generator(listen: Listen) -> None:
    closed: Notes[bool] = Notes()

    def sing() -> Iterator[bytes]:
        try:
            while True:
                yield b"ID3 this is no song"
        finally:
            closed.add(True)

    page = listen(speaker(sing))
    button(page, "Speak").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    closed.wait(1)


def test_a_broken_file_that_is_the_last_word_is_shown_in_the_player(listen: Listen) -> None:
    page = listen(speaker(lambda: b"ID3 this is no song"))
    button(page, "Speak").click()
    expect(page.locator("#out").get_by_text("This sound cannot be played.")).to_be_visible()
