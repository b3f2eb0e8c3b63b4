"""Record again while the last call of the recording before still runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import Clips

import millstream as ms

pytestmark = pytest.mark.browser

LIVE = "eyes.tracks.filter((track) => track.readyState === 'live').length === arg"


class Mill:
    """An app whose handler waits for `go` in every call."""

    def __init__(self, *, is_unified: bool = False, **options: Any) -> None:
        self.go = threading.Semaphore(0)
        self.calls: Notes[int] = Notes()
        self.events: Notes[str] = Notes()
        self.fails = False
        with ms.Blocks() as self.demo:
            camera = ms.Image(sources="webcam", label="Camera")
            result = camera if is_unified else ms.Image(label="Result")
            camera.stream(self.grind, camera, result, stream_every=0.1, **options)
            camera.start_recording(lambda: self.events.add("start"), trigger_mode="multiple", concurrency_limit=None)
            camera.stop_recording(lambda: self.events.add("stop"), trigger_mode="multiple", concurrency_limit=None)

    def grind(self, frame: np.ndarray) -> np.ndarray:
        self.calls.add(len(self.calls.all))
        assert self.go.acquire(timeout=30)
        if self.fails:
            raise ms.Error("The mill is broken.")
        return frame

    def run_freely(self) -> None:
        self.go.release(10_000)


@pytest.fixture
def mill() -> Iterator[Mill]:
    mill = Mill()
    yield mill
    mill.run_freely()


def stop_in_the_middle(page: Page, mill: Mill) -> None:
    """Record, and press Stop while the first call runs."""
    record(page)
    mill.calls.wait(1)
    button(page, "Stop").click()
    expect(button(page, "Record")).to_be_visible()
    until(page, LIVE, 0)


def test_it_begins_at_once_and_waits_its_slot(
    launch: Callable[..., str], open_page: OpenPage, clips: Clips, mill: Mill
) -> None:
    page = open_page(launch(mill.demo), video=clips.counter)
    stop_in_the_middle(page, mill)
    record(page)
    until(page, LIVE, 1)
    expect(button(page, "Waiting")).to_contain_text("1")
    expect(page.locator(".ms-preview")).to_be_visible()
    assert len(mill.calls.all) == 1

    mill.run_freely()
    expect(button(page, "Stop")).to_be_visible()
    expect(page.locator(".ms-preview")).to_be_visible()
    mill.calls.wait(4)
    stop(page)
    events = mill.events.wait(4)
    assert sorted(events) == ["start", "start", "stop", "stop"]
    assert events[0] == "start"  # the first stop and the second start happen in one moment, and run side by side
    assert events[-1] == "stop"


def test_it_can_be_left_and_begun_again(
    launch: Callable[..., str], open_page: OpenPage, clips: Clips, mill: Mill
) -> None:
    page = open_page(launch(mill.demo), video=clips.counter)
    stop_in_the_middle(page, mill)
    record(page)
    button(page, "Waiting").click()
    record(page)
    expect(button(page, "Waiting")).to_be_visible()
    mill.run_freely()
    expect(button(page, "Stop")).to_be_visible()
    mill.calls.wait(4)


def test_an_error_of_the_last_call_does_not_disturb_it(
    launch: Callable[..., str], open_page: OpenPage, clips: Clips
) -> None:
    mill = Mill(keep="all")
    page = open_page(launch(mill.demo), video=clips.counter)
    stop_in_the_middle(page, mill)
    record(page)
    expect(button(page, "Waiting")).to_be_visible()
    mill.fails = True
    mill.go.release()
    mill.calls.wait(2)
    mill.fails = False
    mill.run_freely()
    mill.calls.wait(4)
    expect(button(page, "Stop")).to_be_visible()
    expect(page.get_by_text("The mill is broken.")).to_have_count(0)


def test_without_it_the_error_of_the_last_call_is_shown(
    launch: Callable[..., str], open_page: OpenPage, clips: Clips
) -> None:
    mill = Mill(keep="all")
    page = open_page(launch(mill.demo), video=clips.counter)
    stop_in_the_middle(page, mill)
    mill.fails = True
    mill.go.release()
    expect(page.get_by_role("alert").get_by_text("The mill is broken.")).to_be_visible()


def test_a_frame_of_the_one_before_does_not_cover_the_new_preview(
    launch: Callable[..., str], open_page: OpenPage, clips: Clips
) -> None:
    mill = Mill(is_unified=True)
    page = open_page(launch(mill.demo), video=clips.counter)
    stop_in_the_middle(page, mill)
    record(page)
    expect(button(page, "Waiting")).to_be_visible()
    mill.go.release()
    mill.calls.wait(2)
    expect(button(page, "Stop")).to_be_visible()
    assert page.locator(".ms-output").count() == 0, "the result of the first recording"
    mill.run_freely()
    expect(page.locator(".ms-output")).to_be_visible()


def test_results_in_place_of_the_preview_come_back_with_every_recording(
    launch: Callable[..., str], open_page: OpenPage, clips: Clips
) -> None:
    mill = Mill(is_unified=True)
    mill.run_freely()
    page = open_page(launch(mill.demo), video=clips.counter)
    for _ in range(3):
        assert page.locator(".ms-output").count() == 0 or button(page, "Record").is_visible()
        record(page)
        mill.calls.wait(len(mill.calls.all) + 3)
        expect(page.locator(".ms-output")).to_be_visible()
        stop(page)
