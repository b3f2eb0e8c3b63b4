"""PBM, PGM and PPM files with binary pixels: what Pillow reads pixel by pixel in Python, which takes minutes."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from millstream.errors import MediaError
from millstream.frames import Pixels

HEADER_BYTES: Final = 4096
"""The most that may stand before the pixels."""

MAX_WORDS: Final = 100
CHANNELS: Final = {b"P5": 1, b"P6": 3}


class Netpbm(NamedTuple):
    """The header before the pixels: their number, the largest value of one, and where they begin."""

    width: int
    height: int
    largest: int
    at: int


def read_netpbm(data: bytes) -> Netpbm:
    """Read what stands before the pixels of a PBM, PGM or PPM file.

    Raises:
        MediaError: It is broken.
    """
    head = data[:HEADER_BYTES]
    wanted = 2 if head[:2] == b"P4" else 3
    numbers: list[int] = []
    at = 2
    for _ in range(MAX_WORDS):
        at += len(head[at:]) - len(head[at:].lstrip())
        if head[at : at + 1] == b"#":
            at = head.find(b"\n", at) + 1 or len(head)
            continue
        digits = head[at : at + 6].split(maxsplit=1)[:1]
        if not digits or not digits[0].isdigit():
            break
        numbers.append(int(digits[0]))
        at += len(digits[0])
        if len(numbers) == wanted:
            width, height, largest = (*numbers, 1)[:3]
            if not 1 <= largest <= 65_535:
                break
            return Netpbm(width, height, largest, at + 1)
    raise MediaError("the header of the PPM is broken")


def decode_netpbm(data: bytes) -> Pixels:
    """Decode a file whose budget was checked: `(height, width, 3)` uint8.

    Raises:
        MediaError: It is broken, or cut off.
    """
    width, height, largest, at = read_netpbm(data)
    try:
        if data[:2] == b"P4":
            rows = np.frombuffer(data, np.uint8, height * -(-width // 8), at).reshape(height, -1)
            values = (1 - np.unpackbits(rows, axis=1, count=width)) * np.uint8(255)
            return np.repeat(values[:, :, None], 3, axis=2)
        channels = CHANNELS[data[:2]]
        kind = np.dtype(np.uint8 if largest < 256 else ">u2")
        told = np.frombuffer(data, kind, height * width * channels, at).reshape(height, width, channels)
    except ValueError as error:
        raise MediaError("the PPM image is cut off") from error
    if largest != 255:
        told = (told.astype(np.uint32) * 255 + largest // 2) // largest
    pixels = told.clip(0, 255).astype(np.uint8)
    return np.repeat(pixels, 3, axis=2) if channels == 1 else pixels
