"""FLAC in chunks, cut anywhere. Needs PyAV.

By RFC 9639: blocks of metadata, section 8; frames, section 9. Frames do not say how many bytes they have: one ends
where the header of the next begins, which has a checksum and the number that has to follow.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from millstream.errors import MediaError
from millstream.frames import Chunk
from millstream.media.chunked_audio.base import MOST_PASSED, Extent, FalseStarts, Gathered
from millstream.media.chunked_audio.decoder import PacketDecoder

NAME: Final = "a FLAC file"

MARK: Final = b"fLaC"
BLOCK_BYTES: Final = 4
INFO_BYTES: Final = 34
"""Of the block that comes first, STREAMINFO."""

MOST_BEFORE: Final = 16 * 1024 * 1024
"""Bytes of a file before its first frame: an image may stand there."""

MOST_HEADER: Final = 16
"""Bytes of the longest header of a frame."""

MOST_BLOCKS: Final = 1024
"""Blocks of metadata before the first frame; real files have some ten."""

MOST_MISTAKEN: Final = 3
"""The number of times that bytes of a frame may look like the header of one, before it is taken for cut."""

TAG_BYTES: Final = 128
"""Of a tag at the end of a file, ID3v1."""

USUAL_FRAME: Final = 256 * 1024
"""Bytes of a frame at most, where the last is looked for in a file that does not say it."""

LEAST_FRAME: Final = 9
MOST_FRAME: Final = 2 * 1024 * 1024
"""Bytes of a frame where the file does not say it: blocks of eight channels may have as many."""


# What may be the first four bytes of a frame: the rest of a header is only looked at behind them.
_BLOCK_AND_RATE: Final = bytes(byte for byte in range(256) if byte >> 4 and byte & 15 != 15)
_CHANNELS_AND_DEPTH: Final = bytes(byte for byte in range(0, 11 << 4, 2) if byte >> 1 & 7 != 3)
_HEADER: Final = b"\xff[\xf8\xf9][" + re.escape(_BLOCK_AND_RATE) + b"][" + re.escape(_CHANNELS_AND_DEPTH) + b"]"
_HEADERS: Final = re.compile(_HEADER, re.DOTALL)
_STARTS: Final = re.compile(_HEADER + b"|" + MARK, re.DOTALL)


class StreamInfo(NamedTuple):
    """The header before the first frame: the block for the decoder, samples in all (0 if unknown), where it ends."""

    info: bytes
    samples: int
    at: int


class FrameHeader(NamedTuple):
    """The header of a frame: how many bytes and samples it has; and its number, counted in samples if `is_fine`."""

    size: int
    samples: int
    number: int
    is_fine: bool

    @property
    def next_number(self) -> int:
        """The number of the frame that follows."""
        return self.number + (self.samples if self.is_fine else 1)


def is_ours(data: bytes) -> bool:
    """Tell whether a file of this kind begins so; `data` has 12 bytes or more."""
    return data[:4] == MARK


def beginning_of(data: bytes) -> StreamInfo | None:
    """Read what stands before the first frame; `None` if it is not all there.

    Raises:
        MediaError: It is no FLAC.
    """
    at, is_last, blocks = len(MARK), False, 0
    while not is_last:
        if at + BLOCK_BYTES > len(data):
            return None
        blocks += 1
        if blocks > MOST_BLOCKS:
            raise MediaError(f"a FLAC file has more than {MOST_BLOCKS} blocks before its first frame")
        kind, is_last = data[at] & 0x7F, data[at] >> 7 == 1
        if at == len(MARK) and kind != 0:
            raise MediaError("a FLAC file does not say its format")
        at += BLOCK_BYTES + int.from_bytes(data[at + 1 : at + BLOCK_BYTES], "big")
    if at > len(data):
        return None
    info = data[len(MARK) + BLOCK_BYTES :][:INFO_BYTES]
    return StreamInfo(info, int.from_bytes(info[13:18], "big") & 0xF_FFFF_FFFF, at)


def header_of(data: bytes) -> FrameHeader | None:
    """Read the header of a frame; `None` if these bytes are none, or too few."""
    if len(data) < LEAST_FRAME or data[0] != 0xFF or data[1] & 0xFE != 0xF8:
        return None
    block, rate, channels, depth = data[2] >> 4, data[2] & 15, data[3] >> 4, data[3] >> 1 & 7
    number_bytes = _number_bytes(data[4])
    at = 4 + number_bytes
    block_bytes, rate_bytes = {6: 1, 7: 2}.get(block, 0), {12: 1, 13: 2, 14: 2}.get(rate, 0)
    size = at + block_bytes + rate_bytes + 1
    if not block or rate == 15 or channels > 10 or depth == 3 or data[3] & 1 or not number_bytes or size > len(data):
        return None
    if _checksum(data[:size], _CRC_8, 8):
        return None
    number = data[4] & (0xFF >> (number_bytes + 1) if number_bytes > 1 else 0x7F)
    for byte in data[5:at]:
        number = number << 6 | byte & 0x3F
    if block_bytes:
        samples = int.from_bytes(data[at : at + block_bytes], "big") + 1
    else:
        samples = 192 if block == 1 else 144 << block if block < 6 else 1 << block
    return FrameHeader(size, samples, number, bool(data[1] & 1))


def _number_bytes(first: int) -> int:
    """Tell from its first byte how many a number has that is written as UTF-8 writes characters; 0 for no number."""
    ones = 8 - (first ^ 0xFF).bit_length()
    return 1 if not ones else ones if 2 <= ones <= 7 else 0


def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    """Make the table by which a checksum takes a byte at a time."""
    return tuple(_shifted(byte << bits - 8, polynomial, bits) for byte in range(256))


def _shifted(value: int, polynomial: int, bits: int) -> int:
    for _ in range(8):
        value = value << 1 ^ (polynomial if value >> bits - 1 else 0)
        value &= (1 << bits) - 1
    return value


_CRC_8, _CRC_16 = _table(0x07, 8), _table(0x8005, 16)


def _checksum(data: bytes, table: tuple[int, ...], bits: int, value: int = 0) -> int:
    """Check what ends in its own checksum: 0 if it is right. `value` is the checksum of what comes before it."""
    shift, mask = bits - 8, (1 << bits) - 1
    for byte in data:
        value = value << 8 & mask ^ table[value >> shift ^ byte]
    return value


def is_frame(data: bytes) -> bool:
    """Tell whether this is a whole frame, from its first byte to its last, or several of them."""
    return header_of(data[:MOST_HEADER]) is not None and not _checksum(data, _CRC_16, 16)


def extent_of(data: bytes) -> Extent:
    """Tell whether all samples are there: the last frame says which they are, and the beginning how many there are."""
    try:
        beginning = beginning_of(data)
    except MediaError:
        return "whole"
    if beginning is None:
        return "cut"
    at, block = len(data), int.from_bytes(beginning.info[:2], "big")
    longest = int.from_bytes(beginning.info[7:10], "big") or USUAL_FRAME
    longest = min(longest, MOST_FRAME)
    begin = max(beginning.at, len(data) - longest - TAG_BYTES)
    for _ in range(MOST_MISTAKEN):
        at, header = _last_header(data, begin, at)
        if header is not None and is_frame(data[at:]):
            there = header.samples + header.number * (1 if header.is_fine else block)
            return "unknown" if not beginning.samples else "whole" if there >= beginning.samples else "cut"
    return "cut"


def _last_header(data: bytes, begin: int, end: int) -> tuple[int, FrameHeader | None]:
    """Find the last header of a frame that begins from `begin` up to `end`."""
    found = [each.start() for each in _HEADERS.finditer(data, begin, end)]
    for at in reversed(found):
        if header := header_of(data[at : at + MOST_HEADER]):
            return at, header
    return begin, None


class FlacDecoder:
    """The frames of one FLAC file, or of several that follow each other."""

    def __init__(self) -> None:
        self._sound = Gathered(NAME)
        self._false_starts = FalseStarts(NAME)
        self._waiting = b""
        self._at, self._searched, self._most = 0, 0, MOST_FRAME
        self._decoding: PacketDecoder | None = None
        self._summed, self._sum = 0, 0

    def feed(self, data: bytes) -> Chunk | None:
        self._waiting = self._waiting[self._at :] + data
        self._summed, self._searched = self._summed - self._at, self._searched - self._at
        self._at = 0
        self._false_starts.feed(data)
        while self._begun() and (end := self._frame_end()):
            self._decode(end)
        return self._sound.take()

    def end(self) -> Chunk | None:
        last = len(self._waiting)
        if self._waiting[-TAG_BYTES:].startswith(b"TAG"):
            last -= TAG_BYTES
        if is_frame(self._waiting[self._at : last]):
            self._decode(last)
        return self._sound.rest()

    def _begun(self) -> bool:
        """Tell whether frames follow; what stands before them is read first, of each file."""
        if self._decoding is not None and not self._waiting.startswith(MARK, self._at):
            return True
        rest = self._waiting[self._at :]
        beginning = beginning_of(rest)
        if beginning is None:
            if len(rest) > MOST_BEFORE:
                raise MediaError(f"{len(rest)} bytes of {NAME} are no audio")
            return False
        self._decoding = PacketDecoder("flac", beginning.info)
        self._most = MOST_PASSED + (int.from_bytes(beginning.info[7:10], "big") or MOST_FRAME)
        self._at += beginning.at
        return True

    def _frame_end(self) -> int:
        """Find where the next frame begins, or the next file: there this one ends. 0 if that is not there yet."""
        data, begin = self._waiting, self._at
        if begin + MOST_HEADER > len(data):
            return 0
        header = header_of(data[begin : begin + MOST_HEADER])
        if header is None:
            raise MediaError(f"what follows the frames of {NAME} is none")
        for found in _STARTS.finditer(data, max(self._searched, begin + LEAST_FRAME)):
            at = self._searched = found.start()
            if at + MOST_HEADER > len(data):
                break
            if found.group() == MARK and self._is_whole(at):
                return at
            after = header_of(data[at : at + MOST_HEADER])
            if after is not None and after.number == header.next_number:
                return at
            self._false_starts.add()
        else:
            self._searched = len(data) - len(MARK)
        if len(data) - begin > self._most:
            raise MediaError(f"a frame of {NAME} is broken, or {MOST_PASSED} bytes after it are no audio")
        return 0

    def _is_whole(self, end: int) -> bool:
        """Tell whether the frame that has begun is all there at `end`; no byte is summed up twice."""
        if self._summed <= self._at:
            self._summed, self._sum = self._at, 0
        self._sum = _checksum(self._waiting[self._summed : end], _CRC_16, 16, self._sum)
        self._summed = end
        return not self._sum

    def _decode(self, end: int) -> None:
        """Take the frame that ends there."""
        assert self._decoding is not None
        for samples in self._decoding.decode(self._waiting[self._at : end]):
            self._sound.add(samples, self._decoding.sample_rate)
        self._at = self._summed = end
        self._sum = 0
