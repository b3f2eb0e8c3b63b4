"""`MediaComponent`, the base of `Image`, `Audio` and `Video`: values are files, from sources that can be chosen."""

from __future__ import annotations

import base64
import logging
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, Final, Self, Unpack
from uuid import uuid4

from millstream.components.options.input_size import InputSize, input_size_of
from millstream.components.options.webcam import WebcamOptions, camera_s
from millstream.components.values.links import has_scheme, is_embedded_image, is_web_address
from millstream.components.values.samples import Loudness
from millstream.declare.component import Common, Component
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError, InvalidValue
from millstream.media.image_header import MAX_PHOTO_PIXELS
from millstream.types import Blob, Files, Handler, Stored, WebLink
from millstream.wire.limits import LONGEST_WAIT_S
from millstream.wire.messages import Value

logger = logging.getLogger("millstream.handler")

FILE_KEYS: Final = frozenset({"file", "name", "type", "size"})
"""The keys with which the page describes a file; only the handle counts."""

MAX_ADDRESS: Final = 256 * 1024
"""Longest address, in characters, that is sent to the page as it is."""


_MEANT: Final = {
    **dict.fromkeys(("camera", "cam", "video", "webcams"), "webcam"),
    **dict.fromkeys(("mic", "audio", "record"), "microphone"),
    **dict.fromkeys(("file", "files", "uploads"), "upload"),
    **dict.fromkeys(("paste", "clip"), "clipboard"),
}
"""Other words for sources."""


class DeclaredFiles:
    """Where a value that was given at declaration finds its files: anywhere, the developer named them."""

    max_image_pixels: Final = MAX_PHOTO_PIXELS

    def __init__(self) -> None:
        self.memory: dict[object, object] = {}

    def settle(self, blob: Blob) -> Blob:
        """Keep the file as it is: it was read into memory, whose size is its own."""
        return blob

    def temporary(self, suffix: str) -> Path:
        """Refuse: declared values need no files of their own."""
        raise NotImplementedError

    def admit(self, path: Path) -> Blob:
        """Read a file.

        Raises:
            InvalidValue: There is none.
        """
        try:
            return Blob(path.name, guessed_mime(path.name), data=path.read_bytes())
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            why = error.strerror if isinstance(error, OSError) else "no file can have that name"
            raise InvalidValue(f"the file {str(path)!r} cannot be read: {why}") from error


class WorkingFiles(DeclaredFiles):
    """The same for a value that is worked on: with files of its own for as long as a `with` lasts."""

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="millstream-")
        return self

    def __exit__(self, *failure: object) -> None:
        self._folder.cleanup()

    def temporary(self, suffix: str) -> Path:
        """Give the path of a new file, which does not exist yet."""
        return Path(self._folder.name) / f"{uuid4().hex}{suffix}"


