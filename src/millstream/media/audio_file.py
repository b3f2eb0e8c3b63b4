"""Audio files of every usual kind: told by their content, decoded to samples. All but WAV needs PyAV."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from millstream.errors import MediaError
from millstream.frames import Chunk, Samples
from millstream.media import budget, wav
from millstream.media import file_kinds as kinds
from millstream.media.file_kinds import FileKind, Source
from millstream.media.single_threaded import AudioConverter
from millstream.media.untrusted import Media, is_installed, open_media

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from av.stream import Stream

MAX_DECODED_BYTES: Final = 512 * 1024 * 1024
"""The largest size of a file as samples of 16 bits: 46 minutes of 48 kHz in stereo, or 4.6 hours of 16 kHz in mono."""

MAX_CHANNELS: Final = 8

HEAD_BYTES: Final = 64 * 1024
"""Bytes of a WAV file that are read to find where its samples begin."""


KINDS: Final = kinds.AUDIO | {"mov"}
"""The kinds that are read: a QuickTime file may hold audio alone."""

NAMES: Final = kinds.AUDIO_NAMES

BUDGET: Final = budget.BUDGET._replace(decoded_mib=MAX_DECODED_BYTES // 1024 // 1024 * 4)
"""The bounds of reading a file: decoders give wider samples than 16 bits."""


PLAYED: Final = frozenset(
    {"audio/wav", "audio/mpeg", "audio/aac", "audio/flac", "audio/ogg", "audio/mp4", "audio/webm"}
)
"""Media types that browsers play, if they know the codec inside."""

CODECS: Final = frozenset({"aac", "mp3", "mp3float", "opus", "vorbis", "flac"})
"""Codecs of an MP4, an Ogg, a WebM or an MP3 that they know, by FFmpeg's names."""


def recognise(source: Source) -> FileKind | None:
    """Tell by its content what kind of audio a file is, or may be: the container of a video holds audio as well."""
    name = kinds.probe(source) or _claimed(source)
    return kinds.KINDS[name] if name is not None and name in KINDS else None


def _claimed(source: Source) -> str | None:
    """Tell what a file claims to be that is broken or cut off: its reader has a better message than "no audio"."""
    with kinds.reading(source) as file:
        head = file.read(12)
    if head.startswith(b"ID3"):
        return "mp3"
    return "wav" if head.startswith(b"RIFF") and head[8:] not in (b"AVI ", b"WEBP") else None


def media_type(kind: FileKind) -> str:
    """Give the media type of an audio file."""
    return kind.audio or "audio/mp4"


def suffix(kind: FileKind) -> str:
    """Give the usual suffix of an audio file, without a dot."""
    return {"mp4": "m4a", "mov": "m4a", "webm": "weba", "mkv": "mka", "asf": "wma"}.get(kind.name, kind.name)


def is_played(source: Source, kind: FileKind) -> bool:
    """Tell whether browsers play a file. Where that cannot be found out, let them try.

    Of a WAV they play what most of them know: 8 or 16 bits that are not compressed.
    """
    if kind.name == "wav":
        return _is_plain_wav(source)
    if media_type(kind) not in PLAYED:
        return False
    if kind.name in ("aac", "flac") or not is_installed():
        return True
    try:
        with _opened(source) as (_, stream):
            return stream.codec_context.name in CODECS
    except MediaError:
        return True


