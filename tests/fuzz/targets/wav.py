"""A WAV file: at once, and in two chunks."""

from __future__ import annotations

from millstream.errors import MediaError
from millstream.media import wav


def fuzz(data: bytes) -> None:
    """Decode the file; what is decoded survives the way back."""
    try:
        chunk = wav.decode(data)
    except MediaError:
        return
    again = wav.decode(wav.encode(chunk))
    assert again.sample_rate == chunk.sample_rate
    assert (again.samples == chunk.samples).all()
