"""A server that is killed, and another one behind the same address that goes on with its pages."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import button, record, stop
from tests.browser.media import Clips
from tests.deploy.servers import Program, program

from millstream.runtime.restoration import INTERRUPTED
from millstream.testing import Link

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]

BACK_S = 3.0

APP = """
import time
from pathlib import Path

import numpy as np

import millstream as ms
from tests.deploy.folder_snapshots import share

share(Path({folder!r}))

def handle(frame: np.ndarray, seen: dict) -> tuple:
    seen["frames"] += 1
    return frame, seen, str(seen["frames"])

def work() -> str:
    time.sleep(60)
    return "done"

with ms.Blocks() as demo:
    camera, state, shown = ms.Image(sources=["webcam"]), ms.State({{"frames": 0}}), ms.Image()
    count, text, said, worked = (ms.Textbox(label=label) for label in ("Count", "Text", "Said", "Worked"))
    loads = ms.Textbox(label="Loads")
    camera.stream(handle, [camera, state], [shown, state, count], stream_every=0.05, time_limit=None)
    ms.Button("Say").click(lambda value: value, text, said)
    ms.Button("Work").click(work, None, worked)
    demo.load(lambda: str(time.time_ns()), None, loads)

demo.launch()
"""


@contextmanager
def two_servers(tmp_path: Path) -> Iterator[tuple[Program, Program]]:
    with ExitStack() as stack:
        snapshots, servers = tmp_path / "snapshots", []
        snapshots.mkdir()
        for name in ("first", "second"):
            (folder := tmp_path / name).mkdir()
            source = APP.format(folder=str(snapshots))
            paths = f"{ROOT / 'src'}:{ROOT}"
            servers.append(stack.enter_context(program(source, folder, PYTHONPATH=paths, TMPDIR=str(tmp_path))))
        yield servers[0], servers[1]


def count(page: Page) -> int:
    return int(page.get_by_label("Count").input_value() or 0)


def test_a_page_goes_on_in_another_server_when_its_own_is_killed(
    tmp_path: Path, open_page: OpenPage, clips: Clips
) -> None:
    open_page.expected += ["WebSocket", "ERR_"]  # type: ignore[attr-defined]
    with two_servers(tmp_path) as (first, second), Link(first.url) as link:
        page = open_page(link.url, video=clips.counter)
        record(page)
        page.get_by_label("Text").fill("before")
        button(page, "Work").click()
        expect(page.get_by_label("Count")).not_to_have_value("", timeout=20_000)
        page.wait_for_timeout(2_500)
        loaded = page.get_by_label("Loads").input_value()
        before, shown = count(page), page.evaluate("eyes.counter('.ms-output')")
        link.lead_to(second.url)
        first.process.send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
        page.get_by_label("Text").fill("meanwhile")
        button(page, "Say").click()
        page.wait_for_function("(shown) => eyes.counter('.ms-output') !== shown", arg=shown)
        expect(page.get_by_label("Said")).to_have_value("meanwhile")
        after, took_s = count(page), time.monotonic() - killed_at
        assert took_s < BACK_S
        assert after >= before - 20 * (1 + took_s), "at most a second of the counter is lost"
        expect(page.get_by_text(INTERRUPTED).first).to_be_visible()
        expect(button(page, "Stop")).to_be_visible()
        expect(page.get_by_label("Text")).to_have_value("meanwhile")
        assert page.get_by_label("Loads").input_value() == loaded
        deadline = time.monotonic() + 20
        while count(page) <= before + 20:
            assert time.monotonic() < deadline
            page.wait_for_timeout(100)
        stop(page)
