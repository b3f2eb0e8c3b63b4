"""What a packet of H.264 or VP8 says of itself; the decoder behind it is fuzzed elsewhere."""

from __future__ import annotations

from millstream.codecs import h264, vp8
from millstream.codecs.h264_parameters import read_parameters, read_picture_parameters, read_slice
from millstream.errors import MediaError


def fuzz(data: bytes) -> None:
    """Read a packet as either codec, and a unit as each kind of parameters."""
    for read in (h264.head_of, vp8.head_of, read_parameters, read_picture_parameters, read_slice):
        try:
            read(data)
        except MediaError:
            continue
