"""Somebody who hears what a page is given to play: in real time, as a browser's player does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import numpy as np

from millstream.codecs import pcm16
from millstream.frames import Chunk, Samples
from millstream.wire.messages import Played
from millstream.wire.packet import CodecNumber, Packet
from millstream.wire.sound import FILE_PREFIX

REPORT_S: Final = 0.1
"""The interval, in seconds, at which the server is told the position."""

FILE_RATE_HZ: Final = 48_000
"""The rate that is reported of files and videos, which are not decoded here: they last no time."""


class Listener:
    """One playback, as it is heard.

    Args:
        playback: Its number.
        send: Tells the server.

    Attributes:
        files: The encoded files that came, complete ones only; empty if samples came.
        video: A streamed video so far, as bytes of an MP4 file; empty if it is none. It counts as seen at once.
        video_type: Its media type with its codecs.
        is_paused: Whether the listener has paused it.
        is_over: Whether all was heard, or it was silenced.
        longest_wait_s: The longest time from one packet to the next.
    """

    def __init__(self, playback: int, send: Callable[[Played], Awaitable[None]]) -> None:
        self.files: list[bytes] = []
        self.video, self.video_type = b"", ""
        self.is_paused = self.is_over = False
        self.longest_wait_s = 0.0
        self._came_at: float | None = None
        self._playback = playback
        self._send = send
        self._decoder = pcm16.open_decoder()
        self._chunks: list[Chunk] = []
        self._part = b""
        self._received = self._total = self._played = 0
        self._is_complete = False

    @property
    def sample_rate(self) -> int:
        """Samples a second, in Hz."""
        return self._chunks[0].sample_rate if self._chunks else FILE_RATE_HZ

    @property
    def samples(self) -> Samples:
        """All that came so far: `(n, channels)` int16."""
        if not self._chunks:
            return np.zeros((0, 1), np.int16)
        return np.concatenate([chunk.samples for chunk in self._chunks])

    @property
    def played_s(self) -> float:
        """Seconds of it that were heard."""
        return self._played / self.sample_rate

    def take(self, packet: Packet) -> None:
        """Take in the next packet.

        Raises:
            MediaError: It is no audio.
        """
        now = asyncio.get_running_loop().time()
        self.longest_wait_s = max(self.longest_wait_s, now - (now if self._came_at is None else self._came_at))
        self._came_at = now
        self._is_complete = self._is_complete or packet.is_last
        if packet.codec == CodecNumber.FILE and len(packet.payload):
            self._take_file(bytes(packet.payload))
        elif packet.codec == CodecNumber.FMP4 and len(packet.payload):
            self._take_video(bytes(packet.payload))
        elif len(packet.payload):
            chunk = self._decoder.decode(packet.payload)
            self._chunks.append(chunk)
            self._total += len(chunk.samples)
        if not self._part:
            self._received = packet.sequence

    async def listen(self) -> None:
        """Hear it to the end."""
        await self._tell("playing")
        while not (self._is_complete and self._played == self._total):
            await asyncio.sleep(REPORT_S)
            if not self.is_paused:
                self._played = min(self._total, self._played + round(REPORT_S * self.sample_rate))
            await self._tell("paused" if self.is_paused else "playing")
        self.is_over = True
        await self._tell("ended")

    async def fall_silent(self) -> None:
        """Hear no more of it, and say how much was heard."""
        if not self.is_over:
            self.is_over = True
            await self._tell("ended")

    async def _tell(self, state: str) -> None:
        await self._send(
            Played(
                playback=self._playback,
                received=self._received,
                rate=self.sample_rate,
                samples=self._total,
                played=self._played,
                state=state,  # type: ignore[arg-type]  # one of the four
            )
        )

    def _take_video(self, payload: bytes) -> None:
        if self.video_type:
            self.video += payload
        else:
            self.video_type = payload.decode("ascii")

    def _take_file(self, payload: bytes) -> None:
        size, _ = FILE_PREFIX.unpack_from(payload)
        self._part += payload[FILE_PREFIX.size :]
        if len(self._part) >= size:
            self.files.append(self._part)
            self._part = b""
