"""WAV files, in memory: what handlers get as a file path, and what users upload. Not a codec: streams carry PCM16."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from millstream.codecs.pcm16 import CHANNELS
from millstream.errors import MediaError
from millstream.frames import Chunk, Samples

RATES_HZ: Final = range(1_000, 384_000 + 1)
"""What a file may say; more than what a microphone may."""

LAYOUT: Final = struct.Struct("<HHIIHH")
"""Of `fmt `: encoding, channels, sample_rate, bytes a second, bytes of one sample of all channels, bits."""

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
UNKNOWN_SIZES: Final = (0, 0x7FFF_FFFF - 36, 0x7FFF_FFFF, 0xFFFF_FFFF - 36, 0xFFFF_FFFF)
"""What programs write for the size of the samples when they do not know it yet; they reach to the end then."""


def encode(chunk: Chunk) -> bytes:
    """Make a WAV file of 16-bit samples.

    Raises:
        MediaError: More than 4 GiB do not fit into one.
    """
    if chunk.samples.nbytes > 0xFFFF_FFFF - 36:
        raise MediaError(f"{chunk.duration_s:.0f} s of sound do not fit into a WAV file: write several")
    data = chunk.samples.astype("<i2", copy=False).tobytes()
    frame_bytes = 2 * chunk.channels
    layout = LAYOUT.pack(PCM, chunk.channels, chunk.sample_rate, chunk.sample_rate * frame_bytes, frame_bytes, 16)
    return b"".join(
        (
            struct.pack("<4sI4s", b"RIFF", 36 + len(data), b"WAVE"),
            struct.pack("<4sI", b"fmt ", len(layout)),
            layout,
            struct.pack("<4sI", b"data", len(data)),
            data,
        )
    )


def decode(data: bytes | memoryview) -> Chunk:
    """Read a WAV file of integers of 8, 16, 24 or 32 bits, or of floats of 32 or 64 bits.

    Floats beyond -1..1 are clipped, what is not a number is silence.

    Raises:
        MediaError: Broken, cut off, compressed, below 1 or above 384 kHz, or of more than 8 channels.
    """
    view = memoryview(data)
    if bytes(view[:4]) != b"RIFF" or bytes(view[8:12]) != b"WAVE":
        raise MediaError("not a WAV file")
    try:
        layout, samples = _find_parts(view)
        code, channels, sample_rate, _, frame_bytes, bits = LAYOUT.unpack_from(layout)
        if code == EXTENSIBLE:
            (code,) = struct.unpack_from("<H", layout, 24)
    except struct.error as error:
        raise MediaError("the WAV file is cut off") from error
    if sample_rate not in RATES_HZ:
        raise MediaError(f"a WAV file at {sample_rate} Hz, expected {RATES_HZ[0]} to {RATES_HZ[-1]}")
    if channels not in CHANNELS:
        raise MediaError(f"a WAV file of {channels} channels, expected {CHANNELS[0]} to {CHANNELS[-1]}")
    if bits < 8 or frame_bytes != channels * bits // 8 or len(samples) % frame_bytes:
        raise MediaError("the WAV file does not hold whole samples")
    return Chunk(_to_int16(samples, code, bits).reshape(-1, channels), sample_rate)


def _find_parts(view: memoryview) -> tuple[memoryview, memoryview]:
    """Find the `fmt ` and the `data` chunk; others are skipped."""
    layout: memoryview | None = None
    at = 12
    while at + 8 <= len(view):
        name, size = struct.unpack_from("<4sI", view, at)
        at += 8
        rest = len(view) - at
        if name == b"data" and layout is not None:
            if size > rest and size not in UNKNOWN_SIZES:
                raise MediaError(f"the WAV file is cut off: {rest} of {size} bytes of samples are there")
            return layout, view[at : at + size] if 0 < size <= rest else view[at:]
        if name == b"fmt ":
            layout = view[at : at + size]
        at += size + size % 2
    raise MediaError("the WAV file has no samples" if layout is not None else "the WAV file does not say its format")


def _to_int16(data: memoryview, code: int, bits: int) -> Samples:
    if code == PCM and bits == 8:
        return (np.frombuffer(data, np.uint8).astype(np.int16) - 128) << 8
    if code == PCM and bits == 16:
        return np.frombuffer(data, "<i2").astype(np.int16)
    if code == PCM and bits == 24:
        # The upper two of each three bytes.
        triples = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return np.ascontiguousarray(triples[:, 1:]).view("<i2").reshape(-1).astype(np.int16)
    if code == PCM and bits == 32:
        return (np.frombuffer(data, "<i4") >> 16).astype(np.int16)
    if code == FLOAT and bits in (32, 64):
        return _from_float(np.frombuffer(data, f"<f{bits // 8}"))
    raise MediaError(f"a WAV file of encoding {code} with {bits} bits, expected integers or floats: convert it first")


def _from_float(values: NDArray[np.floating]) -> Samples:
    scaled: NDArray[np.floating] = np.nan_to_num(values, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0) * 32767
    return scaled.round().astype(np.int16)
