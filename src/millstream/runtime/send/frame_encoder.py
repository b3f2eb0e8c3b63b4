"""The encoders of one channel, for codecs whose packets build on each other."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import msgspec

from millstream import codecs
from millstream.runtime.send.raw_frame import RawFrame
from millstream.types import Encoder
from millstream.wire.limits import MAX_PAYLOAD_BYTES
from millstream.wire.packet import Packet, flags_of

logger = logging.getLogger("millstream.session")


class FrameEncoder:
    """Encodes frames right before they are sent: whatever was encoded is sent, in order, or a key frame follows.

    `encode` runs in a thread, one call at a time; the other methods belong to the loop.
    """

    def __init__(self) -> None:
        self._encoders: dict[int, tuple[int, Encoder]] = {}
        self._need_key: set[int] = set()

    def encode(self, pictures: Mapping[int, Packet | RawFrame]) -> dict[int, Packet]:
        """Encode what is not encoded yet, by component; a frame that no message can hold is left out."""
        packets = {}
        for component, picture in pictures.items():
            packet = self._encoded(component, picture) if isinstance(picture, RawFrame) else picture
            if packet is not None:
                packets[component] = packet
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
            self._encoders.popitem()[1][1].close()

    def _encoded(self, component: int, raw: RawFrame) -> Packet | None:
        encoded = self._encoder(component, raw).encode(raw.frame)
        size = len(encoded.payload)
        if size > MAX_PAYLOAD_BYTES:
            logger.error("a frame of component %d takes %d bytes: too large to be sent", component, size)
            self._need_key.add(component)
            return None
        return msgspec.structs.replace(raw.header, flags=flags_of(encoded), payload=encoded.payload)

    def _encoder(self, component: int, raw: RawFrame) -> Encoder:
        number, encoder = self._encoders.get(component, (None, None))
        if encoder is None or number != raw.header.codec:
            if encoder is not None:
                encoder.close()
            encoder = codecs.by_number(raw.header.codec).open_encoder(raw.quality)
            self._encoders[component] = raw.header.codec, encoder
        if component in self._need_key:
            self._need_key.discard(component)
            encoder.request_key_frame()
        return encoder
