"""Clients of a program that is killed, or stopped, and go on in another one."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.client.media import endless
from tests.deploy.servers import Program, program

from millstream.client.client import Client
from millstream.testing import Link

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

APP = """
import time
from pathlib import Path

import millstream as ms
from tests.deploy.folder_snapshots import share

share(Path({folder!r}))

def handle(frame, seen: dict) -> tuple:
    time.sleep(0.02)
    seen["frames"] += 1
    return frame, seen, seen["frames"]

with ms.Blocks() as demo:
    camera, state = ms.Image(label="Camera", sources="webcam"), ms.State({{"frames": 0}})
    shown, count = ms.Image(label="Shown"), ms.Number(label="Count")
    file, said = ms.File(label="File"), ms.Textbox(label="Said")
    camera.stream(handle, [camera, state], [shown, state, count], stream_every=0.03, time_limit=None)
    ms.Button("Read").click(lambda path: Path(path).read_text(), file, said)

demo.launch()
"""


@contextmanager
def two_programs(tmp_path: Path) -> Iterator[tuple[Program, Program]]:
    with ExitStack() as stack:
        snapshots, servers = tmp_path / "snapshots", []
        snapshots.mkdir()
        for name in ("first", "second"):
            (folder := tmp_path / name).mkdir()
            source, paths = APP.format(folder=str(snapshots)), f"{ROOT / 'src'}:{ROOT}"
            servers.append(stack.enter_context(program(source, folder, PYTHONPATH=paths, TMPDIR=str(tmp_path))))
        yield servers[0], servers[1]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("transport", ["websocket", "http"])
def test_a_client_goes_on_in_another_program(tmp_path: Path, ending: signal.Signals, transport: str) -> None:
    with (
        two_programs(tmp_path) as (first, second),
        Link(first.url) as link,
        Client(link.url, transport=transport) as page,  # type: ignore[arg-type]
    ):
        (tmp_path / "notes.txt").write_text("hello")
        page.set("File", tmp_path / "notes.txt")
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed_in_background(endless(), 30)
        count = page.page.find("Count")
        page.wait_for(lambda: (page.page.values[count] or 0) > 60, 20)  # more than a second, so that it is written down
        before = page.value("Count")
        link.lead_to(second.url)
        first.process.send_signal(ending)
        at = time.monotonic()
        page.wait_for(lambda: page.page.welcome is not None and page.page.welcome.moved, 20)
        results = recording.summary().results
        page.wait_for(lambda: recording.summary().results > results, 20)
        took_s, after = time.monotonic() - at, page.value("Count")
        assert took_s < 3.0
        assert after >= before - 35 * (1.0 if ending == signal.SIGKILL else 0.0)
        (run,) = page.click("Read")
        assert (run.state, run.error, page.value("Said")) == ("done", "", "hello")
        recording.stop()
