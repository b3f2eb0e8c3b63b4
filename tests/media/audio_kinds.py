"""A second of a tone as every kind of audio file, and what is known of each kind."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from millstream.frames import Chunk

RATE = 16_000
TONE_HZ = 500


def tone(channels: int = 2, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    wave = np.sin(2 * np.pi * TONE_HZ * np.arange(round(seconds * rate)) / rate) * 10_000
    return np.repeat(wave.astype(np.int16)[:, None], channels, axis=1)


@cache
def encoded(container: str, codec: str, channels: int = 2, seconds: float = 1.0, rate: int = RATE) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sound")
        source = ["-f", "s16le", "-ar", str(rate), "-ac", str(channels), "-i", "-"]
        command = ["ffmpeg", "-loglevel", "error", *source, "-c:a", codec, "-f", container, str(file)]
        subprocess.run(command, input=tone(channels, seconds, rate).tobytes(), check=True)
        return file.read_bytes()


KINDS: dict[str, tuple[str, str, str, bool]] = {
    "MP3": ("mp3", "libmp3lame", "audio/mpeg", True),
    "MP2": ("mp2", "mp2", "audio/mpeg", False),
    "AAC": ("adts", "aac", "audio/aac", True),
    "M4A": ("ipod", "aac", "audio/mp4", True),
    "MP4": ("mp4", "libmp3lame", "audio/mp4", True),
    "ALAC": ("ipod", "alac", "audio/mp4", False),
    "QuickTime": ("mov", "pcm_s16le", "audio/mp4", False),
    "Vorbis": ("ogg", "libvorbis", "audio/ogg", True),
    "Opus": ("ogg", "libopus", "audio/ogg", True),
    "Ogg FLAC": ("ogg", "flac", "audio/ogg", True),
    "WebM": ("webm", "libopus", "audio/webm", True),
    "Matroska": ("matroska", "libvorbis", "audio/x-matroska", False),
    "FLAC": ("flac", "flac", "audio/flac", True),
    "AIFF": ("aiff", "pcm_s16be", "audio/x-aiff", False),
    "WMA": ("asf", "wmav2", "audio/x-ms-wma", False),
    "CAF": ("caf", "pcm_s16le", "audio/x-caf", False),
    "AU": ("au", "pcm_s16be", "audio/basic", False),
    "Wave64": ("w64", "pcm_s16le", "audio/x-w64", False),
    "WAV": ("wav", "pcm_s16le", "audio/wav", True),
    "WAV of 8 bits": ("wav", "pcm_u8", "audio/wav", True),
    "WAV of 24 bits": ("wav", "pcm_s24le", "audio/wav", False),
    "WAV of 32 bits": ("wav", "pcm_s32le", "audio/wav", False),
    "WAV of floats": ("wav", "pcm_f32le", "audio/wav", False),
    "WAV of doubles": ("wav", "pcm_f64le", "audio/wav", False),
    "A-law": ("wav", "pcm_alaw", "audio/wav", False),
    "mu-law": ("wav", "pcm_mulaw", "audio/wav", False),
    "ADPCM": ("wav", "adpcm_ms", "audio/wav", False),
}
"""Container, codec, what it is told to be, and whether browsers play it."""


def made(name: str, channels: int = 2) -> bytes:
    container, codec, _, _ = KINDS[name]
    return encoded(container, codec, channels, rate=48_000 if codec == "libopus" else RATE)


def check_tone(chunk: Chunk, channels: int = 2, seconds: float = 1.0) -> None:
    assert (chunk.samples.dtype, chunk.channels) == (np.int16, channels)
    assert abs(chunk.duration_s - seconds) < 0.15
    middle = chunk.samples[len(chunk.samples) // 4 : -len(chunk.samples) // 4, -1].astype(float)
    spectrum = np.abs(np.fft.rfft(middle))
    assert abs(spectrum.argmax() * chunk.sample_rate / len(middle) - TONE_HZ) < 5
    assert abs(np.abs(middle).max() - 10_000) < 1_500
