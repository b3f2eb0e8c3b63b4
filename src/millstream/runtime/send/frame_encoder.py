"""The encoders of one channel, for frames that are encoded right before they are sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import perf_counter

import msgspec

from millstream import codecs
from millstream.frames import Frame
from millstream.media.image_file import reduced
from millstream.runtime.state.raw_frame import RawFrame
from millstream.types import Encoder, Encoding
from millstream.wire.encoding import flags_of
from millstream.wire.limits import MAX_PAYLOAD_BYTES
from millstream.wire.packet import Packet

logger = logging.getLogger("millstream.session")


class _OpenEncoder:
    """The encoder of one component, and what it was last told."""

    def __init__(self, number: int, quality: float) -> None:
        self.number = number
        self.encoder: Encoder = codecs.by_number(number).open_encoder(quality)
        self._rate = (0, 0.0)

    def configure(self, bits_per_s: int, frames_per_s: float) -> None:
        """Tell it a rate, unless it was told the same before."""
        if self._rate != (bits_per_s, frames_per_s):
            self._rate = bits_per_s, frames_per_s
            self.encoder.set_rate(bits_per_s, *((frames_per_s,) if frames_per_s else ()))


class FrameEncoder:
    """Encodes frames right before they are sent: whatever was encoded is sent, in order, or a key frame follows.

    `encode` runs in a thread, one call at a time; the other methods belong to the loop.

    Attributes:
        encodings, spent_s: How often `encode` was called, and how long that took together, in seconds.
    """

    def __init__(self) -> None:
        self._encoders: dict[int, _OpenEncoder] = {}
        self._need_key: set[int] = set()
        self._encoding: Encoding | None = None
        self.encodings, self.spent_s = 0, 0.0

    def configure(self, encoding: Encoding | None) -> None:
        """Encode in another way from the next frame on; `None` as each frame's component wants it.

        A frame with transparency is encoded as its component wants it in any case.
        """
        self._encoding = encoding

    def encode(self, pictures: Mapping[int, Packet | RawFrame]) -> dict[int, Packet]:
        """Encode what is not encoded yet, by component; a frame that no message can hold is left out."""
        packets, began_at = {}, perf_counter()
        for component, picture in pictures.items():
            packet = self._encoded(component, picture) if isinstance(picture, RawFrame) else picture
            if packet is not None:
                packets[component] = packet
        self.encodings, self.spent_s = self.encodings + 1, self.spent_s + perf_counter() - began_at
        return packets

    def request_key_frame(self, component: int) -> None:
        """Begin anew with the next frame of a component: something that was encoded is missing over there."""
        self._need_key.add(component)

    def restart(self) -> None:
        """Begin anew with the next frame of each component."""
        self._need_key.update(self._encoders)

    def close(self) -> None:
        """Let go of all encoders; those that are used again begin anew."""
        while self._encoders:
            self._encoders.popitem()[1].encoder.close()

    def _encoded(self, component: int, raw: RawFrame) -> Packet | None:
        wanted = self._encoding
        if wanted is None or raw.frame.has_alpha:
            wanted = Encoding(raw.header.codec)
        encoded = self._encoder(component, wanted, raw.quality).encode(_within(raw.frame, wanted.longest))
        size = len(encoded.payload)
        if size > MAX_PAYLOAD_BYTES:
            logger.error("a frame of component %d takes %d bytes: too large to be sent", component, size)
            self._need_key.add(component)
            return None
        return msgspec.structs.replace(raw.header, codec=wanted.codec, flags=flags_of(encoded), payload=encoded.payload)

    def _encoder(self, component: int, wanted: Encoding, quality: float) -> Encoder:
        known = self._encoders.get(component)
        if known is None or known.number != wanted.codec:
            if known is not None:
                known.encoder.close()
            known = self._encoders[component] = _OpenEncoder(wanted.codec, quality)
        known.configure(wanted.bits_per_s, wanted.frames_per_s)
        if component in self._need_key:
            self._need_key.discard(component)
            known.encoder.request_key_frame()
        return known.encoder


def _within(frame: Frame, longest: int) -> Frame:
    """Scale a frame down, in proportion, if one of its sides is longer than that; 0 is any length."""
    return Frame(reduced(frame.pixels, longest), frame.captured_us) if longest else frame
