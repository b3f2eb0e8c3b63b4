"""`AudioBlob`: an audio file of a session, as a component reads, shows and saves it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from millstream.components.values.browser_copies import played
from millstream.errors import InvalidValue, MediaError
from millstream.media import audio_file
from millstream.media.file_kinds import FileKind
from millstream.types import Blob, Scratch

T = TypeVar("T")


class AudioBlob:
    """An audio file, told by its content.

    Args:
        owner: The name of the component, for messages.
        blob: The file.
    """

    def __init__(self, owner: str, blob: Blob) -> None:
        self._owner = owner
        self._blob = blob

    @cached_property
    def kind(self) -> FileKind | None:
        """Its kind; `None` if it is not audio."""
        return audio_file.recognise(self._source)

    @property
    def typed(self) -> Blob:
        """The file with its true media type.

        Raises:
            InvalidValue: It is no audio.
        """
        return replace(self._blob, mime=audio_file.media_type(self._known))

    def presentable(self) -> Blob:
        """Give the file its true type; what browsers do not play is decoded for them.

        Raises:
            InvalidValue: It is no audio, or cannot be decoded.
        """
        try:
            return replace(self.typed, shown=played(self._blob, self._known))
        except MediaError as error:
            raise InvalidValue(f"{self._owner} cannot play {self._blob.name}: {error}") from error

    def decoded(self, decode: Callable[[bytes | Path], T]) -> T:
        """Give what a function of `media.audio_file` makes of the file.

        Raises:
            InvalidValue: It cannot be decoded; the message names the remedy.
        """
        try:
            return decode(self._source)
        except MediaError as error:
            remedy = 'take another file, or declare Audio(type="filepath") and decode it in the handler'
            raise InvalidValue(f"{self._owner} cannot read {self._blob.name}: {error}; {remedy}") from error

    def saved(self, scratch: Scratch) -> str:
        """Give the path of a file whose suffix is that of its kind: programs choose their reader by it.

        Raises:
            InvalidValue: It is no audio.
        """
        source, suffixes = self._source, self._known.suffixes
        if isinstance(source, Path) and source.suffix.lower() in suffixes:
            return str(source)
        own = Path(self._blob.name).suffix.lower()
        path = scratch.temporary(own if own in suffixes else f".{audio_file.suffix(self._known)}")
        if isinstance(source, Path):
            shutil.copyfile(source, path)
        else:
            path.write_bytes(source)
        return str(path)

    @property
    def _known(self) -> FileKind:
        if self.kind is None:
            names = audio_file.NAMES
            raise InvalidValue(f"{self._owner} cannot read {self._blob.name}, which is not audio: take {names}")
        return self.kind

    @property
    def _source(self) -> bytes | Path:
        source = self._blob.path if self._blob.path is not None else self._blob.data
        if source is None:
            raise InvalidValue(f"{self._owner}: the file {self._blob.name} is gone")
        return source
