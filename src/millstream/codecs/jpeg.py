"""JPEG: what streams carry on short links, and everywhere as the fallback.

simplejpeg does the work and lets other threads run meanwhile; Pillow stands in where there is no wheel of it.
"""

from __future__ import annotations

import re
from typing import Final

from millstream.errors import MediaError
from millstream.frames import Frame
from millstream.media.image_file import contiguous, decode_image_file, encode_image
from millstream.media.image_header import MAX_PIXELS, check_budget
from millstream.types import Encoded, Encoder, Media

try:
    import simplejpeg
except ImportError:
    simplejpeg = None

NAME: Final = "jpeg"
NUMBER: Final = 1
IS_DEPENDENT: Final = False

IN_PASSES: Final = re.compile(rb"\xff[\xc2\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]")
"""Begins a frame that is not decoded in one pass, line by line. Within an image nothing of this follows on 0xFF."""

WORST: Final = 20
"""Quality, of 100, below which blocks are all that is seen: a smaller frame is better then."""


def open_decoder() -> JpegDecoder:
    """Open a decoder; greyscale and CMYK images become RGB as well."""
    return JpegDecoder()


def open_encoder(quality: float) -> JpegEncoder:
    """Open an encoder; quality 0..1 is the usual 1..100. An alpha channel is dropped."""
    return JpegEncoder(quality)


class JpegDecoder:
    """Has no state: every JPEG stands alone."""

    def decode(self, payload: bytes | memoryview) -> Frame:
        if simplejpeg is None:
            return decode_image_file(payload, formats=("JPEG",))
        try:
            height, width, _, _ = simplejpeg.decode_jpeg_header(payload)
        except ValueError:
            height = width = 0
        if not 0 < width * height <= MAX_PIXELS or IN_PASSES.search(payload):
            check_budget(payload, formats=("JPEG",))  # which says what is wrong, and counts passes
        try:
            # The fast DCT and upsampling would save 12 % of the time and cost 0.8 dB at quality 0.8: not worth it.
            return Frame(simplejpeg.decode_jpeg(payload, "RGB"))
        except ValueError as error:
            raise MediaError(f"the JPEG image is broken: {error}") from error

    def close(self) -> None: ...


class JpegEncoder(Encoder):
    """Every JPEG stands alone. With a rate, its quality follows from the sizes of those before."""

    def __init__(self, quality: float) -> None:
        self._best = self._quality = min(max(round(quality * 100), 1), 100)
        self._wanted_bytes = 0.0

    def encode(self, media: Media) -> Encoded:
        if not isinstance(media, Frame):
            raise MediaError("JPEG encodes images, not audio")
        pixels = media.pixels
        if simplejpeg is None:
            payload: bytes = encode_image(pixels[:, :, :3], "JPEG", quality=self._quality)
        else:
            if not pixels.flags.c_contiguous:
                pixels = contiguous(pixels)
            colours = "RGBA" if pixels.shape[2] == 4 else "RGB"
            payload = simplejpeg.encode_jpeg(pixels, self._quality, colours, "420")
        if self._wanted_bytes:
            self._adapt(len(payload))
        return Encoded(payload)

    def set_rate(self, bits_per_s: int, frames_per_s: float = 30.0) -> None:
        self._wanted_bytes = bits_per_s / 8 / max(frames_per_s, 1.0)
        if not bits_per_s:
            self._quality = self._best

    def _adapt(self, size: int) -> None:
        """Choose the quality of the next one: what is lost in bytes with it grows faster than with its root."""
        wanted = self._quality * (self._wanted_bytes / size) ** 0.7
        self._quality = round(min(max(wanted, min(WORST, self._best)), self._best))
