"""Sound files of every usual kind: told by their content, decoded to samples. All but WAV needs PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, TypeAlias

import numpy as np

from millstream.codecs import wav
from millstream.codecs.container import is_installed, library
from millstream.errors import MediaError
from millstream.frames import Chunk, Samples

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

Source: TypeAlias = bytes | Path

MAX_DECODED_BYTES: Final = 512 * 1024 * 1024
"""What a file may become as samples of 16 bits: 46 minutes of 48 kHz in stereo, or 4.6 hours of 16 kHz in mono."""

MAX_CHANNELS: Final = 8

HEAD_BYTES: Final = 64 * 1024
"""How much of a WAV file is read to find where its samples begin."""


class Kind(NamedTuple):
    """A kind of sound file.

    Attributes:
        suffix: How its names end.
        mime: Its media type.
        demuxer: What FFmpeg calls it; no other reader of its is ever asked.
    """

    suffix: str
    mime: str
    demuxer: str


WAV: Final = Kind("wav", "audio/wav", "wav")
MP3: Final = Kind("mp3", "audio/mpeg", "mp3")
AAC: Final = Kind("aac", "audio/aac", "aac")
FLAC: Final = Kind("flac", "audio/flac", "flac")
OGG: Final = Kind("ogg", "audio/ogg", "ogg")
M4A: Final = Kind("m4a", "audio/mp4", "mov")
WEBM: Final = Kind("weba", "audio/webm", "matroska")
MATROSKA: Final = Kind("mka", "audio/x-matroska", "matroska")

NAMES: Final = "WAV, MP3, Ogg, FLAC, AAC, M4A, WebM, AIFF, WMA, AMR, CAF or AU"

_ASF: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_W64: Final = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_EBML: Final = bytes.fromhex("1a45dfa3")

_BEGINNINGS: Final = (
    (0, b"fLaC", FLAC),
    (0, b"OggS", OGG),
    (4, b"ftyp", M4A),
    (4, b"moov", M4A),
    (0, b"RF64", Kind("wav", "audio/x-rf64", "wav")),
    (0, b"BW64", Kind("wav", "audio/x-rf64", "wav")),
    (0, b"RIFX", Kind("wav", "audio/x-rifx", "wav")),
    (0, _W64, Kind("w64", "audio/x-w64", "w64")),
    (0, _ASF, Kind("wma", "audio/x-ms-wma", "asf")),
    (0, b"#!AMR", Kind("amr", "audio/amr", "amr")),
    (0, b"caff", Kind("caf", "audio/x-caf", "caf")),
    (0, b".snd", Kind("au", "audio/basic", "au")),
)

PLAYED: Final = frozenset(
    {"audio/wav", "audio/mpeg", "audio/aac", "audio/flac", "audio/ogg", "audio/mp4", "audio/webm"}
)
"""What browsers play, if they know what is in it."""

CODECS: Final = frozenset({"aac", "mp3", "mp3float", "opus", "vorbis", "flac"})
"""What they know of what may be in an MP4, an Ogg, a WebM or an MP3, by FFmpeg's names."""


def recognise(source: Source) -> Kind | None:
    """Tell by its content what kind of sound a file is, or may be: the container of a film holds sound as well."""
    with _file(source) as file:
        head = _after_tag(file)
    for at, beginning, kind in _BEGINNINGS:
        if head.startswith(beginning, at):
            return kind
    if head.startswith(b"RIFF"):
        return None if head[8:12] in (b"AVI ", b"WEBP") else WAV
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return Kind("aiff", "audio/x-aiff", "aiff")
    if head.startswith(_EBML):
        return MATROSKA if b"matroska" in head[:64] else WEBM
    return _mpeg_of(head)


def _after_tag(file: BinaryIO) -> bytes:
    """Give the first bytes that are not an ID3 tag (ID3v2.4, 3.1), or those of the tag if nothing follows it."""
    head = file.read(64)
    if not head.startswith(b"ID3") or len(head) < 10:
        return head
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 127
    file.seek(10 + size + (10 if head[5] & 16 else 0))
    return file.read(64).lstrip(b"\0") or head


def _mpeg_of(head: bytes) -> Kind | None:
    """Tell MPEG audio by how its frames begin: eleven bits that are set, and then what they are."""
    if head.startswith(b"ID3"):
        return MP3
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return AAC
    is_sensible = head[1] & 0x18 != 0x08 and head[1] & 0x06 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C
    return MP3 if is_sensible else None


def is_played(source: Source, kind: Kind) -> bool:
    """Tell whether browsers play a file. Where that cannot be found out, let them try.

    Of a WAV they play what most of them know: 8 or 16 bits that are not compressed.
    """
    if kind == WAV:
        return _is_plain_wav(source)
    if kind.mime not in PLAYED:
        return False
    if kind in (AAC, FLAC) or not is_installed():
        return True
    try:
        with _opened(source, kind) as (_, stream):
            return stream.codec_context.name in CODECS
    except MediaError:
        return True


