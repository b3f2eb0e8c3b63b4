"""WAV files, in memory: what handlers get as a file path, and what users upload. Not a codec: streams carry PCM16."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

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

MAX_PARTS: Final = 1000
"""Parts that may come before the samples; real files have some ten."""

FIRST_UNKNOWN: Final = 0x7FFF_0000
"""From here on a size is what programs write that do not know it yet, each its own way; others write 0."""


class Layout(NamedTuple):
    """How samples lie: their encoding, channels, samples a second, bytes of one of all channels, and bits of one."""

    code: int
    channels: int
    sample_rate: int
    frame_bytes: int
    bits: int


class Beginning(NamedTuple):
    """What stands before the samples: their layout, where they begin, and how many bytes they are by what is said."""

    layout: Layout
    at: int
    size: int

    @property
    def has_size(self) -> bool:
        """Whether the size is known, and not only filled in."""
        return 0 < self.size < FIRST_UNKNOWN


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
    layout, at, size = find_samples(view)
    rest = len(view) - at
    if 0 < size <= rest:
        return read(view[at : at + size], layout)
    if 0 < size < FIRST_UNKNOWN:
        raise MediaError(f"the WAV file is cut off: {rest} of {size} bytes of samples are there")
    return read(view[at:], layout)


def find_samples(data: bytes | memoryview) -> Beginning:
    """Find where the samples of a WAV file begin; other parts are skipped.

    Raises:
        Unfinished: The samples do not begin in what is there.
        MediaError: See `decode`.
    """
    view = memoryview(data)
    if bytes(view[:4]) != b"RIFF" or bytes(view[8:12]) != b"WAVE":
        raise MediaError("not a WAV file")
    said: memoryview | None = None
    at = 12
    for _ in range(MAX_PARTS):
        if at + 8 > len(view):
            break
        name, size = struct.unpack_from("<4sI", view, at)
        at += 8
        if name == b"data" and said is not None:
            return Beginning(_layout_of(said), at, size)
        if name == b"fmt ":
            said = view[at : at + size]
        at += size + size % 2
    else:
        raise MediaError(f"the WAV file has more than {MAX_PARTS} parts before its samples")
    raise Unfinished("the WAV file has no samples" if said is not None else "the WAV file does not say its format")


class Unfinished(MediaError):
    """The beginning of a WAV file is not all there."""


def _layout_of(said: memoryview) -> Layout:
    try:
        code, channels, sample_rate, _, frame_bytes, bits = LAYOUT.unpack_from(said)
        if code == EXTENSIBLE:
            (code,) = struct.unpack_from("<H", said, 24)
    except struct.error as error:
        raise MediaError("the WAV file is cut off") from error
    if sample_rate not in RATES_HZ:
        raise MediaError(f"a WAV file at {sample_rate} Hz, expected {RATES_HZ[0]} to {RATES_HZ[-1]}")
    if channels not in CHANNELS:
        raise MediaError(f"a WAV file of {channels} channels, expected {CHANNELS[0]} to {CHANNELS[-1]}")
    if bits < 8 or frame_bytes != channels * bits // 8:
        raise MediaError("the WAV file does not hold whole samples")
    return Layout(code, channels, sample_rate, frame_bytes, bits)


def read(samples: memoryview, layout: Layout) -> Chunk:
    """Read samples that lie as `layout` says.

    Raises:
        MediaError: They are compressed, or the last one is not whole.
    """
    if len(samples) % layout.frame_bytes:
        raise MediaError("the WAV file does not hold whole samples")
    values = _to_int16(samples, layout.code, layout.bits)
    return Chunk(values.reshape(-1, layout.channels), layout.sample_rate)


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
