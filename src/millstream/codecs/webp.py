"""WebP: smaller than JPEG, with transparency, but ten times as slow: for the images of ordinary events."""

from __future__ import annotations

from typing import Final

from millstream.errors import MediaError
from millstream.frames import Frame
from millstream.media.image_file import decode_image_file, encode_image
from millstream.types import Encoded, Encoder, Media

NAME: Final = "webp"
NUMBER: Final = 3
IS_DEPENDENT: Final = False

MAX_SIDE: Final = 16383
METHOD: Final = 2
"""Effort of the encoder: 15 % smaller than with 0 for half as much time again; 4 takes twice as long for 3 %."""


def open_decoder() -> WebpDecoder:
    """Open a decoder; it gives four channels where the file knows transparency, and the first frame of an animation."""
    return WebpDecoder()


def open_encoder(quality: float) -> WebpEncoder:
    """Open a lossy encoder; quality 0..1 is the usual 0..100."""
    return WebpEncoder(quality)


class WebpDecoder:
    """Has no state: every WebP stands alone."""

    def decode(self, payload: bytes | memoryview) -> Frame:
        return decode_image_file(payload, formats=("WEBP",))

    def close(self) -> None: ...


class WebpEncoder(Encoder):
    """Has no state: every WebP stands alone."""

    def __init__(self, quality: float) -> None:
        self._quality = min(max(round(quality * 100), 0), 100)

    def encode(self, media: Media) -> Encoded:
        if not isinstance(media, Frame):
            raise MediaError("WebP encodes images, not audio")
        if max(media.width, media.height) > MAX_SIDE:
            raise MediaError(
                f"an image of {media.width}x{media.height} does not fit into WebP, whose sides end at {MAX_SIDE}: "
                'use format="png"'
            )
        return Encoded(encode_image(media.pixels, "WEBP", quality=self._quality, method=METHOD))
