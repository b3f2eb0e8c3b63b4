"""WAV files, in memory: what handlers get as a file path, and what users upload. Not a codec: streams carry PCM16."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from millstream.errors import MediaError
from millstream.frames import CHANNELS, Chunk, Samples

RATES_HZ: Final = range(1_000, 384_000 + 1)
"""Sample rates of files; a microphone has fewer."""

LAYOUT: Final = struct.Struct("<HHIIHH")
"""Of `fmt `: encoding, channels, sample_rate, bytes a second, bytes of one sample of all channels, bits."""

PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
KNOWN: Final = frozenset({PCM, FLOAT, A_LAW, MU_LAW})

VARIANTS: Final = frozenset({b"RF64", b"BW64"})
"""The marks of WAV files that may be larger than 4 GiB, as broadcasters and recorders write them."""

MAX_PARTS: Final = 1000
"""Parts that may come before the samples; real files have some ten."""

FIRST_UNKNOWN: Final = 0x7FFF_0000
"""From here on a size is what programs write that do not know it yet, each its own way; others write 0."""


class WavFormat(NamedTuple):
    """The layout of samples: encoding, channels, samples a second, bytes of one of all channels, and bits of one."""

    code: int
    channels: int
    sample_rate: int
    frame_bytes: int
    bits: int


class WavHead(NamedTuple):
    """The header before the samples: their layout, where they begin, and their bytes by its own account."""

    layout: WavFormat
    at: int
    size: int

    @property
    def has_size(self) -> bool:
        """True if the size is known, and not only filled in."""
        return 0 < self.size < FIRST_UNKNOWN

    def bytes_of(self, total: int) -> int:
        """Give how many bytes of samples a file of `total` bytes holds.

        Raises:
            MediaError: It is cut off, or its last sample is.
        """
        rest = total - self.at
        if self.has_size and self.size > rest:
            raise MediaError(f"the WAV file is cut off: {rest} of {self.size} bytes of samples are there")
        found = self.size if 0 < self.size <= rest else rest
        if self.layout.code in KNOWN and found % self.layout.frame_bytes:
            raise MediaError("the WAV file does not hold whole samples")
        return found


def encode(chunk: Chunk) -> bytes:
    """Make a WAV file of 16-bit samples.

    Raises:
        MediaError: More than 4 GiB do not fit into one.
    """
    if chunk.samples.nbytes > 0xFFFF_FFFF - 36:
        raise MediaError(f"{chunk.duration_s:.0f} s of audio do not fit into a WAV file: write several")
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
    """Read a WAV file of integers of 8, 16, 24 or 32 bits, of floats of 32 or 64 bits, or of A-law or mu-law.

    Floats that go beyond -1..1 are all divided by the largest of them; what is not a number is silence.

    Raises:
        Compressed: It is a WAV file, but of another encoding.
        MediaError: Broken, cut off, below 1 or above 384 kHz, or of more than 8 channels.
    """
    view = memoryview(data)
    head = find_samples(view)
    return read(view[head.at : head.at + head.bytes_of(len(view))], head.layout, is_whole=True)


def find_samples(data: bytes | memoryview) -> WavHead:
    """Find where the samples of a WAV file begin; other parts are skipped.

    Raises:
        Unfinished: The samples do not begin in what is there.
        Compressed: It is a variant of WAV for larger files.
        MediaError: See `decode`.
    """
    view = memoryview(data)
    if bytes(view[:4]) in VARIANTS and bytes(view[8:12]) == b"WAVE":
        raise Compressed(f"the WAV file is a {bytes(view[:4]).decode()}, which is read by PyAV")
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
            return WavHead(_layout_of(said), at, size)
        if name == b"fmt ":
            said = view[at : at + size]
        at += size + size % 2
    else:
        raise MediaError(f"the WAV file has more than {MAX_PARTS} parts before its samples")
    raise Unfinished("the WAV file has no samples" if said is not None else "the WAV file does not say its format")


class Unfinished(MediaError):
    """The beginning of a WAV file is not all there."""


class Compressed(MediaError):
    """The samples of a WAV file are encoded, or its parts are written, in a way that is not read here."""


def _layout_of(said: memoryview) -> WavFormat:
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
    if code in KNOWN:
        width = frame_bytes // channels * 8
        bits = width if width - 8 < bits < width else bits  # what has 20 bits lies in 24, of which the lower four are 0
        if bits < 8 or frame_bytes != channels * bits // 8:
            raise MediaError("the WAV file does not hold whole samples")
    return WavFormat(code, channels, sample_rate, frame_bytes, bits)


def read(samples: memoryview, layout: WavFormat, *, is_whole: bool = False) -> Chunk:
    """Read samples that lie as `layout` says.

    Floats beyond -1..1 are clipped, or all divided by the largest if these are all that there are.

    Raises:
        MediaError: They are compressed, or the last one is not whole.
    """
    if layout.code not in KNOWN:
        raise _compressed(layout.code, layout.bits)
    if len(samples) % layout.frame_bytes:
        raise MediaError("the WAV file does not hold whole samples")
    values = _to_int16(samples, layout.code, layout.bits, is_whole)
    return Chunk(values.reshape(-1, layout.channels), layout.sample_rate)


def _to_int16(data: memoryview, code: int, bits: int, is_whole: bool) -> Samples:
    if code == FLOAT and bits in (32, 64):
        return _from_float(np.frombuffer(data, f"<f{bits // 8}"), is_whole)
    if code in (A_LAW, MU_LAW) and bits == 8:
        return (_A_LAW if code == A_LAW else _MU_LAW)[np.frombuffer(data, np.uint8)]
    if code != PCM or bits not in (8, 16, 24, 32):
        raise _compressed(code, bits)
    if bits == 8:
        return (np.frombuffer(data, np.uint8).astype(np.int16) - 128) << 8
    if bits == 16:
        return np.frombuffer(data, "<i2").astype(np.int16)
    if bits == 32:
        return (np.frombuffer(data, "<i4") >> 16).astype(np.int16)
    # The upper two of each three bytes.
    triples = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return np.ascontiguousarray(triples[:, 1:]).view("<i2").reshape(-1).astype(np.int16)


def _compressed(code: int, bits: int) -> Compressed:
    what = f"a WAV file of encoding {code} with {bits} bits"
    return Compressed(f"{what}, expected integers or floats: convert it first")


def _from_float(values: NDArray[np.floating], is_whole: bool) -> Samples:
    is_finite = np.isfinite(values)
    peak = float(np.abs(values, where=is_finite, out=np.zeros_like(values)).max(initial=0.0)) if is_whole else 1.0
    scaled = np.nan_to_num(values / max(peak, 1.0), posinf=1.0, neginf=-1.0).clip(-1.0, 1.0) * 32767
    return np.asarray(scaled.round(), np.int16)


def _law(segments: NDArray[np.int32]) -> Samples:
    """Give the sample of each byte, of those of the bytes whose upper bit says "above 0"."""
    return np.concatenate([-segments, segments]).astype(np.int16)


def _expanded_a(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Expand A-law (table 1 of ITU-T G.711), of which every second bit is inverted."""
    exponent, mantissa = (codes ^ 0x55) >> 4 & 7, (codes ^ 0x55) & 15
    return np.where(exponent > 0, (2 * mantissa + 33) << (exponent + 2), (2 * mantissa + 1) << 3)


def _expanded_mu(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Expand mu-law (table 2 of ITU-T G.711), of which all bits are inverted."""
    exponent, mantissa = ~codes >> 4 & 7, ~codes & 15
    return ((2 * mantissa + 33) << (exponent + 2)) - 132


_LOWER: Final = np.arange(128, dtype=np.int32)
_A_LAW: Final = _law(_expanded_a(_LOWER))
_MU_LAW: Final = _law(_expanded_mu(_LOWER))
