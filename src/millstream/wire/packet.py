"""The media packet: what its header says, and the untouched payload. Its twin is `web/src/wire/packet.ts`."""

from __future__ import annotations

import operator
import struct
from enum import IntEnum, IntFlag
from pickle import PickleBuffer
from typing import Final, SupportsIndex

import msgspec

VERSION: Final = 1
"""Version of the whole protocol: first byte of each packet, first field of `Hello` and `Welcome`."""

FIRST_OF_CONTROL: Final = 0x80
"""Control messages, which are maps of MessagePack, begin with this byte or a higher one; packets with a lower one."""

SUBPROTOCOL: Final = f"millstream.{VERSION}"
"""Name of the WebSocket sub-protocol."""

SEQUENCES: Final = 2**32
"""Sequences of packets are counted modulo this."""


HEADER: Final = struct.Struct("<BBBBIIIIIQ")
"""version, kind, codec, flags, stream, component, sequence, source, call, captured_us; little-endian."""


class PacketKind(IntEnum):
    """The kind of media in a packet."""

    PICTURE = 1
    SOUND = 2


class CodecNumber(IntEnum):
    """The encoding of a payload; the lower-case name is the file name of the codec in `codecs/`.

    Four have none, since only the page decodes them: `FILE` is an audio file (MP3, Ogg, FLAC …) on its way down, or a
    part of one; `FMP4` the next bytes of a video; `OPUS` 20 ms of audio, for a narrow link; `OVERLAY` the marks on the
    frame of which `captured_us` tells.
    """

    JPEG = 1
    PNG = 2
    WEBP = 3
    H264 = 8
    VP8 = 9
    PCM16 = 16
    FILE = 32
    FMP4 = 33
    OPUS = 34
    OVERLAY = 48


COMMON_CODECS: Final = frozenset(CodecNumber) - {CodecNumber.OPUS, CodecNumber.H264, CodecNumber.VP8}
"""What every page decodes on the way down, and every server on the way up, as far as it is sent there. Whatever else
one side decodes it says by `Hello.decodes` and `Welcome.decodes`; it is sent nothing else."""


class Flag(IntFlag):
    """Properties of one packet.

    `KEY`: can be decoded without the packets before it. `INDEPENDENT`: no later packet needs it either, so a newer
    one may replace it. `LAST`: upwards the last packet of its stream, downwards the last packet of its call.
    """

    NONE = 0
    KEY = 1
    INDEPENDENT = 2
    LAST = 4


KEY: Final = 1
INDEPENDENT: Final = 2
LAST: Final = 4
"""The flags as plain numbers: members of the enumeration cost several calls for each packet."""


class Packet(msgspec.Struct, frozen=True):
    """Encoded media as it travels.

    Attributes:
        kind: Frame or audio.
        codec: Number of the payload's encoding: a `CodecNumber`, or one that this side does not know yet.
        flags: A sum of `Flag`s, as a plain number.
        stream: Number of the stream (chosen by the page, from 1); 0 for the output of an ordinary event.
        component: Number of the component that it comes from or goes to.
        sequence: Counts the packets of one stream and direction from 1, without gaps; wraps at 2**32.
        source: Downwards: the sequence of the input packet from which it was computed, else 0. Upwards: microseconds
            between its capture and its sending by the page.
        call: Downwards: number of the call, the same for all frames of one call. For audio: number of the playback.
        captured_us: Capture time of the frame or first sample, in microseconds of the page's clock.
        payload: The encoded bytes.
    """

    kind: PacketKind
    codec: int
    flags: int
    stream: int
    component: int
    sequence: int
    source: int
    call: int
    captured_us: int
    payload: bytes | memoryview

    @property
    def is_key(self) -> bool:
        return self.flags & KEY != 0

    @property
    def is_independent(self) -> bool:
        return self.flags & INDEPENDENT != 0

    @property
    def is_last(self) -> bool:
        return self.flags & LAST != 0

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type[Packet], tuple[object, ...]]:
        """Pickle the payload as bytes of its own, as what came in one message is a view of it; or beside the pickle."""
        *fields, payload = msgspec.structs.astuple(self)
        return Packet, (*fields, PickleBuffer(payload) if operator.index(protocol) >= 5 else bytes(payload))

    def __repr__(self) -> str:
        return (
            f"<Packet {self.kind.name} codec={self.codec} stream={self.stream} component={self.component} "
            f"sequence={self.sequence} source={self.source} call={self.call} {len(self.payload)} bytes>"
        )


def is_packet(message: bytes | memoryview) -> bool:
    """Tell a media packet from a control message by its first byte."""
    return len(message) > 0 and message[0] < FIRST_OF_CONTROL
