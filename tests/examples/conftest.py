"""Examples are scripts: they import their neighbours as if their folder were the working folder."""

import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))
