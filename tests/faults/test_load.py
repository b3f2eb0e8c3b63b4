"""Many visitors at once and one after the other: what they cost a server in a process of its own."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import numpy as np
import psutil
import pytest
from tests.deploy.servers import Program, program
from tests.faults.test_long_queue import Crowd
from tests.server.live import cookies, open_socket, say_hello, serving, visit

import millstream as gr
from millstream.client import Client
from millstream.client.client import open_page
from millstream.declare.injected import Request
from millstream.load_testing.server_figures import ServerFigures
from millstream.runtime.host import Settings
from millstream.server.composition import compose_host
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Fire, Hello
from millstream.wire.packet import VERSION

MEBIBYTE: Final = 1024 * 1024

APP: Final = """
import millstream as gr

with gr.Blocks() as demo:
    camera = gr.Image(sources=["webcam"], label="Camera")
    camera.stream(lambda frame: frame, camera, camera)
    text = gr.Textbox(label="Text")
    text.submit(lambda said: said, text, text)
    files = gr.File(label="File")

demo.launch()
"""

CAMERAS: Final = """
import millstream as gr

with gr.Blocks() as demo:
    camera = gr.Image(sources=["webcam"], label="Camera")
    camera.stream(lambda frame: frame, camera, camera, stream_every=0, concurrency_limit=None, time_limit=None)

demo.launch()
"""

HANDSHAKE: Final = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def enter(url: str) -> asyncio.StreamWriter:
    """Open a page as cheaply as possible, and wait for its welcome."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(HANDSHAKE)
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    hello = encode_message(Hello(seq=1, version=VERSION, build="", page_us=0))
    writer.write(bytes([0x82, 0x80 | len(hello)]) + bytes(4) + hello)
    await reader.readexactly(2)
    return writer


GOODBYE: Final = bytes([0x88, 0x82, 0, 0, 0, 0]) + (1001).to_bytes(2)
"""A close frame, as of a page that is closed: its session ends at once."""


async def leave(pages: list[asyncio.StreamWriter]) -> None:
    for page in pages:
        page.write(GOODBYE)
        page.close()
        await page.wait_closed()


def memory(served: Program) -> int:
    return psutil.Process(served.process.pid).memory_full_info().uss


@pytest.mark.slow
@pytest.mark.anyio
async def test_A1_twenty_cameras_of_ten_frames_a_second_are_answered(tmp_path: Path) -> None:
    """However busy the machine is: each frame is answered, or counted where it was dropped, and none is old."""
    image = np.random.default_rng(1).integers(100, 140, (240, 320, 3), np.uint8)
    with program(CAMERAS, tmp_path) as served:
        pages = [await open_page(served.url) for _ in range(20)]
        recordings = [await page.record(page.find("Camera")) for page in pages]
        for recording in recordings:
            await recording.first.wait_for_state("running")
        await asyncio.gather(*(recording.feed(itertools.repeat(image, 20), 10.0) for recording in recordings))
        for recording in recordings:
            await recording.stop()
        said = (await asyncio.to_thread(ServerFigures(f"{served.url}/", "").ask)).figures
        for page in pages:
            await page.close()
    assert {recording.first.reason for recording in recordings} == {"user"}
    counted = [recording.first.summary() for recording in recordings]
    sent, results = sum(each.sent for each in counted), sum(each.results for each in counted)
    assert sent + sum(each.dropped for each in counted) == 400
    dropped = {why: said[f"millstream_frames_dropped_total:{why}"] for why in ("superseded", "unsent", "broken")}
    assert said["millstream_frames_handled_total"] + dropped["superseded"] == sent
    assert results + dropped["unsent"] == said["millstream_frames_handled_total"]
    assert dropped["broken"] == 0
    assert results >= 200
    assert statistics.median(each.age_p50_s for each in counted) < 0.5


@pytest.mark.slow
@pytest.mark.anyio
async def test_A4_an_idle_page_costs_less_than_100_kib(tmp_path: Path) -> None:
    with program(APP, tmp_path) as served:
        pages = [await enter(served.url) for _ in range(20)]
        await asyncio.sleep(1)
        before = memory(served)
        pages += [await enter(served.url) for _ in range(100)]
        await asyncio.sleep(1)
        each = (memory(served) - before) / 100
        await leave(pages)
    assert each < 100 * 1024


