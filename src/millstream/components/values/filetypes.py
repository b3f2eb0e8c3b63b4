"""`file_types=`: kinds of media, suffixes of names, or whole media types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from millstream.declare.user_warnings import warn
from millstream.types import Blob

MEDIA_KINDS: Final = ("image", "audio", "video", "text")
"""Kinds of media, which may be named besides suffixes and whole types."""

LONGEST_END: Final = 5
"""Most characters of what is taken for the end of a name without its dot; longer words are more likely mistakes."""


def check_file_types(kinds: list[str] | None, owner: str) -> None:
    """Look at what was given for `file_types`: the end of a name gets its dot, what is no type a warning."""
    kinds = [] if kinds is None else kinds
    for place, kind in enumerate(kinds):
        end = str(kind).removeprefix("*").removeprefix(".")
        if kind == "*":
            kinds[place] = "file"
        elif not _is_type(kind) and len(end) <= LONGEST_END and end.isascii() and end.isalnum():
            kinds[place] = f".{end}"
            warn(f"{owner}: file_types={kind!r}: {kinds[place]!r} is taken")
        elif not _is_type(kind):
            known = ", ".join(MEDIA_KINDS)
            warn(f'{owner}: file_types={kind!r} is none of {known}, ".pdf" or "image/png": no file is of that type')


def _is_type(kind: object) -> bool:
    return isinstance(kind, str) and (kind in (*MEDIA_KINDS, "file") or kind.startswith(".") or "/" in kind)


def accepted(kinds: Sequence[str] | None) -> list[str]:
    """Give types in the form in which a browser's file dialog takes them; empty for any."""
    return [f"{kind}/*" if kind in MEDIA_KINDS else kind for kind in kinds or () if kind != "file" and _is_type(kind)]


def is_of_types(blob: Blob, kinds: Sequence[str] | None) -> bool:
    """True if a file is of one of the types."""
    return kinds is None or any(_fits(blob, kind) for kind in kinds)


def _fits(blob: Blob, kind: str) -> bool:
    if kind == "file":
        return True
    if kind.startswith("."):
        return blob.name.lower().endswith(kind.lower())
    return blob.mime == kind or (kind in MEDIA_KINDS and blob.mime.split("/")[0] == kind)
