"""`File`: files of any kind, to be uploaded or downloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal, Unpack

from millstream.components.chat.file_component import FileComponent, Given
from millstream.declare.arguments import is_number
from millstream.declare.component import Tooled
from millstream.declare.event import Event
from millstream.types import Files, Stored, WebLink
from millstream.wire.messages import Value
from millstream.wire.plain import brief


class File(FileComponent):
    """One file, or several, that the user uploads, or the app offers for download.

    Handlers get the path of the file, which exists as long as their call, or a list of paths; they return paths, or
    `https` addresses. A path is a `str` that also has `name`, which is the path as well, and `orig_name`, which is what
    the user calls the file.

    Args:
        value: The initial file or files, or a function that gives them.
        file_count: `"single"`, the default, `"multiple"`, or `"directory"` for all files of a folder.
        file_types: What may be uploaded: `"image"`, `"audio"`, `"video"`, `"text"`, ends of names such as `".pdf"`, or
            whole types; anything by default.
        type: `"filepath"`, or `"binary"` for the bytes themselves.
        height: Height in pixels at which the list begins to scroll; `None` for no limit.
        allow_reordering: Whether the user may bring several files into another order, which is an `input`.
        common: See `Component`.
    """

    capabilities = frozenset({"collects_files"})
    addons: ClassVar[Mapping[str, str]] = {"allow_reordering": "filereordering"}
    prop_names: ClassVar = {
        "file_count": ("max_files", "folder"),
        "file_types": ("accept",),
        "allow_reordering": ("addons",),
    }

    default_count: ClassVar[Literal["single", "multiple"]] = "single"

    change = Event()
    input = Event()
    upload = Event()
    clear = Event()
    delete = Event()
    download = Event()
    select = Event()

    def __init__(
        self,
        value: Given | Callable[[], Given] | None = None,
        *,
        file_count: Literal["single", "multiple", "directory"] | None = None,
        file_types: Sequence[str] | None = None,
        type: Literal["filepath", "binary"] = "filepath",
        height: float | None = None,
        allow_reordering: bool = False,
        **common: Unpack[Tooled],
    ) -> None:
        self.file_count = file_count or self.default_count
        self.file_types = list(file_types) if file_types is not None else None
        self.type = type
        self.height = height
        self.allow_reordering = allow_reordering
        super().__init__(value, **common)

    def check(self) -> None:
        if self.height is not None and not (is_number(self.height) and float(self.height) > 0):
            self.correct("height", None, f"{brief(self.height)} is not a number of pixels above 0")
        super().check()

    def edited(self, wire: Value, stored: Stored, files: Files) -> Stored:
        """Take back the addresses that the app has given, which no page may name by itself."""
        given = {item.url: item for item in stored if isinstance(item, WebLink)} if isinstance(stored, list) else {}
        return self.entered(wire, files, given)

    def props(self) -> dict[str, Value]:
        return {**super().props(), **self.upload_props(), "height": self.height}
