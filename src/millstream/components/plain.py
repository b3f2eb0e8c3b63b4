"""Checks of plain data that several components share."""

from __future__ import annotations

from millstream.ui.component import is_number

LARGEST_WHOLE = 2**53
"""Up to here a whole number is the same in Python and in the page."""


def plain_number(value: object) -> int | float | None:
    """Give a finite number as Python's own, also one of numpy; `None` for everything else."""
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if not is_number(value) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= LARGEST_WHOLE else float(value)


def plain_text(value: object) -> str:
    """Give text that can be encoded: whatever has no `str` form of its own gets Python's, half characters a `�`."""
    text = "" if value is None else value if isinstance(value, str) else str(value)
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
