"""The duration of a benchmark, from an environment variable."""

from __future__ import annotations

import math
import os
import sys


def seconds(variable: str, default: float, least: float) -> float:
    """Read the duration; exits if it is too short, or no number."""
    given = os.environ.get(variable, str(default))
    try:
        found = float(given)
    except ValueError:
        found = math.nan
    if not least <= found < math.inf:
        sys.exit(f"{variable}={given}: give seconds, {least:g} at least (default: {default:g})")
    return found
