"""The way in which the frames of one stream are encoded, up and down: it may change while the stream runs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from millstream import codecs
from millstream.declare.binding import Binding
from millstream.runtime.context import SessionContext
from millstream.runtime.send.channel import Channel
from millstream.types import Encoding
from millstream.wire.messages import Encode
from millstream.wire.packet import CodecNumber

VIDEO_CODECS: Final = (CodecNumber.H264, CodecNumber.VP8)
"""Those whose frames build on each other, the best first."""

LONGEST_INTERVAL_S: Final = 0.5
"""Seconds between frames beyond which too little is left of the one before to build on."""


def codec_for(wanted: int, known: Collection[int], interval_s: float) -> int:
    """Choose a codec: the one that is wanted, else another of its kind, of those that both sides know; else JPEG."""
    if wanted not in VIDEO_CODECS or interval_s > LONGEST_INTERVAL_S:
        return CodecNumber.JPEG
    return next((number for number in (wanted, *VIDEO_CODECS) if number in known), CodecNumber.JPEG)


class StreamEncoding:
    """Says in which way the frames of one stream are encoded from now on.

    Args:
        context: What the stream shares with the rest of its session.
        binding: The stream event.
        frames: The page's number for what it captures.
        channel: Takes the frames that go to the page.
    """

    def __init__(self, context: SessionContext, binding: Binding, frames: int, channel: Channel) -> None:
        assert binding.stream is not None
        self._context, self._binding, self._frames, self._channel = context, binding, frames, channel
        self._component = binding.stream

    def begin(self) -> None:
        """Tell the page in which codec the app wants its camera."""
        name = self._context.manifest.components[self._component].camera_codec
        if name is not None:
            self.up(Encoding(self.codec_up(codecs.load(name).NUMBER)))

    def codec_up(self, wanted: int) -> int:
        """Give the number of the codec that the page uses if one is wanted."""
        return codec_for(wanted, self._context.page.encodes, self._binding.stream_every)

    def codec_down(self, wanted: int) -> int:
        """Give the number of the codec that we use if one is wanted."""
        return codec_for(wanted, self._context.page.decodes, self._binding.stream_every)

    def up(self, encoding: Encoding) -> None:
        """Have the page encode what it captures in this way, from its next frame on."""
        self._context.sender.send(Encode(stream=self._frames, component=self._component, **encoding._asdict()))

    def down(self, encoding: Encoding | None) -> None:
        """Encode frames that are not encoded yet in this way; `None` as their components want it."""
        self._channel.encoder.configure(encoding)
