"""The frames of a camera whose packets build on each other, kept as they came, for events that read the camera."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from millstream.wire.packet import Packet

MOST_PACKETS: Final = 300
"""Ten seconds of a camera, which are decoded in less than a quarter of one."""

MOST_BYTES: Final = 8 * 1024 * 1024


class FrameChain:
    """A key frame and those that build on it, of which the last one counts. It never changes; chains share packets.

    Args:
        packets: A key frame, and what follows it.

    Attributes:
        is_full: Whether it is so long that a key frame is due.
    """

    __slots__ = ("_bytes", "_count", "_packets", "is_full")

    def __init__(self, packets: Sequence[Packet]) -> None:
        self._packets = list(packets)
        self._count = len(self._packets)
        self._bytes = sum(len(packet.payload) for packet in packets)
        self.is_full = False

    def followed_by(self, packet: Packet) -> FrameChain:
        """Give the chain with the next packet; only the newest chain may be followed."""
        assert len(self._packets) == self._count
        self._packets.append(packet)
        chain = FrameChain.__new__(FrameChain)
        chain._packets, chain._count = self._packets, self._count + 1
        chain._bytes = self._bytes + len(packet.payload)
        chain.is_full = chain._count >= MOST_PACKETS or chain._bytes >= MOST_BYTES
        return chain

    @property
    def packets(self) -> tuple[Packet, ...]:
        """All of its packets, in order."""
        return tuple(self._packets[: self._count])

    def __reduce__(self) -> tuple[type[FrameChain], tuple[tuple[Packet, ...]]]:
        return FrameChain, (self.packets,)

    def __repr__(self) -> str:
        return f"<FrameChain of {self._count} frames, {self._bytes} bytes>"
