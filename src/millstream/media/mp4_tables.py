"""The claims of the tables of an MP4 or QuickTime file, before a reader makes room for them. ISO/IEC 14496-12.

A table may say in eight bytes that there are billions of frames, all of one size: a reader that believes it needs
gigabytes for its index. So the claims are added up first; where reader and file disagree about what is a table, the
file is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

import numpy as np

from millstream.errors import MediaError
from millstream.media.budget import Budget, over

MAX_BOXES: Final = 400_000
"""Boxes that are looked at: an hour that was recorded in fragments has some ten thousand."""

MAX_DEPTH: Final = 12
MAX_ENTRY: Final = 4 * 1024 * 1024
"""Bytes that describe the codecs of a track."""

LEAST_PACKED: Final = 160
"""Samples of audio without a codec that are at least one packet, where they are not single ones."""

ENTERED: Final = frozenset(
    b"moov trak mdia minf stbl edts dinf mvex moof traf udta meta ilst wave tref sinf schi rinf strk iprp gmhd".split()
)
REFUSED: Final = frozenset(b"cmov iloc iinf iprp".split())
"""Headers that are packed, in which nobody can look, and images."""

TABLES: Final = frozenset(b"stsz stz2 stts ctts stsc stco co64 elst trun hdlr".split())

Span = tuple[int, int]


class _Track:
    """The claims of the tables of one track."""

    def __init__(self) -> None:
        self.samples = self.timed = self.edits = self.chunks = self.longest = 0
        self.is_sound, self.is_plain = False, True

    def packets(self) -> int:
        """Give at most how many packets a reader makes of it: all of each edit, one after the other."""
        if self.is_sound and self.is_plain and self.timed:
            return self.chunks * (self.longest // LEAST_PACKED + 1) * max(self.edits, 1)
        return max(self.samples, self.timed) * max(self.edits, 1)


class _Box(NamedTuple):
    kind: bytes
    begin: int
    end: int


def check_tables(file: BinaryIO, budget: Budget) -> None:
    """Refuse a file whose tables claim more packets than the budget has. Linear in the length of the file.

    Raises:
        MediaError: They do, or are where none belong.
    """
    claimed = _Claims(file, budget)
    try:
        claimed.walk((0, file.seek(0, 2)), 0)
    except struct.error as error:
        raise MediaError("it is broken, or no video: it ends in the middle of its header") from error
    claimed.finish()


class _Claims:
    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        self._file = file
        self._budget = budget
        self._boxes = self._loose = 0
        self._tracks = [_Track()]

    def finish(self) -> None:
        if self._loose + sum(track.packets() for track in self._tracks) > self._budget.packets:
            raise over("claims", self._budget.packets, "packets", "a shorter one")

    def walk(self, span: Span, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise MediaError(f"it has boxes in boxes more than {MAX_DEPTH} deep")
        for box in self._inside(span):
            if box.kind in REFUSED:
                raise MediaError(f"it has a header of a kind that is not read here ({box.kind.decode()})")
            if box.kind == b"trak":
                self._tracks.append(_Track())
                if len(self._tracks) > self._budget.streams + 1:
                    raise over("has", self._budget.streams, "streams")
            if box.kind == b"meta":
                self.walk((self._begin_of(box), box.end), depth + 1)
            elif box.kind in ENTERED:
                self.walk((box.begin, box.end), depth + 1)
            elif box.kind == b"stsd":
                self._check_entry(box)
            elif box.kind in TABLES:
                self._note(box)

    def _inside(self, span: Span) -> Iterator[_Box]:
        at, end = span
        while at + 8 <= end:
            self._boxes += 1
            if self._boxes > MAX_BOXES:
                raise over("has", MAX_BOXES, "boxes in its header", "a shorter one")
            size, kind = struct.unpack(">I4s", self._read(at, 8))
            begin = at + 8
            if size == 1 and begin + 8 <= end:
                size, begin = struct.unpack(">Q", self._read(begin, 8))[0], begin + 8
            size = size or end - at
            if at + size < begin:
                return
            yield _Box(kind, begin, min(at + size, end))
            at += size

    def _read(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        return self._file.read(size)

    def _begin_of(self, box: _Box) -> int:
        """Find where the boxes in a box of metadata begin: before the first `hdlr` at a step of four bytes."""
        said = self._read(box.begin, box.end - box.begin)
        at = said.find(b"hdlr")
        while at >= 0 and at % 4:
            at = said.find(b"hdlr", at + 1)
        return box.begin + at - 4 if at >= 4 else box.end

    def _check_entry(self, box: _Box) -> None:
        """Refuse tables in the description of a codec: readers look for boxes there, and would believe them."""
        if box.end - box.begin > MAX_ENTRY:
            raise over("describes its codecs with", MAX_ENTRY, "bytes")
        said = self._read(box.begin, box.end - box.begin)
        if any(table in said for table in (*TABLES, *REFUSED, b"stsd", b"trak", b"moof")):
            raise MediaError("it is broken: it has tables in the description of a codec")

    def _note(self, box: _Box) -> None:
        track, room = self._tracks[-1], box.end - box.begin
        head = self._read(box.begin, min(room, 12)).ljust(12, b"\0")
        first, second = struct.unpack_from(">II", head, 4)
        if box.kind == b"trun":
            self._loose += first
        elif box.kind in (b"stsz", b"stz2"):
            track.samples = max(track.samples, second)
        elif box.kind in (b"stts", b"ctts"):
            self._note_times(track, box, first)
        elif box.kind == b"stsc":
            counts = self._table(box, first, 3)[:, 1]
            track.longest = max(track.longest, int(counts.max(initial=0)))
        elif box.kind in (b"stco", b"co64"):
            track.chunks = max(track.chunks, min(first, room // 4))
        elif box.kind == b"elst":
            track.edits = max(track.edits, min(first, room // 12))
        elif head[8:12] == b"soun":
            track.is_sound = True

    def _note_times(self, track: _Track, box: _Box, count: int) -> None:
        table = self._table(box, count, 2)
        track.timed = max(track.timed, int(table[:, 0].sum()))
        is_plain = box.kind == b"stts" and len(table) == count == 1 and int(table[0, 1]) == 1
        track.is_plain = track.is_plain and is_plain

    def _table(self, box: _Box, count: int, columns: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        """Read a table of numbers of four bytes, as far as it is there."""
        rows = min(count, (box.end - box.begin - 8) // (4 * columns))
        if rows > self._budget.packets:
            raise over("claims", self._budget.packets, "packets", "a shorter one")
        said = self._read(box.begin + 8, rows * 4 * columns)
        return np.frombuffer(said, ">u4", len(said) // (4 * columns) * columns).astype(np.int64).reshape(-1, columns)
