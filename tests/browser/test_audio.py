"""The stream event for audio: every sample arrives, in chunks of the promised length."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import CHIRP_SECONDS, Clips, read_chirp

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
Sound = tuple[int, np.ndarray]

RAW = {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}
"""What leaves the audio of the microphone as it is."""

CHUNK_S = 0.25


def listener(handler: Callable[..., Any], microphone: dict[str, Any] | None = None, **options: Any) -> gr.Blocks:
    """A microphone, and a text that the handler gives."""
    with gr.Blocks() as demo:
        mic = gr.Audio(sources=["microphone"], label="Microphone", constraints=RAW, **(microphone or {}))
        text = gr.Textbox(label="Heard")
        mic.stream(handler, mic, text, **{"stream_every": CHUNK_S, **options})
        mic.stop_recording(lambda: "over", None, gr.Textbox(label="State"))
    return demo


def heard(page: Page) -> Any:
    return page.get_by_role("textbox", name="Heard")


@pytest.mark.parametrize(
    ("microphone", "rate", "shape"),
    [
        ({"sample_rate": 16_000, "channels": 1}, 16_000, (4_000,)),
        ({"sample_rate": 22_050, "channels": 1}, 22_050, (5_512,)),
        ({"sample_rate": 16_000, "channels": 2}, 16_000, (4_000, 2)),
    ],
)
def test_chunks_are_exact(
    launch: Launch, open_page: OpenPage, clips: Clips, microphone: dict[str, Any], rate: int, shape: tuple[int, ...]
) -> None:
    chunks: Notes[Sound] = Notes()
    page = open_page(launch(listener(chunks.add, microphone)), sound=clips.chirp)
    record(page)
    chunks.wait(4)
    stop(page)
    *whole, last = chunks.all
    assert {chunk[0] for chunk in chunks.all} == {rate}
    assert {chunk[1].dtype for chunk in chunks.all} == {np.dtype(np.int16)}
    assert {chunk[1].shape[1:] for chunk in chunks.all} == {shape[1:]}
    assert {len(chunk[1]) % shape[0] for chunk in whole} == {0}
    assert len(whole[2][1]) == shape[0]
    assert len(last[1]) > 0


@pytest.mark.parametrize("constraints", [RAW, None])
def test_without_a_wish_the_rate_is_the_devices_own(
    launch: Launch, open_page: OpenPage, clips: Clips, constraints: dict[str, bool] | None
) -> None:
    chunks: Notes[Sound] = Notes()
    with gr.Blocks() as demo:
        mic = gr.Audio(sources=["microphone"], constraints=constraints)
        mic.stream(chunks.add, mic, stream_every=CHUNK_S)
    page = open_page(launch(demo), sound=clips.chirp)
    record(page)
    rate, samples = chunks.wait(2)[1]
    settings = page.evaluate("eyes.tracks[0].getSettings()")
    assert rate == settings["sampleRate"]
    assert samples.shape[1:] == ((settings["channelCount"],) if settings["channelCount"] > 1 else ())
    assert len(samples) % round(CHUNK_S * rate) == 0


def test_no_sample_is_lost_beside_a_handler_that_is_slow_at_times(
    launch: Launch, open_page: OpenPage, clips: Clips
) -> None:
    rate = 16_000
    chunks: Notes[np.ndarray] = Notes()

    def handler(chunk: Sound) -> str:
        chunks.add(chunk[1])
        time.sleep(1.1 if len(chunks.all) % 10 == 0 else 0)  # slow at times
        return str(len(chunks.all))

    page = open_page(launch(listener(handler, {"sample_rate": rate, "channels": 1})), sound=clips.chirp)
    record(page)
    chunks.until(lambda all_of: sum(map(len, all_of)) >= 15 * rate, deadline_s=30)
    stop(page)
    sound = np.concatenate(chunks.all)
    window = rate // 10
    seconds = [read_chirp(sound[at : at + window], rate) for at in range(rate, len(sound) - window, window)]
    steps = [(after - before) % CHIRP_SECONDS for before, after in pairwise(seconds)]
    odd = [step for step in steps if abs(step - 0.1) > 0.03]
    assert len(odd) <= 2 * 2, "only around the two seams of the loop"
    assert max(map(len, chunks.all)) > round(CHUNK_S * rate), "what waited was joined"


def test_stop_brings_the_tail(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    calls: Notes[int] = Notes()
    with gr.Blocks() as demo:
        mic, text = gr.Audio(sources=["microphone"], sample_rate=16_000, constraints=RAW), gr.Textbox(label="Heard")
        state = gr.State(0)

        def add(chunk: Sound, total: int) -> tuple[int, str]:
            calls.add(len(chunk[1]))
            total += len(chunk[1])
            return total, f"{total} so far"

        mic.stream(add, [mic, state], [state, text], stream_every=2)
        mic.stop_recording(lambda total: f"{total} in all", state, text)
    page = open_page(launch(demo), sound=clips.chirp)
    record(page)
    calls.wait(1)
    stop(page)
    *_, last = calls.wait(2)
    assert 0 < last < 32_000
    expect(heard(page)).to_have_value(f"{sum(calls.all)} in all")


def test_expiry_brings_the_rest_before_the_next_slot(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    calls: Notes[tuple[str, int]] = Notes()

    def handler(chunk: Sound, request: gr.Request) -> str:
        calls.add((str(request.session_hash), len(chunk[1])))
        return ""

    with gr.Blocks() as demo:
        mic, text = gr.Audio(sources=["microphone"], sample_rate=16_000, constraints=RAW), gr.Textbox(label="Heard")
        mic.stream(handler, mic, text, stream_every=0.5, time_limit=1.2)
    url = launch(demo)
    first, second = (open_page(url, sound=clips.chirp) for _ in range(2))
    record(first)
    owner = calls.wait(1)[0][0]
    record(second)
    expect(button(first, "Waiting")).to_be_visible()
    expect(button(first, "Stop")).to_be_visible()
    calls.until(lambda items: len({who for who, _ in items}) == 2 and items[-1][0] == owner)
    stop(first)
    turn = [length for who, length in calls.all if who == owner][:4]
    assert turn[0] == 8_000
    assert any(length % 8_000 for length in turn), "the end of the first turn is no whole chunk"


def test_a_backlog_that_is_too_long_ends_the_stream(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    go = threading.Event()
    page = open_page(launch(listener(lambda chunk: go.wait(5), max_backlog=1)), sound=clips.chirp)
    record(page)
    expect(page.get_by_role("alert").filter(has_text="more than 1 s of audio wait").first).to_be_visible()
    go.set()
    expect(button(page, "Record")).to_be_visible()


def test_the_newest_chunk_is_enough_on_demand(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    lengths: Notes[int] = Notes()

    def handler(chunk: Sound) -> None:
        lengths.add(len(chunk[1]))
        time.sleep(0.8)

    page = open_page(launch(listener(handler, {"sample_rate": 16_000}, keep="latest")), sound=clips.chirp)
    record(page)
    seen = lengths.wait(4)
    stop(page)
    assert set(seen) == {4_000}


def test_a_path_is_a_wav_file_until_the_call_has_ended(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    paths: Notes[tuple[Path, bytes]] = Notes()

    def handler(path: str) -> str:
        paths.add((Path(path), Path(path).read_bytes()[:4]))
        return Path(path).suffix

    page = open_page(launch(listener(handler, {"type": "filepath"})), sound=clips.chirp)
    record(page)
    seen = paths.wait(3)
    stop(page)
    assert {head for _, head in seen} == {b"RIFF"}
    expect(heard(page)).to_have_value(".wav")
    until(page, "true")
    assert not any(path.exists() for path, _ in paths.all)


def test_the_level_moves_while_it_records(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(listener(lambda chunk: "")), sound=clips.chirp)
    record(page)
    expect(page.locator("ms-level")).to_be_visible()
    page.evaluate("""() => {
      window.levels = new Set();
      new MutationObserver(() => levels.add(document.querySelector("ms-level").innerHTML))
        .observe(document.querySelector("ms-level"), {attributes: true, childList: true, subtree: true});
    }""")
    until(page, "levels.size > 3")


def test_a_recording_becomes_a_value(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        mic, text, run = gr.Audio(sources=["microphone"], elem_id="mic"), gr.Textbox(label="Heard"), gr.Button("Run")
        run.click(lambda sound: f"{sound[0]} Hz, {len(sound[1]) / sound[0]:.0f} s", mic, text)
    page = open_page(launch(demo), sound=clips.chirp)
    record(page)
    expect(button(page, "Stop")).to_be_visible()
    page.evaluate("window.began = performance.now()")
    until(page, "performance.now() - began > 1100")
    button(page, "Stop").click()
    expect(page.locator("#mic audio")).to_have_count(1)
    button(page, "Run").click()
    expect(heard(page)).to_have_value("48000 Hz, 1 s")


def test_a_text_that_is_input_and_output_grows(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        mic, state = gr.Audio(sources="microphone"), gr.State(value=[])
        text = gr.Textbox(label="Transcript")

        def hear(chunk: Sound, past: list[int], before: str) -> tuple[list[int], str]:
            return [*past, len(chunk[1])][-3:], f"{before}{len(past)}"

        mic.stream(hear, [mic, state, text], [state, text], time_limit=10, stream_every=0.25)
    page = open_page(launch(demo), sound=clips.chirp)
    record(page)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "10")
    until(page, "document.querySelector('textarea').value.startsWith('012333')")


def test_audio_and_frames_stream_side_by_side(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img, out = gr.Image(sources="webcam", elem_id="img"), gr.Image()
        mic, text = gr.Audio(sources="microphone", elem_id="mic"), gr.Textbox(label="Heard")
        img.stream(lambda frame: frame, img, out, stream_every=0.1)
        mic.stream(lambda chunk: "sound", mic, text, stream_every=0.25)
    page = open_page(launch(demo), video=clips.halves, sound=clips.chirp)
    record(page.locator("#img"))
    record(page.locator("#mic"))
    until(page, "eyes.colours('.ms-output') === 'blue red'")
    expect(heard(page)).to_have_value("sound")
