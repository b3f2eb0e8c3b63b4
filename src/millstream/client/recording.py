"""A recording: one device, and all the streams that it feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from numbers import Real
from typing import NamedTuple, cast

from millstream.client.sources import AVSource, CameraFrame, FrameSource, MicrophoneSource, audio, frames
from millstream.client.stream import ClientStream
from millstream.client.uplink import sleep_until
from millstream.client.wire import PageWire
from millstream.errors import BacklogExceeded, Error, InvalidValue
from millstream.frames import Chunk
from millstream.wire.packet import PacketKind


class Loaded(NamedTuple):
    """A source, opened and checked."""

    seen: Iterator[CameraFrame] | None
    heard: Chunk | None


class Recording:
    """A component that records: all streams that it drives, fed by one device.

    Args:
        page: The page's side of the wire.
        component: Its number.
        kinds: The media that it captures.
    """

    def __init__(self, page: PageWire, component: int, kinds: Collection[PacketKind]) -> None:
        self.component = component
        self.streams: list[ClientStream] = []
        self._page = page
        self._kinds = kinds

    @property
    def first(self) -> ClientStream:
        """The stream of the first binding; the only one in most apps."""
        return self.streams[0]

    @property
    def is_over(self) -> bool:
        """True if all of its streams have ended."""
        return all(stream.state == "ended" for stream in self.streams)

    def load(self, source: FrameSource | MicrophoneSource | AVSource) -> Loaded:
        """Open a file or check a source, which may block, so that `feed` need not.

        Raises:
            InvalidValue: The source is of no known kind, or its file cannot be read.
            MediaError: The file holds no image and no audio.
        """
        if PacketKind.PICTURE not in self._kinds:
            return Loaded(None, audio(cast("MicrophoneSource", source)))
        if not self.first.uplink.frames_number:
            return Loaded(frames(cast("FrameSource", source)), None)
        if not isinstance(source, tuple) or len(source) != 2:
            raise InvalidValue(f"camera and microphone are fed with (frames, audio), not {source!r}")
        seen, heard = cast("AVSource", source)
        return Loaded(frames(seen), audio(heard))

    async def feed(self, source: FrameSource | MicrophoneSource | AVSource | Loaded, rate_hz: float = 30.0) -> None:
        """Let the device see or hear `source` in real time; returns when it is used up or the streams have ended.

        Camera and microphone together are fed with `(frames, audio)`, which begin at the same moment. Frames come at
        `rate_hz`; audio at its own sample rate. The streams must have started: until then, as with a
        real device, nothing is captured.

        Raises:
            InvalidValue: The source is of no known kind, or the rate is none.
            BacklogExceeded: The handler is too slow for the audio by more than `max_backlog`.
        """
        if not (isinstance(rate_hz, Real) and rate_hz > 0):
            raise InvalidValue(f"rate_hz={rate_hz!r} is not a rate: give frames a second, such as 30")
        seen, heard = source if isinstance(source, Loaded) else self.load(source)
        filming = asyncio.get_running_loop().create_task(self._video(iter(seen or ()), 1 / float(rate_hz)))
        try:
            if heard is not None:
                await self._play(heard)
            await filming
        finally:
            filming.cancel()

    async def _play(self, chunk: Chunk) -> None:
        try:
            await asyncio.gather(*(stream.uplink.hear(chunk) for stream in self.streams))
        except BacklogExceeded:
            for stream in self.streams:  # they are fed by the same device
                await stream.uplink.stop()
            raise

    async def _video(self, items: Iterator[CameraFrame], interval_s: float) -> None:
        begin = asyncio.get_running_loop().time()
        shown = 0
        for item in items:
            await sleep_until(begin + shown * interval_s)
            if self.is_over:
                return
            for stream in self.streams:
                await stream.uplink.offer(item, interval_s)
            shown += 1
        await sleep_until(begin + shown * interval_s)

    async def stop(self) -> None:
        """Press Stop and wait until the streams have ended.

        Raises:
            Error: A stream ended with an error; its message is the exception's.
            Closed: The connection ended first.
        """
        for stream in self.streams:
            await stream.uplink.stop()
        for stream in self.streams:
            await stream.wait_for_state("ended")
        self.check()

    def check(self) -> None:
        """Raise the error with which a stream ended, if one did.

        Raises:
            Error: With the message that the page would show.
            Closed: The connection ended before the stream did.
        """
        for stream in self.streams:
            if stream.reason in ("error", "busy"):
                raise Error(stream.error or "the stream ended with an error")
            if stream.reason == "closed" and self._page.closed is not None:
                raise self._page.closed
