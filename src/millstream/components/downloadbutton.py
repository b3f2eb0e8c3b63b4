"""`DownloadButton`: a button that downloads a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Unpack

from millstream.components.chat.file_button import FileButton, Size, Variant
from millstream.declare.component import Unlabelled
from millstream.declare.event import Event
from millstream.errors import InvalidValue
from millstream.types import Files, Stored
from millstream.wire.messages import Value


class DownloadButton(FileButton):
    """A button with which the user downloads a file. Handlers return its path, or an `https` address.

    Without a file it only fires `click`.

    Args:
        label: The button's text.
        value: The file, or a function that gives it.
        variant: See `Button`.
        size: See `Button`.
        icon: See `Button`.
        common: See `Component`.
    """

    editing = frozenset({"click"})

    change = Event()
    click = Event()

    def __init__(
        self,
        label: str | None = "Download",
        value: str | Path | Callable[[], str | Path] | None = None,
        *,
        variant: Variant = "secondary",
        size: Size | None = "lg",
        icon: str | Path | None = None,
        **common: Unpack[Unlabelled],
    ) -> None:
        self.variant, self.size, self.icon = variant, size or "lg", icon
        if common.get("interactive") is None:
            common["interactive"] = True
        super().__init__(value, label=label, **common)

    def validate(self, wire: Value, files: Files) -> Stored:
        raise InvalidValue(f"{self.name} cannot be edited in the page")
