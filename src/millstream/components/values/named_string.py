"""`NamedString`: the path of a file, as handlers get it."""

from __future__ import annotations

from typing import Self


class NamedString(str):
    """A path that can also be asked for its `name`, as programs do that were written for an open file.

    Attributes:
        orig_name: What the user calls the file; the path may end differently.
    """

    orig_name: str

    def __new__(cls, path: str, orig_name: str = "") -> Self:
        named = super().__new__(cls, path)
        named.orig_name = orig_name
        return named

    @property
    def name(self) -> str:
        """The path itself."""
        return str(self)
