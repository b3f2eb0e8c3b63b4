"""Messages and packets of the server that are not acknowledged yet. Pure."""

from __future__ import annotations

from millstream.wire.limits import ACK_BYTES, ACK_MESSAGES
from millstream.wire.messages import Ack, ServerMessage
from millstream.wire.packet import Packet, PacketKind


class Received:
    """Counts control messages and packets of audio, and says when to acknowledge them; frames need none."""

    def __init__(self) -> None:
        self._seen = self._audio = 0
        self._messages = self._bytes = 0

    @property
    def ack(self) -> Ack:
        """All that has come so far."""
        return Ack(seen=self._seen, audio=self._audio)

    def note(self, said: Packet | ServerMessage, size: int) -> Ack | None:
        """Count what has come, of `size` bytes; gives what is to be sent now, which is seldom anything."""
        if not isinstance(said, Packet):
            self._seen = max(self._seen, said.seq)
        elif said.kind is PacketKind.SOUND:
            self._audio += 1
        else:
            return None
        self._messages += 1
        self._bytes += size
        if self._messages < ACK_MESSAGES and self._bytes < ACK_BYTES:
            return None
        self._messages = self._bytes = 0
        return self.ack