@pytest.mark.slow
@pytest.mark.anyio
async def test_A5_pages_that_come_and_go_leave_no_memory_behind(tmp_path: Path) -> None:
    with program(APP, tmp_path) as served:
        used = []
        for _ in range(5):
            for _ in range(12):
                await leave(await asyncio.gather(*(enter(served.url) for _ in range(25))))
            await asyncio.sleep(0.5)
            used.append(memory(served))
        process = psutil.Process(served.process.pid)
        assert process.num_fds() < 40
        assert process.num_threads() < 20
    assert used[4] - used[2] < 600 * 2 * 1024, "two KiB for each of the last six hundred pages, at most"
    assert used[4] - used[0] < 10 * MEBIBYTE


@pytest.mark.slow
@pytest.mark.anyio
async def test_A8_two_hundred_connections_at_once_are_served_in_time(tmp_path: Path) -> None:
    with program(APP, tmp_path) as served:
        first = await enter(served.url)
        used_s = sum(psutil.Process(served.process.pid).cpu_times()[:2])
        pages = await asyncio.wait_for(asyncio.gather(*(enter(served.url) for _ in range(200))), 20)
        used_s = sum(psutil.Process(served.process.pid).cpu_times()[:2]) - used_s
        assert not first.is_closing()
        await leave([first, *pages])
    assert used_s < 2


@pytest.mark.slow
def test_A11_large_uploads_go_to_the_disk(tmp_path: Path) -> None:
    with program(APP, tmp_path) as served, visit(served.url) as visitor:
        page = open_socket(served.url, cookies(visitor))
        with page:
            headers = {"x-millstream-session": say_hello(page, "").session, "content-type": "application/zip"}
            before, most = memory(served), 0

            def upload(number: int) -> None:
                parts = (bytes(256 * 1024) for _ in range(4 * 50))
                name = {"name": f"{number}.zip"}
                assert visitor.post("/upload", params=name, headers=headers, content=parts, timeout=50).is_success

            uploading = [threading.Thread(target=upload, args=[number]) for number in range(5)]
            for thread in uploading:
                thread.start()
            while any(thread.is_alive() for thread in uploading):
                most = max(most, memory(served))
                time.sleep(0.05)
            files = [path for path in tmp_path.rglob("*.zip") if path.stat().st_size == 50 * MEBIBYTE]
            assert len(files) == 5
    assert most - before < 20 * MEBIBYTE


def test_A9_a_full_queue_refuses_at_once_and_says_so() -> None:
    go = threading.Event()
    with gr.Blocks() as demo:
        gr.Button("Go").click(go.wait, trigger_mode="multiple")
    demo.queue(max_size=10)
    with serving(demo) as (url, _), Client(url) as client:
        runs = [client.click("Go", wait=False)[0] for _ in range(50)]
        began = time.monotonic()
        client.wait_for(lambda: sum(run.is_over for run in runs) == 39)
        assert time.monotonic() - began < 2
        states = [run.state for run in runs if not run.is_over]
        assert (states.count("running"), states.count("waiting")) == (1, 10)
        assert {run.error for run in runs if run.is_over} == {
            "The app is busy: too many people are waiting. Try again in a moment."
        }
        go.set()
        client.wait_for(lambda: all(run.is_over for run in runs))
        assert sum(run.state == "done" for run in runs) == 11


@pytest.mark.slow
@pytest.mark.blocking
def test_E12_ten_thousand_jobs_that_wait_cost_less_than_50_mib() -> None:
    async def wait() -> int:
        work = threading.Event()
        with gr.Blocks() as demo:
            text = gr.Textbox("x" * 10_000)
            gr.Button().click(lambda said: work.wait(20), text, None, trigger_mode="multiple")
        demo.queue(max_size=10_000)
        host = compose_host(demo.freeze(), Settings(max_runs=100))
        await host.start()
        crowd = [Crowd(Hello(version=VERSION, build=host.manifest.build, page_us=0)) for _ in range(200)]
        serving = [asyncio.ensure_future(host.serve(page, Request())) for page in crowd]
        while len(host.sessions) < len(crowd):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        before = tracemalloc.get_traced_memory()[0]
        for number in range(52):
            for page in crowd:
                page.say(Fire(binding=0, run=number + 1))
            await asyncio.sleep(0)
        while host.statistics()["waiting"] != 10_000:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        used = tracemalloc.get_traced_memory()[0] - before
        work.set()
        for page in crowd:
            page.leave()
        await asyncio.wait(serving)
        await host.close()
        return used

    tracemalloc.start()
    try:
        assert asyncio.run(wait()) < 50 * MEBIBYTE
    finally:
        tracemalloc.stop()
