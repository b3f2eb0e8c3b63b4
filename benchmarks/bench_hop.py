"""(a) Server CPU per echoed 640x480 frame, compared with decoding and encoding the same frame alone, in one run."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time

import simplejpeg

from benchmarks.pictures import encoded
from benchmarks.server import Server, serve
from millstream.client.client import open_page

ROUNDS = 5
SECONDS = 4.0
RATE_HZ = 30


def measure() -> dict[str, float]:
    """Medians over the rounds: milliseconds of CPU per frame, and the median of the rounds' ratios."""
    pictures = encoded(30)
    bare, echoed = [], []
    with serve() as server:
        asyncio.run(_echo(server, pictures, 1.0))
        for _ in range(ROUNDS):
            bare.append(_bare_ms(pictures))
            echoed.append(asyncio.run(_echo(server, pictures, SECONDS)))
    ratios = [with_server / codec for with_server, codec in zip(echoed, bare, strict=True)]
    return {
        "codec_ms": statistics.median(bare),
        "server_ms": statistics.median(echoed),
        "ratio_to_codec": statistics.median(ratios),
    }


def _bare_ms(pictures: list[bytes]) -> float:
    """Decode and encode each frame with nothing around it, paced like the stream so that caches are as cold."""
    used = 0.0
    for data in itertools.islice(itertools.cycle(pictures), 60):
        begin = time.thread_time()
        simplejpeg.encode_jpeg(simplejpeg.decode_jpeg(data), quality=80, colorsubsampling="420")
        used += time.thread_time() - begin
        time.sleep(1 / RATE_HZ)
    return used / 60 * 1000


async def _echo(server: Server, pictures: list[bytes], seconds: float) -> float:
    page = await open_page(server.url)
    recording = await page.record(page.find("camera"))
    await recording.first.wait_for_state("running")
    begin = server.cpu_s()
    feed = itertools.islice(itertools.cycle(pictures), int(seconds * RATE_HZ))
    await recording.feed(feed, RATE_HZ)
    used = server.cpu_s() - begin
    results = recording.first.summary().results
    await recording.stop()
    await page.close()
    if results < seconds * RATE_HZ * 0.9:
        raise RuntimeError(f"only {results} of {seconds * RATE_HZ:.0f} frames came back: is the machine busy?")
    return used / results * 1000
