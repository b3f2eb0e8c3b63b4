"""`VideoFiles`, the base of `Video`: what becomes of the files that it gets and shows."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from millstream.components.options.media_source import WorkingFiles
from millstream.components.options.watermark import Watermarked
from millstream.components.playing.stream_player import StreamPlayer
from millstream.components.values.browser_copies import converted
from millstream.errors import InvalidValue, MediaError
from millstream.media import container
from millstream.media.file_kinds import VIDEO_NAMES
from millstream.media.video_tracks import CODECS
from millstream.types import Blob, Scratch

SLACK_S: Final = 0.5
"""The tolerance of `max_length`, in seconds: the page ends a recording at a whole frame, not at the very moment."""


class VideoFiles(Watermarked, StreamPlayer):
    """A player that recognises, measures and converts the files of videos."""

    format: str | None
    """The container that handlers get, and that files are shown in; `None` leaves them as they are."""

    include_audio: bool
    """Whether handlers get the audio as well."""

    def _kind_of(self, blob: Blob) -> str:
        """Tell by its content what kind of video a file is.

        Raises:
            InvalidValue: Of none that is read here.
        """
        try:
            return container.recognised(blob.path if blob.path is not None else self.content(blob))
        except MediaError as error:
            raise self._unreadable(blob, error) from error

    def _unreadable(self, blob: Blob, error: MediaError) -> InvalidValue:
        return InvalidValue(f"{self.name} cannot read {blob.name}: {error}")

    def _on_disk(self, blob: Blob, kind: str, scratch: Scratch) -> Path:
        """Give the path of a file whose end is that of its kind, whatever a visitor has called it.

        Programs that a handler starts with it would choose their reader by it.
        """
        if blob.path is not None and container.is_named(blob.path, kind):
            return blob.path
        path = scratch.temporary(f".{kind}")
        if blob.path is None:
            path.write_bytes(self.content(blob))
        else:
            shutil.copyfile(blob.path, path)
        return path

    def _brought(self, path: Path, kind: str, scratch: Scratch) -> Path:
        """Give a file of another kind, or without its audio: this one, if nothing about it has to change."""
        is_fit = self.format is None or path.suffix.lower() == f".{self.format}"
        if is_fit and (self.include_audio or container.is_silent(path)):
            return path
        wanted = self.format or (kind if kind in CODECS else "mp4")
        target = scratch.temporary(f".{wanted}")
        container.convert(path, target, keeps_audio=self.include_audio)
        return target

    def _check_length(self, path: Path) -> None:
        if self.min_length is None and self.max_length is None:
            return
        seconds = container.duration_s(path)
        if self.min_length is not None and seconds < self.min_length:
            raise self.unfit(f"at least {self.min_length} s of video", f"{seconds:.1f} s")
        if self.max_length is not None and seconds > self.max_length + SLACK_S:
            raise self.unfit(f"at most {self.max_length} s of video", f"{seconds:.1f} s")

    def _video(self, blob: Blob) -> Blob:
        """Check that a file is a video, by its content; its name gets the suffix of its kind."""
        kind = self._kind_of(blob)
        name = blob.name if container.is_named(Path(blob.name), kind) else f"{Path(blob.name).stem}.{kind}"
        return replace(blob, name=name, mime=container.mime_of(kind))

    def _recognised(self, data: bytes) -> Blob:
        kind = container.recognise(data)
        if kind is None:
            raise self.invalid(f"bytes of an {VIDEO_NAMES} file", data[:16])
        return Blob(f"video.{kind}", container.mime_of(kind), data=data)

    def _playable(self, blob: Blob, scratch: Scratch) -> Blob:
        """Convert what browsers do not play, what was asked for in another container, and what gets a watermark."""
        kind = self._kind_of(blob)
        wanted = self.format or (kind if kind in container.WEB else "mp4")
        is_kept = wanted == kind and self.stamp is None
        if self.stamp is not None and wanted not in CODECS:
            wanted = "mp4"
        # Without PyAV nobody looks inside: the browser plays it, or says that it cannot.
        if is_kept and not container.is_installed():
            return blob
        path = self._on_disk(blob, kind, scratch)
        try:
            if is_kept and (self.format or container.is_playable(path)):
                return blob
            made = converted(
                path, blob.name, wanted, scratch, draw=None if self.stamp is None else self.stamp.on_pixels
            )
        except MediaError as error:
            raise InvalidValue(f"{self.name} cannot show {blob.name}: {error}") from error
        if blob.path is not None:
            blob.path.unlink()
        return made

    def _declared(self, blob: Blob) -> Blob:
        """Give a file of the developer's own as it is shown; only a watermark changes it."""
        if self.stamp is None:
            return blob
        with WorkingFiles() as files:
            return self._playable(blob, files)
