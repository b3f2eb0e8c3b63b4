"""`AudioSource`: joins the values that a run or stream gives an `Audio` to one playback."""

from __future__ import annotations

from typing import Final

import numpy as np

from millstream.codecs import pcm16
from millstream.components.options.media_source import MediaComponent
from millstream.components.values.samples import UnfitAudio, is_sound
from millstream.declare.arguments import describe
from millstream.errors import InvalidValue, MediaError
from millstream.frames import Chunk
from millstream.jobs import KEEP
from millstream.media import chunked_audio as cut
from millstream.media import wav
from millstream.types import Blob, Scratch, Segment, Stored

MAX_PIECE_BYTES: Final = 64 * 1024 * 1024
"""Largest encoded file that is one chunk of streamed audio: the page decodes it as a whole."""

FILE_S: Final = 0.5
"""The shortest file, in seconds, that is made of samples: the page takes few files ahead, however short they are."""


class AudioSource:
    """Audio that goes on with every value: samples, whole files, which the page decodes, or one file in chunks.

    Args:
        component: The player.
    """

    def __init__(self, component: MediaComponent) -> None:
        self._component = component
        self._loudness = component.loudness(is_piecewise=True)
        self._cut: cut.ChunkedAudio | None = None
        self._plays_files = False
        self._held: list[Chunk] = []

    def piece(self, value: object, scratch: Scratch) -> tuple[Stored, Segment | None] | None:
        if value is None or (isinstance(value, str) and self._component.link(value) is not None):
            self.close()  # something else is heard instead
            return None
        try:
            if isinstance(value, bytes | bytearray | memoryview):
                return self._bytes(bytes(value), scratch)
            self._finish_cut()
            if is_sound(value):
                return self._samples(self._chunk(*value))
            return self._file(self._component.postprocess(value, scratch), scratch)
        except MediaError as error:
            raise InvalidValue(f"{self._component.name} cannot play {describe(value)}: {error}") from error

    def end(self, before: Segment | None = None, *, goes_on: bool = False) -> tuple[Stored, Segment | None]:
        self._finish_cut()
        if not self._held:
            return None, None
        if isinstance(before, Chunk):
            self._held.insert(0, before)
        return self._let_out()

    def close(self) -> None:
        self._cut, self._plays_files, self._held = None, False, []
        self._loudness = self._component.loudness(is_piecewise=True)

    def _bytes(self, data: bytes, scratch: Scratch) -> tuple[Stored, Segment | None]:
        self._check_size("bytes", len(data))
        self._cut = self._cut or cut.begin(data)
        if self._cut is None:
            return self._file(self._component.postprocess(data, scratch), scratch)
        self._hold(self._cut.feed(data))
        is_short = self._plays_files and sum(chunk.duration_s for chunk in self._held) < FILE_S
        return (KEEP, None) if is_short or not self._held else self._let_out()

    def _finish_cut(self) -> None:
        """Note that what came cut is over, because something else follows, or nothing."""
        ended, self._cut = self._cut, None
        try:
            self._hold(ended.end() if ended is not None else None)
        except MediaError as error:
            raise InvalidValue(f"{self._component.name} cannot play all of what it was given: {error}") from error

    def _chunk(self, rate: object, array: object) -> Chunk:
        try:
            return self._loudness.to_chunk(rate, array)
        except UnfitAudio as error:
            raise InvalidValue(f"{self._component.name} got {describe(array)}: {error}") from error

    def _samples(self, chunk: Chunk) -> tuple[Stored, Segment | None]:
        if self._plays_files:  # refused where the format of all chunks is known
            return chunk, self._audible(chunk)
        self._hold(chunk)
        return self._let_out()

    def _file(self, stored: object, scratch: Scratch) -> tuple[Stored, Segment | None]:
        assert isinstance(stored, Blob)
        shown = stored.shown
        data = self._taken(stored)
        if shown is not None or data.startswith(b"RIFF"):  # what browsers do not play was made a WAV file of
            return self._samples(wav.decode(data if shown is None else self._component.content(shown)))
        if self._held:
            raise MediaError("a whole file cannot go on with the last samples of one that came cut: yield all alike")
        self._plays_files = True
        return Blob(stored.name, stored.mime, data=data), data

    def _taken(self, blob: Blob) -> bytes:
        """Read a chunk of audio; the copy of a file is not needed any more then."""
        self._check_size(blob.name, blob.size if blob.path is None else blob.path.stat().st_size)
        data = self._component.content(blob)
        if blob.path is not None:
            blob.path.unlink()
        return data

    def _check_size(self, name: str, size: int) -> None:
        if size > MAX_PIECE_BYTES:
            raise InvalidValue(f"{self._component.name} got {name} of {size} bytes, a chunk may have {MAX_PIECE_BYTES}")

    def _hold(self, chunk: Chunk | None) -> None:
        if chunk is None:
            return
        first = self._held[0] if self._held else chunk
        if first.sample_rate != chunk.sample_rate or first.samples.shape[1] != chunk.samples.shape[1]:
            raise MediaError(f"it does not go on like what came before, {first!r}: bring all into one format")
        self._held.append(self._audible(chunk))

    def _let_out(self) -> tuple[Stored, Segment]:
        """Give what is held, behind files as a file. It is stored as it is: few of the chunks are ever read again."""
        held, self._held = self._held, []
        first = held[0]
        samples = first.samples.copy() if len(held) == 1 else np.concatenate([each.samples for each in held])
        chunk = Chunk(samples, first.sample_rate)
        return chunk, wav.encode(chunk) if self._plays_files else chunk

    def _audible(self, chunk: Chunk) -> Chunk:
        try:
            pcm16.check_sound(chunk.sample_rate, chunk.samples.shape[1])
        except MediaError as error:
            raise InvalidValue(f"{self._component.name} cannot play {error}; resample it first") from error
        return chunk
