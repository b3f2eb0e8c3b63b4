"""A page whose link is lost goes on as if nothing had been, and says what was lost when that is not possible."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.cable import Cable
from tests.browser.conftest import OpenPage
from tests.browser.ear import TAP
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import CHIRP_SECONDS, COUNTER_FRAMES, Clips, read_chirp, read_counter
from tests.browser.test_audio import RAW
from tests.browser.test_streamed_audio import WHOLE, lost, pieces, ramp, whole
from tests.browser.test_streamed_video import WATCH, cinema, seen
from tests.browser.test_trouble import HIDE, SHOW
from tests.browser.test_video_stream import EVERY_S, filming
from tests.browser.videos import piece

import millstream as gr
from millstream.testing import Link

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

BACK_S = 4.0
"""Everything goes on within this time after the link is back, on a machine that is busy."""


@pytest.fixture
def linked(launch: Launch, open_page: OpenPage) -> Iterator[Callable[..., tuple[Page, Link]]]:
    """Open a page of an app over a link of its own."""
    links: list[Link] = []
    open_page.expected += ["WebSocket", "ERR_"]  # type: ignore[attr-defined]

    def start(demo: gr.Blocks, *, options: dict[str, Any] | None = None, **page: Any) -> tuple[Page, Link]:
        link = Link(launch(demo, **(options or {})))
        links.append(link.__enter__())
        return open_page(link.url, **page), link

    yield start
    for link in links:
        link.__exit__()


def cut(link: Link, seconds: float = 0.0) -> None:
    """Break every connection, and let nothing pass for a while."""
    if seconds:
        link.stall(seconds)
    link.cut()


def sessions(demo: gr.Blocks) -> list[str]:
    return list(demo.app.host.sessions)


def quiet(page: Page) -> None:
    """Check that nothing is said of the link."""
    expect(page.locator(".ms-link, .ms-toast")).to_have_text([])


def textbox(page: Page, name: str) -> Any:
    return page.get_by_role("textbox", name=name)


# ---- what goes on ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_a_camera_stream_goes_on(linked: Any, clips: Clips, seconds: float) -> None:
    frames: Notes[tuple[float, int]] = Notes()

    def see(frame: np.ndarray, count: int) -> tuple[np.ndarray, int, str]:
        frames.add((time.monotonic(), read_counter(frame) or 0))
        return frame, count + 1, str(count + 1)

    with gr.Blocks() as demo:
        img, out, state, text = gr.Image(sources=["webcam"]), gr.Image(), gr.State(0), gr.Textbox(label="Count")
        img.stream(see, [img, state], [out, state, text], stream_every=0)
    page, link = linked(demo, video=clips.counter)
    record(page)
    frames.wait(10)
    before = sessions(demo)
    cut(link, seconds)
    back = time.monotonic() + seconds
    frames.until(lambda all_of: all_of[-1][0] > back and len(all_of) > 20)
    resumed = next(at for at, _ in frames.all if at > back) - back
    assert resumed < BACK_S
    expect(button(page, "Stop")).to_be_visible()
    quiet(page)
    shown = page.evaluate("eyes.counter('.ms-output')")
    until(page, "eyes.counter('.ms-output') !== arg", shown)
    stop(page)
    assert sessions(demo) == before
    expect(textbox(page, "Count")).to_have_value(str(len(frames.all)))
    steps = [(after - first) % COUNTER_FRAMES for (_, first), (_, after) in pairwise(frames.all)]
    assert all(step < COUNTER_FRAMES // 2 for step in steps), "no frame from before the cut comes after it"


def test_of_a_microphone_every_sample_arrives_once(linked: Any, clips: Clips) -> None:
    rate = 16_000
    chunks: Notes[np.ndarray] = Notes()

    def add(chunk: tuple[int, np.ndarray], total: int) -> tuple[int, str]:
        chunks.add(chunk[1])
        return total + len(chunk[1]), str(total + len(chunk[1]))

    with gr.Blocks() as demo:
        mic = gr.Audio(sources=["microphone"], sample_rate=rate, channels=1, constraints=RAW)
        state, text = gr.State(0), gr.Textbox(label="Total")
        mic.stream(add, [mic, state], [state, text], stream_every=0.1)
    page, link = linked(demo, sound=clips.chirp)
    record(page)
    heard = lambda seconds: chunks.until(lambda of: sum(map(len, of)) >= seconds * rate, 30)  # noqa: E731
    heard(2)
    cut(link, 3)
    heard(7)
    cut(link)
    heard(10)
    stop(page)
    expect(textbox(page, "Total")).to_have_value(str(sum(map(len, chunks.all))))
    sound = np.concatenate(chunks.all)
    window = rate // 10
    seconds = [read_chirp(sound[at : at + window], rate) for at in range(rate, len(sound) - window, window)]
    steps = [(after - before) % CHIRP_SECONDS for before, after in pairwise(seconds)]
    odd = [step for step in steps if abs(step - 0.1) > 0.03]
    assert len(odd) <= 2 * 2, "only around the seams of the loop"
    quiet(page)


def test_a_running_generator_goes_on(linked: Any) -> None:
    begun: Notes[int] = Notes()
    go = threading.Semaphore(0)

    def count() -> Iterator[str]:
        begun.add(1)
        for number in range(10):
            assert go.acquire(timeout=30)
            yield " ".join(map(str, range(number + 1)))

    with gr.Blocks() as demo:
        out = gr.Textbox(label="Out")
        gr.Button("Count").click(count, None, out)
    page, link = linked(demo)
    button(page, "Count").click()
    go.release(3)
    expect(textbox(page, "Out")).to_have_value("0 1 2")
    cut(link, 2)
    go.release(4)
    expect(textbox(page, "Out")).to_have_value("0 1 2 3 4 5 6")
    go.release(3)
    expect(textbox(page, "Out")).to_have_value("0 1 2 3 4 5 6 7 8 9")
    assert begun.all == [1]
    quiet(page)


def test_what_is_clicked_and_typed_meanwhile_arrives_once_and_in_order(linked: Any) -> None:
    calls: Notes[str] = Notes()

    with gr.Blocks() as demo:
        text, out = gr.Textbox(label="Text"), gr.Textbox(label="Out")

        def shout(text: str) -> str:
            calls.add(text)
            return text.upper()

        gr.Button("Shout").click(shout, text, out, trigger_mode="multiple")
    page, link = linked(demo)
    textbox(page, "Text").fill("zero")
    button(page, "Shout").click()
    expect(textbox(page, "Out")).to_have_value("ZERO")
    cut(link, 2)
    expect(page.get_by_role("status").filter(has_text="Reconnecting…")).to_be_visible()
    for word in ("one", "two", "three"):
        textbox(page, "Text").fill(word)
        button(page, "Shout").click()
    textbox(page, "Text").press_sequentially("!")
    expect(textbox(page, "Text")).to_be_focused()
    calls.wait(4)
    quiet(page)
    button(page, "Shout").click()
    expect(textbox(page, "Out")).to_have_value("THREE!")
    assert len(calls.all) == 5


def test_stop_that_is_pressed_meanwhile_stops_here_at_once_and_there_when_the_link_is_back(
    linked: Any, clips: Clips
) -> None:
    totals: Notes[int] = Notes()
    with gr.Blocks() as demo:
        mic, state = gr.Audio(sources=["microphone"], sample_rate=16_000, constraints=RAW), gr.State(0)
        mic.stream(lambda chunk, total: total + len(chunk[1]), [mic, state], state, stream_every=0.1)
        mic.stop_recording(totals.add, state)
    page, link = linked(demo, sound=clips.chirp)
    record(page)
    expect(button(page, "Stop")).to_be_visible()
    page.wait_for_timeout(1_000)
    cut(link, 2)
    page.wait_for_timeout(700)
    stop(page)
    expect(button(page, "Record")).to_be_visible(timeout=500)
    until(page, "eyes.tracks.every((track) => track.readyState === 'ended')")
    assert totals.all == []
    assert totals.wait(1)[0] > 1.5 * 16_000, "what was said while the link was lost is there"
    quiet(page)


def test_streamed_audio_goes_on_where_it_is_heard(linked: Any) -> None:
    seconds = 6
    with gr.Blocks() as demo:
        out = gr.Audio(label="Out", elem_id="out", streaming=True, autoplay=True)
        gr.Button("Speak").click(lambda: (yield from pieces(seconds)), None, out)
    page, link = linked(demo, script=TAP, bypass_csp=True)
    button(page, "Speak").click()
    until(page, "ear.seen.heardAt > 0")
    for pause in (0.0, 1.5, 0.0):
        page.wait_for_timeout(500)
        cut(link, pause)
    page.wait_for_selector(WHOLE, state="attached", timeout=30_000)
    expected = ramp(seconds * 24_000)
    assert lost(page, expected) == []
    np.testing.assert_array_equal(whole(page)[1], expected)


def test_camera_and_microphone_of_one_stream_stay_together(linked: Any, clips: Clips) -> None:
    moments: Notes[gr.Moment] = Notes()
    demo = filming(lambda moment: (None, moments.add(moment)), sample_rate=16_000, channels=1)
    page, link = linked(demo, video=clips.counter, sound=clips.chirp)
    record(page)
    moments.wait(8)
    cut(link, 2)
    moments.until(lambda all_of: all_of[-1].audio_time > all_of[7].audio_time + 5, 30)
    cut(link)
    moments.until(lambda all_of: all_of[-1].audio_time > all_of[7].audio_time + 8, 30)
    stop(page)
    heard = [(moment.audio_time, moment.audio_time + len(moment.audio[1]) / 16_000) for moment in moments.all[2:-1]]
    jumps = [abs(begin - end) for (_, end), (begin, _) in pairwise(heard)]
    assert max(jumps) < EVERY_S / 2, "no packet is missing, and none comes twice"
    quiet(page)


def test_a_streamed_video_goes_on(linked: Any) -> None:
    parts = [piece(number) for number in range(4)]
    go = threading.Semaphore(0)

    def show() -> Iterator[str]:
        for part in parts:
            assert go.acquire(timeout=30)
            yield part

    page, link = linked(cinema(show), script=WATCH)
    button(page, "Show").click()
    go.release(1)
    until(page, "watched.numbers.length > 3")
    cut(link, 1)
    go.release(2)
    page.wait_for_timeout(2_000)
    cut(link)
    go.release(1)
    until(page, "watched.hasEnded")
    shown = seen(page)
    assert shown == sorted(shown)
    assert shown[-1] > 3 * len(shown) // 4
    assert page.evaluate("document.querySelector('#out video').error") is None


def test_an_upload_goes_on(linked: Any, tmp_path: Path) -> None:
    content = np.random.default_rng(1).bytes(3 * 1024 * 1024)
    sizes: Notes[int] = Notes()
    with gr.Blocks() as demo:
        file = gr.File(label="File")
        file.upload(lambda path: sizes.add(Path(path).stat().st_size), file)
    page, link = linked(demo)
    link.set_rates(up=16, down=16)
    (tmp_path / "large.bin").write_bytes(content)
    page.locator("input[type=file]").set_input_files(tmp_path / "large.bin")
    until(page, "document.querySelector('progress, [role=progressbar]')")
    page.wait_for_timeout(300)
    cut(link, 1)
    assert sizes.wait(1) == [len(content)]
    quiet(page)


# ---- words -------------------------------------------------------------------------------------------------------


def test_of_a_short_cut_nothing_is_said(linked: Any) -> None:
    with gr.Blocks() as demo:
        gr.Textbox(label="Text")
    page, link = linked(demo)
    expect(textbox(page, "Text")).to_be_visible()
    page.evaluate(
        """() => {
            window.said = [];
            new MutationObserver(() => said.push(document.querySelector(".ms-notices").textContent))
              .observe(document.querySelector(".ms-notices"), {subtree: true, childList: true, characterData: true});
        }"""
    )
    page.wait_for_timeout(1_000)
    cut(link)
    page.wait_for_timeout(1_000)
    cut(link)
    page.wait_for_timeout(1_500)
    assert [words for words in page.evaluate("said") if words.strip()] == []
    assert len(sessions(demo)) == 1


def test_a_network_that_changes_is_noticed_at_once(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        gr.Textbox(label="Text")
    with Cable(launch(demo)) as cable:
        page = open_page(cable.url)
        open_page.expected += ["WebSocket", "ERR_"]  # type: ignore[attr-defined]
        until(page, "document.querySelector('.ms-link') === null")
        page.wait_for_timeout(500)
        before = sessions(demo)
        cable.freeze()  # the old network is dead, and says nothing of it
        page.evaluate("dispatchEvent(new Event('offline'))")
        notice = page.get_by_role("status").filter(has_text="Reconnecting…")
        expect(notice).to_be_visible(timeout=5_000)
        page.wait_for_timeout(1_500)
        cable.cut()
        cable.thaw()
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(notice).to_have_count(0, timeout=5_000)
        assert sessions(demo) == before
        page.evaluate(HIDE)
        cable.cut()
        page.evaluate(SHOW)
        page.wait_for_timeout(1_000)
        quiet(page)
        assert sessions(demo) == before


# ---- what cannot go on -------------------------------------------------------------------------------------------


def memory() -> gr.Blocks:
    """An app that counts clicks in its state, and records with a camera."""
    with gr.Blocks() as demo:
        gr.Textbox(label="Text")
        state, out = gr.State(0), gr.Textbox(label="Out")
        img, seen = gr.Image(sources=["webcam"]), gr.Textbox(label="Seen")
        gr.Button("Count").click(lambda count: (count + 1, str(count + 1)), state, [state, out])
        img.stream(lambda frame, count: (count + 1, str(count + 1)), [img, state], [state, seen], stream_every=0.1)
    return demo


def test_too_late_another_session_begins_and_says_what_was_lost(linked: Any, clips: Clips) -> None:
    demo = memory()
    page, link = linked(demo, options={"grace": 0.5}, video=clips.halves)
    textbox(page, "Text").fill("mine")
    record(page)
    expect(button(page, "Stop")).to_be_visible()
    until(page, "Number([...document.querySelectorAll('textarea, input')].at(-1).value) > 3")
    before = sessions(demo)
    cut(link, 3)
    notice = page.get_by_role("status").filter(has_text="The app started over")
    expect(notice).to_be_visible()
    expect(notice).to_contain_text("What you entered is still here. Your recording has started again.")
    expect(textbox(page, "Text")).to_have_value("mine")
    expect(button(page, "Stop")).to_be_visible()
    assert sessions(demo) != before
    button(notice, "Close").click()
    quiet(page)
    stop(page)
    button(page, "Count").click()


def test_a_page_that_is_older_than_the_app_says_so_and_keeps_what_was_entered(
    launch: Launch, open_page: OpenPage
) -> None:
    def app(extra: bool) -> gr.Blocks:
        with gr.Blocks() as demo:
            if extra:
                gr.Slider(label="New")
            gr.Textbox(label="Text")
            gr.Checkbox(label="Sure")
        return demo

    url = launch(app(False))
    page = open_page(url)
    open_page.expected += ["WebSocket", "ERR_CONNECTION_REFUSED", "503"]  # type: ignore[attr-defined]
    textbox(page, "Text").fill("mine")
    page.get_by_label("Sure").check()
    launch.apps[-1].close()  # type: ignore[attr-defined]
    launch(app(True), server_port=int(url.rsplit(":", 1)[1].strip("/")))
    expect(page.get_by_role("status").filter(has_text="This page is older than the app")).to_be_visible()
    textbox(page, "Text").press_sequentially("!")
    button(page, "Reload").click()
    expect(page.get_by_label("New").first).to_be_visible()
    expect(textbox(page, "Text")).to_have_value("mine!")
    expect(page.get_by_label("Sure")).to_be_checked()
    quiet(page)


# ---- phones ------------------------------------------------------------------------------------------------------


def test_a_camera_that_is_taken_from_a_locked_phone_is_asked_for_again(linked: Any, clips: Clips) -> None:
    frames: Notes[int] = Notes()
    with gr.Blocks() as demo:
        img, state = gr.Image(sources=["webcam"]), gr.State(0)

        def see(frame: np.ndarray, count: int) -> int:
            frames.add(count)
            return count + 1

        img.stream(see, [img, state], state, stream_every=0.1)
    page, link = linked(demo, video=clips.halves)
    record(page)
    frames.wait(3)
    page.evaluate(HIDE)
    page.evaluate("() => { for (const track of eyes.tracks) track.dispatchEvent(new Event('ended')); }")
    cut(link, 1)
    until(page, "eyes.tracks.every((track) => track.readyState === 'ended')")
    asleep = len(frames.all)
    page.evaluate(SHOW)
    frames.wait(asleep + 5)
    expect(button(page, "Stop")).to_be_visible()
    assert page.evaluate("eyes.tracks.length") == 2
    assert frames.all == list(range(len(frames.all))), "the state goes on"
    quiet(page)


def test_a_page_that_is_brought_back_goes_on(linked: Any, clips: Clips) -> None:
    demo = memory()
    page, _ = linked(demo, video=clips.halves)
    button(page, "Count").click()
    expect(textbox(page, "Out")).to_have_value("1")
    record(page)
    expect(button(page, "Stop")).to_be_visible()
    before = sessions(demo)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    until(page, "eyes.tracks.every((track) => track.readyState === 'ended')")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    until(page, "eyes.tracks.at(-1).readyState === 'live'")
    stop(page)
    button(page, "Count").click()
    until(page, "Number(document.querySelectorAll('textarea')[1].value) > 1")
    assert sessions(demo) == before
    quiet(page)
