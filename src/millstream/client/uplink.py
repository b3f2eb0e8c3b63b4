"""`Uplink`: sends what the devices of one stream capture, as far as the server grants credit."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from millstream import codecs
from millstream.client.backlog import Backlog
from millstream.client.sources import CameraFrame, frame
from millstream.client.wire import PageWire
from millstream.codecs import jpeg, pcm16
from millstream.errors import BacklogExceeded, Closed
from millstream.frames import Chunk, Frame
from millstream.media.image_file import reduced
from millstream.types import Codec, Encoded
from millstream.wire.encoding import encode_packet, flags_of
from millstream.wire.messages import Credit, Encode, Stop
from millstream.wire.packet import COMMON_CODECS, CodecNumber, Flag, Packet, PacketKind

JPEG_QUALITY: Final = 0.8

CAMERA_HZ: Final = 30.0

CAPTURES_KEPT: Final = 1_024
"""Packets whose capture time is remembered until their result comes."""

MIN_CHUNK_S: Final = 0.01
"""Audio is captured in no shorter chunks, whatever `stream_every` says."""


@dataclass
class _PacketSequence:
    """The packets of one medium: the number they go by, how many were sent, and how many may be."""

    number: int
    codec: int
    credit: int = 0
    sent: int = 0
    kept: deque[tuple[int, bytes]] = field(default_factory=deque)
    """Audio that the server may not have."""

    @property
    def has_credit(self) -> bool:
        return self.credit > self.sent

    @property
    def settled(self) -> int:
        """The last packet that is not sent again."""
        return self.kept[0][0] - 1 if self.kept else self.sent

    def let_go(self, received: int) -> None:
        while self.kept and self.kept[0][0] <= received:
            self.kept.popleft()


class Uplink:
    """One stream on its way up: frames of a camera when one is due, audio held back and joined, or both.

    Args:
        page: Sends messages and packets.
        number: The stream's number; its frames go by the next one if it carries audio as well.
        component: The component that records.
        stream: The binding's part about streaming, from the manifest.
        kinds: The media that are captured.

    Attributes:
        frames_number: The number of its frames, if it carries audio along with them; else 0.
        state: The stream's state, as the server has said last; see `ClientStream`.
        is_stopped: True once Stop was pressed.
        captured, sent, dropped: Counts of frames or chunks, and of packets.
        captured_us: When what results name as their source was captured, by its sequence.
    """

    def __init__(
        self,
        page: PageWire,
        number: int,
        component: int,
        stream: Mapping[str, Any],
        kinds: Collection[PacketKind],
    ) -> None:
        self.frames_number = number + 1 if len(kinds) > 1 else 0
        self.state = "opening"
        self.is_stopped = False
        self.captured = self.sent = self.dropped = 0
        self.captured_us: dict[int, int] = {}
        self._page, self._number, self._component = page, number, component
        self._every_s = float(stream["every_s"])
        self._max_backlog_s = float(stream["max_backlog_s"])
        codec = _camera_codec(page)
        self._sequences: dict[PacketKind, _PacketSequence] = {}
        if PacketKind.SOUND in kinds:
            self._sequences[PacketKind.SOUND] = _PacketSequence(number, CodecNumber.PCM16)
        if PacketKind.PICTURE in kinds:
            self._sequences[PacketKind.PICTURE] = _PacketSequence(self.frames_number or number, codec.NUMBER)
        self._frame_encoder = codec.open_encoder(JPEG_QUALITY)
        self._longest = 0
        self._audio_encoder = pcm16.open_encoder(1.0)
        self._due = -math.inf
        self._backlog = Backlog()
        self._first_sample = 0
        self._rate = 0
        self._changed = asyncio.Event()
        self._flusher: asyncio.Task[None] | None = None

    # -- what the server says ------------------------------------------------------------------------------------

    def grant(self, message: Credit) -> None:
        """Note a credit, which never falls, and what has come to the server."""
        for sequence in self._sequences.values():
            if sequence.number == message.stream:
                sequence.credit = max(sequence.credit, message.limit)
                sequence.let_go(message.received)
        self._changed.set()

    def resume(self, received: Mapping[int, int]) -> list[bytes]:
        """Go on after the link was lost; gives the packets of audio that are to be sent again.

        Frames go on after the last one that came, the next one as a key frame.
        """
        again = []
        for kind, sequence in self._sequences.items():
            if sequence.number not in received:
                continue
            sequence.let_go(received[sequence.number])
            if kind is PacketKind.SOUND:
                again += [data for _, data in sequence.kept]
            else:
                sequence.sent = received[sequence.number]
                self._frame_encoder.request_key_frame()
        self._changed.set()
        return again

    def sequences(self) -> list[tuple[int, int, int]]:
        """Give the numbers that its packets go by, the last packet that need not be sent again, and the credit."""
        return [(each.number, each.settled, each.credit) for each in self._sequences.values()]

    def request_key_frame(self) -> None:
        """Send a key frame next: the server misses a frame that later ones build on."""
        self._frame_encoder.request_key_frame()

    def encode_as(self, message: Encode) -> None:
        """Encode frames in another way from the next one on."""
        frames = self._sequences[PacketKind.PICTURE]
        if frames.codec != message.codec:
            frames.codec = message.codec
            self._frame_encoder.close()
            self._frame_encoder = codecs.by_number(message.codec).open_encoder(JPEG_QUALITY)
        self._frame_encoder.set_rate(message.bits_per_s, message.frames_per_s or CAMERA_HZ)
        self._longest = message.longest

    def on_state(self, state: str) -> None:
        """Note where the stream is: what waits is handed over at the end of a slot, or in the next one."""
        self.state = state
        if state == "stopping" and not self.is_stopped:
            self._flusher = asyncio.get_running_loop().create_task(self._flush(), name="millstream-client-flush")
        self._changed.set()

    def abandon(self) -> None:
        """Send nothing any more: the connection is gone."""
        if self._flusher is not None:
            self._flusher.cancel()

    # -- capture -------------------------------------------------------------------------------------------------

    async def offer(self, item: CameraFrame, interval_s: float) -> None:
        """Show it the camera's next frame, `interval_s` after the one before: sent if one is due, with credit."""
        now = asyncio.get_running_loop().time()
        if self.state != "running" or self.is_stopped or now + interval_s / 2 < self._due:
            return
        self.captured += 1
        if not self._sequences[PacketKind.PICTURE].has_credit:
            self.dropped += 1
            return
        self._due = (now if now - self._due > self._every_s + interval_s else self._due) + self._every_s
        captured_us = self._page.now_us()
        may_stay = self._sequences[PacketKind.PICTURE].codec == jpeg.NUMBER and not self._longest
        encoded = (
            Encoded(item) if isinstance(item, bytes) and may_stay else self._frame_encoder.encode(self._frame(item))
        )
        await self._send(PacketKind.PICTURE, captured_us, encoded.payload, flags_of(encoded))

    def _frame(self, item: CameraFrame) -> Frame:
        whole = frame(item)
        return replace(whole, pixels=reduced(whole.pixels, self._longest)) if self._longest else whole

    async def hear(self, audio: Chunk) -> None:
        """Play a microphone in real time: chunks of `stream_every` seconds, held back and joined without credit.

        Frames that go with the audio are due in the middle of each chunk.

        Raises:
            BacklogExceeded: More than `max_backlog` seconds wait; the stream has been stopped.
        """
        loop = asyncio.get_running_loop()
        self._rate = audio.sample_rate
        size = max(1, round(max(self._every_s, MIN_CHUNK_S) * audio.sample_rate))
        begin = loop.time()
        for start in range(0, len(audio.samples), size):
            samples = audio.samples[start : start + size]
            began = begin + start / audio.sample_rate
            if self.frames_number and self._due > -math.inf:  # the first frame is due at once
                self._due = began + size / audio.sample_rate / 2
            await sleep_until(began + len(samples) / audio.sample_rate)
            if self.state == "ended" or self.is_stopped:
                return
            if self.state == "running":
                self.captured += 1
                self._backlog.put(samples, began * 1e6)
                await self._check_backlog()
                await self._send_chunks(size)

    async def _check_backlog(self) -> None:
        if self._backlog.samples <= self._max_backlog_s * self._rate:
            return
        self.is_stopped = True
        await self._page.send(Stop(stream=self._number, final=self._main.sent, reason="backlog"))
        raise BacklogExceeded(f"more than {self._max_backlog_s:g} s of audio wait for the handler")

    async def _send_chunks(self, size: int) -> None:
        """Send the whole chunks of `size` samples that wait, joined, as far as credit allows."""
        while self.state == "running" and not self.is_stopped and self._main.has_credit:
            count = min(self._backlog.samples, self._backlog.most) // size * size
            if not count:
                return
            await self._send_samples(count)

    # -- the end -------------------------------------------------------------------------------------------------

    async def stop(self) -> None:
        """Press Stop (or Waiting): tell the server what is still to come, and hand it over."""
        if self.state == "ended" or self.is_stopped:
            return
        self.is_stopped = True
        if self.state == "waiting" and self._backlog.samples:
            left = f"{self._backlog.samples / self._rate:.1f} s recorded without a connection were not handled"
            message = f"It was stopped before its turn came again: {left}."
            await self._page.send(Stop(stream=self._number, final=self._main.sent, reason="failed", message=message))
            return
        held = math.ceil(self._backlog.samples / self._backlog.most)
        is_flushing = self._flusher is not None and not self._flusher.done()
        await self._page.send(Stop(stream=self._number, final=self._main.sent + max(held, int(is_flushing))))
        if held and not is_flushing:
            await self._flush()

    async def _flush(self) -> None:
        """Hand over all audio that waits as credit allows; the last packet is flagged LAST and may be empty."""
        is_last = False
        try:
            while not is_last and self.state in ("running", "stopping"):
                if not self._main.has_credit:
                    self._changed.clear()
                    await self._changed.wait()
                    continue
                count = min(self._backlog.samples, self._backlog.most)
                is_last = count == self._backlog.samples
                await self._send_samples(count, flags=Flag.KEY | Flag.LAST if is_last else Flag.KEY)
        except Closed:
            return  # nobody is left to hand it over to

    # -- packets -------------------------------------------------------------------------------------------------

    async def _send_samples(self, count: int, *, flags: int = Flag.KEY) -> None:
        """Send the next `count` samples; without any the packet is empty."""
        captured_us, payload = self._page.now_us(), b""
        if count:
            chunk = replace(self._backlog.take(count, self._rate), first_sample=self._first_sample)
            captured_us, payload = chunk.captured_us, self._audio_encoder.encode(chunk).payload
            self._first_sample += count
        # A page whose camera shows no frame any more ends its slot with an empty packet, as it does with audio.
        await self._send(
            PacketKind.SOUND if PacketKind.SOUND in self._sequences else PacketKind.PICTURE, captured_us, payload, flags
        )

    async def _send(self, kind: PacketKind, captured_us: int, payload: bytes, flags: int) -> None:
        sequence = self._sequences[kind]
        sequence.sent += 1
        self.sent += 1
        number, at, codec = sequence.number, sequence.sent, sequence.codec
        if kind is PacketKind.PICTURE or not self.frames_number:  # what results name as their source
            self.captured_us[at] = captured_us
            self.captured_us.pop(at - CAPTURES_KEPT, None)
        data = encode_packet(Packet(kind, codec, flags, number, self._component, at, 0, 0, captured_us, payload))
        if kind is PacketKind.SOUND:
            sequence.kept.append((at, data))
        await self._page.send_packet(data)

    @property
    def _main(self) -> _PacketSequence:
        """The packets that the handler's calls follow: those of audio, if there are any."""
        return self._sequences[PacketKind.SOUND if PacketKind.SOUND in self._sequences else PacketKind.PICTURE]


def _camera_codec(page: PageWire) -> Codec:
    """Choose the codec of the camera: the page's, if the server decodes it."""
    codec = codecs.load(page.camera_codec)
    decodes = page.welcome.decodes if page.welcome is not None else []
    return codec if codec.NUMBER in COMMON_CODECS or codec.NUMBER in decodes else codecs.load(jpeg.NAME)


async def sleep_until(when: float) -> None:
    """Sleep until a time of the loop's clock."""
    await asyncio.sleep(max(0.0, when - asyncio.get_running_loop().time()))
