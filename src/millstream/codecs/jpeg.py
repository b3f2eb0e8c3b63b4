"""JPEG: what streams carry on short links, and everywhere as the fallback.

simplejpeg does the work and lets other threads run meanwhile; Pillow stands in where there is no wheel of it.
"""

from __future__ import annotations

from typing import Final

from millstream.errors import MediaError
from millstream.frames import Frame
from millstream.media.image_file import contiguous, decode_image_file, encode_image
from millstream.media.image_header import MAX_PIXELS, SEQUENTIAL, check_budget, jpeg_frame
from millstream.types import Encoded, Encoder, Media

try:
    import simplejpeg
except ImportError:
    simplejpeg = None

NAME: Final = "jpeg"
NUMBER: Final = 1
IS_DEPENDENT: Final = False


def open_decoder() -> JpegDecoder:
    """Open a decoder; grey and CMYK pictures become RGB as well."""
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
            marker, width, height = jpeg_frame(payload)
        except MediaError:
            marker = width = height = 0
        if marker not in SEQUENTIAL or not 0 < width * height <= MAX_PIXELS:
            check_budget(payload, formats=("JPEG",))  # which says what is wrong, and counts passes
        try:
            # The fast DCT and upsampling would save 12 % of the time and cost 0.8 dB at quality 0.8: not worth it.
            return Frame(simplejpeg.decode_jpeg(payload, "RGB"))
        except ValueError as error:
            raise MediaError(f"the JPEG image is broken: {error}") from error

    def close(self) -> None: ...


class JpegEncoder(Encoder):
    """Has no state: every JPEG stands alone."""

    def __init__(self, quality: float) -> None:
        self._quality = min(max(round(quality * 100), 1), 100)

    def encode(self, media: Media) -> Encoded:
        if not isinstance(media, Frame):
            raise MediaError("JPEG encodes images, not audio")
        pixels = media.pixels
        if simplejpeg is None:
            return Encoded(encode_image(pixels[:, :, :3], "JPEG", quality=self._quality))
        if not pixels.flags.c_contiguous:
            pixels = contiguous(pixels)
        colours = "RGBA" if pixels.shape[2] == 4 else "RGB"
        return Encoded(simplejpeg.encode_jpeg(pixels, self._quality, colours, "420"))
