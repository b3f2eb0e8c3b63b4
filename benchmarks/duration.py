"""How long a benchmark runs, by an environment variable."""

from __future__ import annotations

import math
import os
import sys


def seconds(variable: str, default: float, least: float) -> float:
    """Read how long to measure; ends the program if that is too short, or no number."""
    given = os.environ.get(variable, str(default))
    try:
        found = float(given)
    except ValueError:
        found = math.nan
    if not least <= found < math.inf:
        sys.exit(f"{variable}={given}: give seconds, {least:g} at least (default: {default:g})")
    return found
