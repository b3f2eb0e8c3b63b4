"""Audio files that come in chunks, cut anywhere, as services of speech send them: one stream of samples results.

Each kind of file has a module here. All of them but WAV need PyAV.
"""

from __future__ import annotations

from typing import Final

from millstream.errors import MediaError
from millstream.frames import Chunk
from millstream.media.chunked_audio import flac, mpeg, ogg, wav
from millstream.media.chunked_audio.base import ChunkedDecoder, ChunkedFormat
from millstream.media.untrusted import is_installed, needs_pyav

KINDS: Final = (
    ChunkedFormat(wav.NAME, wav.is_ours, wav.extent_of, wav.WavDecoder, needs_pyav=False),
    ChunkedFormat(ogg.NAME, ogg.is_ours, ogg.extent_of, ogg.OggDecoder),
    ChunkedFormat(flac.NAME, flac.is_ours, flac.extent_of, flac.FlacDecoder),
    ChunkedFormat(mpeg.NAME, mpeg.is_ours, mpeg.extent_of, mpeg.MpegDecoder),
)

ENOUGH: Final = 12
"""Bytes by which every kind is recognised."""

BEGINNINGS: Final = (b"RIFF", b"OggS", b"fLaC", b"ID3", b"\xff")
"""The beginnings with which fewer bytes are worth waiting for more."""


def begin(data: bytes) -> ChunkedAudio | None:
    """Open the decoder for a first chunk, which is still to be fed; `None` if that is a file of its own.

    It is one if it is visibly whole, or broken. Of some files nobody can tell: they go on as far as PyAV is there.

    Raises:
        MediaError: It is visibly cut, and PyAV is missing.
    """
    if 0 < len(data) < ENOUGH:
        return ChunkedAudio(None) if any(each[: len(data)] == data[: len(each)] for each in BEGINNINGS) else None
    kind = _kind_of(data)
    extent = "whole" if kind is None else kind.extent_of(data)
    return None if extent == "whole" or (extent == "unknown" and not is_installed()) else ChunkedAudio(kind)


def _kind_of(data: bytes) -> ChunkedFormat | None:
    return next((kind for kind in KINDS if kind.is_ours(data)), None)


class ChunkedAudio:
    """A `ChunkedDecoder` of one kind; of which, the first bytes tell.

    Args:
        kind: What it is, if that is known already.

    Raises:
        MediaError: PyAV is missing.
    """

    def __init__(self, kind: ChunkedFormat | None) -> None:
        self._kind = kind
        self._early = b""
        self._run = _opened(kind) if kind is not None else None

    def feed(self, data: bytes) -> Chunk | None:
        if self._run is None:
            data = self._early = self._early + data
            if len(data) < ENOUGH:
                return None
            self._kind, self._early = _kind_of(data), b""
            if self._kind is None:
                raise MediaError(f"{data[:ENOUGH]!r} is not the beginning of an audio file")
            self._run = _opened(self._kind)
        else:
            self._check_same(data)
        return self._run.feed(data)

    def _check_same(self, data: bytes) -> None:
        """Refuse a chunk that begins as another kind of file; what begins as a frame may be anything."""
        other = _kind_of(data) if data[:1] != b"\xff" else None
        if self._kind is not None and other is not None and other is not self._kind:
            raise MediaError(f"{self._kind.name} goes on with {other.name}: all chunks have to be of one format")

    def end(self) -> Chunk | None:
        if self._run is None:
            raise MediaError(f"{self._early!r} is not the beginning of an audio file")
        return self._run.end()


def _opened(kind: ChunkedFormat) -> ChunkedDecoder:
    if kind.needs_pyav and not is_installed():
        raise needs_pyav(f"{kind.name} that goes on in the next chunk, unlike whole files, WAV and samples,")
    return kind.open_run()
