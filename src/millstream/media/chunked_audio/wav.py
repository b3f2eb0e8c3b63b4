"""WAV in chunks, cut anywhere: what follows its first samples are more of them. Works without PyAV."""

from __future__ import annotations

import sys
from typing import Final

from millstream.errors import MediaError
from millstream.frames import Chunk
from millstream.media import wav
from millstream.media.chunked_audio.base import MOST_PASSED, Extent, Gathered

NAME: Final = "a WAV file"

HEAD_BYTES: Final = 12
MOST_BEFORE: Final = 4 * 1024 * 1024
"""Bytes of a file before its first sample: text and images may stand there."""


def is_ours(data: bytes) -> bool:
    """Tell whether a file of this kind begins so; `data` has 12 bytes or more."""
    return data[:4] == b"RIFF" and data[8:HEAD_BYTES] == b"WAVE"


def extent_of(data: bytes) -> Extent:
    """Tell whether all the samples are there that the file says it has; one that does not say may always go on."""
    try:
        beginning = wav.find_samples(data)
    except wav.Unfinished:
        return "cut"
    except MediaError:
        return "whole"
    return "whole" if beginning.has_size and beginning.size <= len(data) - beginning.at else "cut"


class WavDecoder:
    """The samples of one WAV file, or of several; a chunk that begins as one is the next one's first."""

    def __init__(self) -> None:
        self._sound = Gathered(NAME)
        self._waiting = b""
        self._at = 0
        self._beginning: wav.WavHead | None = None
        self._has_begun = False
        self._left = self._passed = 0

    def feed(self, data: bytes) -> Chunk | None:
        if is_ours(data):
            self._waiting, self._at, self._beginning = b"", 0, None
        self._waiting, self._at = self._waiting[self._at :] + data, 0
        while self._beginning is not None or self._find():
            self._read()
            if self._left:
                break
            self._beginning = None
        return self._sound.take()

    def end(self) -> Chunk | None:
        if not self._has_begun:
            raise MediaError("the WAV file has no samples")
        if self._beginning is not None and self._beginning.has_size:
            size = self._beginning.size
            raise MediaError(f"the WAV file is cut off: {size - self._left} of {size} bytes of samples are there")
        return self._sound.take()

    def _find(self) -> bool:
        """Go on to where samples begin, if that is there by now; what stands between two files is passed over."""
        found = self._waiting.find(b"RIFF", self._at)
        begin = found if found >= 0 else max(len(self._waiting) - 3, self._at)
        self._passed, self._at = self._passed + begin - self._at, begin
        if self._passed > MOST_PASSED:
            raise MediaError(f"{self._passed} bytes after a WAV file are no audio")
        rest = memoryview(self._waiting)[self._at :]
        if len(rest) < HEAD_BYTES:
            return False
        try:
            beginning = self._beginning = wav.find_samples(rest)
        except wav.Unfinished:
            if len(rest) > MOST_BEFORE:
                raise
            return False
        self._at += beginning.at
        self._left = beginning.size if beginning.has_size else sys.maxsize
        self._has_begun, self._passed = True, 0
        return True

    def _read(self) -> None:
        """Take the samples that are whole by now."""
        assert self._beginning is not None
        layout = self._beginning.layout
        there = min(len(self._waiting) - self._at, self._left)
        whole = there - there % layout.frame_bytes
        chunk = wav.read(memoryview(self._waiting)[self._at : self._at + whole], layout)
        self._sound.add(chunk.samples, chunk.sample_rate)
        is_odd = there == self._left  # the last sample may lack a part
        self._at += there if is_odd else whole
        self._left = 0 if is_odd else self._left - whole
