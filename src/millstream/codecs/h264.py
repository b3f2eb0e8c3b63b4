"""H.264 (ITU-T H.264, Annex B): what streams of frames carry over narrow links. Needs PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from millstream.codecs.h264_parameters import Parameters, read_parameters, read_picture_parameters, read_slice
from millstream.codecs.video_packets import (
    GLOBAL_HEADER,
    LOWEST_BITS_PER_S,
    EncoderKind,
    PacketHead,
    VideoDecoder,
    VideoEncoder,
)
from millstream.errors import MediaError
from millstream.media.image_header import MAX_PIXELS, check_size

NAME: Final = "h264"
NUMBER: Final = 8
IS_DEPENDENT: Final = True
PACKAGE: Final = "av"

KEY_UNIT, MESSAGE_UNIT, PARAMETER_UNIT, PICTURE_UNIT = 5, 6, 7, 8
"""Types of NAL units: a slice of a frame that stands alone, a message, and the parameter sets of a sequence and of a
picture."""

SLICE_HEAD_BYTES: Final = 16
"""More than the first three numbers of a slice take."""

MAX_REFERENCED_PIXELS: Final = 4 * MAX_PIXELS
"""Of all the frames that a decoder has to keep."""

START_CODE: Final = b"\x00\x00\x01"


def open_decoder() -> VideoDecoder:
    """Open a decoder of packets that begin with start codes; key frames bring their parameter sets."""
    return VideoDecoder("h264", head_of)


def open_encoder(quality: float) -> VideoEncoder:
    """Open an encoder: baseline profile, no frame is held back. Quality 0..1 is x264's `crf` from 44 to 18."""
    kind = EncoderKind("libx264", _steady, _limited, _limit_for, _range_of, GLOBAL_HEADER, _key_packet)
    return VideoEncoder(kind, quality)


def head_of(packet: bytes | memoryview) -> PacketHead:
    """Tell whether a packet is a key frame, and of what size.

    An encoder that has changed its size may list the parameters of all that it had: those count which the frame names.

    Raises:
        MediaError: Its parameters are broken or beyond the budget, or it is a key frame without any.
    """
    sequences: dict[int, Parameters] = {}
    pictures: dict[int, int] = {}
    named: int | None = None
    for kind, unit in _units(bytes(packet)):
        if kind == PARAMETER_UNIT:
            parameters = _checked(read_parameters(unit))
            sequences[parameters.number] = parameters
        elif kind == PICTURE_UNIT:
            number, sequence = read_picture_parameters(unit)
            pictures[number] = sequence
        elif kind == KEY_UNIT and named is None:
            named = read_slice(unit[:SLICE_HEAD_BYTES])
    if named is None:
        return PacketHead(is_key=False)
    found = sequences.get(pictures.get(named, -1))
    if found is None:
        raise MediaError("a key frame of H.264 came without its parameters")
    return PacketHead(True, found.width, found.height)


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the type of each NAL unit, and what follows its first byte."""
    at = data.find(START_CODE)
    while 0 <= at < len(data) - 3:
        after = data.find(START_CODE, at + 3)
        yield data[at + 3] & 31, data[at + 4 : after if after >= 0 else len(data)]
        at = after


def _key_packet(parameters: bytes, data: bytes) -> bytes:
    """Put the parameters in front of a key frame, and leave out what x264 says of itself in the first one.

    If x264 were to put the parameters there, it would count that message, 690 bytes, as a part of the frame: at a low
    rate nothing would be left for the frame, which would be grey.
    """
    at = data.find(START_CODE)
    if data[at + 3] & 31 == MESSAGE_UNIT:
        at = data.find(START_CODE, at + 3)
    return parameters + data[at:]


def _checked(parameters: Parameters) -> Parameters:
    """Refuse what is beyond the budget."""
    check_size(parameters.coded_width, parameters.coded_height, MAX_PIXELS)
    check_size(parameters.coded_width * max(parameters.references, 1), parameters.coded_height, MAX_REFERENCED_PIXELS)
    return parameters


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
