"""One process of the load tester: its visitors on one event loop.

`python -m millstream.load_testing.group` reads a `GroupShare` as a line of JSON, says when it is ready, begins at the
next line, and writes `GroupFigures` as JSON.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Final

import msgspec
import numpy as np

from millstream.load_testing import devices
from millstream.load_testing.plan import GroupFigures, GroupShare, VisitorFigures
from millstream.load_testing.visitor import Devices, Times, Visitor
from millstream.wire.packet import PacketKind

READY: Final = "ready"

FRAMES: Final = 30
AUDIO_S: Final = 10.0
"""So much is made before the test, and shown and played again and again."""

LAG_EVERY_S: Final = 0.02


async def run_group(share: GroupShare, made: Devices) -> GroupFigures:
    """Run the visitors of a share, from now on."""
    plan, begin = share.plan, asyncio.get_running_loop().time()
    times = Times(begin, begin + plan.ramp_s, begin + plan.all_s)
    visitors = [Visitor(plan, share.event, made, number, times) for number in share.numbers]
    load = asyncio.create_task(_watch(times))
    figures: list[VisitorFigures] = await asyncio.gather(*(visitor.visit() for visitor in visitors))
    cores, lag_p95_s = await load
    return GroupFigures(figures, cores, lag_p95_s)


def make_devices(share: GroupShare) -> Devices:
    """Make what the visitors show and say."""
    plan, event = share.plan, share.event
    frames = devices.camera(FRAMES, plan.width, plan.height) if PacketKind.PICTURE in event.kinds else []
    return Devices(frames, devices.microphone(AUDIO_S) if event.is_audio else None)


async def _watch(times: Times) -> tuple[float, float]:
    """Measure the tester itself: the cores that it takes, and the 95th percentile of its loop's delay, in seconds."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(times.since - loop.time())
    lags, cpu_s = [], time.process_time()
    while (now := loop.time()) < times.until:
        await asyncio.sleep(LAG_EVERY_S)
        lags.append(loop.time() - now - LAG_EVERY_S)
    return (time.process_time() - cpu_s) / (times.until - times.since), float(np.percentile(lags, 95))


def main() -> None:
    """Serve the tester's main process, over standard input and output."""
    share = msgspec.json.decode(sys.stdin.readline(), type=GroupShare)
    made = make_devices(share)
    print(READY, flush=True)  # noqa: T201 - its words for the process that started it
    if sys.stdin.readline():  # else that process has gone
        figures = asyncio.run(run_group(share, made))
        sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")


if __name__ == "__main__":
    main()
