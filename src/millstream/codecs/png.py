"""PNG: lossless, and the only format for streamed frames with transparency."""

from __future__ import annotations

from typing import Final

from millstream.errors import MediaError
from millstream.frames import Frame
from millstream.media.image_file import decode_image_file, encode_image
from millstream.types import Encoded, Encoder, Media

NAME: Final = "png"
NUMBER: Final = 2
IS_DEPENDENT: Final = False

COMPRESSION: Final = 1
"""The fastest: level 6 takes four times as long and makes a photograph 10 % smaller."""


def open_decoder() -> PngDecoder:
    """Open a decoder; it gives four channels where the file knows transparency."""
    return PngDecoder()


def open_encoder(quality: float) -> PngEncoder:
    """Open an encoder; as nothing is lost, `quality` means nothing."""
    del quality
    return PngEncoder()


class PngDecoder:
    """Has no state: every PNG stands alone."""

    def decode(self, payload: bytes | memoryview) -> Frame:
        return decode_image_file(payload, formats=("PNG",))

    def close(self) -> None: ...


class PngEncoder(Encoder):
    """Has no state: every PNG stands alone."""

    def encode(self, media: Media) -> Encoded:
        if not isinstance(media, Frame):
            raise MediaError("PNG encodes images, not audio")
        return Encoded(encode_image(media.pixels, "PNG", compress_level=COMPRESSION))
