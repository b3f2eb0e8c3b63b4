"""A codec whose frames build on each other, as those of H.264 do, for tests of whatever handles such packets.

Every `KEY_EVERY`-th frame is complete; the others are what changed since the one before. It loses nothing.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import numpy as np

from millstream.errors import MediaError
from millstream.frames import Frame, Pixels
from millstream.media.image_header import MAX_PIXELS
from millstream.types import Encoded, Encoder, Media

NAME: Final = "fake_delta"
NUMBER: Final = 255
IS_DEPENDENT: Final = True
KEY_EVERY: Final = 5

HEADER: Final = struct.Struct("<4sIIII")
"""Magic, number of the frame in its stream from 1, number of the one it builds on or 0, height, width."""

MAGIC: Final = b"DLTA"


def open_decoder() -> DeltaDecoder:
    """Open a decoder."""
    return DeltaDecoder()


def open_encoder(quality: float) -> DeltaEncoder:
    """Open an encoder; as nothing is lost, `quality` means nothing."""
    del quality
    return DeltaEncoder()


class DeltaEncoder(Encoder):
    """Remembers the last frame; one of another size begins anew."""

    def __init__(self) -> None:
        self._number = 0
        self._last: Pixels | None = None

    def encode(self, media: Media) -> Encoded:
        if not isinstance(media, Frame):
            raise MediaError("the delta codec encodes frames, not audio")
        pixels = media.pixels[:, :, :3]
        is_key = self._last is None or self._last.shape != pixels.shape or self._number % KEY_EVERY == 0
        change = pixels if is_key or self._last is None else pixels ^ self._last
        header = HEADER.pack(MAGIC, self._number + 1, 0 if is_key else self._number, media.height, media.width)
        self._number += 1
        self._last = pixels.copy()
        return Encoded(header + zlib.compress(change.tobytes(), 1), is_key=is_key, is_independent=False)

    def request_key_frame(self) -> None:
        self._last = None

    def close(self) -> None:
        self._last = None


class DeltaDecoder:
    """Needs every packet since the last key one, in order."""

    def __init__(self) -> None:
        self._number = 0
        self._last: Pixels | None = None

    def decode(self, payload: bytes | memoryview) -> Frame:
        if len(payload) < HEADER.size:
            raise MediaError("the delta frame is cut off")
        magic, number, needed, height, width = HEADER.unpack_from(payload)
        if magic != MAGIC or not 0 < height * width <= MAX_PIXELS:
            raise MediaError("not a delta frame, or one beyond the budget")
        if needed and (self._last is None or needed != self._number or self._last.shape[:2] != (height, width)):
            raise MediaError(f"delta frame {number} builds on {needed}, which was not decoded right before it")
        change = _decompressed(payload[HEADER.size :], height * width * 3).reshape(height, width, 3)
        self._last = change if not needed or self._last is None else change ^ self._last
        self._number = number
        return Frame(self._last.copy())

    def close(self) -> None:
        self._last = None


def _decompressed(data: bytes | memoryview, size: int) -> Pixels:
    """Decompress exactly `size` bytes, however many the data would give."""
    decompressor = zlib.decompressobj()
    try:
        pixels = decompressor.decompress(data, size + 1)
    except zlib.error as error:
        raise MediaError(f"the delta frame is broken: {error}") from error
    if len(pixels) != size or not decompressor.eof:
        raise MediaError("the delta frame has not the size it says")
    return np.frombuffer(pixels, np.uint8)
