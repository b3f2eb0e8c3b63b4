"""Audio files as encoders write them, and how much audio is in each: what the page reads of them is tested with these.

`python tests/codecs/sound_files.py` writes `tests/golden/sound_files.json` with the program ffmpeg; another version
of it may write other bytes. It is a list of `{"name", "base64", "rate", "begin", "count"}`: `count` samples at
`rate` were encoded, and a decoder that leaves out nothing gives `begin` before them.
"""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np

FILE: Final = Path(__file__).parents[1] / "golden" / "sound_files.json"

SECONDS: Final = 0.1

KINDS: Final = {
    "MP3": ("libmp3lame", "mp3", 1105),
    "Ogg Vorbis": ("libvorbis", "ogg", 0),
    "Ogg Opus": ("libopus", "ogg", 312),
    "Ogg FLAC": ("flac", "ogg", 0),
    "FLAC": ("flac", "flac", 0),
}
"""Codec, container, and what comes before the audio: with LAME 576 samples of the encoder and 529 of the decoder."""

OPUS_RATE_HZ: Final = 48_000


def encoded(samples: np.ndarray, rate: int, codec: str, container: str) -> bytes:
    """Encode int16 samples of shape `(n, channels)` to a file; into a pipe ffmpeg writes no tag before an MP3."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sound")
        source = ["-f", "s16le", "-ar", str(rate), "-ac", str(samples.shape[1]), "-i", "-"]
        command = ["ffmpeg", "-loglevel", "error", *source, "-c:a", codec, "-f", container, str(file)]
        subprocess.run(command, input=samples.tobytes(), check=True)
        return file.read_bytes()


def main() -> None:
    """Write the files."""
    files = []
    for kind, (codec, container, begin) in KINDS.items():
        for rate, channels in ((48_000, 2), (24_000, 1)):
            at = np.arange(round(SECONDS * rate) + 13)
            tone = (8_000 * np.sin(2 * np.pi * 440 * at / rate)).astype(np.int16)
            data = encoded(np.repeat(tone[:, None], channels, axis=1), rate, codec, container)
            told_hz = OPUS_RATE_HZ if codec == "libopus" else rate
            name = f"{kind}, {rate} Hz, {'stereo' if channels == 2 else 'mono'}"
            about = {"rate": told_hz, "begin": begin, "count": len(at) * told_hz // rate}
            files.append({"name": name, "base64": base64.b64encode(data).decode(), **about})
    FILE.write_text(json.dumps(files, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
