"""`keep="latest"`: the newest frame waits, and the page sends the next one just in time. Pure: the clock is passed in.

Credit is a limit on sequences that only rises. A handler that keeps up with the camera has it raised on every receipt.
For a slower one it is raised so late that the next frame arrives just before the running call is expected to end: the
frame is fresh, the uplink carries little that is not handled, and the handler does not wait.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from millstream.declare.binding import CAMERA_S
from millstream.errors import LaneClosed
from millstream.runtime.stream.lane import Item, Lane
from millstream.wire.packet import INDEPENDENT, KEY

MAX_DEPENDENT: Final = 64
"""Packets of a delta codec that may wait: two seconds of video."""

FASTEST_CAMERA_S: Final = 1 / 120
CAPTURES: Final = 9
CLEARLY: Final = 0.9
"""A camera is faster than was thought if so many intervals in a row are shorter than this part of what was thought."""

MIN_WINDOW: Final = 2
MAX_WINDOW: Final = 16
IDLE: Final = 0.04
IDLE_INTERVALS: Final = 0.25
"""A frame is due so much after the call ends, as a share of the call, and of the camera's interval: if it then comes in
time, which it mostly does, it is that much fresher; else the handler waits for it, which costs next to nothing."""


class Latest(Lane[Item]):
    """The newest item wins.

    An item replaces those before it as far as nothing that may still come needs them: the independent one right before
    it goes, and everything goes before a key item on which later ones build. Dependent items stay, in order. More than
    `max_dependent` of them means that the reader has stalled: all are dropped, and so are those that follow, until a
    key item comes (see `needs_key`).
    """

    def __init__(self, max_dependent: int = MAX_DEPENDENT) -> None:
        super().__init__()
        self._max_dependent = max_dependent
        self._builds = False

    def put(self, item: Item, *, seconds: float = 0.0) -> None:
        if self._is_closed:
            raise LaneClosed("put into a closed lane")
        self._put += 1
        self._builds = self._builds or not item.flags & INDEPENDENT
        if not self._builds:  # so no waiting item is needed
            self._dropped += len(self.queue)
            self.queue.clear()
        elif not self._makes_room(item):
            self._dropped += 1
            return
        self.queue.append((item, seconds))

    def take_all(self) -> list[Item]:
        if not self.queue and self._is_closed:
            raise LaneClosed("the lane is closed and empty")
        items = [item for item, _ in self.queue]
        self.queue.clear()
        self._taken += len(items)
        return items

    def lose(self) -> None:
        """Note that an item is missing: if later ones build on it they are dropped until a key item comes."""
        if self._builds and not (self.queue and self.queue[0][0].flags & KEY):
            self.clear()
            self.needs_key = True

    def _makes_room(self, item: Item) -> bool:
        """Drop what this one replaces, where some build on others; true if it is of use itself."""
        is_key = item.flags & KEY != 0
        if self.needs_key and not is_key:
            return False
        if is_key and not item.flags & INDEPENDENT:
            self.needs_key = False
            self.clear()
        elif self.queue and self.queue[-1][0].flags & INDEPENDENT:
            self.queue.pop()
            self._dropped += 1
        if len(self.queue) >= self._max_dependent:
            self.needs_key = True
            self.clear()
        return is_key or not self.needs_key


class Pacing:
    """The upward credit of one stream.

    Tell it what happens (`received`, `call_began`, `call_ended`), then ask `limit(now)`: after each of these, and at
    `next_at(now)`. All times are seconds of one monotonic clock.

    Args:
        interval_s: Seconds between two frames that the page would like to send: `stream_every`. The page cannot beat
            its camera, so less than a camera interval (0, for instance) counts as one.
        camera_s: Seconds between two camera frames, as declared. A camera that is faster is found out.

    Attributes:
        window: Number of frames that may be on their way: 2 on a short path, as many as fill it on a long one.
    """

    def __init__(self, interval_s: float = 0.0, camera_s: float = CAMERA_S) -> None:
        self._wanted_s, self._camera_s = interval_s, camera_s
        self._interval_s = max(interval_s, camera_s)
        self._captured_us = 0
        self._gaps_us: list[int] = []
        self._call = _Smoothed()
        self._delay = _Smoothed()
        self._known_path_s = 0.0
        self.window = MIN_WINDOW
        self._early_s = 0.0
        self._limit = 0
        self._received = 0
        self._call_began: float | None = None
        self._granted: deque[tuple[int, float]] = deque(maxlen=MAX_WINDOW)
        self._planned = -math.inf
        self._due_at = -math.inf
        # A grant before this finds the page waiting for its interval: the delay that follows says nothing of the link.

    def measured(self, rtt_s: float, encode_s: float = 0.0, frame_s: float = 0.0) -> None:
        """Note how long the link is without a queue, and what a frame takes of it.

        It decides how many frames may be on their way. Without it two may be, and the way of the frames themselves is
        measured.

        Args:
            rtt_s: Seconds that a small message takes to the page and back.
            encode_s: How long a frame takes from its capture until it is sent.
            frame_s: How long the link needs for the bytes of a frame.
        """
        self._known_path_s = rtt_s + encode_s + frame_s
        frames = math.ceil(self._known_path_s / max(self._interval_s, frame_s) - 0.01) + 1
        self.window = min(max(frames, MIN_WINDOW), MAX_WINDOW)

    def go_on(self, received: int, limit: int) -> None:
        """Go on after a frame that another gateway has received, with a limit that it has given."""
        self._received, self._limit = received, limit

    def received(self, sequence: int, now: float, captured_us: int = 0) -> None:
        """Packet `sequence` has reached the lane; a frame was captured at `captured_us`, by the page's clock."""
        gap_us, self._captured_us = captured_us - self._captured_us, captured_us
        if captured_us and gap_us < CLEARLY * 1e6 * self._camera_s:
            self._learn(gap_us)
        elif self._gaps_us:
            self._gaps_us.clear()
        self._received = max(self._received, sequence)
        if sequence >= self._limit:
            self._planned = min(self._planned, now + self._interval_s)
        while self._granted and self._granted[0][0] <= sequence:
            granted, at = self._granted.popleft()
            if granted == sequence and at >= self._due_at:
                self._delay.add(now - at)
        self._due_at = now + self._interval_s - self._known_path_s

    def _learn(self, gap_us: int) -> None:
        """Find out that the camera is faster than declared: jitter makes one short interval, but not many in a row."""
        self._gaps_us.append(gap_us)
        if len(self._gaps_us) == CAPTURES:
            median_s = sorted(self._gaps_us)[CAPTURES // 2] / 1e6
            self._gaps_us.clear()
            self._camera_s = max(median_s, FASTEST_CAMERA_S)
            self._interval_s = max(self._wanted_s, self._camera_s)

    def call_began(self, now: float, early_s: float = 0.0) -> None:
        """The handler took what waited in the lane; the next frame is wanted so long before it returns."""
        self._call_began, self._early_s = now, early_s

    def call_ended(self, now: float) -> float:
        """The handler returned, or raised; gives how many seconds a call takes on average."""
        if self._call_began is not None:
            self._call.add(now - self._call_began)
            self._call_began = None
        return self._call.mean

    def pause(self) -> None:
        """The stream waits for another slot: what was on its way tells nothing about the link."""
        self._granted.clear()
        self._call_began = None
        self._planned = -math.inf

    def limit(self, now: float) -> int:
        """Give the highest sequence that the page may send. It never falls."""
        highest = self._received + self.window
        if self._is_handler_fast(now):
            self._limit = max(self._limit, highest)
            self._granted.clear()
            self._planned = now + self._lead_s
        while self._limit < highest and self._grant_at(now) <= now:
            self._planned = self._next_arrival(now)
            self._limit += 1
            self._granted.append((self._limit, now))
        return self._limit

    def next_at(self, now: float) -> float | None:
        """Say when to ask `limit` again if nothing else happens before; `None` for not at all."""
        if self._limit >= self._received + self.window:
            return None
        grant_at = self._grant_at(now)
        return min(grant_at, self._overdue_at) if now < self._overdue_at else grant_at

    def _is_handler_fast(self, now: float) -> bool:
        began = self._call_began
        if began is not None and now - began > self._interval_s:
            return False
        return self._call.high <= self._interval_s

    @property
    def _lead_s(self) -> float:
        """From a grant until its frame is prepared, at most, as far as one can tell."""
        if not self._delay.count:
            return self._known_path_s + self._camera_s + self._early_s
        if self._early_s:
            return self._delay.high + self._early_s
        return self._delay.high - min(IDLE * self._call.mean, IDLE_INTERVALS * self._camera_s)

    @property
    def _overdue_at(self) -> float:
        """When the running call has taken so long that its end cannot be foreseen any more."""
        if self._call_began is None:
            return math.inf
        return self._call_began + self._call.high + self._interval_s / 2

    def _grant_at(self, now: float) -> float:
        if self._call_began is None and self._limit <= self._received:
            return now
        return self._next_arrival(now) - self._lead_s

    def _next_arrival(self, now: float) -> float:
        """Find when the next frame is wanted: one interval after the last one, and about when a call ends.

        Calls end in windows that grow with the spread of their durations. Within one, frames are wanted at the pace of
        the camera, so that the newest is fresh whenever the call ends; between windows, none. A window for which no
        frame was planned yet gets a late one.
        """
        earliest = max(self._planned + self._interval_s, now + self._lead_s)
        if self._call_began is None or now >= self._overdue_at:
            return earliest
        for calls in range(1, MAX_WINDOW + 1):
            first = self._call_began + calls * self._call.low
            last = self._call_began + calls * self._call.high
            is_missed = self._planned + self._interval_s / 2 < first
            if is_missed or earliest <= last:
                return max(earliest, first)
        return earliest


@dataclass(slots=True)
class _Smoothed:
    """A duration: its moving mean, and the range in which the next one is expected.

    The range holds twice the mean deviation, and the extremes of late: those are forgotten slowly.
    """

    mean: float = 0.0
    low: float = 0.0
    high: float = 0.0
    count: int = 0
    _deviation: float = 0.0
    _least: float = 0.0
    _most: float = 0.0

    def add(self, value: float) -> None:
        self.count += 1
        if self.count == 1:
            self.mean = self._least = self._most = value
            self._deviation = value / 2
        else:
            self._deviation += (abs(value - self.mean) - self._deviation) / 4
            self.mean += (value - self.mean) / 8
            self._least = min(value, self._least + (value - self._least) / 16)
            self._most = max(value, self._most + (value - self._most) / 16)
        self.low = min(self.mean - 2 * self._deviation, self._least)
        self.high = max(self.mean + 2 * self._deviation, self._most)
