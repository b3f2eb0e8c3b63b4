"""Eight thousand runs wait: nothing that the event loop does in one go grows with them."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Coroutine
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.declare.injected import Request
from millstream.errors import Closed
from millstream.runtime.host import Host, Settings
from millstream.server.composition import compose_host
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Fire, Hello, PageMessage
from millstream.wire.packet import VERSION

PAGES, RUNS = 160, 50
LAG_S = 0.02


class Crowd:
    """Many pages in one: what they ask is written down for all of them, and nobody listens."""

    def __init__(self, hello: PageMessage) -> None:
        self._asked: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._sequence = 0
        self.say(hello)

    def say(self, message: PageMessage) -> None:
        self._sequence += 1
        message.seq = self._sequence
        self._asked.put_nowait(encode_message(message))

    def leave(self) -> None:
        self._asked.put_nowait(None)

    async def receive(self) -> bytes:
        message = await self._asked.get()
        if message is None:
            raise Closed("the page has gone")
        return message

    async def send(self, message: bytes) -> None:
        """Nobody listens."""

    async def close(self, code: int, reason: str) -> None:
        """Nobody is there."""


class Watch:
    """CPU seconds of each callback of the loop, by phase."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = {"": []}
        self.phase = ""
        self._run = asyncio.Handle._run

    def run(self, handle: asyncio.Handle) -> None:
        began = time.thread_time()
        self._run(handle)
        self.took[self.phase].append(time.thread_time() - began)

    async def over(self, name: str, scene: Coroutine[Any, Any, None]) -> None:
        self.took[name], self.phase = [], name
        await scene
        self.phase = ""


async def join(host: Host, crowd: list[Crowd]) -> None:
    for number in range(RUNS):
        for page in crowd:
            page.say(Fire(binding=0, run=number + 1))
            await asyncio.sleep(0)
    while host.statistics()["waiting"] < 0.95 * PAGES * RUNS:  # type: ignore[operator]  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def leave(crowd: list[Crowd], serving: list[asyncio.Future[None]]) -> None:
    for page in crowd:
        page.leave()
        await asyncio.sleep(0.005)
    await asyncio.wait(serving)


async def live(watch: Watch) -> None:
    work = threading.Event()
    with gr.Blocks() as demo:
        gr.Button().click(lambda: work.wait(0.02), trigger_mode="multiple")
    demo.queue(max_size=PAGES * RUNS)
    host = compose_host(demo.freeze(), Settings())
    await host.start()
    crowd = [Crowd(Hello(version=VERSION, build=host.manifest.build, page_us=0)) for _ in range(PAGES)]
    serving = [asyncio.ensure_future(host.serve(page, Request())) for page in crowd]
    await watch.over("join", join(host, crowd))
    await watch.over("move", asyncio.sleep(2))
    await watch.over("leave", leave(crowd, serving))
    await host.close()


@pytest.mark.slow
@pytest.mark.blocking
def test_the_loop_is_never_long_at_one_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they join, as each call that ends lets the others move up, and as they leave."""
    watch = Watch()
    monkeypatch.setattr(asyncio.Handle, "_run", lambda handle: watch.run(handle))  # noqa: PLW0108 - bound to the handle
    gc.disable()  # which looks at all that there is now and then, whatever we do
    try:
        asyncio.run(live(watch))
    finally:
        gc.enable()
    for name in ("join", "move", "leave"):
        took = watch.took[name]
        assert len(took) > 500
        assert np.percentile(took, 99.9) < LAG_S, name
        assert max(took) < 5 * LAG_S, name
