"""One stream as a page sees it: its state in the queue, capture on credit, and results with their ages."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from millstream import codecs
from millstream.client.backlog import Backlog
from millstream.client.result import RESULTS_KEPT, StreamResult, Summary
from millstream.client.sources import Picture, frame
from millstream.client.wire import PageWire
from millstream.codecs import jpeg, pcm16
from millstream.errors import BacklogExceeded, Closed
from millstream.frames import Chunk, Frame
from millstream.jobs import Level
from millstream.media.image_file import reduced
from millstream.types import Codec, Encoded
from millstream.wire.messages import Encode, Latency, Stop, StreamState
from millstream.wire.packet import COMMON_CODECS, CodecNumber, Flag, Packet, PacketKind, encode_packet, flags_of

JPEG_QUALITY: Final = 0.8

CAMERA_HZ: Final = 30.0

AGES_KEPT: Final = 10_000

CAPTURES_KEPT: Final = 1_024
"""Packets whose capture time is remembered until their result comes."""

MIN_PIECE_S: Final = 0.01
"""Sound is captured in no shorter pieces, whatever `stream_every` says."""


@dataclass
class _Way:
    """One sequence of packets on its way up."""

    number: int
    codec: int
    credit: int = 0
    sequence: int = 0

    @property
    def is_free(self) -> bool:
        return self.credit > self.sequence


class ClientStream:
    """One stream of a recording.

    Attributes:
        state: `opening` until the server has said something, then `waiting`, `running`, `stopping` or `ended`.
        position: Place in the queue while it waits, from 1; else 0.
        eta_s: Expected wait in seconds, `None` if unknown.
        limit_s: Length of a turn in seconds, 0 without a limit.
        deadline_us: When the running turn ends, in microseconds of the server's clock; 0 without a limit.
        turns: How many turns it has had in the queue.
        talk: Of a stream that takes turns, whose turn it is and was: `listening`, `awake`, `hearing`, `thinking`,
            `answering`.
        reason: Why it ended; empty until then.
        error: The message that came with the end; empty if there was none.
        results: The latest results, oldest first.
        progress: What the page was told of how far its calls are; see `Run.progress`.
        received_pictures: Media packets that came for it.
        latency: The server's share in the age of its frames, as it was told last; `None` if nobody watches.
        pictures: The number of its pictures, if it brings sound along with them; else 0.
    """

    def __init__(
        self, page: PageWire, number: int, component: int, binding: Mapping[str, Any], kinds: Collection[PacketKind]
    ) -> None:
        self.number = number
        self.pictures = number + 1 if len(kinds) > 1 else 0
        self.component = component
        self.every_s = float(binding["stream"]["every_s"])
        self.max_backlog_s = float(binding["stream"]["max_backlog_s"])
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
        self.received_pictures = 0
        self.latency: Latency | None = None
        self._page = page
        codec = _camera_codec(page)
        self._ways: dict[PacketKind, _Way] = {}
        if PacketKind.SOUND in kinds:
            self._ways[PacketKind.SOUND] = _Way(number, CodecNumber.PCM16)
        if PacketKind.PICTURE in kinds:
            self._ways[PacketKind.PICTURE] = _Way(self.pictures or number, codec.NUMBER)
        self._captured = self._sent = self._dropped = self._results = 0
        self._ages: deque[float] = deque(maxlen=AGES_KEPT)
        self._captured_us: dict[int, int] = {}
        self._due = -math.inf
        self._changed = asyncio.Event()
        self._backlog = Backlog()
        self._first_sample = 0
        self._rate = 0
        self._is_stopped = self._is_flushing = False
        self._flusher: asyncio.Task[None] | None = None
        self._stopper: asyncio.Task[None] | None = None
        self._encoder = codec.open_encoder(JPEG_QUALITY)
        self._longest = 0
        self._sound_encoder = pcm16.open_encoder(1.0)

    # -- what the page tells it ----------------------------------------------------------------------------------

    def grant(self, number: int, limit: int) -> None:
        """Note a credit for what is sent under `number`; it never falls."""
        for way in self._ways.values():
            if way.number == number:
                way.credit = max(way.credit, limit)
        self._changed.set()

    def request_key_frame(self) -> None:
        """Send a key frame next: the server misses a frame that later ones build on."""
        self._encoder.request_key_frame()

    def encode_as(self, message: Encode) -> None:
        """Encode frames in another way from the next one on."""
        way = self._ways[PacketKind.PICTURE]
        if way.codec != message.codec:
            way.codec = message.codec
            self._encoder.close()
            self._encoder = codecs.by_number(message.codec).open_encoder(JPEG_QUALITY)
        self._encoder.set_rate(message.bits_per_s, message.frames_per_s or CAMERA_HZ)
        self._longest = message.longest

    def on_state(self, message: StreamState) -> None:
        """Note where the stream is, and do what that asks for."""
        if message.state == "running" and self.state != "running":
            self.turns += 1
        self.state, self.position = message.state, message.position
        self.eta_s = message.eta_s if message.eta_s >= 0 else None
        self.limit_s, self.deadline_us = message.limit_s, message.deadline_us
        if message.state == "ended":
            self.reason, self.error = message.reason, message.message
        if message.state == "waiting":
            self._backlog.clear()
        if message.state == "stopping" and not self._is_stopped:
            self._is_flushing = True
            self._flusher = asyncio.get_running_loop().create_task(self._flush(), name="millstream-client-flush")
        self._changed.set()

    def on_turn(self, state: str) -> None:
        """Note whose turn it is."""
        self.talk.append(state)
        self._changed.set()

    def on_result(self, result: StreamResult) -> None:
        """Note a result and its age."""
        captured_us = self._captured_us.get(result.source)
        if captured_us is not None:
            age_s = (result.received_us - captured_us) / 1e6
            self._ages.append(age_s)
            result = replace(result, age_s=age_s)
        self._results += 1
        self.results.append(result)
        self._changed.set()

    def abandon(self) -> None:
        """Note that the connection is gone."""
        for task in (self._flusher, self._stopper):
            if task is not None:
                task.cancel()
        if self.state != "ended":
            self.state, self.reason = "ended", "closed"
        self._changed.set()

    # -- what a user sees ----------------------------------------------------------------------------------------

    def summary(self) -> Summary:
        """Count what happened so far."""
        ages = np.array(self._ages if self._ages else [0.0])
        p50, p95 = np.percentile(ages, (50, 95))
        return Summary(
            self._captured, self._sent, self._dropped, self._results, float(p50), float(p95), float(ages.max())
        )

    async def wait_for_state(self, *states: str) -> None:
        """Wait until the stream is in one of `states`, or has ended."""
        while self.state not in (*states, "ended"):
            await self._wait()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    # -- capture -------------------------------------------------------------------------------------------------

    async def offer(self, item: Picture, interval_s: float) -> None:
        """Show it the camera's next picture, `interval_s` after the one before: sent if one is due, with credit."""
        now = asyncio.get_running_loop().time()
        if self.state != "running" or self._is_stopped or now + interval_s / 2 < self._due:
            return
        self._captured += 1
        if not self._ways[PacketKind.PICTURE].is_free:
            self._dropped += 1
            return
        self._due = (now if now - self._due > self.every_s + interval_s else self._due) + self.every_s
        captured_us = self._page.now_us()
        is_jpeg = self._ways[PacketKind.PICTURE].codec == jpeg.NUMBER
        encoded = Encoded(item) if isinstance(item, bytes) and is_jpeg else self._encoder.encode(self._frame(item))
        await self._send(PacketKind.PICTURE, captured_us, encoded.payload, flags_of(encoded))

    def _frame(self, item: Picture) -> Frame:
        whole = frame(item)
        return replace(whole, pixels=reduced(whole.pixels, self._longest)) if self._longest else whole

    async def hear(self, chunk: Chunk) -> None:
        """Play a microphone in real time: pieces of `stream_every` seconds, held back and joined without credit.

        Pictures that go with the sound are due in the middle of each piece.

        Raises:
            BacklogExceeded: More than `max_backlog` seconds wait; the stream has been stopped.
        """
        loop = asyncio.get_running_loop()
        self._rate = chunk.sample_rate
        piece = max(1, round(max(self.every_s, MIN_PIECE_S) * chunk.sample_rate))
        begin = loop.time()
        for start in range(0, len(chunk.samples), piece):
            block = chunk.samples[start : start + piece]
            began = begin + start / chunk.sample_rate
            if self.pictures and self._due > -math.inf:  # the first picture is due at once
                self._due = began + piece / chunk.sample_rate / 2
            await sleep_until(began + len(block) / chunk.sample_rate)
            if self.state == "ended" or self._is_stopped:
                return
            if self.state == "running":
                self._captured += 1
                self._backlog.put(block, began * 1e6)
                await self._check_backlog()
                await self._send_pieces(piece)

    async def _check_backlog(self) -> None:
        if self._backlog.samples <= self.max_backlog_s * self._rate:
            return
        self._is_stopped = True
        await self._page.send(Stop(stream=self.number, final=self._main.sequence, reason="backlog"))
        raise BacklogExceeded(f"more than {self.max_backlog_s:g} s of audio wait for the handler")

    async def _send_pieces(self, piece: int) -> None:
        """Send the whole pieces that wait, joined, as far as credit allows."""
        while self.state == "running" and not self._is_stopped and self._main.is_free:
            count = min(self._backlog.samples, self._backlog.most) // piece * piece
            if not count:
                return
            await self._send_block(count)

    async def _send_block(self, count: int, *, flags: int = Flag.KEY) -> None:
        """Send the next `count` samples; without any the packet is empty."""
        captured_us, payload = self._page.now_us(), b""
        if count:
            chunk = replace(self._backlog.take(count, self._rate), first_sample=self._first_sample)
            captured_us, payload = chunk.captured_us, self._sound_encoder.encode(chunk).payload
            self._first_sample += count
        # A page whose camera shows no picture any more ends its turn with an empty one, as it does with sound.
        await self._send(
            PacketKind.SOUND if PacketKind.SOUND in self._ways else PacketKind.PICTURE, captured_us, payload, flags
        )

    async def _send(self, kind: PacketKind, captured_us: int, payload: bytes, flags: int) -> None:
        way = self._ways[kind]
        way.sequence += 1
        self._sent += 1
        if kind is PacketKind.PICTURE or not self.pictures:  # what results name as their source
            self._captured_us[way.sequence] = captured_us
            self._captured_us.pop(way.sequence - CAPTURES_KEPT, None)
        packet = Packet(kind, way.codec, flags, way.number, self.component, way.sequence, 0, 0, captured_us, payload)
        await self._page.send_packet(encode_packet(packet))

    @property
    def _main(self) -> _Way:
        """What the handler's calls follow: the sound, if there is any."""
        return self._ways[PacketKind.SOUND if PacketKind.SOUND in self._ways else PacketKind.PICTURE]

    # -- the end -------------------------------------------------------------------------------------------------

    @property
    def is_stopped(self) -> bool:
        """True if nothing is captured any more."""
        return self._is_stopped or self.state == "ended"

    def stop_soon(self) -> None:
        """Press Stop, and wait for nothing."""
        if not self.is_stopped and self._stopper is None:
            self._stopper = asyncio.get_running_loop().create_task(self._stop_quietly(), name="millstream-client-stop")

    async def _stop_quietly(self) -> None:
        try:
            await self.stop()
        except Closed:
            return  # the stream has ended with its page

    async def stop(self) -> None:
        """Press Stop (or Waiting): tell the server what is still to come, and hand it over."""
        if self.state == "ended" or self._is_stopped:
            return
        self._is_stopped = True
        held = math.ceil(self._backlog.samples / self._backlog.most)
        if self._is_flushing:
            await self._page.send(Stop(stream=self.number, final=self._main.sequence + max(held, 1)))
            return
        await self._page.send(Stop(stream=self.number, final=self._main.sequence + held))
        if held:
            await self._flush()

    async def _flush(self) -> None:
        """Hand over all sound that waits as credit allows; the last packet is flagged LAST and may be empty."""
        self._is_flushing = True
        try:
            while self._is_flushing and self.state in ("running", "stopping"):
                if not self._main.is_free:
                    await self._wait()
                    continue
                count = min(self._backlog.samples, self._backlog.most)
                self._is_flushing = count < self._backlog.samples
                await self._send_block(count, flags=Flag.KEY if self._is_flushing else Flag.KEY | Flag.LAST)
        except Closed:
            return  # nobody is left to hand it over to
        finally:
            self._is_flushing = False


def _camera_codec(page: PageWire) -> Codec:
    """Choose the codec of the camera: the page's, if the server decodes it."""
    codec = codecs.load(page.camera_codec)
    decodes = page.welcome.decodes if page.welcome is not None else []
    return codec if codec.NUMBER in COMMON_CODECS or codec.NUMBER in decodes else codecs.load(jpeg.NAME)


async def sleep_until(when: float) -> None:
    """Sleep until a time of the loop's clock."""
    await asyncio.sleep(max(0.0, when - asyncio.get_running_loop().time()))
