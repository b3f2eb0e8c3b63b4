"""Audio files as encoders make them, and what comes of them when they are cut."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO

import av
import numpy as np

from millstream.frames import Samples
from millstream.media import chunked_audio as cut

TONE_HZ = 440
LAYOUTS = ("mono", "stereo")


def sine(rate: int, channels: int, seconds: float = 1.0) -> Samples:
    at = np.arange(round(rate * seconds)) * 2 * np.pi * TONE_HZ / rate
    return np.repeat((np.sin(at) * 8_000).astype(np.int16)[:, None], channels, axis=1)


@cache
def sound_file(container: str, codec: str, rate: int, channels: int, seconds: float = 1.0, **options: str) -> bytes:
    file = BytesIO()
    with av.open(file, "w", format=container, options=options) as writer:
        stream = writer.add_stream(codec, rate=rate, layout=LAYOUTS[channels - 1])
        writer.mux([*stream.encode(frame_of(sine(rate, channels, seconds), rate)), *stream.encode(None)])
    return file.getvalue()


def frame_of(samples: Samples, rate: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=LAYOUTS[samples.shape[1] - 1])
    frame.sample_rate, frame.pts = rate, 0
    return frame


def tone(rate: int, channels: int, seconds: float = 1.0) -> bytes:
    """Make an MP3 that says itself how long it is, and has no words before."""
    return sound_file("mp3", "libmp3lame", rate, channels, seconds, id3v2_version="0")


def plain_tone(rate: int, channels: int, seconds: float = 1.0) -> bytes:
    """Make an MP3 of frames alone, as services of speech do."""
    return sound_file("mp3", "libmp3lame", rate, channels, seconds, id3v2_version="0", write_xing="0")


def unsized(flac: bytes) -> bytes:
    """Let a FLAC say nothing of its length, as one that is written while it is sent."""
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]


def decoded(file: bytes) -> Samples:
    """Decode a whole file with FFmpeg's own reader."""
    with av.open(BytesIO(file)) as reader:
        resampler = av.AudioResampler(format="s16")
        frames = [each for frame in reader.decode(audio=0) for each in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray().reshape(-1, frame.layout.nb_channels) for frame in frames])


def pieces(file: bytes, sizes: Sequence[int]) -> list[bytes]:
    """Cut a file into chunks of these sizes, again and again."""
    found, at = [], 0
    while at < len(file):
        found.append(file[at : at + sizes[len(found) % len(sizes)]])
        at += len(found[-1])
    return found


def heard(given: Sequence[bytes]) -> tuple[int, Samples]:
    """Run chunks through; gives the rate and all samples."""
    run = cut.begin(given[0])
    assert run is not None
    chunks = [chunk for chunk in [*map(run.feed, given), run.end()] if chunk is not None]
    assert len({(chunk.sample_rate, chunk.channels) for chunk in chunks}) == 1
    return chunks[0].sample_rate, np.concatenate([chunk.samples for chunk in chunks])
