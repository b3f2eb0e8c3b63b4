"""(r) The costs and the small cases that the simulation of `benchmarks/scale` starts from, and is compared with."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Final

from benchmarks.server import Server, serve
from millstream.codecs import jpeg
from millstream.load_testing.crew import find_event
from millstream.load_testing.devices import camera
from millstream.load_testing.group import run_group
from millstream.load_testing.plan import GroupFigures, GroupShare, LoadPlan
from millstream.load_testing.visitor import Devices

STREAMS: Final = {"hold": 8, "hold_briefly": 8, "sleep": 4, "batch": 8, "queue": 6}
RATE_HZ: Final = {"hold": 15.0, "hold_briefly": 30.0, "sleep": 30.0, "batch": 15.0, "queue": 5.0}
SECONDS: Final = {"hold": 6.0, "hold_briefly": 6.0, "sleep": 6.0, "batch": 6.0, "queue": 18.0}
COST_STREAMS, COST_RATE_HZ, COST_SECONDS = 6, 10.0, 8.0
ROUNDS: Final = 60


def measure() -> dict[str, float]:
    """Give milliseconds of CPU for a frame, and what came of each case."""
    frames = camera(30, 640, 480)
    with serve(app="benchmarks.scale_app") as server:
        figures = {"frame_cpu_ms": _frame_cpu_ms(server), "codec_ms": _codec_ms(frames)}
        for name in ("hold", "hold_briefly", "sleep", "batch"):
            found = _load(server, name, STREAMS[name], RATE_HZ[name], SECONDS[name])
            figures[f"{name}_fps"] = sum(visitor.results for visitor in found.visitors) / SECONDS[name]
        waits = [wait_s for visitor in _queue(server).visitors for wait_s in visitor.waits_s[1:]]
        figures["queue_wait_s"] = statistics.mean(waits)
    return figures


def _queue(server: Server) -> GroupFigures:
    return _load(server, "queue", STREAMS["queue"], RATE_HZ["queue"], SECONDS["queue"])


def _load(server: Server, event: str, streams: int, rate_hz: float, seconds: float) -> GroupFigures:
    """Load one event from this process."""
    plan = LoadPlan(url=f"{server.url}/", event=event, streams=streams, rate_hz=rate_hz, ramp_s=1.0, seconds=seconds)
    return asyncio.run(_loaded(plan))


async def _loaded(plan: LoadPlan) -> GroupFigures:
    event = await find_event(plan)
    return await run_group(GroupShare(plan, event, 0, 1), Devices(camera(30, plan.width, plan.height), None))


def _frame_cpu_ms(server: Server) -> float:
    """Measure all CPU of the server for a frame that is echoed, at a load that leaves it idle for most of the time."""
    began_s = server.cpu_s()
    found = _load(server, "echo", COST_STREAMS, COST_RATE_HZ, COST_SECONDS)
    results = sum(visitor.results for visitor in found.visitors)
    # Those of the ramp are not counted as results, but cost as much.
    results += round(COST_STREAMS * COST_RATE_HZ * 0.5)
    return (server.cpu_s() - began_s) / results * 1000


def _codec_ms(frames: list[bytes]) -> float:
    """Measure the CPU of decoding a frame and encoding it again."""
    decoder, encoder, times = jpeg.open_decoder(), jpeg.open_encoder(0.8), []
    for frame in (frames * 2)[:ROUNDS]:
        begin = time.thread_time()
        encoder.encode(decoder.decode(frame))
        times.append(time.thread_time() - begin)
    return statistics.median(times) * 1000
