"""VP8 (RFC 6386): what streams of frames carry over narrow links where a browser has no H.264. Needs PyAV."""

from __future__ import annotations

from typing import Final

from millstream.codecs.video_packets import EncoderKind, PacketHead, VideoDecoder, VideoEncoder
from millstream.errors import MediaError
from millstream.media.image_header import MAX_PIXELS, check_size

NAME: Final = "vp8"
NUMBER: Final = 9
IS_DEPENDENT: Final = True
PACKAGE: Final = "av"

START_CODE: Final = b"\x9d\x01\x2a"
"""Behind the three bytes of a key frame's tag; 14 bits each of width and height follow (RFC 6386, 9.1)."""

HEAD_BYTES: Final = 10
SIDE: Final = 0x3FFF


def open_decoder() -> VideoDecoder:
    """Open a decoder."""
    return VideoDecoder("vp8", head_of)


def open_encoder(quality: float) -> VideoEncoder:
    """Open an encoder: no frame is held back. Quality 0..1 is libvpx's `crf` from 56 to 4."""
    return VideoEncoder(EncoderKind("libvpx", _steady, _limited, _limit_for, _range_of), quality)


def head_of(packet: bytes | memoryview) -> PacketHead:
    """Tell whether a packet is a key frame, and of what size.

    Raises:
        MediaError: It is cut off, is none, or is beyond the budget.
    """
    if len(packet) > 0 and packet[0] & 1:
        return PacketHead(is_key=False)
    if len(packet) < HEAD_BYTES:
        raise MediaError("the key frame of the VP8 video is cut off")
    if packet[3:6] != START_CODE:
        raise MediaError("a key frame of VP8 does not begin as one")
    width, height = (int.from_bytes(packet[at : at + 2], "little") & SIDE for at in (6, 8))
    check_size(width, height, MAX_PIXELS)
    return PacketHead(True, width, height)


def _steady(quality: float) -> dict[str, str]:
    return {**_OPTIONS, "crf": str(round(56 - 52 * min(max(quality, 0.0), 1.0))), "b": "8000000"}


def _limited(limit: int) -> dict[str, str]:
    return {**_OPTIONS, "maxrate": str(limit), "minrate": str(limit), "bufsize": str(limit // 5)}


def _limit_for(bits_per_s: int) -> int:
    return bits_per_s


def _range_of(limit: int) -> tuple[float, float]:
    """Give the rates that are so near that they are not worth a key frame: the encoder takes no other in mid-stream."""
    return 0.8 * limit, 1.2 * limit


_OPTIONS: Final = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "max-intra-rate": "400"}
"""libvpx spends a fifth of the time of its default, and its key frames take at most four times the bits of a frame."""
