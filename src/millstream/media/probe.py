"""The duration of a video, and whether it has audio, by its own tables: of MP4 and WebM, in which browsers record.

MP4 is ISO/IEC 14496-12; what was recorded in fragments says its length only fragment by fragment. WebM is Matroska,
RFC 9559, in the form of RFC 8794 (EBML); what was recorded says nothing of its length, but every frame has its time.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from millstream.errors import MediaError
from millstream.media.budget import over
from millstream.media.file_kinds import HEAD_BYTES, kind_of

EBML: Final = b"\x1a\x45\xdf\xa3"

SEGMENT, INFO, TRACKS, TRACK, CLUSTER, GROUP = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675, 0xA0
ENTERED: Final = frozenset({SEGMENT, INFO, TRACKS, TRACK, CLUSTER, GROUP})
"""Elements of Matroska that are looked into; those of a recording have no size, so they are read as one flat list."""

SCALE, DURATION, TRACK_TYPE, TIME, SIMPLE_BLOCK, BLOCK = 0x2AD7B1, 0x4489, 0x83, 0xE7, 0xA3, 0xA1
SOUND: Final = 2
USUAL_SCALE_NS: Final = 1_000_000

MAX_PARTS: Final = 400_000
"""Boxes or elements that are looked at; a recording of half an hour has a quarter of it."""

MAX_NUMBER: Final = 8
"""Bytes of a number in Matroska."""

_Span = tuple[int, int]


class Probe(NamedTuple):
    """The duration of a video, in seconds, and whether it has audio."""

    seconds: float
    has_sound: bool


def outline_of(path: Path) -> Probe | None:
    """Read what a video says of itself; `None` if it is neither MP4 nor WebM.

    Raises:
        MediaError: It is broken.
    """
    probe = _read_outline(path, is_whole=True)
    if probe is not None and not (math.isfinite(probe.seconds) and probe.seconds >= 0):
        raise MediaError("it is broken, or no video: it does not say how long it is")
    return probe


def has_sound(path: Path) -> bool | None:
    """Tell whether a video has audio; `None` if it is neither MP4 nor WebM. Its frames are not read.

    Raises:
        MediaError: It is broken.
    """
    probe = _read_outline(path, is_whole=False)
    return probe.has_sound if probe is not None else None


def _read_outline(path: Path, *, is_whole: bool) -> Probe | None:
    if not path.stat().st_size:
        raise MediaError("it is broken, or no video: it is empty")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            if data[:4] == EBML:
                return _of_webm(data, is_whole)
            return _Mp4(data).probe(is_whole) if kind_of(data[:HEAD_BYTES]) in ("mp4", "mov") else None
        except (struct.error, IndexError, ZeroDivisionError, OverflowError) as error:
            raise MediaError("it is broken, or no video: it ends in the middle of its header") from error


class _Mp4:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._parts = 0
        self._seconds = 0.0
        self._has_sound = False
        self._ticks: dict[int, int] = {}
        self._steps: dict[int, int] = {}

    def probe(self, is_whole: bool) -> Probe:
        for kind, span in self._boxes((0, len(self._data))):
            if kind == b"moov":
                self._movie(span)
                if not is_whole:
                    break
            elif kind == b"moof":
                for _, track in self._all(span, b"traf"):
                    self._fragment(track)
        return Probe(self._seconds, self._has_sound)

    def _boxes(self, span: _Span) -> Iterator[tuple[bytes, _Span]]:
        at, end = span
        while at + 8 <= end:
            self._parts = _counted(self._parts)
            size, kind = struct.unpack_from(">I4s", self._data, at)
            head = 8
            if size == 1:
                size, head = struct.unpack_from(">Q", self._data, at + 8)[0], 16
            size = size or end - at
            if size < head:
                return
            yield kind, (at + head, min(at + size, end))
            at += size

    def _all(self, span: _Span, *kinds: bytes) -> Iterator[tuple[bytes, _Span]]:
        return (found for found in self._boxes(span) if found[0] in kinds)

    def _read(self, form: str, at: int) -> int:
        number: int = struct.unpack_from(form, self._data, at)[0]
        return number

    def _movie(self, span: _Span) -> None:
        for kind, (at, end) in self._all(span, b"mvhd", b"trak", b"mvex"):
            if kind == b"mvhd":
                is_long = self._data[at] == 1
                ticks = self._read(">I", at + (20 if is_long else 12))
                self._seconds = self._read(">Q" if is_long else ">I", at + (24 if is_long else 16)) / ticks
            elif kind == b"trak":
                self._track((at, end))
            else:
                for _, (default, _) in self._all((at, end), b"trex"):
                    self._steps[self._read(">I", default + 4)] = self._read(">I", default + 12)

    def _track(self, span: _Span) -> None:
        number = 0
        for kind, (at, end) in self._all(span, b"tkhd", b"mdia"):
            if kind == b"tkhd":
                number = self._read(">I", at + (20 if self._data[at] == 1 else 12))
                continue
            for inner, (start, _) in self._all((at, end), b"mdhd", b"hdlr"):
                if inner == b"mdhd":
                    self._ticks[number] = self._read(">I", start + (20 if self._data[start] == 1 else 12))
                elif self._data[start + 8 : start + 12] == b"soun":
                    self._has_sound = True

    def _fragment(self, span: _Span) -> None:
        number = begin = step = 0
        for kind, (at, end) in self._all(span, b"tfhd", b"tfdt", b"trun"):
            flags = self._read(">I", at)
            if kind == b"tfhd":
                number = self._read(">I", at + 4)
                step = self._steps.get(number, 0)
                if flags & 8:
                    step = self._read(">I", at + 8 + 8 * (flags & 1) + 2 * (flags & 2))
            elif kind == b"tfdt":
                begin = self._read(">Q" if flags >> 24 == 1 else ">I", at + 4)
            else:
                begin += self._run(at, end, flags, step)
                self._seconds = max(self._seconds, begin / self._ticks.get(number, 1))

    def _run(self, at: int, end: int, flags: int, step: int) -> int:
        """Add up how long the frames of a run last, in ticks."""
        count = self._read(">I", at + 4)
        if not flags & 0x100:
            return count * step
        first = at + 8 + 4 * (flags & 1) + (flags & 4)
        columns = (flags & 0xF00).bit_count()
        if first + 4 * columns * count > end:
            raise IndexError("a run of frames is longer than the box that it is in")
        return int(
            np.frombuffer(self._data[first : first + 4 * columns * count], ">u4")[::columns].sum(dtype=np.uint64)
        )


def _counted(parts: int) -> int:
    if parts >= MAX_PARTS:
        raise over("has", MAX_PARTS, "parts that say how long it is", "a shorter one")
    return parts + 1


def _of_webm(data: mmap.mmap, is_whole: bool) -> Probe:
    scale_ns, cluster, last, told = USUAL_SCALE_NS, 0, 0, 0.0
    has_sound = False
    at = parts = 0
    while at < len(data):
        parts = _counted(parts)
        name, at = _number(data, at, keeps_marker=True)
        size, at = _number(data, at)
        if name == CLUSTER and not is_whole:
            break
        if name in ENTERED:
            continue
        if name == SCALE:
            scale_ns = _value(data, at, size)
        elif name == DURATION:
            told = struct.unpack_from(">f" if size == 4 else ">d", data, at)[0]
        elif name == TRACK_TYPE:
            has_sound = has_sound or data[at] == SOUND
        elif name == TIME:
            cluster = _value(data, at, size)
        elif name in (SIMPLE_BLOCK, BLOCK):
            _, after = _number(data, at)
            last = max(last, cluster + struct.unpack_from(">h", data, after)[0])
        at += size
    return Probe((told or last) * scale_ns / 1e9, has_sound)


def _value(data: mmap.mmap, at: int, size: int) -> int:
    if size > MAX_NUMBER:
        raise IndexError(f"no number of Matroska has {size} bytes")
    return int.from_bytes(data[at : at + size])


def _number(data: mmap.mmap, at: int, *, keeps_marker: bool = False) -> tuple[int, int]:
    """Read a number of EBML, whose first byte says how long it is; gives it, and where the next one begins."""
    length = 9 - data[at].bit_length()
    if length > 8:
        raise IndexError("no number of EBML begins with a zero")
    number = int.from_bytes(data[at : at + length])
    return number if keeps_marker else number & ~(1 << 7 * length), at + length
