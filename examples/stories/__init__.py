"""One file for each part of an app, shown on one page by `all_parts.py`.

A story's docstring is its title and one sentence. Its function `story()` declares the part, with values that are the
same each time: no clock, no random numbers, nothing from the network.
"""

from pathlib import Path

MEDIA = Path(__file__).parents[1] / "media"
"""Images and a video to show."""
