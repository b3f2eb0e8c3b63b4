"""(p) What a frame, a chunk of audio, a click, a page at rest and the birth of a session run through, in calls."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

import millstream as ms
from benchmarks.bench_idle import idle_clock_s
from benchmarks.bench_queue import Wire
from benchmarks.calls import CallCounter, Calls, Function
from benchmarks.pictures import encoded
from millstream.client.client import open_page
from millstream.client.page import Page
from millstream.declare.injected import Request
from millstream.runtime.host import Host, Settings
from millstream.server.composition import compose_host
from millstream.wire.limits import HEARTBEAT_S
from millstream.wire.messages import Hello
from millstream.wire.packet import VERSION

PACKAGE: Final = Path(ms.__file__).parent
WARM_UP: Final = 10
ROUNDS: Final = 25
RATE_HZ: Final = 16_000
CHUNK_S: Final = 0.02
CHUNKS: Final = 50
QUIET_S: Final = 0.05
"""After this long without anything to do, what an event has caused is over."""

LEFT_OUT: Final = ("client/", "testing/", "server/process/watchdog.py", "server/process/prompt_server.py")
"""The page of the benchmark, and what looks at the loop some times a second, whatever it does."""

BEAT_S: Final = 0.25
"""A heartbeat has been sent so long after it was due."""

FEW, MANY = 4, 204
BIRTHS: Final = 30


class Listener(Wire):
    """A page that waits for its welcome."""

    def __init__(self) -> None:
        super().__init__()
        self.greeted = asyncio.Event()

    async def send(self, message: bytes) -> None:
        self.greeted.set()


def measure() -> dict[str, float]:
    """Print what is called to stderr, and give the counts of each case; only `birth_us_per_component` is a time."""
    counter = CallCounter(PACKAGE, leaving_out=LEFT_OUT)
    with counter.installed(), _served() as url:
        frame, chunk, click, rest = asyncio.run(_drive(url, counter))
    birth = asyncio.run(_birth(counter))
    cases = {"frame": frame, "chunk": chunk, "click": click, "rest": rest, "birth": birth}
    for name, calls in cases.items():
        print(
            f"{name}: {calls.total} calls of {calls.functions} functions in {calls.files} files\n{calls.table()}\n",
            file=sys.stderr,
        )
    figures = {
        f"{name}_{what}": float(getattr(calls, attribute))
        for name, calls in cases.items()
        for what, attribute in (("files", "files"), ("functions", "functions"), ("calls", "total"))
    }
    few_us, many_us = (asyncio.run(_birth_us(count)) for count in (FEW, MANY))
    return {**figures, "birth_us_per_component": (many_us - few_us) / (MANY - FEW)}


@contextmanager
def _served() -> Iterator[str]:
    """Serve the app of the frame, the chunk and the click in a thread."""
    with ms.Blocks() as demo:
        camera = ms.Image(label="camera", sources=["webcam"], webcam_options=ms.WebcamOptions(mirror=False))
        camera.stream(_same, camera, ms.Image(label="seen"), stream_every=0, concurrency_limit=None, time_limit=None)
        microphone = ms.Audio(label="microphone", sources=["microphone"], sample_rate=RATE_HZ, channels=1)
        heard = ms.Audio(label="heard", streaming=True, autoplay=True)
        microphone.stream(
            _same, microphone, heard, stream_every=CHUNK_S, concurrency_limit=None, time_limit=None
        )  # fmt: skip
        text = ms.Textbox("text", label="text")
        ms.Button("Click").click(_same, text, ms.Textbox(label="said"))
    url = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)[1]
    try:
        yield url
    finally:
        demo.close()


def _same(value: object) -> object:
    return value


async def _drive(url: str, counter: CallCounter) -> tuple[Calls, Calls, Calls, Calls]:
    page = await open_page(url)
    try:
        awake = await _frame(page, counter), await _chunk(page, counter), await _click(page, counter)
        return *awake, await _rest(page, counter)
    finally:
        await page.close()


async def _frame(page: Page, counter: CallCounter) -> Calls:
    """Count one JPEG of 640x480 that comes back, again and again, each when the one before is over."""
    recording = await page.record(page.find("camera"))
    await recording.first.wait_for_state("running")
    rounds = []
    for frame in itertools.islice(itertools.cycle(encoded(8)), WARM_UP + ROUNDS):
        before = recording.first.summary().results
        with counter.counting() as calls:
            await recording.feed([frame])
            await page.wait_for(lambda before=before: recording.first.summary().results > before)  # type: ignore[misc]
            await asyncio.sleep(QUIET_S)
        rounds.append(calls)
    await recording.stop()
    return _typical(rounds[WARM_UP:])


async def _chunk(page: Page, counter: CallCounter) -> Calls:
    """Count chunks of 20 ms PCM that come back, in real time; gives one chunk's share."""
    recording = await page.record(page.find("microphone"))
    await recording.first.wait_for_state("running")
    noise = np.random.default_rng(7).integers(-8000, 8000, round(CHUNKS * CHUNK_S * RATE_HZ)).astype(np.int16)
    await recording.feed((RATE_HZ, noise))
    rounds = []
    for _ in range(3):
        with counter.counting() as calls:
            await recording.feed((RATE_HZ, noise))
            await asyncio.sleep(QUIET_S)
        rounds.append(calls)
    await recording.stop()
    typical = _typical(rounds)
    shares = {function: round(count / CHUNKS) for function, count in typical.counts.items()}
    return Calls(Counter({function: count for function, count in shares.items() if count}))