def _is_plain_wav(source: Source) -> bool:
    with kinds.reading(source) as file:
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
        MediaError: It is not audio, broken, or longer than `max_bytes` of samples; or PyAV is needed and missing: the
            message names the command that installs it.
    """
    kind = recognise(source)
    if kind is None:
        raise MediaError(f"not audio of a known kind ({NAMES})")
    if kind.name == "wav":
        data = source if isinstance(source, bytes) else source.read_bytes()
        try:
            return wav.decode(data)
        except wav.Compressed:
            pass
    with _opened(source) as (media, stream):
        rate, channels, most = _checked(media, stream, max_bytes)
        parts = list(_samples(media, stream, most))
        if sum(map(len, parts)) > most:
            raise _too_long(most, rate, channels, max_bytes)
        return Chunk(np.concatenate(parts) if parts else np.zeros((0, channels), np.int16), rate)


def check(source: Source, max_bytes: int = MAX_DECODED_BYTES) -> None:
    """Check, as far as the beginning of a file and its size tell, that `decode` would succeed.

    Raises:
        MediaError: See `decode`.
    """
    kind = recognise(source)
    if kind is None:
        raise MediaError(f"not audio of a known kind ({NAMES})")
    if kind.name == "wav":
        with kinds.reading(source) as file:
            head = file.read(HEAD_BYTES)
            total = file.seek(0, os.SEEK_END)
        try:
            samples = wav.find_samples(head)
            if samples.layout.code in wav.KNOWN:
                samples.bytes_of(total)
                return
        except wav.Compressed:
            pass
        except wav.Unfinished:
            if len(head) < HEAD_BYTES:
                raise
            return
    with _opened(source) as (media, stream):
        _checked(media, stream, max_bytes)


def duration_s(source: Source) -> float:
    """Measure how long a file lasts, in seconds, without decoding it where that is possible.

    Raises:
        MediaError: See `decode`.
    """
    kind = recognise(source)
    if kind is None or kind.name == "wav":
        return decode(source).duration_s
    with _opened(source) as (media, stream):
        if media.reader.duration is not None:
            return media.reader.duration / 1_000_000
        # What a browser has recorded says nothing of its length: its last packet does.
        ends = [
            float((packet.pts + (packet.duration or 0)) * packet.time_base)
            for packet in _packets(media, stream)
            if packet.pts is not None
        ]
        return max(ends, default=0.0)


def _samples(media: Media, stream: AudioStream, most: int) -> Iterator[Samples]:
    """Decode until there are more than `most` samples of each channel."""
    resampler = AudioConverter("s16", stream.codec_context.layout.name, stream.rate)
    count = 0
    for frame in _frames(media, stream):
        for part in resampler.resample(frame):
            samples = cast("Samples", part.to_ndarray()).reshape(-1, stream.codec_context.layout.nb_channels)
            count += len(samples)
            yield samples
        if count > most:
            return


def _packets(media: Media, stream: AudioStream) -> Iterator[Packet[Stream]]:
    return media.meter.packets(cast("Iterator[Packet[Stream]]", media.reader.demux(stream)))


def _frames(media: Media, stream: AudioStream) -> Iterator[AudioFrame | None]:
    for packet in _packets(media, stream):
        for frame in packet.decode():
            media.meter.frame(frame)
            heard = cast("AudioFrame", frame)
            heard.pts = None  # a gap between the times that a file tells is no silence in it
            yield heard
    yield None


def _checked(media: Media, stream: AudioStream, max_bytes: int) -> tuple[int, int, int]:
    """Give the sample rate, the number of channels, and how many samples of each the budget allows."""
    rate, channels = stream.rate or 0, stream.codec_context.layout.nb_channels
    if rate not in wav.RATES_HZ:
        raise MediaError(f"audio at {rate} Hz, expected {wav.RATES_HZ[0]} to {wav.RATES_HZ[-1]}")
    if not 1 <= channels <= MAX_CHANNELS:
        raise MediaError(f"audio of {channels} channels, expected 1 to {MAX_CHANNELS}")
    most = max_bytes // (2 * channels)
    if (media.reader.duration or 0) / 1_000_000 * rate > most:
        raise _too_long(most, rate, channels, max_bytes)
    return rate, channels, most


def _too_long(most: int, rate: int, channels: int, max_bytes: int) -> MediaError:
    budget = f"{max_bytes // 1024 // 1024} MiB of samples, {most / rate:.0f} s at {rate} Hz and {channels} channels"
    return MediaError(f"it is longer than the budget of {budget}")


@contextmanager
def _opened(source: Source) -> Iterator[tuple[Media, AudioStream]]:
    with open_media(source, KINDS, BUDGET) as media:
        tracks = budget.audio_of(media.reader)
        if not tracks:
            raise MediaError("it has no audio")
        yield media, tracks[0]
