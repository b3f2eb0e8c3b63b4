"""Files within values: those of a conversation's messages, and of a text with files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from millstream import codecs
from millstream.components.chat.chatmessage import ElementPart, FilePart, Part, TextPart
from millstream.components.html import HTML
from millstream.components.markdown import Markdown
from millstream.components.options.media_source import DeclaredFiles, guessed_mime
from millstream.components.values.browser_copies import presented
from millstream.components.values.links import has_scheme, is_embedded_image, is_web_address
from millstream.declare.component import Component
from millstream.errors import InvalidValue
from millstream.frames import Chunk, Frame
from millstream.media import wav
from millstream.types import Blob, Scratch, WebLink

KINDS: Final = ("image", "audio", "video")
"""Media that the page shows by itself; any other file is offered as a download."""

ELEMENTS: Final = (
    "annotatedimage", "code", "dataframe", "file", "gallery", "highlightedtext", "imageslider", "json", "label",
    "model3d", "nativeplot", "plot",
)  # fmt: skip
"""Other components that only show something: they do so within a message, too."""

_NAMES: Final = "names"
"""Under this word all components of a call note what the files are called that they lend to its handler."""

Mark: TypeAlias = tuple[str, int, int]
"""Path, time of the last change and size: as long as they are the same, so is the file."""


Shown: TypeAlias = Blob | WebLink | ElementPart


class Attachments:
    """The files that one call sees and gives in one component.

    A handler that yields the same conversation again and again yields the same files: they are taken into the session
    once, and keep their handles.

    Args:
        owner: The component.
        scratch: The files of the call.
    """

    def __init__(self, owner: Component, scratch: Scratch) -> None:
        self._owner = owner
        self._scratch = scratch
        self._known: dict[object, tuple[object, Shown]] = scratch.memory.get(owner.id, {})  # type: ignore[assignment]  # under its own number a component finds its own
        self._used: dict[object, tuple[object, Shown]] = {}
        self._names: dict[object, str] = scratch.memory.setdefault(_NAMES, {})  # type: ignore[assignment]  # see above

    def close(self) -> None:
        """Remember what was used for the next value of the same call, and nothing else."""
        self._scratch.memory[self._owner.id] = self._used

    def lend(self, blob: Blob) -> Path:
        """Give a handler the path of a file that the session has."""
        path = blob.path
        if path is None:
            path = self._scratch.temporary(Path(blob.name).suffix)
            path.write_bytes(blob.data or b"")
        mark = _mark(path)
        self._used[mark] = self._used[_gone(path)] = mark, blob
        self._names[mark] = blob.name
        return path

    def take(self, path: Path, name: object = None, read: Callable[[Path], Blob] | None = None) -> Blob:
        """Take a file of the handler's into the session.

        Args:
            path: The file.
            name: Its name in the session; by default its own, or that of the file that was lent under this path.
            read: Takes a file that is not known yet, if not just any file will do.

        Raises:
            InvalidValue: It may not be shown, or does not exist.
        """
        mark = _mark(path)
        known = self._known.get(mark) or self._used.get(mark)
        blob = known[1] if known is not None else None
        if not isinstance(blob, Blob):
            blob = self._admitted(path, name, mark) if read is None else read(path)
        self._used[mark] = mark, blob
        return blob

    def _admitted(self, path: Path, name: object, mark: Mark) -> Blob:
        admitted = self._scratch.admit(path)
        called = name if isinstance(name, str) and name else self._names.get(mark, admitted.name)
        named = replace(admitted, name=called, mime=guessed_mime(admitted.name))
        return self._scratch.settle(presented(named, self._scratch.max_image_pixels))

    def part(self, given: object) -> Part | None:
        """Make a part of a message: of a component with a value, or of the dict of a file; `None` of anything else.

        Raises:
            InvalidValue: The file may not be shown, or messages cannot show such a component.
        """
        if isinstance(given, Component):
            return self._of_component(given)
        if isinstance(given, Mapping) and isinstance(path := given.get("path") or given.get("url"), str | Path):
            alt = given.get("alt_text")
            source = self._link(str(path)) or self.take(Path(path), given.get("orig_name"))
            kind = given.get("mime_type") if isinstance(source, WebLink) else source.mime
            return FilePart(source, kind_of(str(kind or guessed_mime(str(path)))), str(alt) if alt else None)
        return None

    def _link(self, text: str) -> WebLink | None:
        if is_web_address(text) or is_embedded_image(text):
            return WebLink(text)
        if has_scheme(text) and not Path(text).exists():
            raise self._owner.invalid("paths and http(s) addresses of files", text[:60])
        return None

    def _of_component(self, component: Component) -> Part | None:
        if isinstance(self._scratch, DeclaredFiles):
            component.unrender()  # made inside an app's `with`, it would stand on the page as well
        value = component.value() if callable(component.value) else component.value
        if isinstance(component, HTML | Markdown):
            return TextPart(str(value or ""), is_html=isinstance(component, HTML))
        key = id(component)
        known = self._known.get(key)
        source = known[1] if known is not None and known[0] is component else self._made(component, value)
        if source is None:
            return None
        self._used[key] = component, source
        if isinstance(source, ElementPart):
            return source
        kind = "image" if component.tag == "plot" else component.tag  # a figure that was drawn here
        return FilePart(source, kind, component.label if "label" in component.given else None)

    def _made(self, component: Component, value: object) -> Shown | None:
        """Make a file of what a component shows, or what shows it."""
        paths = [value] if isinstance(value, str | Path) else value
        if component.tag == "file" and isinstance(paths, list | tuple) and len(paths) == 1:
            if not isinstance(paths[0], str | Path):
                raise self._owner.invalid("the path of a File in a part of a message", value)
            return self._link(str(paths[0])) or self.take(Path(paths[0]))
        if component.tag in ELEMENTS:
            return self._element(component, value)
        if component.tag not in KINDS:
            raise InvalidValue(
                f"{self._owner.name} shows components that show something in its messages, such as Image, Plot and "
                f'Dataframe, but no {type(component).__name__}: make a text or a file of it, {{"path": …}}'
            )
        stored = component.postprocess(value, self._scratch)
        if isinstance(stored, Frame):
            return self._image(component, stored)
        if isinstance(stored, Chunk):
            stored = Blob("audio.wav", "audio/wav", data=wav.encode(stored))
        if isinstance(stored, Blob):
            return self._scratch.settle(stored)
        return stored if isinstance(stored, WebLink) else None

    def _image(self, component: Component, frame: Frame) -> Blob:
        name, quality = component.codec(False, frame)
        data = codecs.load(name).open_encoder(quality).encode(frame).payload
        return self._scratch.settle(Blob(f"image.{name}", f"image/{name}", data=data))

    def _element(self, component: Component, value: object) -> ElementPart | Blob:
        """Make what another component shows a part of the message, where nobody can edit it, or an image of it."""
        stored = component.postprocess(component.received(value), self._scratch)
        if isinstance(stored, Frame):
            return self._image(component, stored)
        props = {name: one for name, one in component.props().items() if name != "value"}
        files = (stored,) if isinstance(stored, Blob) else tuple(component.files(stored))
        return ElementPart(component.tag, {**props, "interactive": False}, component.wire(stored), files)


def kind_of(mime: str) -> str:
    """Say how a file of a type is shown."""
    kind = mime.split("/", maxsplit=1)[0]
    return kind if kind in KINDS and mime != "image/svg+xml" else "file"


def _mark(path: Path) -> Mark:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return _gone(path)
    return str(path), status.st_mtime_ns, status.st_size


def _gone(path: Path) -> Mark:
    """Mark a file that is not there: it never was, or its page was closed while the handler worked."""
    return str(path), 0, 0
