"""A recording and its streams as a page sees them: capture on credit, at a rate, with results and their ages."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from millstream import codecs
from millstream.client.sources import Picture, PictureSource, SoundSource, frame, pictures, sound
from millstream.errors import BacklogExceeded, Error
from millstream.frames import Chunk
from millstream.wire.messages import Stop, StreamState
from millstream.wire.packet import CodecNumber, Flag, Kind, Packet, encode_packet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from millstream.client.page import Page

MAX_PACKET_SAMPLES_BYTES = 1024 * 1024
JPEG_QUALITY = 0.8
RESULTS_KEPT = 10_000


@dataclass(frozen=True)
class Result:
    """What one result of a call changed in the page.

    Attributes:
        call: Number of the call.
        source: Sequence of the packet it was computed from, 0 for an ordinary event.
        values: New value of each changed component, by number, as on the wire; a `Packet` for a picture.
        received_us: When it was complete, in microseconds of the page's clock.
        age_s: Seconds from the capture of its source to `received_us`; `None` if it has no source.
    """

    call: int
    source: int
    values: Mapping[int, object]
    received_us: int
    age_s: float | None = None


@dataclass(frozen=True)
class Summary:
    """What a stream has done so far. Ages are in seconds."""

    captured: int
    sent: int
    dropped: int
    results: int
    age_p50_s: float
    age_p95_s: float
    age_max_s: float


@dataclass
class _Backlog:
    """Sound that waits in the page for credit."""

    blocks: deque[np.ndarray[Any, np.dtype[np.int16]]] = field(default_factory=deque)
    samples: int = 0

    def put(self, block: np.ndarray[Any, np.dtype[np.int16]]) -> None:
        self.blocks.append(block)
        self.samples += len(block)

    def take(self, count: int) -> np.ndarray[Any, np.dtype[np.int16]]:
        joined = np.concatenate(self.blocks) if self.blocks else np.zeros((0, 1), np.int16)
        self.blocks.clear()
        if count < len(joined):
            self.blocks.append(joined[count:])
        self.samples = max(0, len(joined) - count)
        return joined[:count]


class Stream:
    """One stream of a recording: its state in the queue, its credit, its results.

    Attributes:
        state: `waiting`, `running`, `stopping` or `ended`.
        position: Place in the queue while it waits, from 1.
        eta_s: Expected wait in seconds, `None` if unknown.
        reason: Why it ended; empty until then.
        error: The message that came with the end; empty if there was none.
        results: The latest results, oldest first.
    """

    def __init__(self, page: Page, number: int, component: int, binding: Mapping[str, Any]) -> None:
        self.number = number
        self.component = component
        self.binding = int(binding["id"])
        self.every_s = float(binding["stream"]["every_s"])
        self.max_backlog_s = float(binding["stream"]["max_backlog_s"])
        self.state = "opening"
        self.position = 0
        self.eta_s: float | None = None
        self.limit_s = 0.0
        self.deadline_us = 0
        self.reason = ""
        self.error = ""
        self.turns = 0
        self.results: deque[Result] = deque(maxlen=RESULTS_KEPT)
        self.received_pictures = 0
        self.captured = 0
        self.sent = 0
        self.credit = 0
        self._page = page
        self._ages: deque[float] = deque(maxlen=RESULTS_KEPT)
        self._captured_us: dict[int, int] = {}
        self._results = 0
        self._sequence = 0
        self._changed = asyncio.Event()
        self._backlog = _Backlog()
        self._first_sample = 0
        self._rate = 0
        self._stopped = False
        self._flushing: asyncio.Task[None] | None = None
        self._encoder = codecs.load("jpeg").open_encoder(JPEG_QUALITY)
        self._sound_encoder = codecs.load("pcm16").open_encoder(1.0)

    # -- what the page tells it -----------------------------------------------------------------------------------

    def grant(self, limit: int) -> None:
        self.credit = max(self.credit, limit)
        self._changed.set()

    def on_state(self, message: StreamState) -> None:
        if message.state == "running" and self.state != "running":
            self.turns += 1
        self.state, self.position = message.state, message.position
        self.eta_s = message.eta_s if message.eta_s >= 0 else None
        self.limit_s, self.deadline_us = message.limit_s, message.deadline_us
        if message.state == "ended":
            self.reason, self.error = message.reason, message.message
        if message.state == "stopping" and not self._stopped and self._rate:
            self._flushing = asyncio.get_running_loop().create_task(self._flush(), name="millstream-client-flush")
        self._changed.set()

    def on_result(self, result: Result) -> None:
        captured = self._captured_us.pop(result.source, None)
        for sequence in [known for known in self._captured_us if known < result.source - 64]:
            del self._captured_us[sequence]
        if captured is not None:
            age = (result.received_us - captured) / 1e6
            self._ages.append(age)
            result = Result(result.call, result.source, result.values, result.received_us, age)
        self._results += 1
        self.results.append(result)
        self._changed.set()

    def abandon(self) -> None:
        """The connection is gone."""
        if self.state != "ended":
            self.state, self.reason = "ended", "closed"
        self._changed.set()

    # -- what a user sees -----------------------------------------------------------------------------------------

    def summary(self) -> Summary:
        """Count what happened so far."""
        ages = np.array(self._ages if self._ages else [0.0])
        p50, p95 = np.percentile(ages, (50, 95))
        dropped = self.captured - self.sent
        return Summary(self.captured, self.sent, dropped, self._results, float(p50), float(p95), float(ages.max()))

    async def wait_for_state(self, *states: str) -> None:
        """Wait until the stream is in one of `states`, or has ended."""
        while self.state not in (*states, "ended"):
            await self._wait()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    # -- capture --------------------------------------------------------------------------------------------------

    async def feed_pictures(self, items: Iterable[Picture], rate_hz: float) -> None:
        """Play a camera: a picture every `1 / rate_hz` seconds, of which those due and with credit are sent."""
        loop = asyncio.get_running_loop()
        interval, begin, due = 1 / rate_hz, loop.time(), 0.0
        for index, item in enumerate(items):
            await _sleep_until(begin + index * interval)
            if self.state == "ended" or self._stopped:
                return
            self.captured += 1
            now = loop.time() - begin
            if self.state != "running" or self.credit <= self._sequence or now + interval / 2 < due:
                continue
            due = now if now - due > self.every_s + interval else due
            due += self.every_s
            await self._send_picture(item)
        await _sleep_until(begin + (index + 1) * interval if self.captured else begin)

    async def _send_picture(self, item: Picture) -> None:
        captured_us = self._page.now_us()
        payload = item if isinstance(item, bytes) else self._encoder.encode(frame(item)).payload
        await self._send(Kind.PICTURE, CodecNumber.JPEG, payload, captured_us, Flag.KEY | Flag.INDEPENDENT)

    async def feed_sound(self, chunk: Chunk) -> None:
        """Play a microphone in real time: pieces of `stream_every` seconds, held back and joined without credit.

        Raises:
            BacklogExceeded: More than `max_backlog` seconds wait; the stream has ended.
        """
        loop = asyncio.get_running_loop()
        self._rate = chunk.sample_rate
        piece = max(1, round(max(self.every_s, 0.01) * chunk.sample_rate))
        begin = loop.time()
        for start in range(0, len(chunk.samples), piece):
            block = chunk.samples[start : start + piece]
            await _sleep_until(begin + (start + len(block)) / chunk.sample_rate)
            if self.state == "ended" or self._stopped:
                return
            if self.state != "running":
                continue
            self.captured += 1
            self._backlog.put(block)
            if self._backlog.samples > self.max_backlog_s * self._rate:
                await self._page.send(Stop(stream=self.number, final=self._sequence, reason="backlog"))
                self._stopped = True
                raise BacklogExceeded(f"more than {self.max_backlog_s:g} s of sound wait for the handler")
            await self._send_sound(piece)

    async def _send_sound(self, piece: int) -> None:
        """Send the whole pieces that wait, joined, as far as credit allows."""
        while self.credit > self._sequence and self._backlog.samples >= piece:
            count = min(self._backlog.samples, self._most_samples())
            await self._send_block(count // piece * piece)

    async def _send_block(self, count: int, *, last: bool = False) -> bool:
        """Send the next `count` samples; with `last`, flag them LAST if nothing is left after them. Tell if so."""
        block = self._backlog.take(count)
        is_final = last and not self._backlog.samples
        captured_us = self._page.now_us() - int(len(block) / self._rate * 1e6)
        payload = self._sound_encoder.encode(Chunk(block, self._rate, self._first_sample)).payload
        self._first_sample += len(block)
        flags = Flag.KEY | (Flag.LAST if is_final else Flag.NONE)
        await self._send(Kind.SOUND, CodecNumber.PCM16, payload, captured_us, flags)
        return is_final

    def _most_samples(self) -> int:
        channels = self._backlog.blocks[0].shape[1] if self._backlog.blocks else 1
        return MAX_PACKET_SAMPLES_BYTES // 2 // channels

    async def _send(self, kind: Kind, codec: CodecNumber, payload: bytes, captured_us: int, flags: Flag) -> None:
        self._sequence += 1
        self.sent += 1
        self._captured_us[self._sequence] = captured_us
        packet = Packet(kind, codec, flags, self.number, self.component, self._sequence, 0, 0, captured_us, payload)
        await self._page.send_packet(encode_packet(packet))

    async def _flush(self) -> None:
        """Hand over all sound that waits as credit allows; the last packet is flagged LAST and may be empty."""
        final = False
        while not final and self.state in ("running", "stopping"):
            if self.credit <= self._sequence:
                await self._wait()
                continue
            final = await self._send_block(min(self._backlog.samples, self._most_samples()), last=True)

    async def stop(self) -> None:
        """Press Stop (or Waiting): tell the server what is still to come, and hand it over."""
        if self.state == "ended" or self._stopped:
            return
        self._stopped = True
        waits = self._backlog.samples if self.state == "running" else 0
        final = self._sequence + math.ceil(waits / self._most_samples())
        await self._page.send(Stop(stream=self.number, final=final))
        if waits:
            await self._flush()


class Recording:
    """A component that records: all streams that it drives, fed by one device."""

    def __init__(self, page: Page, component: int) -> None:
        self.component = component
        self.streams: list[Stream] = []
        self._page = page

    @property
    def first(self) -> Stream:
        """The stream of the first binding; the only one in most apps."""
        return self.streams[0]

    async def feed(self, source: PictureSource | SoundSource, rate_hz: float = 30.0) -> None:
        """Let the device see or hear `source` in real time; returns when it is used up or the streams have ended.

        Pictures come at `rate_hz`; sound at its own sample rate. The streams must have started: until then, as with a
        real device, nothing is captured.

        Raises:
            InvalidValue: The source is of no known kind.
            BacklogExceeded: The handler is too slow for the sound by more than `max_backlog`.
        """
        kind = self._page.manifest["components"][str(self.component)]["type"]
        if kind == "audio":
            chunk = sound(cast("SoundSource", source))
            await asyncio.gather(*(stream.feed_sound(chunk) for stream in self.streams))
        elif len(self.streams) == 1:
            await self.first.feed_pictures(pictures(cast("PictureSource", source)), rate_hz)
        else:
            items = list(pictures(cast("PictureSource", source)))
            await asyncio.gather(*(stream.feed_pictures(items, rate_hz) for stream in self.streams))

    async def stop(self) -> None:
        """Press Stop and wait until the streams have ended.

        Raises:
            Error: A stream ended with an error; its message is the exception's.
        """
        for stream in self.streams:
            await stream.stop()
        for stream in self.streams:
            await stream.wait_for_state("ended")
        await self._page.fire(self.component, "stop_recording")
        self.check()

    def check(self) -> None:
        """Raise the error with which a stream ended, if one did.

        Raises:
            Error: With the message that the page would show.
        """
        for stream in self.streams:
            if stream.reason in ("error", "busy"):
                raise Error(stream.error or "the stream ended with an error")


async def _sleep_until(when: float) -> None:
    await asyncio.sleep(max(0.0, when - asyncio.get_running_loop().time()))