async def _click(page: Page, counter: CallCounter) -> Calls:
    """Count a click that copies a text."""
    rounds = []
    for _ in range(WARM_UP + ROUNDS):
        with counter.counting() as calls:
            (run,) = await page.fire(page.find("Click"), "click")
            await page.wait_for(lambda run=run: run.is_over)  # type: ignore[misc]
            await asyncio.sleep(QUIET_S)
        rounds.append(calls)
    return _typical(rounds[WARM_UP:])


async def _rest(page: Page, counter: CallCounter) -> Calls:
    """Count a minute of a page that rests: its comparisons of the clocks, and the heartbeats between them."""
    await page.link.compare_clocks(idle=True)
    await asyncio.sleep(QUIET_S)
    with counter.counting() as beat:
        await asyncio.sleep(HEARTBEAT_S - QUIET_S + BEAT_S)
    rounds = []
    for _ in range(WARM_UP):
        with counter.counting() as calls:
            await page.link.compare_clocks(idle=True)
            await asyncio.sleep(QUIET_S)
        rounds.append(calls)
    if not any(function.file.endswith("heartbeat.py") for function in beat.counts):
        raise RuntimeError("the server gives no signs of life to a page that rests")
    minute: Counter[Function] = Counter()
    for calls, every_s in ((_typical(rounds), idle_clock_s()), (beat, HEARTBEAT_S)):
        minute.update({function: round(count * 60 / every_s) for function, count in calls.counts.items()})
    return Calls(minute)


async def _birth(counter: CallCounter) -> Calls:
    """Count what happens between the hello of a page with four components and the quiet after its welcome."""
    host = await _hosted(FEW)
    rounds = []
    for _ in range(3):
        page = Wire()
        serving = asyncio.ensure_future(host.serve(page, Request()))
        await asyncio.sleep(QUIET_S)
        page.say(_hello(host))
        sys.setprofile(counter.note)
        try:
            with counter.installed(), counter.counting() as calls:
                await asyncio.sleep(QUIET_S)
        finally:
            sys.setprofile(None)
        rounds.append(calls)
        page.leave()
        for session in host.sessions.values():
            session.end(1001, "its birth is measured")
        await serving
    await host.close()
    return rounds[-1]


async def _birth_us(components: int) -> float:
    """Time, in CPU microseconds of the process, the birth of a session; the shortest of many."""
    host = await _hosted(components)
    shortest_s = float("inf")
    for _ in range(BIRTHS):
        page = Listener()
        serving = asyncio.ensure_future(host.serve(page, Request()))
        await asyncio.sleep(0)
        hello = _hello(host)
        begin = time.process_time()
        page.say(hello)
        await page.greeted.wait()
        shortest_s = min(shortest_s, time.process_time() - begin)
        for session in host.sessions.values():
            session.end(1001, "its birth is measured")
        await serving
    await host.close()
    return shortest_s * 1e6


async def _hosted(components: int) -> Host:
    with ms.Blocks() as demo:
        for number in range(components):
            ms.Textbox("text", label=f"text {number}")
    host = compose_host(demo.freeze(), Settings())
    await host.start()
    return host


def _hello(host: Host) -> Hello:
    return Hello(version=VERSION, build=host.manifest.build, page_us=0)


def _typical(rounds: list[Calls]) -> Calls:
    """Give the round with the median number of calls: whole, so that its parts add up."""
    middle = statistics.median_low(calls.total for calls in rounds)
    return next(calls for calls in rounds if calls.total == middle)
