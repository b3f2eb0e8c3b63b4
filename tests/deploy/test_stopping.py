"""A server that is stopped, or killed, while visitors are at work: real processes, real signals."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from tests.deploy.servers import free_port, program
from tests.server.live import cookies, open_socket, say_hello, visit

from millstream.client import Client
from millstream.client.client import open_page
from millstream.client.page import Page
from millstream.errors import Closed

pytestmark = pytest.mark.slow

BUSY_APP = """
import time
import millstream as gr

def look(frame):
    time.sleep(0.05)
    return frame

def work(text):
    time.sleep(0.3)
    with open("done.txt", "a") as log:
        log.write(text + "\\n")
    return text

with gr.Blocks() as demo:
    camera = gr.Image(sources=["webcam"], label="Camera")
    camera.stream(look, camera, camera, stream_every=0.1, concurrency_limit=None)
    asked, answered = gr.Textbox(label="Asked"), gr.Textbox(label="Answered")
    gr.Button("Work").click(work, asked, answered, concurrency_limit=4)

demo.launch()
"""


def frames() -> Iterator[np.ndarray]:
    while True:
        yield np.zeros((48, 64, 3), np.uint8)


async def film(page: Page) -> str:
    """Stream until the server ends it; gives the reason."""
    recording = await page.record(page.find("Camera"))
    await recording.first.wait_for_state("running")
    feeding = asyncio.ensure_future(recording.feed(frames(), 10.0))
    await recording.first.wait_for_state("ended")
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)
    assert recording.first.results
    return recording.first.reason


async def press(page: Page, name: str) -> tuple[list[str], list[str]]:
    """Press the button again and again until the connection ends; gives what was done, and what the server refused."""
    done, refused = [], []
    try:
        for number in range(1000):
            text = f"{name}.{number}"
            await page.set(page.find("Asked"), text)
            [run] = await page.fire(page.find("Work"), "click")
            await page.wait_for(lambda run=run: run.is_over)
            if run.state == "done":
                assert page.values[page.find("Answered")] == text
                done.append(text)
            else:
                assert "restarted" in run.error
                refused.append(text)
                await page.wait_for(lambda: False)
    except Closed:
        pass
    return done, refused


@pytest.mark.anyio
async def test_B7_a_stopped_server_loses_no_result(tmp_path: Path) -> None:
    """20 streams and 20 clicking visitors: what has begun is finished and arrives, and the process ends in time."""
    drain_s = 5.0
    with program(BUSY_APP, tmp_path, MILLSTREAM_DRAIN=str(drain_s)) as served:
        filming = [await open_page(served.url, grace=0) for _ in range(20)]
        pressing = [await open_page(served.url, grace=0) for _ in range(20)]
        films = [asyncio.ensure_future(film(page)) for page in filming]
        presses = [asyncio.ensure_future(press(page, str(number))) for number, page in enumerate(pressing)]
        await asyncio.sleep(2)
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        async with httpx.AsyncClient(trust_env=False) as prober:
            while (await prober.get(f"{served.url}/readyz")).status_code == 200:
                assert time.monotonic() - began < 0.1
            assert (await prober.get(served.url)).status_code == 503
        with pytest.raises(Closed):
            await open_page(served.url, grace=0)
        done = [text for texts, _ in await asyncio.gather(*presses) for text in texts]
        assert set(await asyncio.gather(*films)) == {"shutdown"}
        for page in (*filming, *pressing):
            assert "1012" in str(page.closed)
            await page.close()
        assert await asyncio.to_thread(served.process.wait, 10) == 0
        assert time.monotonic() - began < drain_s + 1
    assert sorted(done) == sorted((tmp_path / "done.txt").read_text().split())
    assert len(done) > 40


def test_B10_a_killed_server_leaves_nothing_to_its_successor(tmp_path: Path) -> None:
    port = free_port()
    with program(BUSY_APP, tmp_path, port) as served:
        with visit(served.url) as visitor, open_socket(served.url, cookies(visitor)) as page:
            session = say_hello(page, "").session
            headers = {"x-millstream-session": session, "content-type": "text/plain"}
            assert visitor.post("/upload", params={"name": "a.txt"}, headers=headers, content=b"mine").is_success
            served.process.kill()
            served.process.wait(10)
        assert [path.read_bytes() for path in tmp_path.rglob("*.txt")] == [b"mine"]
    with program(BUSY_APP, tmp_path, port) as served:
        ready = time.monotonic()
        with Client(served.url):
            assert time.monotonic() - ready < 3
        assert not list(tmp_path.rglob("*.txt"))
