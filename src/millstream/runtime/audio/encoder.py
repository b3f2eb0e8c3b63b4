"""The samples of a playback on their way into packets: as they are, or as Opus once the link has proved too narrow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from millstream.codecs import opus, pcm16
from millstream.codecs.opus import OpusPacket, OpusStretch
from millstream.frames import Chunk
from millstream.run_in_thread import begin, run_in_thread
from millstream.runtime.audio.bandwidth import Bandwidth
from millstream.wire.packet import CodecNumber, Flag
from millstream.wire.sound import SAMPLE_BYTES


class EncodedAudio(NamedTuple):
    """The next packet of a playback: payload, its codec, how long it lasts, and whether it needs those before it."""

    payload: bytes
    codec: CodecNumber
    seconds: float
    flag: Flag


class AudioCodec:
    """Encodes a playback, and does not go back to plain samples once it has begun to compress.

    The page plays at one rate: it cannot change any more where Opus does not know that of the samples.

    Attributes:
        is_opus: Whether it has begun to compress.
    """

    def __init__(self) -> None:
        self._plain = pcm16.open_encoder(1.0)
        self._stretch: OpusStretch | None = None
        self.is_opus = self._is_plain = False

    def can_compress(self, chunk: Chunk) -> bool:
        """Tell whether it could go on, or begin, with Opus."""
        is_free = not self._is_plain or opus.rate_for(chunk.sample_rate) == chunk.sample_rate
        return is_free and opus.fits(chunk)

    def code(self, chunk: Chunk, *, is_narrow: bool) -> list[EncodedAudio]:
        """Encode what comes next; Opus may hold back less than two packets of it until `end`."""
        self.is_opus = self.is_opus or (is_narrow and self.can_compress(chunk))
        if not self.is_opus:
            self._is_plain = True
            return [EncodedAudio(self._plain.encode(chunk).payload, CodecNumber.PCM16, chunk.duration_s, Flag.KEY)]
        if self._stretch is None:
            self._stretch = OpusStretch(chunk.sample_rate, chunk.channels, chunk.first_sample)
        return _coded(self._stretch.add(chunk.samples))

    @property
    def is_holding(self) -> bool:
        """True if something may be held back."""
        return self._stretch is not None

    def end(self) -> list[EncodedAudio]:
        """Give what is held back; what comes then begins anew."""
        stretch, self._stretch = self._stretch, None
        return [] if stretch is None else _coded(stretch.end())

    def drop(self) -> None:
        """Let go of what is held back, because something is left out."""
        self._stretch = None


class AudioEncoder:
    """Encodes what one playback plays, one stretch after the other: the coder is touched by one thread at a time.

    Args:
        bandwidth: What is known of the way to the page.
        send: Takes the packets, in order, and whether they are live; called on the loop.
        fail: Takes what the encoder has raised; nothing is put any more then.
    """

    def __init__(
        self,
        bandwidth: Bandwidth,
        send: Callable[[list[EncodedAudio], bool], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        self._bandwidth = bandwidth
        self._send = send
        self._fail = fail
        self._coder = AudioCodec()
        self._job: asyncio.Future[list[EncodedAudio]] | None = None
        self._then: Callable[[], None] | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._now = asyncio.get_running_loop().time

    @property
    def is_busy(self) -> bool:
        """True if something is being encoded, and goes when it is."""
        return self._job is not None

    async def put(self, part: Chunk, *, is_live: bool) -> None:
        """Encode what comes next; returns when it was sent, apart from what Opus holds back.

        If the waiting task is cancelled it is sent nevertheless: what comes after it could not be decoded without.
        """
        self.rest(None)
        await self._settled()
        if not await self._may_compress(part):
            self._send(self._coder.code(part, is_narrow=False), is_live)
            return
        self._start(partial(self._coder.code, part, is_narrow=True), is_live)
        await self._settled()

    async def skip(self) -> None:
        """Let go of what is held back, because something is left out."""
        self.rest(None)
        await self._settled()
        self._coder.drop()

    def rest(self, seconds: float | None) -> None:
        """Wait so long for another part before what is held back goes alone; `None` does not wait any more."""
        if self._resting is not None:
            self._resting.cancel()
        self._resting = None
        if seconds is not None and self._coder.is_holding:
            self._resting = asyncio.get_running_loop().call_later(seconds, self._finish)

    def end(self, then: Callable[[], None]) -> None:
        """Send what is held back, and call `then` after that; nothing is put any more."""
        self.rest(None)
        self._then = then
        if self._job is not None:
            return  # `_came` goes on
        if self._coder.is_holding:
            self._finish()
        else:
            then()

    async def _may_compress(self, part: Chunk) -> bool:
        """Tell whether the samples should go as Opus: the link is narrow, and both sides are able to."""
        bandwidth = self._bandwidth
        if self._coder.is_opus:
            return True
        if not bandwidth.takes_opus or bandwidth.link.carries(_bytes_per_s(part), self._now()):
            return False
        if not self._coder.can_compress(part):
            return False
        bandwidth.takes_opus = await run_in_thread("opus", opus.is_available)
        return bandwidth.takes_opus

    def _finish(self) -> None:
        self._start(self._coder.end, is_live=False)

    def _start(self, encode: Callable[[], list[EncodedAudio]], is_live: bool) -> None:
        """Have it encoded in a thread: that takes some milliseconds for a quarter of a second."""
        self._job = begin("opus", encode)
        self._job.add_done_callback(partial(self._came, is_live))

    def _came(self, is_live: bool, job: asyncio.Future[list[EncodedAudio]]) -> None:
        self._job = None
        if error := job.exception():
            self._coder.drop()
            self._fail(error)
        else:
            self._send(job.result(), is_live)
        if self._then is not None:
            self.end(self._then)

    async def _settled(self) -> None:
        while self._job is not None:
            await asyncio.wait([self._job])


def _bytes_per_s(part: Chunk) -> float:
    return SAMPLE_BYTES * part.sample_rate * part.channels


def _coded(packets: list[OpusPacket]) -> list[EncodedAudio]:
    return [
        EncodedAudio(payload, CodecNumber.OPUS, seconds, Flag.KEY if is_first else Flag.NONE)
        for payload, seconds, is_first in packets
    ]