class MediaComponent(Component):
    """A component whose value is a file, an address, or what a camera or microphone captures."""

    takes_objects = True

    kind: ClassVar[str]
    """The kind of file: the first half of its MIME type."""

    known_sources: ClassVar[tuple[str, ...]]
    """The names that `sources` may have."""

    device: ClassVar[str]
    """The one of the sources that can be streamed."""

    sources: list[str]
    streaming: bool

    webcam_options: WebcamOptions = WebcamOptions()
    """The demands on its camera."""

    model_input: InputSize | None = None
    """What the handlers of its streams take, if its camera is to send that."""

    recording: bool = False
    """True to record, as if the user had pressed Record: from the opening of the page, or as an update."""

    told: set[str]
    """The warnings about it that are in the log, and are not repeated."""

    min_length: float | None = None
    max_length: float | None = None
    """The shortest and the longest recording, in seconds; it ends by itself at the latter."""

    def __init__(self, value: object = None, **common: Unpack[Common]) -> None:
        self.told = set()
        super().__init__(value, **common)

    @property
    def camera_codec(self) -> str | None:
        return self.webcam_options.codec

    def feeds(self, handler: Handler, where: str) -> None:
        if self.webcam_options.size == "model":
            found, before = input_size_of(handler, where), self.model_input or InputSize(0, 0, is_letterboxed=True)
            sides = max(found.width, before.width), max(found.height, before.height)
            self.model_input = InputSize(*sides, found.is_letterboxed and before.is_letterboxed)

    @property
    def camera_s(self) -> float:
        return camera_s(self.webcam_options.constraints)

    def hand_over(self, fresh: Self) -> None:
        fresh.told, fresh.model_input = self.told, self.model_input
        super().hand_over(fresh)

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        super().settle(is_interactive, drives_stream, is_output)
        if self.webcam_options.size == "model" and self.model_input is None:
            remedy = "bind its stream event, or give the size in pixels"
            raise DeclarationError(f"{self.name} has WebcamOptions(size='model'), but streams to no handler: {remedy}")

    def camera_props(self) -> dict[str, Value]:
        """Give what the page has to know of the camera."""
        camera, model = self.webcam_options, self.model_input
        size = None if camera.size == "model" else camera.size
        return {
            "mirror": camera.mirror,
            "constraints": dict(camera.constraints) if camera.constraints is not None else None,
            "size": list(size) if size is not None else None,
            "model_size": list(model[:2]) if model is not None else None,
            "covers": model is not None and not model.is_letterboxed,
            "quality": camera.quality,
        }

    def warn_once(self, about: str, message: str) -> None:
        """Log a warning about the component, unless there was one of the same kind."""
        if about not in self.told:
            self.told.add(about)
            logger.warning("%s: %s", self.name, message)

    def loudness(self, *, is_piecewise: bool = False) -> Loudness:
        """Give what brings a handler's arrays to samples."""
        return Loudness(self.warn_once, is_piecewise=is_piecewise)

    def check(self) -> None:
        for source in self.sources:
            meant = _MEANT.get(str(source).lower(), "")
            if meant in self.known_sources and source != meant:
                raise DeclarationError(
                    f"{self.name}: sources={[source]!r} is called {meant!r}: say sources={[meant]!r}"
                )
            self.check_one_of("sources", source, self.known_sources)
        if not self.sources:
            self.correct("sources", list(self.known_sources), "[] is empty")
        self.check_one_of("recording", self.recording, (True, False))
        if self.recording and self.device not in self.sources:
            remedy = f"add {self.device!r} to its sources"
            raise DeclarationError(f"{self.name} cannot record from {', '.join(self.sources)}: {remedy}")
        self._check_lengths()
        super().check()

    def _check_lengths(self) -> None:
        if isinstance(self.max_length, int | float) and self.max_length > LONGEST_WAIT_S:
            self.max_length = None
        for argument in ("min_length", "max_length"):
            self.check_number(argument, getattr(self, argument))
        if self.max_length is not None and self.max_length <= 0:
            self.correct("max_length", None, f"{self.max_length!r} is not a length")
        if self.max_length is not None and (self.min_length or 0.0) > self.max_length:
            lengths = f"min_length={self.min_length!r} is above max_length={self.max_length!r}"
            raise DeclarationError(f"{self.name}: {lengths}")

    @property
    def longest_s(self) -> float:
        return math.inf if self.max_length is None else self.max_length

    def props(self) -> dict[str, Value]:
        return {**super().props(), "recording": self.recording}

    def check_streams(self) -> None:
        if self.device not in self.sources:
            remedy = f"add {self.device!r} to its sources"
            raise DeclarationError(f"{self.name} cannot stream from {', '.join(self.sources)}: {remedy}")
        if self.interactive is False:
            warn(f"{self.name} has interactive=False: nobody can record with it until an update says interactive=True")

    def validate(self, wire: Value, files: Files) -> Stored:
        if wire is None:
            return None
        if not isinstance(wire, dict) or not wire.keys() <= FILE_KEYS or not isinstance(wire.get("file"), str):
            raise self.invalid("a file that was uploaded, or nothing", wire)
        blob = files.find(wire["file"])
        if blob.mime.split("/")[0] != self.kind:
            raise self.unfit(f"files of type {self.kind}", f"{blob.name} of type {blob.mime}")
        return blob

    def link(self, text: str) -> WebLink | Blob | None:
        """Tell an address that goes to the browser as it is from the path of a file.

        An image that is its own address becomes a file if it is too long for a message.

        Raises:
            InvalidValue: It is an address of a kind that is not allowed.
        """
        if is_web_address(text) or (self.kind == "image" and is_embedded_image(text)):
            return WebLink(text) if len(text) <= MAX_ADDRESS else self._unpacked(text)
        if has_scheme(text):
            raise self.invalid("a path, an http(s) address or an image as a data: address", text[:60])
        return None

    def _unpacked(self, address: str) -> Blob:
        head, _, body = address.partition(",")
        mime = head.removeprefix("data:").split(";")[0].lower()
        try:
            data = base64.b64decode(body or "?", validate=True)
        except ValueError as error:
            raise self.invalid(f"addresses of at most {MAX_ADDRESS} characters, or images in base64", head) from error
        return Blob(f"image.{mime.split('/')[-1]}", mime, data=data)

    def of_kind(self, blob: Blob) -> Blob:
        """Check that a file that was returned is of the right kind.

        Raises:
            InvalidValue: It is not.
        """
        if blob.mime.split("/")[0] != self.kind:
            raise self.unfit(f"files of type {self.kind}", f"{blob.name} of type {blob.mime}")
        return blob

    def content(self, blob: Blob) -> bytes:
        """Read a file of the session."""
        if blob.data is not None:
            return blob.data
        if blob.path is None:
            raise InvalidValue(f"{self.name}: the file {blob.name} is gone")
        return blob.path.read_bytes()


def listed(given: str | Sequence[str] | None, default: Iterable[str]) -> list[str]:
    """Bring one source, several or none into one form."""
    if given is None:
        return list(default)
    return [given] if isinstance(given, str) else list(given)


def guessed_mime(name: str) -> str:
    """Guess the type of a file by the end of its name."""
    import mimetypes

    return _TYPES.get(Path(name).suffix.lower()) or mimetypes.guess_type(name)[0] or "application/octet-stream"


_TYPES = {
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".weba": "audio/webm",
    ".m4v": "video/mp4",
    ".ogv": "video/ogg",
    ".mkv": "video/x-matroska",
    ".ts": "video/mp2t",
}
"""Where Python's own table depends on the machine."""
