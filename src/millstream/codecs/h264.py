"""H.264 (ITU-T H.264, Annex B): what streams of frames carry over narrow links. Needs PyAV."""

from __future__ import annotations

from typing import Final

from millstream.codecs.h264_parameters import read_parameters
from millstream.codecs.video_packets import LOWEST_BITS_PER_S, EncoderKind, PacketHead, VideoDecoder, VideoEncoder
from millstream.errors import MediaError
from millstream.media.image_header import MAX_PIXELS, check_size

NAME: Final = "h264"
NUMBER: Final = 8
IS_DEPENDENT: Final = True
PACKAGE: Final = "av"

KEY_UNIT, PARAMETER_UNIT = 5, 7
"""Types of NAL units: a part of a frame that stands alone, and a sequence parameter set."""

MAX_REFERENCED_PIXELS: Final = 4 * MAX_PIXELS
"""Of all the frames that a decoder has to keep."""

START_CODE: Final = b"\x00\x00\x01"


def open_decoder() -> VideoDecoder:
    """Open a decoder of packets that begin with start codes; key frames bring their parameter sets."""
    return VideoDecoder("h264", head_of)


def open_encoder(quality: float) -> VideoEncoder:
    """Open an encoder: baseline profile, no frame is held back. Quality 0..1 is x264's `crf` from 44 to 18."""
    return VideoEncoder(EncoderKind("libx264", _steady, _limited, _limit_for, _range_of), quality)


def head_of(packet: bytes | memoryview) -> PacketHead:
    """Tell whether a packet is a key frame, and of what size.

    Raises:
        MediaError: Its parameters are broken or beyond the budget, or it is a key frame without any.
    """
    data = bytes(packet)
    is_key, size = False, (0, 0)
    at = data.find(START_CODE)
    while 0 <= at < len(data) - 3:
        kind = data[at + 3] & 31
        after = data.find(START_CODE, at + 3)
        if kind == PARAMETER_UNIT:
            parameters = read_parameters(data[at + 4 : after if after >= 0 else len(data)])
            check_size(parameters.coded_width, parameters.coded_height, MAX_PIXELS)
            check_size(
                parameters.coded_width * max(parameters.references, 1), parameters.coded_height, MAX_REFERENCED_PIXELS
            )
            size = parameters.width, parameters.height
        is_key = is_key or kind == KEY_UNIT
        at = after
    if is_key and size == (0, 0):
        raise MediaError("a key frame of H.264 came without its parameters")
    return PacketHead(is_key, *size)


def _steady(quality: float) -> dict[str, str]:
    return {**_OPTIONS, "crf": str(round(44 - 26 * min(max(quality, 0.0), 1.0)))}


def _limited(limit: int) -> dict[str, str]:
    return {**_OPTIONS, "maxrate": str(limit), "bufsize": str(limit // 10)}


def _limit_for(bits_per_s: int) -> int:
    """Give a limit with room for higher rates, but not too much: it is what a key frame may take."""
    limit = LOWEST_BITS_PER_S
    while limit < bits_per_s:
        limit *= 2
    return limit


def _range_of(limit: int) -> tuple[float, float]:
    return limit / 32, limit


_OPTIONS: Final = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "forced-idr": "1"}
