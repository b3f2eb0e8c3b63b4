"""The frames of a page: gathered until a result is complete, and decoded at once where they build on each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from millstream import codecs
from millstream.errors import MediaError
from millstream.frames import Frame
from millstream.types import Decoder
from millstream.wire.messages import Outputs
from millstream.wire.packet import Packet

codecs.special()  # which imports all codecs, now and not on the loop of a page


@dataclass
class PendingResult:
    """A result whose frames have not all arrived; `order` counts results as they were announced."""

    outputs: Outputs
    order: int
    frames: dict[int, Packet | Frame] = field(default_factory=dict)


class FrameDecoders:
    """Decodes each packet that others build on, in order; what stands alone is decoded by whoever looks at it."""

    def __init__(self) -> None:
        self._decoders: dict[tuple[int, int, int], Decoder] = {}
        self._need_key: set[tuple[int, int, int]] = set()

    def shown(self, packet: Packet) -> Packet | Frame | None:
        """Give what a component shows from now on; `None` while a key frame is waited for.

        Raises:
            MediaError: It cannot be decoded, since a packet before it is missing, say: ask for a key frame now.
        """
        if packet.is_independent:
            return packet
        key = packet.stream, packet.component, packet.codec
        if key in self._need_key and not packet.is_key:
            return None
        if key not in self._decoders:
            self._decoders[key] = codecs.by_number(packet.codec).open_decoder()
        self._need_key.add(key)
        media = self._decoders[key].decode(packet.payload)
        if not isinstance(media, Frame):
            raise MediaError(f"codec {packet.codec} gives no frames")
        self._need_key.discard(key)
        return media

    def forget(self, stream: int) -> None:
        """Let go of what decoded the frames of a stream that is over."""
        for key in [key for key in self._decoders if key[0] == stream]:
            self._decoders.pop(key).close()
            self._need_key.discard(key)
