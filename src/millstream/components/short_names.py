"""Components under the names that Gradio gives them with some of their arguments set."""

from __future__ import annotations

from typing import ClassVar

from millstream.components.audio import Audio
from millstream.components.file import File
from millstream.components.image import Image
from millstream.components.video import Video


class Microphone(Audio):
    """An `Audio` whose source is the microphone."""

    tag = "audio"
    known_sources: ClassVar[tuple[str, ...]] = ("microphone",)


Mic = Microphone


class Webcam(Image):
    """An `Image` whose source is the camera."""

    tag = "image"
    known_sources: ClassVar[tuple[str, ...]] = ("webcam",)


class PlayableVideo(Video):
    """A `Video` whose source is a file, and whose format is MP4."""

    tag = "video"
    default_format = "mp4"
    known_sources: ClassVar[tuple[str, ...]] = ("upload",)


class SeveralFiles(File):
    """A `File` that takes several files; `gr.Files`."""

    tag = "file"
    default_count = "multiple"


SeveralFiles.__name__ = "Files"  # in labels and messages
Files = SeveralFiles
