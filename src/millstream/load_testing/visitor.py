"""One visitor of a load test: opens the page, presses Record, and notes what comes back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from millstream.client.client import open_page
from millstream.client.page import Page
from millstream.client.recording import Recording
from millstream.client.stream import ClientStream
from millstream.client.uplink import sleep_until
from millstream.errors import BacklogExceeded, Closed, InvalidValue, Refused
from millstream.frames import Chunk
from millstream.load_testing.fed_event import FedEvent
from millstream.load_testing.plan import LoadPlan, VisitorFigures
from millstream.load_testing.stream_record import StreamRecord
from millstream.wire.packet import PacketKind

OPENING_S: Final = 20.0
"""Seconds that a page may take to open."""

LOOK_S: Final = 0.05

CLOSING_S: Final = 2.0
"""Seconds that it may take to say goodbye."""


class Devices(NamedTuple):
    """Frames as JPEG and audio, which all visitors show and play over and over."""

    frames: Sequence[bytes]
    audio: Chunk | None


class Times(NamedTuple):
    """The course of a test in seconds of the loop's clock: measured is from `since` to `until`."""

    begin: float
    since: float
    until: float


class Visitor:
    """One page with one stream.

    Args:
        plan: The load test.
        event: The event that is fed.
        devices: What is fed.
        number: Of this visitor, from 0.
        times: The course of the test.
    """

    def __init__(self, plan: LoadPlan, event: FedEvent, devices: Devices, number: int, times: Times) -> None:
        self._plan, self._event, self._devices = plan, event, devices
        self._arrival = times.begin + plan.ramp_s * number / plan.streams
        self._times = times
        self._unsent_before = self._taken = 0

    async def visit(self) -> VisitorFigures:
        """Come when it is time, stay to the end, and leave."""
        loop = asyncio.get_running_loop()
        await sleep_until(self._arrival)
        record = StreamRecord(loop.time(), self._times.since, self._times.until)
        try:
            async with asyncio.timeout(OPENING_S):
                page = await open_page(self._plan.url, auth=self._plan.auth)
        except Refused as error:
            return record.end(loop.time(), refusal=str(error))
        except (Closed, InvalidValue) as error:
            return record.end(loop.time(), failure=str(error))
        except TimeoutError:
            return record.end(loop.time(), failure=f"the page did not open within {OPENING_S:g} s")
        try:
            return await self._stream(page, record)
        except Closed as error:
            return record.end(loop.time(), failure=str(error))
        finally:
            await _leave(page)

    async def _stream(self, page: Page, record: StreamRecord) -> VisitorFigures:
        recording = await page.record(self._event.component)
        stream = recording.first
        tasks = [asyncio.create_task(self._feed(recording), name="millstream-load-feed")]
        if not self._event.has_outputs:
            tasks.append(asyncio.create_task(self._look_often(stream, record), name="millstream-load-look"))
        try:
            async with asyncio.timeout_at(self._times.until):
                await page.wait_for(partial(self._look, stream, record))
        except TimeoutError:
            pass  # it streamed to the end
        finally:
            await _end(tasks)
        self._look(stream, record)
        unsent = stream.uplink.dropped - self._unsent_before
        if stream.reason in ("busy", "error"):
            told = {"refusal" if stream.reason == "busy" else "failure": stream.error or stream.reason}
            return record.end(asyncio.get_running_loop().time(), unsent=unsent, **told)
        return record.end(asyncio.get_running_loop().time(), unsent=unsent)

    def _look(self, stream: ClientStream, record: StreamRecord) -> bool:
        """Note what has come since the last look; gives whether the stream is over."""
        now = asyncio.get_running_loop().time()
        record.state(stream.state, now)
        if now < self._times.since:
            self._unsent_before = stream.uplink.dropped
        if not self._event.has_outputs:
            self._note_taken(stream, record, now)
        spoken_s = self._event.every_s if self._event.is_audio else 0.0
        while stream.results:  # they hold frames, so none is kept
            result = stream.results.popleft()
            record.result(result.received_us / 1e6, None if result.age_s is None else max(result.age_s - spoken_s, 0))
        return stream.state == "ended"

    async def _look_often(self, stream: ClientStream, record: StreamRecord) -> None:
        """Look by the clock at a stream of which nothing comes back."""
        loop = asyncio.get_running_loop()
        while not self._look(stream, record):
            await sleep_until(loop.time() + LOOK_S)

    def _note_taken(self, stream: ClientStream, record: StreamRecord, now: float) -> None:
        """Note what the server has let through, where nothing comes back."""
        taken = next(reversed(stream.uplink.captured_us), 0)
        for _ in range(self._taken, taken):
            record.result(now, None)
        self._taken = taken

    async def _feed(self, recording: Recording) -> None:
        """Show the frames, and play the audio, again and again."""
        frames, audio, rate_hz = self._devices.frames, self._devices.audio, self._plan.rate_hz
        try:
            if audio is None:
                await recording.feed(itertools.cycle(frames), rate_hz)
                return
            seconds = len(audio.samples) / audio.sample_rate
            while not recording.is_over:
                shown = itertools.islice(itertools.cycle(frames), round(seconds * rate_hz))
                has_frames = PacketKind.PICTURE in self._event.kinds
                await recording.feed((shown, audio) if has_frames else audio, rate_hz)
        except (Closed, BacklogExceeded):
            return  # the page says what has happened


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks; one that has failed before raises its error."""
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def _leave(page: Page) -> None:
    try:
        async with asyncio.timeout(CLOSING_S):
            await page.close()
    except TimeoutError:
        await page.drop()
