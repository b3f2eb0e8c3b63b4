"""A frame on its way to the page that is not encoded yet."""

from __future__ import annotations

from dataclasses import dataclass

from millstream.frames import Frame
from millstream.wire.packet import Packet


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A frame for a codec whose packets build on each other: it is encoded when it is sent, or else replaced before.

    Attributes:
        header: Its packet, without a payload.
        frame: The frame.
        quality: Quality of the encoder, 0..1.
    """

    header: Packet
    frame: Frame
    quality: float
