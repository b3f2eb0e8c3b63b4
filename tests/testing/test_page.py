"""The app in the test's own process, on virtual time."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path

import numpy as np
import pytest
from tests.client.media import endless

import millstream as ms
from millstream.errors import Closed, InvalidValue, Refused
from millstream.runtime.settings import Settings
from millstream.testing import TestPage
from millstream.testing.virtual import Deadlock


def counter() -> tuple[ms.Blocks, list[int]]:
    """An app with a camera, and what its handlers and its `unload` have noted."""
    noted: list[int] = []
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: noted.append(1), camera, None, stream_every=0.1)
        demo.unload(lambda: noted.append(-1))
    return demo, noted


def test_time_is_virtual_and_shared_by_all_pages() -> None:
    demo, noted = counter()
    with TestPage(demo) as page, page.another() as other:
        page.advance(3600)
        assert page.now == other.now == 3600
        assert len(page.host.sessions) == 2
    assert noted == [-1, -1]


def test_a_call_pretends_to_take_its_time() -> None:
    with ms.Blocks() as demo:
        ms.Button("Go").click(lambda: None)
    with TestPage(demo, handler_time=7) as page:
        page.click("Go")
        assert page.now == 7


def test_the_link_may_take_its_time() -> None:
    with ms.Blocks() as demo:
        ms.Button("Go").click(lambda: None)
    with TestPage(demo, latency_s=0.5) as page:
        began = page.now
        page.click("Go")
        assert page.now - began == pytest.approx(1)


@pytest.mark.parametrize("how", ["close", "drop"])
def test_a_page_that_leaves_is_gone_at_once(how: str) -> None:
    demo, noted = counter()
    with TestPage(demo) as page:
        other = page.another()
        recording = other.record("Camera")
        recording.wait_for_state("running")
        getattr(other, how)()
        page.advance(0.1)
        assert len(page.host.sessions) == 1
        assert noted == [-1]
        with pytest.raises(Closed):
            recording.stop()
        other.close()
        other.close()


def test_a_dropped_link_takes_with_it_what_is_on_the_way() -> None:
    clicks: list[int] = []
    with ms.Blocks() as demo:
        ms.Button("Go").click(lambda: clicks.append(1))
    with TestPage(demo, latency_s=1) as page:
        page.click("Go", wait=False)
        page.drop()
        page.advance(5)
    assert clicks == []


def test_what_cannot_happen_is_an_error_instead_of_a_hang() -> None:
    demo, _ = counter()
    with TestPage(demo) as page:
        with pytest.raises(Deadlock):
            page.run(page.page.wait_for(lambda: False))
        page.advance(1)
        assert page.page.closed is None


def test_a_page_that_is_refused_leaves_nothing_open() -> None:
    demo, _ = counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Refused, match="too many visitors"):
            TestPage(demo, settings=Settings(max_sessions=0))
        gc.collect()
    with TestPage(demo, settings=Settings(max_sessions=1)) as page:
        with pytest.raises(Refused):
            page.another()
        page.advance(1)


def test_a_page_that_is_closed_says_so() -> None:
    demo, _ = counter()
    page = TestPage(demo)
    page.close()
    for use in (lambda: page.advance(1), page.another, lambda: page.value("Camera")):
        with pytest.raises(Closed, match="is closed"):
            use()
    page.close()


def test_what_runs_in_the_background_ends_with_the_app() -> None:
    demo, _ = counter()
    with TestPage(demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed_in_background(endless())
        recording.feed_in_background(["no picture"])  # type: ignore[list-item]
        page.advance(1)
    gc.collect()


def test_an_app_can_be_opened_again_and_again() -> None:
    demo, noted = counter()
    for _ in range(3):
        with TestPage(demo):
            pass
    assert noted == [-1] * 3


def test_errors_of_handlers_are_shown_unless_settings_say_otherwise() -> None:
    def fail() -> None:
        raise ValueError("the cause")

    with ms.Blocks() as demo:
        ms.Button("Go").click(fail)
    with TestPage(demo) as page:
        assert page.click("Go")[0].error == "the cause"
    with TestPage(demo, settings=Settings()) as page:
        assert "the cause" not in page.click("Go")[0].error


def test_files_are_only_those_of_the_own_session() -> None:
    with ms.Blocks() as demo:
        ms.Image(label="Picture")
    with TestPage(demo) as page, page.another() as other:
        page.set("Picture", np.zeros((4, 4, 3), np.uint8))
        value = page.page.values[page.page.find("Picture")]
        assert isinstance(value, dict)
        assert page.run(page.download(value["file"]))
        for stranger, handle in ((other, value["file"]), (page, "guessed")):
            with pytest.raises(InvalidValue, match="no file"):
                stranger.run(stranger.download(handle))


@pytest.mark.blocking  # in a TestPage handlers run on the loop, and this one's result is a file
def test_large_files_are_read_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "film.mp3"
    path.write_bytes(b"ID3" + bytes(5_000_000))
    with ms.Blocks() as demo:
        out = ms.Audio(label="Out")
        ms.Button("Go").click(lambda: path, None, out)
    with TestPage(demo) as page:
        page.click("Go")
        assert page.value("Out") == path.read_bytes()
