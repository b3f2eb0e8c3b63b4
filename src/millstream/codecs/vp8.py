"""VP8 (RFC 6386): what streams of frames carry over narrow links where a browser has no H.264. Needs PyAV."""

from __future__ import annotations

import struct
from typing import Final

from millstream.codecs.video_packets import EncoderKind, PacketHead, VideoDecoder, VideoEncoder
from millstream.errors import MediaError
from millstream.media.image_header import MAX_PIXELS, check_size

NAME: Final = "vp8"
NUMBER: Final = 9
IS_DEPENDENT: Final = True

KEY_HEAD: Final = struct.Struct("<3s3sHH")
"""The frame's tag, the start code, and 14 bits each of width and height (RFC 6386, 9.1)."""

START_CODE: Final = b"\x9d\x01\x2a"
SIDE: Final = 0x3FFF


def open_decoder() -> VideoDecoder:
    """Open a decoder."""
    return VideoDecoder("vp8", head_of)


def open_encoder(quality: float) -> VideoEncoder:
    """Open an encoder: no frame is held back. Quality 0..1 is libvpx's `crf` from 56 to 4."""
    return VideoEncoder(EncoderKind("libvpx", _steady, _limited, takes_rate=False), quality)


def head_of(packet: bytes | memoryview) -> PacketHead:
    """Tell whether a packet is a key frame, and of what size.

    Raises:
        MediaError: It is cut off, is none, or is beyond the budget.
    """
    if packet[0] & 1:
        return PacketHead(is_key=False)
    if len(packet) < KEY_HEAD.size:
        raise MediaError("the key frame of the VP8 video is cut off")
    _, code, width, height = KEY_HEAD.unpack_from(packet)
    if code != START_CODE:
        raise MediaError("a key frame of VP8 does not begin as one")
    check_size(width & SIDE, height & SIDE, MAX_PIXELS)
    return PacketHead(True, width & SIDE, height & SIDE)


def _steady(quality: float) -> dict[str, str]:
    return {**_OPTIONS, "crf": str(round(56 - 52 * min(max(quality, 0.0), 1.0))), "b": "8000000"}


def _limited(limit: int) -> dict[str, str]:
    return {**_OPTIONS, "maxrate": str(limit), "minrate": str(limit), "bufsize": str(limit // 5)}


_OPTIONS: Final = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "max-intra-rate": "400"}
"""libvpx spends a fifth of the time of its default, and its key frames take at most four times the bits of a frame."""
