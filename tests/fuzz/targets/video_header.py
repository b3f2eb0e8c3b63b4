"""The header of a video, as it is read before PyAV may: its tables, how long it is, whether it has audio."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from millstream.errors import MediaError
from millstream.media.budget import BUDGET
from millstream.media.image_file import read_orientation
from millstream.media.mp4_tables import check_tables
from millstream.media.probe import has_sound, outline_of


def fuzz(data: bytes) -> None:
    """Read the header in each way, and the data as the EXIF block of an image."""
    assert 1 <= read_orientation(data) <= 8
    try:
        check_tables(io.BytesIO(data), BUDGET)
    except MediaError:
        pass
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        for read in (has_sound, outline_of):
            try:
                read(Path(file.name))
            except MediaError:
                continue
