"""`FileButton`, the base of `UploadButton` and `DownloadButton`: files behind a button that looks like a `Button`."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, TypeAlias

from millstream.components.button import icon_of
from millstream.components.chat.file_component import FileComponent
from millstream.wire.messages import Value

Variant: TypeAlias = Literal["primary", "secondary", "stop", "huggingface"]
Size: TypeAlias = Literal["sm", "md", "lg"]

VARIANTS: Final = ("primary", "secondary", "stop", "huggingface")
SIZES: Final = ("sm", "md", "lg")


class FileButton(FileComponent):
    """A button for files, of which its constructor sets the looks."""

    variant: Variant = "secondary"
    size: Size = "lg"
    icon: str | Path | None = None

    def check(self) -> None:
        self.prefer_one_of("variant", VARIANTS, "secondary")
        self.prefer_one_of("size", SIZES, "lg")
        super().check()

    def props(self) -> dict[str, Value]:
        looks: dict[str, Value] = {"variant": self.variant, "size": self.size, "icon": icon_of(self.icon, self.name)}
        return {**super().props(), **looks}
