"""The parameter sets of H.264 (ITU-T H.264, 7.3.2), as far as the size of a frame: nothing is decoded."""

from __future__ import annotations

from typing import Final, NamedTuple

from millstream.errors import MediaError

HIGH_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Those that say how colours are sampled."""

MAX_NUMBER: Final = 31
MAX_PICTURE_NUMBER: Final = 255
MAX_REFERENCES: Final = 16
MAX_CYCLE: Final = 255
MACROBLOCK: Final = 16
MAX_ZEROS: Final = 31


class Parameters(NamedTuple):
    """Sizes in a parameter set.

    Attributes:
        width, height: Of a frame, in pixels.
        coded_width, coded_height: With what is not shown.
        references: Frames that a decoder has to keep.
        number: That of the set, by which others name it.
    """

    width: int
    height: int
    coded_width: int
    coded_height: int
    references: int
    number: int = 0


def read_parameters(unit: bytes) -> Parameters:
    """Read a sequence parameter set, without the first byte of its unit.

    Raises:
        MediaError: It is broken.
    """
    bits = _bits_of(unit)
    profile = bits.take(8)
    bits.take(16)
    number = bits.number(MAX_NUMBER)
    chroma = _skip_colours(bits) if profile in HIGH_PROFILES else 1
    bits.number()
    _skip_order(bits)
    references = bits.number(MAX_REFERENCES)
    bits.take(1)
    columns, rows = bits.number() + 1, bits.number() + 1
    is_whole = bits.take(1)
    if not is_whole:
        bits.take(1)
    bits.take(1)
    width, height = columns * MACROBLOCK, rows * MACROBLOCK * (2 - is_whole)
    left, right, top, bottom = [bits.number() for _ in range(4)] if bits.take(1) else [0] * 4
    across, down = 2 if chroma in (1, 2) else 1, (2 if chroma == 1 else 1) * (2 - is_whole)
    shown = width - (left + right) * across, height - (top + bottom) * down
    if min(shown) < 1:
        raise MediaError("the parameters of the H.264 video cut off the whole frame")
    return Parameters(*shown, width, height, references, number)


def read_picture_parameters(unit: bytes) -> tuple[int, int]:
    """Read the number of a picture parameter set, without the first byte of its unit, and of the sequence's.

    Raises:
        MediaError: It is broken.
    """
    bits = _bits_of(unit)
    return bits.number(MAX_PICTURE_NUMBER), bits.number(MAX_NUMBER)


def read_slice(unit: bytes) -> int:
    """Read the number of the picture parameter set of a slice, without the first byte of its unit.

    Raises:
        MediaError: It is broken.
    """
    bits = _bits_of(unit)
    bits.number()
    bits.number()
    return bits.number(MAX_PICTURE_NUMBER)


def _bits_of(unit: bytes) -> _Bits:
    return _Bits(unit.replace(b"\x00\x00\x03", b"\x00\x00"))


def _skip_colours(bits: _Bits) -> int:
    """Skip what high profiles say of colours; gives how they are sampled."""
    chroma = bits.number(3)
    if chroma == 3:
        bits.take(1)
    bits.number()
    bits.number()
    bits.take(1)
    if bits.take(1):
        for number in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_list(bits, 16 if number < 6 else 64)
    return chroma


def _skip_list(bits: _Bits, length: int) -> None:
    """Skip a list of scales, which ends where the next scale would be 0."""
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_order(bits: _Bits) -> None:
    """Skip the way in which frames are put in order."""
    order = bits.number(2)
    if order == 0:
        bits.number()
    elif order == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.number(MAX_CYCLE)):
            bits.signed()


class _Bits:
    """Bits of a unit, the highest of each byte first, and numbers in the codes of Exp-Golomb (9.1)."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            raise MediaError("the parameters of the H.264 video are cut off")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def number(self, largest: int = 2**32) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > MAX_ZEROS:
                raise MediaError("the parameters of the H.264 video are broken")
        number = (1 << zeros) - 1 + self.take(zeros)
        if number > largest:
            raise MediaError(f"the parameters of the H.264 video are broken: {number} where {largest} is the most")
        return number

    def signed(self) -> int:
        number = self.number()
        return (number + 1) // 2 if number % 2 else -(number // 2)
