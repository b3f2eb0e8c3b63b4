"""The prefixes with which payloads of audio begin. All numbers are little-endian, counts are of samples per channel."""

from __future__ import annotations

import struct
from typing import Final

SAMPLE_BYTES: Final = 2
"""Size of one sample of one channel in PCM16."""

PCM16_PREFIX: Final = struct.Struct("<QIB3s")
"""first_sample, sample_rate, channels, three zero bytes; interleaved samples follow."""

OPUS_PREFIX: Final = struct.Struct("<QIBBHH")
"""first_sample, sample_rate, channels, a zero byte, skip, count; one packet of Opus follows."""

FILE_PREFIX: Final = struct.Struct("<II")
"""Size of the whole file, and where in it this part begins; the bytes of the part follow."""


def pcm16_seconds(payload: bytes | memoryview) -> float:
    """Read how long the samples of a payload last; 0 if it does not say, which its decoder refuses."""
    if len(payload) < PCM16_PREFIX.size:
        return 0.0
    _, sample_rate, channels, _ = PCM16_PREFIX.unpack_from(payload)
    bytes_per_second: int = SAMPLE_BYTES * channels * sample_rate
    return (len(payload) - PCM16_PREFIX.size) / bytes_per_second if bytes_per_second else 0.0
