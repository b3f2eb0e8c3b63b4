"""The recording of one stream: its length, and all of its audio for those who want it as a whole."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from millstream.errors import InvalidValue
from millstream.wire.packet import Packet, PacketKind
from millstream.wire.sound import PCM16_PREFIX, SAMPLE_BYTES

MAX_BYTES: Final = 64 * 1024 * 1024
"""Bound of one recording that is kept: about eleven minutes of one channel at 48 kHz."""

_ROUNDING: Final = 1e-6
"""Samples that adding up the lengths of many packets may lack."""


class StreamRecording:
    """The audio of one stream from Record to Stop, over all its slots. Stays in memory.

    Args:
        longest_s: Seconds after which nothing more is taken.
        is_kept: Whether anybody will want the audio; else only its length is counted.

    Attributes:
        seconds: How long it is.
        is_full: Whether nothing more is taken.
    """

    def __init__(self, longest_s: float, *, is_kept: bool) -> None:
        self._longest_s = longest_s
        self._is_kept = is_kept
        self._packets: list[Packet] = []
        self._bytes = 0
        self.seconds = 0.0
        self.is_full = False

    @property
    def is_empty(self) -> bool:
        """True if there is nothing that somebody could want."""
        return not self._is_kept or not self._bytes

    def put(self, packet: Packet) -> Packet:
        """Record a packet; gives what of it lies within the longest, which may be empty. Frames pass as they are."""
        if packet.kind is not PacketKind.SOUND or len(packet.payload) < PCM16_PREFIX.size:
            return packet
        _, rate, channels, _ = PCM16_PREFIX.unpack_from(packet.payload)
        if not rate or not channels:
            return packet  # its decoder will say so
        sample = SAMPLE_BYTES * channels
        count = (len(packet.payload) - PCM16_PREFIX.size) // sample
        room = (self._longest_s - self.seconds) * rate + _ROUNDING
        self.is_full = count + 1 > room
        if count > room:
            count = int(room)
            packet = replace(packet, payload=packet.payload[: PCM16_PREFIX.size + count * sample] if count else b"")
        self.seconds += count / rate
        if self._is_kept and count:
            self._keep(packet)
        return packet

    def _keep(self, packet: Packet) -> None:
        self._bytes += len(packet.payload)
        if self._bytes <= MAX_BYTES:
            self._packets.append(packet)
        else:
            self._packets.clear()

    def packets(self) -> tuple[Packet, ...]:
        """Give all of it, in order.

        Raises:
            InvalidValue: There is more than is kept of a recording.
        """
        if self._bytes > MAX_BYTES:
            raise InvalidValue(
                f"the recording of {self.seconds:.0f} s is longer than what is kept as a whole, {MAX_BYTES >> 20} MiB; "
                "record less at a time, or declare a max_length, a lower sample_rate, or channels=1"
            )
        return tuple(self._packets)

    def __repr__(self) -> str:
        return f"<StreamRecording of {self.seconds:.1f} s, {self._bytes} bytes>"
