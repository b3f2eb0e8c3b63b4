"""An audio file that arrives in chunks: the first byte says how long they are."""

from __future__ import annotations

from millstream.errors import MediaError
from millstream.media.chunked_audio import begin

MOST_SAMPLES = 4096 * 5000
"""A byte stands for at most so many: FLAC and MP3 say silence in few."""


def fuzz(data: bytes) -> None:
    """Decode what is there, chunk by chunk, and its end."""
    length, data = 1 + 16 * data[0] if data else 1, data[1:]
    try:
        decoder = begin(data[:length])
        if decoder is None:
            return
        chunks = [decoder.feed(data[at : at + length]) for at in range(0, len(data), length)]
        chunks.append(decoder.end())
    except MediaError:
        return
    assert sum(len(chunk.samples) for chunk in chunks if chunk is not None) <= MOST_SAMPLES
