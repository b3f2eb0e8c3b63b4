"""FileExplorer.

Files of the server to choose from, below one folder.
"""

import tempfile
from pathlib import Path

import millstream as gr

NAMES = ("calibration.json", "takes/first.mp4", "takes/second.mp4", "takes/stills/door.jpg", "readme.txt")


def folder() -> Path:
    """Make a folder with some files where apps may show them."""
    root = Path(tempfile.mkdtemp(prefix="story-"))
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def story() -> None:
    gr.FileExplorer(
        root_dir=folder(), ignore_glob="*.txt", label="Recordings", value="calibration.json", interactive=True
    )
