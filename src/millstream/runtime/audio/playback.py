"""Audio on its way to the listener: one run or stream in one component, never far ahead of what is heard."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Final, NamedTuple

from millstream.declare.component import Component
from millstream.errors import InvalidValue
from millstream.frames import Chunk
from millstream.runtime.audio.bandwidth import Bandwidth, Gauge
from millstream.runtime.audio.encoder import AudioEncoder, EncodedAudio
from millstream.runtime.audio.position import PlaybackPosition
from millstream.runtime.send.sender import Sender
from millstream.types import Segment, VideoSegment
from millstream.wire.messages import Played, Silence
from millstream.wire.packet import SEQUENCES, CodecNumber, Flag, Packet, PacketKind
from millstream.wire.sound import FILE_PREFIX, SAMPLE_BYTES

logger = logging.getLogger("millstream.session")

PACKET_S: Final = 0.25
"""The most samples in one packet: a long segment delays nothing else for longer than that takes to send."""

REST_S: Final = 0.15
"""Samples that do not fill a packet of Opus wait so long for the next segment, and are then sent alone."""

FILE_PART_BYTES: Final = 256 * 1024
"""Largest part of an audio file in one packet."""

MAX_UNDECODED: Final = 2
"""Files that the page may hold undecoded: nobody here knows how long they last."""


class Format(NamedTuple):
    """The format, fixed within a playback; rate and channels of a file are 0, since the page converts it."""

    codec: CodecNumber
    sample_rate: int = 0
    channels: int = 0

    def __str__(self) -> str:
        if self.codec is CodecNumber.FILE:
            return "an encoded file"
        if self.codec is CodecNumber.FMP4:
            return "a video"
        return f"samples at {self.sample_rate} Hz with {self.channels} channel{'s' if self.channels > 1 else ''}"


class Playback:
    """The playback of one run or stream in one component, segment by segment.

    Args:
        number: Its number, unique in the session.
        stream: The stream that it belongs to, 0 for an ordinary run.
        binding: The binding whose audio it is.
        component: The player.
        sender: The way to the page.
        bandwidth: What is known of that way.

    Attributes:
        is_cut: Whether it was silenced; nothing more is sent.
        position: Where the page is in it.
        is_refused: Whether it was the listener who silenced it.
        fault: Why no more of it can be played; empty if it can.
        skipped_s: Seconds of live audio that were left out because the player was paused.
    """

    def __init__(
        self, number: int, stream: int, binding: int, component: Component, sender: Sender, bandwidth: Bandwidth
    ) -> None:
        self.number = number
        self.binding = binding
        self.component = component
        self.is_cut = self.is_over = self.is_refused = False
        self.fault = ""
        self.skipped_s = 0.0
        self._stream = stream
        self._sender = sender
        self._bandwidth = bandwidth
        self._encoding = AudioEncoder(bandwidth, self._send_coded, self._on_failure)
        self._gauge: Gauge | None = None
        self._format: Format | None = None
        self._sequence = self._samples = 0
        self._is_ending = False
        self._moved = asyncio.Event()
        self._now = asyncio.get_running_loop().time
        self.position = PlaybackPosition(self._now)

    @property
    def is_heard(self) -> bool:
        """True while any of it is being played, or waits to be: false before the first segment and after the last."""
        waits = self.position.ahead_s > 0 or bool(self.position.undecoded) or self._encoding.is_busy
        return waits and not (self.is_cut or self.fault)

    async def put(self, sound: Segment, timeout_s: float, *, is_live: bool = False) -> None:
        """Send a whole segment, as fast as the listener plays it.

        With `is_live` a player that is paused does not hold it back: what comes meanwhile is skipped, and the page goes
        on with what comes then.

        Raises:
            InvalidValue: It has another format than earlier segments, or the page cannot play those.
            TimeoutError: The listener heard nothing for `timeout_s`.
        """
        self._check(sound)
        if isinstance(sound, Chunk):
            await self._put_samples(sound, timeout_s, is_live)
            return
        is_file = isinstance(sound, bytes)
        for index, (payload, seconds, is_end) in enumerate(_parts(sound)):
            # Nothing of a video can be left out: later frames need the earlier ones.
            may_skip = is_live and is_file and not index
            await self._room(timeout_s, may_skip)
            if self.is_cut or (may_skip and self.position.is_paused):
                return
            self._send(payload, Flag.KEY | (Flag.INDEPENDENT if is_live else Flag.NONE))
            if not is_file:
                self.position.sent(self._sequence, seconds)
            elif is_end:
                self.position.undecoded.append(self._sequence)

    def end(self) -> None:
        """Say that nothing follows; what is there is played to its end.

        The page is told when what is being encoded has gone.
        """
        if not (self.is_over or self._is_ending or self._format is None):
            self._is_ending = True
            self._encoding.end(self._send_last)

    def _send_last(self) -> None:
        if not self.is_over:
            self._send(b"", Flag.KEY | Flag.LAST)
            self.is_over = True

    def cut(self, *, is_refused: bool = False) -> None:
        """Silence it now: what was not heard is dropped. It may be the listener who wants no more (`is_refused`)."""
        self.is_refused = self.is_refused or is_refused
        if self.is_cut:
            return
        self.is_cut = self.is_over = True
        self._encoding.rest(None)
        self.position.stop()
        self._sender.hush(self.number)
        self._sender.send(Silence(playback=self.number))
        self._moved.set()

    async def heard_out(self, timeout_s: float) -> None:
        """Wait until nothing of it is heard any more, because all was, or because it was silenced.

        Nobody waits for a page that has not moved on for `timeout_s`.
        """
        try:
            while self.is_heard and not self.position.is_at_end:
                async with self._sender.clock.timeout(timeout_s):
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            logger.info("%r is not waited for any more", self)

    def report(self, message: Played) -> None:
        """Take note of where the page is.

        Raises:
            ProtocolError: It is nowhere in this playback.
        """
        self.position.report(message, self._sequence)
        self._measure(message)
        if message.state == "broken" and not self.fault:
            self._sender.hush(self.number)
            self._break(f"the browser cannot play: {' '.join(message.message.split())[:200]}")
        self._moved.set()

    def _on_failure(self, error: BaseException) -> None:
        """Note that the encoder has failed: what it had is lost, and so is what needs it."""
        self._break(f"cannot be compressed: {error}", error)

    def _break(self, fault: str, error: BaseException | None = None) -> None:
        self.fault = fault
        self._moved.set()
        logger.error("%s got audio that %s", self.component.name, fault, exc_info=error)

    def _measure(self, message: Played) -> None:
        now, is_playing = self._now(), message.state == "playing"
        if self._gauge is None or not self._gauge.received(message.received, now, is_playing=is_playing):
            return
        if self._bandwidth.link.narrow(now):
            logger.info("%r: the link is too narrow for samples as they are", self)

    def _check(self, sound: Segment) -> None:
        self._check_fault()
        if isinstance(sound, Chunk):
            found = Format(CodecNumber.PCM16, sound.sample_rate, sound.channels)
        elif isinstance(sound, VideoSegment):
            found = Format(CodecNumber.FMP4)
        else:
            found = Format(CodecNumber.FILE)
        if self._format is not None and found != self._format:
            raise InvalidValue(
                f"{self.component.name} plays {self._format}, and now got {found}: the format of streamed audio must "
                "not change on the way; bring all chunks into one"
            )
        if self._format is None and self._bandwidth.takes_opus and isinstance(sound, Chunk):
            self._gauge = Gauge(SAMPLE_BYTES * sound.sample_rate * sound.channels)
        self._format = found

    def _check_fault(self) -> None:
        if self.fault:
            raise InvalidValue(f"{self.component.name} got audio that {self.fault}")

    async def _put_samples(self, sound: Chunk, timeout_s: float, is_live: bool) -> None:
        self._encoding.rest(None)
        for part in self._cut_up(sound):
            await self._room(timeout_s, is_live)
            if self.is_cut:
                return
            if is_live and self.position.is_paused:
                self.skipped_s += part.duration_s
                await self._encoding.skip()
                continue
            await self._encoding.put(part, is_live=is_live)
            self._check_fault()
        if not self.is_cut:
            # In real time the next segment arrives when this one is over; a gap between the two would be heard.
            self._encoding.rest(REST_S + (1.5 * sound.duration_s if is_live else 0.0))

    def _send_coded(self, packets: list[EncodedAudio], is_live: bool) -> None:
        if self.is_cut or self.fault:
            return
        for payload, codec, seconds, flag in packets:
            self._send(payload, flag | (Flag.INDEPENDENT if is_live else Flag.NONE), codec)
            self.position.sent(self._sequence, seconds)
        self._moved.set()

    async def _room(self, timeout_s: float, may_skip: bool) -> None:
        """Wait until so much has been heard that more may be sent, or until what comes next is to be skipped."""
        position = self.position

        def waits() -> bool:
            return self._is_full and not (may_skip and position.is_paused)

        while waits():
            async with self._sender.clock.timeout(timeout_s):
                before_s = position.position_s
                while waits() and position.position_s <= before_s:
                    self._moved.clear()
                    await self._moved.wait()

    @property
    def _is_full(self) -> bool:
        if self.is_cut or self.fault:
            return False
        position = self.position
        return position.ahead_s >= self.component.plays_ahead_s or len(position.undecoded) >= MAX_UNDECODED

    def _cut_up(self, sound: Chunk) -> Iterator[Chunk]:
        """Cut samples into what one packet may hold, counted from the beginning of the playback."""
        step = max(round(PACKET_S * sound.sample_rate), 1)
        for at in range(0, len(sound.samples), step):
            part = Chunk(sound.samples[at : at + step], sound.sample_rate, self._samples)
            self._samples += len(part.samples)
            yield part

    def _send(self, payload: bytes, flags: Flag, codec: CodecNumber | None = None) -> None:
        assert self._format is not None
        self._sequence += 1
        codec, sequence = codec or self._format.codec, self._sequence % SEQUENCES
        component, call = self.component.id, self.number
        self._sender.play(
            Packet(PacketKind.SOUND, codec, flags, self._stream, component, sequence, 0, call, 0, payload)
        )
        if self._gauge is not None and payload:  # of the end, which holds nothing, the page tells nothing
            self._gauge.sent(self._sequence, len(payload), self._now())

    def __repr__(self) -> str:
        where = f"heard {self.position.position_s:.1f} s, {self.position.ahead_s:.1f} s ahead"
        return f"<Playback {self.number} in {self.component.name}: {where}>"


def _parts(sound: bytes | VideoSegment) -> Iterator[tuple[bytes, float, bool]]:
    """Cut a segment into payloads: each with its seconds (0 if unknown), and whether it ends the segment."""
    if isinstance(sound, VideoSegment):
        yield from _film_parts(sound)
        return
    for at in range(0, len(sound), FILE_PART_BYTES):
        part_bytes = FILE_PREFIX.pack(len(sound), at) + sound[at : at + FILE_PART_BYTES]
        yield part_bytes, 0.0, at + FILE_PART_BYTES >= len(sound)


def _film_parts(segment: VideoSegment) -> Iterator[tuple[bytes, float, bool]]:
    """Cut a segment of a video into payloads, as `_parts` does; the first of a video is its media type."""
    if segment.is_first:
        yield segment.mime.encode("ascii"), 0.0, False
    for data, seconds in segment.fragments:
        for at in range(0, len(data), FILE_PART_BYTES):
            is_end = at + FILE_PART_BYTES >= len(data)
            yield data[at : at + FILE_PART_BYTES], seconds if is_end else 0.0, is_end