def _is_plain_wav(source: Source) -> bool:
    with _file(source) as file:
        head = file.read(HEAD_BYTES)
    try:
        layout = wav.find_samples(head).layout
    except wav.Unfinished:
        return True
    except MediaError:
        return False
    return layout.code == wav.PCM and layout.bits in (8, 16)


def decode(source: Source, max_bytes: int = MAX_DECODED_BYTES) -> Chunk:
    """Decode a whole file at its own rate, with all of its channels.

    Raises:
        MediaError: It is no sound, broken, or longer than `max_bytes` of samples; or PyAV is needed and missing: the
            message names the command that installs it.
    """
    kind = recognise(source)
    if kind is None:
        raise MediaError(f"not a sound of a known kind ({NAMES})")
    if kind == WAV:
        data = source if isinstance(source, bytes) else source.read_bytes()
        try:
            return wav.decode(data)
        except wav.Compressed:
            pass
    with _opened(source, kind) as (reader, stream):
        rate, channels, most = _checked(reader, stream, max_bytes)
        parts = list(_samples(reader, stream, most))
        if sum(map(len, parts)) > most:
            raise _too_long(most, rate, channels, max_bytes)
        return Chunk(np.concatenate(parts) if parts else np.zeros((0, channels), np.int16), rate)


def check(source: Source, max_bytes: int = MAX_DECODED_BYTES) -> None:
    """Check, as far as the beginning of a file tells, that `decode` would succeed.

    Raises:
        MediaError: See `decode`.
    """
    kind = recognise(source)
    if kind is None:
        raise MediaError(f"not a sound of a known kind ({NAMES})")
    if kind == WAV:
        with _file(source) as file:
            head = file.read(HEAD_BYTES)
        try:
            if wav.find_samples(head).layout.code in wav.KNOWN:
                return
        except wav.Unfinished:
            if len(head) < HEAD_BYTES:
                raise
            return
    with _opened(source, kind) as (reader, stream):
        _checked(reader, stream, max_bytes)


def duration_s(source: Source) -> float:
    """Measure how long a file lasts, in seconds, without decoding it where that is possible.

    Raises:
        MediaError: See `decode`.
    """
    kind = recognise(source)
    if kind is None or kind == WAV:
        return decode(source).duration_s
    with _opened(source, kind) as (reader, stream):
        if reader.duration is not None:
            return reader.duration / 1_000_000
        # What a browser has recorded says nothing of its length: its last packet does.
        ends = [
            float((packet.pts + (packet.duration or 0)) * packet.time_base)
            for packet in reader.demux(stream)
            if packet.pts is not None
        ]
        return max(ends, default=0.0)


def _samples(reader: InputContainer, stream: AudioStream, most: int) -> Iterator[Samples]:
    """Decode until there are more than `most` samples of each channel."""
    resampler = library().AudioResampler(format="s16", layout=stream.codec_context.layout, rate=stream.rate)
    count = 0
    for frame in _frames(reader, stream):
        for part in resampler.resample(frame):
            samples = part.to_ndarray().reshape(-1, stream.codec_context.layout.nb_channels)
            count += len(samples)
            yield samples
        if count > most:
            return


def _frames(reader: InputContainer, stream: AudioStream) -> Iterator[AudioFrame | None]:
    for frame in reader.decode(stream):
        frame.pts = None  # a gap between the times that a file tells is no silence in it
        yield frame
    yield None


def _checked(reader: InputContainer, stream: AudioStream, max_bytes: int) -> tuple[int, int, int]:
    """Give the sample rate, the number of channels, and how many samples of each the budget allows."""
    rate, channels = stream.rate or 0, stream.codec_context.layout.nb_channels
    if rate not in wav.RATES_HZ:
        raise MediaError(f"sound at {rate} Hz, expected {wav.RATES_HZ[0]} to {wav.RATES_HZ[-1]}")
    if not 1 <= channels <= MAX_CHANNELS:
        raise MediaError(f"sound of {channels} channels, expected 1 to {MAX_CHANNELS}")
    most = max_bytes // (2 * channels)
    if (reader.duration or 0) / 1_000_000 * rate > most:
        raise _too_long(most, rate, channels, max_bytes)
    return rate, channels, most


def _too_long(most: int, rate: int, channels: int, max_bytes: int) -> MediaError:
    budget = f"{max_bytes // 1024 // 1024} MiB of samples, {most / rate:.0f} s at {rate} Hz and {channels} channels"
    return MediaError(f"it is longer than the budget of {budget}")


@contextmanager
def _opened(source: Source, kind: Kind) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open a file with the one reader of its kind, which may open nothing else."""
    av = library()
    options = {"protocol_whitelist": "", "format_whitelist": kind.demuxer}
    try:
        with _file(source) as file, av.open(file, format=kind.demuxer, options=options) as reader:
            if not reader.streams.audio:
                raise MediaError("it has no sound")
            yield reader, reader.streams.audio[0]
    except (av.FFmpegError, EOFError, ValueError) as error:
        raise MediaError(f"it is broken, or no sound: {getattr(error, 'strerror', None) or error}") from error


@contextmanager
def _file(source: Source) -> Iterator[BinaryIO]:
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        yield file
