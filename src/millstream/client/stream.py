"""One stream as a page sees it: its state in the queue, and results with their ages."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from millstream.client.result import RESULTS_KEPT, StreamResult, Summary
from millstream.client.uplink import Uplink
from millstream.client.wire import PageWire
from millstream.errors import Closed
from millstream.jobs import Level
from millstream.wire.messages import Latency, StreamState
from millstream.wire.packet import PacketKind

AGES_KEPT: Final = 10_000


class ClientStream:
    """One stream of a recording.

    Attributes:
        uplink: Sends what is captured.
        state: `opening` until the server has said something, then `waiting`, `running`, `stopping` or `ended`.
        position: Position in the queue while it waits, from 1; else 0.
        eta_s: Expected wait in seconds, `None` if unknown.
        limit_s: Length of a slot in seconds, 0 without a limit.
        deadline_us: When the running slot ends, in microseconds of the server's clock; 0 without a limit.
        turns: How many slots it has had.
        talk: Of a stream that takes turns, whose turn it is and was: `listening`, `awake`, `hearing`, `thinking`,
            `answering`.
        reason: Why it ended; empty until then.
        error: The message that came with the end; empty if there was none.
        results: The latest results, oldest first.
        progress: What the page was told of how far its calls are; see `Run.progress`.
        received_frames: Frames that came for it.
        latency: The server's share in the age of its frames, as it was told last; `None` if nobody watches.
    """

    def __init__(
        self, page: PageWire, number: int, component: int, binding: Mapping[str, Any], kinds: Collection[PacketKind]
    ) -> None:
        self.number = number
        self.component = component
        self.uplink = Uplink(page, number, component, binding["stream"], kinds)
        self.state = "opening"
        self.position = 0
        self.eta_s: float | None = None
        self.limit_s = 0.0
        self.deadline_us = 0
        self.turns = 0
        self.talk: list[str] = []
        self.reason = ""
        self.error = ""
        self.results: deque[StreamResult] = deque(maxlen=RESULTS_KEPT)
        self.progress: list[tuple[Level, ...]] = []
        self.received_frames = 0
        self.latency: Latency | None = None
        self._results = 0
        self._ages: deque[float] = deque(maxlen=AGES_KEPT)
        self._changed = asyncio.Event()
        self._stopper: asyncio.Task[None] | None = None

    def on_state(self, message: StreamState) -> None:
        """Note where the stream is, and do what that asks for."""
        if message.state == "running" and self.state != "running":
            self.turns += 1
        self.state, self.position = message.state, message.position
        self.eta_s = message.eta_s if message.eta_s >= 0 else None
        self.limit_s, self.deadline_us = message.limit_s, message.deadline_us
        if message.state == "ended":
            self.reason, self.error = message.reason, message.message
        self.uplink.on_state(message.state)
        self._changed.set()

    def on_turn(self, state: str) -> None:
        """Note whose turn it is."""
        self.talk.append(state)
        self._changed.set()

    def on_result(self, result: StreamResult) -> None:
        """Note a result and its age."""
        captured_us = self.uplink.captured_us.get(result.source)
        if captured_us is not None:
            age_s = (result.received_us - captured_us) / 1e6
            self._ages.append(age_s)
            result = replace(result, age_s=age_s)
        self._results += 1
        self.results.append(result)
        self._changed.set()

    def abandon(self) -> None:
        """Note that the connection is gone."""
        self.uplink.abandon()
        if self._stopper is not None:
            self._stopper.cancel()
        if self.state != "ended":
            self.state, self.reason = "ended", "closed"
            self.uplink.on_state("ended")
        self._changed.set()

    def summary(self) -> Summary:
        """Count what happened so far."""
        up = self.uplink
        ages = np.array(self._ages if self._ages else [0.0])
        p50, p95 = np.percentile(ages, (50, 95))
        return Summary(up.captured, up.sent, up.dropped, self._results, float(p50), float(p95), float(ages.max()))

    async def wait_for_state(self, *states: str) -> None:
        """Wait until the stream is in one of `states`, or has ended."""
        while self.state not in (*states, "ended"):
            self._changed.clear()
            await self._changed.wait()

    @property
    def is_stopped(self) -> bool:
        """True if nothing is captured any more."""
        return self.uplink.is_stopped or self.state == "ended"

    def stop_soon(self) -> None:
        """Press Stop, and wait for nothing."""
        if not self.is_stopped and self._stopper is None:
            self._stopper = asyncio.get_running_loop().create_task(self._stop_quietly(), name="millstream-client-stop")

    async def _stop_quietly(self) -> None:
        try:
            await self.uplink.stop()
        except Closed:
            return  # the stream has ended with its page
