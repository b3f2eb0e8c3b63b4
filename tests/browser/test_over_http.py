"""Pages whose WebSocket is blocked on the way: they go over HTTP by themselves, and do all that others do."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.blocking_proxy import WAYS, BlockingProxy, Way
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, record, stop, until
from tests.browser.media import CHIRP_SECONDS, Clips, read_chirp
from tests.deploy.proxies import certificate, proxied
from tests.deploy.servers import free_port

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

BLOCKED = ["WebSocket connection to", "status of 403", "status of 404"]
"""The browser logs a handshake that fails."""


def shout() -> gr.Blocks:
    with gr.Blocks() as demo:
        text, out = gr.Textbox(label="Text"), gr.Textbox(label="Out")
        text.submit(str.upper, text, out)
    return demo


def say(page: Page, words: str) -> None:
    page.get_by_label("Text").fill(words)
    page.get_by_label("Text").press("Enter")
    expect(page.get_by_label("Out")).to_have_value(words.upper())


@pytest.mark.parametrize("way", WAYS)
def test_a_page_goes_over_http_within_3_s_and_remembers_it(launch: Launch, open_page: OpenPage, way: Way) -> None:
    demo = shout()
    open_page.expected += BLOCKED  # type: ignore[attr-defined]
    with BlockingProxy(launch(demo), way) as proxy:
        page = open_page(proxy.url)
        begun = time.monotonic()
        while not demo.app.host.sessions:
            assert time.monotonic() - begun < 3, "it has not gone over"
            page.wait_for_timeout(20)
        say(page, "hello")
        assert proxy.batches > 0
        tried = proxy.handshakes
        page.reload()
        say(page, "again")
        assert proxy.handshakes == tried, "it does not try again what is blocked"


def test_a_page_over_http_that_is_closed_ends_its_session_at_once(launch: Launch, open_page: OpenPage) -> None:
    demo = shout()
    open_page.expected += BLOCKED  # type: ignore[attr-defined]
    with BlockingProxy(launch(demo, grace=600), "refuse") as proxy:
        page, other = open_page(proxy.url), open_page(proxy.url)
        say(page, "hello")
        say(other, "hello")
        page.close(run_before_unload=True)
        begun = time.monotonic()
        while len(demo.app.host.sessions) > 1:
            assert time.monotonic() - begun < 3, "it waits for a page that is gone"
            other.wait_for_timeout(20)
        say(other, "still here")


def test_a_page_that_may_have_a_websocket_loads_nothing_of_http(launch: Launch, open_page: OpenPage) -> None:
    page = open_page(launch(shout()))
    say(page, "hello")
    names = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert not [name for name in names if "http-" in name or name.endswith("/down")]


def frames_per_s(page: Page, seen: Notes[float]) -> float:
    """Count the frames that a handler sees in a second."""
    before = len(seen.all)
    record(page)
    until(page, "eyes.counter('.ms-output') >= 0")
    times = seen.wait(before + 100)[before + 10 :]
    return 1 / float(np.mean(np.diff(times)))


def test_camera_frames_come_and_go_at_full_rate(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    seen: Notes[float] = Notes()

    def handler(frame: np.ndarray) -> np.ndarray:
        seen.add(time.monotonic())
        return frame

    with gr.Blocks() as demo:
        img, out = gr.Image(sources=["webcam"], label="Camera"), gr.Image(label="Result")
        img.stream(handler, img, out, stream_every=0.01)
    open_page.expected += BLOCKED  # type: ignore[attr-defined]
    url = launch(demo, show_latency=True)
    direct = open_page(url, video=clips.counter)
    of_websocket = frames_per_s(direct, seen)
    stop(direct)
    with BlockingProxy(url, "refuse") as proxy:
        page = open_page(proxy.url, video=clips.counter)
        # A machine that does too much else is slow with a WebSocket, too.
        assert frames_per_s(page, seen) > min(20, 0.8 * of_websocket)
        page.get_by_role("button", name="Latency:").first.click()
        expect(page.get_by_text("over HTTP")).to_be_visible()
        stop(page)


def test_no_sample_of_the_microphone_is_lost(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    rate = 16_000
    chunks: Notes[np.ndarray] = Notes()
    with gr.Blocks() as demo:
        raw = {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}
        mic = gr.Audio(sources=["microphone"], sample_rate=rate, channels=1, constraints=raw)
        mic.stream(lambda chunk: chunks.add(chunk[1]), mic, None, stream_every=0.1)
    open_page.expected += BLOCKED  # type: ignore[attr-defined]
    with BlockingProxy(launch(demo), "strip") as proxy:
        page = open_page(proxy.url, sound=clips.chirp)
        record(page)
        chunks.until(lambda all_of: sum(map(len, all_of)) >= 5 * rate)
        stop(page)
    sound = np.concatenate(chunks.all)
    window = rate // 10
    seconds = [read_chirp(sound[at : at + window], rate) for at in range(rate, len(sound) - window, window)]
    steps = [(after - before) % CHIRP_SECONDS for before, after in itertools.pairwise(seconds)]
    assert len([step for step in steps if abs(step - 0.1) > 0.03]) <= 2, "only around the seam of the loop"


def test_a_page_whose_answers_are_held_back_says_so(launch: Launch, open_page: OpenPage) -> None:
    open_page.expected += [*BLOCKED, "ERR_"]  # type: ignore[attr-defined]
    with BlockingProxy(launch(shout()), "refuse", holds_back=True) as proxy:
        page = open_page(proxy.url)
        expect(page.get_by_text("holds back the answers")).to_be_visible(timeout=8_000)


def test_a_server_that_is_away_for_a_moment_is_found_again_over_http(launch: Launch, open_page: OpenPage) -> None:
    open_page.expected += [*BLOCKED, "ERR_"]  # type: ignore[attr-defined]
    with BlockingProxy(launch(shout()), "cut") as proxy:
        page = open_page(proxy.url)
        say(page, "hello")
        proxy.cut()
        say(page, "again")


def test_http_2_alone_does_behind_a_proxy_that_collects_answers_unless_told_otherwise(
    launch: Launch, open_page: OpenPage, tmp_path: Path
) -> None:
    """The real nginx, with TLS, HTTP/2 and its usual buffering, which passes no upgrade on."""
    port = free_port()
    changes = [
        (" ssl;", " ssl http2;"),
        ("proxy_set_header Upgrade $http_upgrade;", ""),
        ("proxy_buffering off;", "proxy_buffering on;"),
    ]
    demo = shout()
    launch(demo, server_port=port, root_path="/camera", trusted_proxies=["127.0.0.1"])
    open_page.expected += BLOCKED  # type: ignore[attr-defined]
    with proxied(tmp_path, (port, port), certificate(tmp_path), *changes) as url:
        page = open_page(f"{url}/", ignore_https_errors=True)
        say(page, "hello")
        say(page, "again")
        names = "performance.getEntriesByType('resource').map((each) => each.nextHopProtocol)"
        assert set(page.evaluate(f"fetch('healthz').then(() => {names})")) == {"h2"}
        page.close()
