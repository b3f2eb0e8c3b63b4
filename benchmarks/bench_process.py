"""(k) Calls in worker processes compared with those in threads, in one run: the way, the cores, and a death."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from benchmarks.pictures import encoded
from benchmarks.process_app import HANDLERS, compute, demo, echo, hold
from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.engines import process, thread
from millstream.jobs import Engine, Job, Worker
from millstream.runtime.call.program import AppProgram
from millstream.runtime.state.path_rules import PathRules
from millstream.types import Handler
from millstream.wire.packet import INDEPENDENT, KEY, CodecNumber, Packet, PacketKind

ROUNDS = 6
CALLS = 60
RATE_HZ = 60
SESSIONS = 4
SECONDS = 1.5
KILLS = 5


def measure() -> dict[str, float]:
    """Medians over the rounds; milliseconds, of which CPU is that of all processes."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    jobs = [_job(number, payload) for number, payload in enumerate(encoded(30), 1)]
    async with _running(thread.Engine()) as threads, _running(process.Engine()) as processes:
        hops: dict[Engine, list[float]] = {threads: [], processes: []}
        used: dict[Engine, list[float]] = {threads: [], processes: []}
        for number in range(ROUNDS + 1):
            for engine in (threads, processes):
                hop_ms, cpu_ms = await _echoed(engine, jobs, _pids(processes))
                if number:  # the first round warms up
                    hops[engine].append(hop_ms)
                    used[engine].append(cpu_ms)
        fps: dict[tuple[Handler, Engine], list[float]] = {
            (handler, engine): [] for handler in (compute, hold) for engine in (threads, processes)
        }
        lags: dict[Engine, list[float]] = {threads: [], processes: []}
        for _ in range(ROUNDS):
            for (handler, engine), rounds in fps.items():
                frames, lag_ms = await _busy(engine, jobs, HANDLERS.index(handler))
                rounds.append(frames)
                lags[engine].append(lag_ms)
    killed = [await _killed(jobs[0]) for _ in range(KILLS)]
    return {
        "killed_p50_ms": statistics.median(killed),
        "killed_most_ms": max(killed),
        "thread_ms": statistics.median(hops[threads]),
        "process_ms": statistics.median(hops[processes]),
        "hop_ms": _difference(hops[processes], hops[threads]),
        "hop_cpu_ms": _difference(used[processes], used[threads]),
        "thread_fps": statistics.median(fps[compute, threads]),
        "process_fps": statistics.median(fps[compute, processes]),
        "fps_ratio": _ratio(fps[compute, processes], fps[compute, threads]),
        "gil_fps_ratio": _ratio(fps[hold, processes], fps[hold, threads]),
        "thread_loop_lag_p99_ms": statistics.median(lags[threads]),
        "process_loop_lag_p99_ms": statistics.median(lags[processes]),
    }


async def _killed(job: Job) -> float:
    """Kill an only worker process in the middle of a call; give the time to the next result, in milliseconds."""
    binding = HANDLERS.index(hold)
    job = Job(binding, job.call, job.inputs, job.packets, stream=1)
    async with _running(process.Engine(), EngineLimits(workers=1)) as engine:
        while not engine.statistics()["standby"]:  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(0.05)
        worker = engine.open(binding, lambda said: None)
        await _call(worker, job)
        lost = asyncio.ensure_future(_call(worker, job))
        await asyncio.sleep(0.005)
        os.kill(_pids(engine)[1], signal.SIGKILL)
        begin = time.perf_counter()
        with suppress(RuntimeError):  # it was lost
            await lost
        await _call(worker, job)
        took_s = time.perf_counter() - begin
        await worker.close()
    return took_s * 1000


@asynccontextmanager
async def _running(engine: Engine, limits: EngineLimits = DEFAULT_LIMITS) -> AsyncIterator[Engine]:
    engine.start(AppProgram(demo.freeze(), PathRules([], [], Path("nowhere")), show_error=True), limits)
    await engine.prepare(range(len(HANDLERS)))
    try:
        yield engine
    finally:
        await engine.close()


def _difference(these: list[float], those: list[float]) -> float:
    return statistics.median(one - other for one, other in zip(these, those, strict=True))


def _ratio(these: list[float], those: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(these, those, strict=True))


def _job(number: int, payload: bytes) -> Job:
    packet = Packet(PacketKind.PICTURE, CodecNumber.JPEG, KEY | INDEPENDENT, 1, 0, number, 0, 0, 0, payload)
    return Job(0, number, (None,), (packet,), stream=1)


def _pids(engine: Engine) -> list[int]:
    pids = engine.statistics()["pids"]
    assert isinstance(pids, list)
    return [os.getpid(), *pids]


def _cpu_s(pids: list[int]) -> float:
    """Give the CPU time of processes; of this one by a finer clock than that of the others, of 10 ms."""
    others = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in pids[1:]]
    return time.process_time() + sum(int(ticks) for each in others for ticks in each) / os.sysconf("SC_CLK_TCK")


async def _echoed(engine: Engine, jobs: list[Job], pids: list[int]) -> tuple[float, float]:
    """Echo frames as a camera sends them, and give the median of a call, and the CPU of one."""
    worker = engine.open(HANDLERS.index(echo), lambda said: None)
    times, began_s = [], _cpu_s(pids)
    for job in itertools.islice(itertools.cycle(jobs), CALLS):
        begin = time.perf_counter()
        await _call(worker, job)
        times.append(time.perf_counter() - begin)
        await asyncio.sleep(max(0.0, 1 / RATE_HZ - times[-1]))
    used_s = _cpu_s(pids) - began_s
    await worker.close()
    return statistics.median(times) * 1000, used_s / CALLS * 1000


async def _busy(engine: Engine, jobs: list[Job], binding: int) -> tuple[float, float]:
    """Have sessions call a handler that keeps Python busy.

    Give the frames a second of all sessions together, and the lag of the loop that 99 % stay below.
    """
    until, counts, lags = time.perf_counter() + SECONDS, [0] * SESSIONS, []

    async def session(number: int) -> None:
        worker = engine.open(binding, lambda said: None)
        for job in itertools.cycle(jobs):
            await _call(worker, Job(binding, job.call, job.inputs, job.packets, stream=1))
            if time.perf_counter() > until:
                break
            counts[number] += 1
        await worker.close()

    async def watch() -> None:
        while (now := time.perf_counter()) < until:
            await asyncio.sleep(0.01)
            lags.append(time.perf_counter() - now - 0.01)

    await asyncio.gather(watch(), *map(session, range(SESSIONS)))
    return sum(counts) / SECONDS, statistics.quantiles(lags, n=100)[-1] * 1000


async def _call(worker: Worker, job: Job) -> None:
    async for result in worker.submit(job):
        if result.failure is not None:
            raise RuntimeError(result.failure.message)
