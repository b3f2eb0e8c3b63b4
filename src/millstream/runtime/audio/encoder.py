"""The samples of a playback on their way into packets: in order, and never on the event loop where that takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from millstream.codecs import opus
from millstream.frames import Chunk
from millstream.runtime.audio.bandwidth import BandwidthEstimate
from millstream.runtime.audio.coder import AudioCodec, EncodedAudio
from millstream.runtime.run_in_thread import begin, run_in_thread


class AudioEncoder:
    """Encodes what one playback plays, one stretch after the other: the coder is touched by one thread at a time.

    Args:
        breadth: What is known of the way to the page.
        send: Takes the packets, in order, and whether they are live; called on the loop.
        fail: Takes what the encoder has raised; nothing is put any more then.
    """

    def __init__(
        self,
        bandwidth: BandwidthEstimate,
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
        """Whether something is being encoded, and goes when it is."""
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
        if not (bandwidth.takes_opus and bandwidth.is_narrow(self._now()) and self._coder.can_compress(part)):
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
