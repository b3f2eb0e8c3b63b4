"""Checks of plain data that several components share."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from millstream.declare.arguments import is_number
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.plain import plain_scalar, well_formed

LONGEST_NUMBER = 40
"""Most characters of a number in a text."""

LARGEST_WHOLE = 2**53
"""Up to here a whole number is the same in Python and in the page."""


def plain_number(value: object) -> int | float | None:
    """Give a finite number as Python's own, also one of numpy, a decimal or a fraction; `None` for everything else."""
    value = plain_scalar(value)
    if isinstance(value, Decimal | Fraction):
        try:
            value = float(value)
        except (ValueError, OverflowError):  # a signalling NaN, or beyond all floats
            return None
    if not is_number(value) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= LARGEST_WHOLE else float(value)


def written_number(value: object) -> int | float | None:
    """Do what `plain_number` does, also with a number in a text, such as `"3"` or `"0.5"`."""
    value = plain_scalar(value)
    if not isinstance(value, str) or len(value) > LONGEST_NUMBER:
        return plain_number(value)
    try:
        return plain_number(int(value) if value.strip().lstrip("+-").isdecimal() else float(value))
    except ValueError:
        return None


def boundless_number(value: object) -> float | None:
    """Give NaN or an infinite float as Python's own, also one of numpy; `None` for everything else."""
    value = plain_scalar(value)
    return float(value) if isinstance(value, float) and not math.isfinite(value) else None


def plain_text(value: object) -> str:
    """Give text that can be encoded: whatever has no `str` form of its own gets Python's, half characters a `�`.

    Text that is longer than all that a page takes at once is left alone: it is refused for that.
    """
    if type(value) is str and value.isascii():
        return value
    value = plain_scalar(value)
    text = "" if value is None else str.__str__(value if isinstance(value, str) else str(value))
    return text if len(text) > MAX_MESSAGE_BYTES else well_formed(text)
