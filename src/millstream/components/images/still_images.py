"""Images of a value that has more than one: from what a handler gives to files of the session, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from millstream.components.chat.attachments import Attachments
from millstream.components.image import Image
from millstream.components.images.encoded_images import RECENT, digest_of
from millstream.components.options.media_source import FILE_KEYS
from millstream.components.values.named_string import NamedString
from millstream.declare.component import Component
from millstream.errors import InvalidValue
from millstream.frames import Frame
from millstream.media.image_header import FORMATS as READABLE
from millstream.overlays.marks import Overlay
from millstream.types import Blob, Files, Scratch, WebLink
from millstream.wire.messages import Value

Source: TypeAlias = Blob | WebLink

LENT: Final = "lent images"
"""Under this word, and the number of its component, a call notes the pixels that it lent to its handler."""


class StillImages:
    """The images that one call sees and gives in one component. Those that a handler gives back stay the same files.

    Args:
        owner: The component.
        image: How its images are read and encoded.
        scratch: The files of the call.
    """

    def __init__(self, owner: Component, image: Image, scratch: Scratch) -> None:
        self._owner, self._image, self._scratch = owner, image, scratch
        self._attachments = Attachments(owner, scratch)
        self._lent: dict[str, Blob] = scratch.memory.setdefault((LENT, owner.id), {})  # type: ignore[assignment]  # under its own number a component finds its own

    def close(self) -> None:
        """Remember which files were used, for the next value of the same call."""
        self._attachments.close()

    def lend(self, source: Source | None) -> object:
        """Give a handler an image as the component's `type` says; an address only as such.

        Raises:
            InvalidValue: It cannot be read, or only the browser could.
        """
        if source is None:
            return None
        if isinstance(source, WebLink):
            return source.url if self._image.type == "filepath" else self._image.preprocess(source, self._scratch)
        if self._image.type == "filepath":
            return NamedString(self.path(source), source.name)
        lent = self._image.preprocess(source, self._scratch)
        self._lent[digest_of(self.frame(lent))] = source
        return lent

    def path(self, blob: Blob) -> str:
        """Give a handler the path of a file."""
        return str(self._attachments.lend(blob))

    def frame(self, value: object) -> Frame:
        """Give the pixels of an array or of a Pillow image.

        Raises:
            InvalidValue: It is none.
        """
        stored = self._image.postprocess(value, self._scratch)
        if not isinstance(stored, Frame):
            raise self._owner.invalid("images", value)
        return stored

    def take(self, value: object, read: Callable[[Path], Blob] | None = None) -> Source:
        """Make a file of the session of what a handler returned: pixels, a path or an address.

        Args:
            value: The image.
            read: Takes a file on the disk, if that may be another one than an image.

        Raises:
            InvalidValue: It is no image, or may not be shown.
        """
        if isinstance(value, str | Path):
            link = self._image.link(value) if isinstance(value, str) else None
            if isinstance(link, Blob):
                return self._scratch.settle(link)
            return link or self._attachments.take(Path(value), read=read or self.read)
        stored = self._image.postprocess(value, self._scratch)
        if isinstance(stored, Overlay) or not isinstance(stored, Frame):
            remedy = ", and no marks alone" if isinstance(stored, Overlay) else ""
            raise self._owner.invalid(f"images{remedy}", value)
        if lent := self._lent.get(digest_of(stored)):
            return lent
        return self._scratch.settle(RECENT.file(stored, *self._image.codec(False, stored)))

    def read(self, path: Path) -> Blob:
        """Take an image file into the session.

        Raises:
            InvalidValue: It is none, or may not be shown.
        """
        stored = self._image.postprocess(path, self._scratch)
        assert isinstance(stored, Blob)
        return self._scratch.settle(replace(stored, key=key_of(path)))


def found(owner: Component, wire: Value, files: Files) -> Blob:
    """Look up a file that the page says is in a value.

    Raises:
        InvalidValue: The session has none, or the page says something else.
    """
    if not isinstance(wire, dict) or not wire.keys() <= FILE_KEYS or not isinstance(wire.get("file"), str):
        raise owner.invalid("files that were uploaded", wire)
    return files.find(str(wire["file"]))


def found_image(owner: Component, wire: Value, files: Files) -> Blob:
    """Look up an image that the page says is in a value.

    Raises:
        InvalidValue: There is none, or the file is none.
    """
    blob = found(owner, wire, files)
    if blob.found is not None and blob.found not in READABLE:
        raise owner.unfit(f"images of the formats {', '.join(sorted(READABLE))}", blob.name)
    return blob


def within(owner: Component, where: str, error: InvalidValue) -> InvalidValue:
    """Say of an error in which part of a value it is."""
    return InvalidValue(f"{owner.name}: {where}: {str(error).removeprefix(owner.name).lstrip(': ')}")


def key_of(path: Path) -> str:
    """Tell the content of a file on the disk from that of others, and from what it holds when it was written again."""
    status = path.stat()
    return f"{path.resolve()} {status.st_mtime_ns} {status.st_size}"
