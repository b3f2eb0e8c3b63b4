"""The way in which the frames of one stream are encoded, up and down: it may change while the stream runs."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final

from millstream import codecs
from millstream.declare.binding import Binding
from millstream.errors import MediaError
from millstream.media.image_header import jpeg_frame
from millstream.runtime.context import SessionContext
from millstream.runtime.send.channel import Channel
from millstream.runtime.stream.controller import DECIDE_EVERY_S, Conditions, Controller, unlimited
from millstream.runtime.trace import CallTimes
from millstream.types import Encoding
from millstream.wire.messages import Encode
from millstream.wire.packet import INDEPENDENT, KEY, CodecNumber, Packet, PacketKind

VIDEO_CODECS: Final = (CodecNumber.H264, CodecNumber.VP8)
"""Those whose frames build on each other, the best first."""

SMOOTHING: Final = 0.3
"""Weight of the newest frame in the size of a JPEG frame."""

LONGEST_INTERVAL_S: Final = 0.5
"""Seconds between frames beyond which too little is left of the one before to build on."""


def codec_for(wanted: int, known: Collection[int], interval_s: float) -> int:
    """Choose a codec: the one that is wanted, else another of its kind, of those that both sides know; else JPEG."""
    if wanted not in VIDEO_CODECS or interval_s > LONGEST_INTERVAL_S:
        return CodecNumber.JPEG
    return next((number for number in (wanted, *VIDEO_CODECS) if number in known), CodecNumber.JPEG)


class _ControlledWay:
    """One direction: its controller, and what a frame is like, as JPEG and as it is encoded for the link."""

    def __init__(self, video: int) -> None:
        self.controller = Controller(video)
        self._bytes, self._width, self._height = 0.0, 0, 0
        self._encoded_bytes = 0.0

    def decide(self, packet: Packet, bytes_per_s: float, frames_per_s: float, now: float) -> bool:
        """Decide anew after the last packet; gives whether something is to change."""
        size, encoding = len(packet.payload), self.controller.encoding
        if encoding is not None:
            self._note_encoded(packet, encoding)
        elif packet.codec == CodecNumber.JPEG:
            self._encoded_bytes = 0.0
            try:
                _, self._width, self._height = jpeg_frame(packet.payload)
            except MediaError:
                return False  # whoever decodes it says so
            self._bytes += (size - self._bytes) * (SMOOTHING if self._bytes else 1)
        conditions = Conditions(bytes_per_s, self._bytes, self._width, self._height, frames_per_s, self._encoded_bytes)
        return self.controller.decide(conditions, now)

    def _note_encoded(self, packet: Packet, encoding: Encoding) -> None:
        """Learn how large a frame is, at once if it has grown, slowly if it has shrunk; not of one that begins anew."""
        size, known = len(packet.payload), self._encoded_bytes
        if packet.codec == encoding.codec and packet.flags & (KEY | INDEPENDENT) != KEY:
            self._encoded_bytes = max(size, known + (size - known) * SMOOTHING)


class StreamEncoding:
    """Says in which way the frames of one stream are encoded from now on.

    Args:
        context: What the stream shares with the rest of its session.
        binding: The stream event.
        frames: The page's number for what it captures.
        channel: Takes the frames that go to the page.

    Attributes:
        look_at: When `follow` is worth calling again, in seconds.
    """

    def __init__(self, context: SessionContext, binding: Binding, frames: int, channel: Channel) -> None:
        assert binding.stream is not None
        self._context, self._binding, self._frames, self._channel = context, binding, frames, channel
        self._component = binding.stream

        name = context.manifest.components[binding.stream].camera_codec
        self._camera = None if name is None else self.codec_up(codecs.load(name).NUMBER)
        self._ways = (
            _ControlledWay(self._camera or self.codec_up(CodecNumber.H264)),
            _ControlledWay(self.codec_down(CodecNumber.H264)),
        )
        self.look_at = -math.inf

    def begin(self) -> None:
        """Tell the page in which codec the app wants its camera."""
        if self._camera is not None:
            self.up(Encoding(self._camera))

    def reset(self) -> None:
        """Have the page encode as at the beginning, whatever another gateway has asked for."""
        self.up(Encoding(self._camera or CodecNumber.JPEG))

    def decision(self, codec: int, times: CallTimes, interval_s: float, rtt_s: float | None) -> str:
        """Say how frames are encoded and why: on a narrow link, or else what limits their rate, as `unlimited` says."""
        ways = zip(("Up", "Down"), self._ways, strict=True)
        narrow = " ".join(f"{name}: {way.controller.reason}" for name, way in ways if way.controller.encoding)
        return narrow or unlimited(codec, times, interval_s, self._binding.stream_every, rtt_s)

    def follow(self, packet: Packet, call_s: float, now: float) -> None:
        """Look how frames are best encoded on the link as it is; worth it from `look_at` on.

        Args:
            packet: The frame that came last; audio is passed over.
            call_s: How long the handler takes for one.
            now: The time in seconds.
        """
        if packet.kind is not PacketKind.PICTURE:
            return
        self.look_at = now + DECIDE_EVERY_S
        sender, (up, down) = self._context.sender, self._ways
        link = sender.link
        frames_per_s = 1 / max(self._binding.stream_every, self._binding.camera_s, call_s)
        streams = max(sender.channels.streams, 1)
        if up.decide(packet, link.bits_per_s(link.up, streams) / 8, frames_per_s, now):
            self.up(up.controller.encoding or Encoding(self._camera or CodecNumber.JPEG))
        last = self._channel.last
        if last is not None and down.decide(last, link.bits_per_s(link.down, streams) / 8, frames_per_s, now):
            self.down(down.controller.encoding)
            if down.controller.encoding is None:
                self._context.calls.deferring.discard(self._channel.stream)
            else:
                self._context.calls.deferring.add(self._channel.stream)

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
