"""`UploadButton`: a button that uploads files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Literal, Unpack

from millstream.components.chat.file_button import FileButton, Size, Variant
from millstream.components.chat.file_component import Given
from millstream.declare.component import Unlabelled
from millstream.declare.event import Event
from millstream.wire.messages import Value


class UploadButton(FileButton):
    """A button with which the user uploads one file or several, which replace the previous ones.

    Handlers get what they get of a `File`: a path, or a list of paths.

    Args:
        label: The button's text.
        value: The initial file or files, or a function that gives them.
        variant: See `Button`.
        size: See `Button`.
        icon: See `Button`.
        type: `"filepath"`, or `"binary"` for the bytes themselves.
        file_count: `"single"`, `"multiple"`, or `"directory"` for all files of a folder.
        file_types: See `File`.
        common: See `Component`.
    """

    capabilities = frozenset({"collects_files"})
    prop_names: ClassVar = {"file_count": ("max_files", "folder"), "file_types": ("accept",)}
    editing = frozenset({"click", "upload", "input"})

    change = Event()
    input = Event()
    click = Event()
    upload = Event()

    def __init__(
        self,
        label: str | None = "Upload a file",
        value: Given | Callable[[], Given] | None = None,
        *,
        variant: Variant = "secondary",
        size: Size | None = "lg",
        icon: str | Path | None = None,
        type: Literal["filepath", "binary"] = "filepath",
        file_count: Literal["single", "multiple", "directory"] = "single",
        file_types: Sequence[str] | None = None,
        **common: Unpack[Unlabelled],
    ) -> None:
        self.variant, self.size, self.icon = variant, size or "lg", icon
        self.type = type
        self.file_count = file_count
        self.file_types = list(file_types) if file_types is not None else None
        if common.get("interactive") is None:
            common["interactive"] = True
        super().__init__(value, label=label, **common)

    def props(self) -> dict[str, Value]:
        return {**super().props(), **self.upload_props(), "replaces": True}
