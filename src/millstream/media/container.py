"""Video files: their kind and duration, and from one container to another. Most of it needs PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from millstream.errors import MediaError
from millstream.media import untrusted as foreign
from millstream.media.budget import BUDGET, Budget, audio_of, video_of
from millstream.media.file_kinds import KINDS, VIDEO, FileKind, Source, probe
from millstream.media.probe import has_sound, outline_of
from millstream.media.untrusted import Media, open_media
from millstream.media.video_tracks import CODECS, Conversion, CopiedTrack, Draw, EncodedTrack, fits

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    Track: TypeAlias = VideoStream | AudioStream

FORMATS: Final = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "m4v": "video/mp4",
    "ogv": "video/ogg",
    "mkv": "video/x-matroska",
    "avi": "video/x-msvideo",
    "ts": "video/mp2t",
}
"""Containers by the ends of their files' names, with their media types."""

WEB: Final = frozenset({"mp4", "webm", "mov", "m4v", "ogv"})
"""Containers that browsers play."""

NAMES: Final = {"ogg": "ogv", "mpg": "mpeg", "asf": "wmv"}
"""Kinds whose files are usually called something else when they are videos."""

MUXERS: Final = {"mkv": "matroska", "ts": "mpegts", "ogv": "ogg", "m4v": "mp4"}
"""FFmpeg's names of what writes a container, where they are others than its own."""


def recognise(source: Source) -> str | None:
    """Tell by its content what kind of video a file may be: a key of `FORMATS` or another end of names, or `None`."""
    kind = probe(source)
    return NAMES.get(kind, kind) if kind is not None and kind in VIDEO else None


def recognised(source: Source) -> str:
    """Tell what `recognise` does.

    Raises:
        MediaError: It is no video of a kind that is read here.
    """
    kind = foreign.recognised(source).name
    return NAMES.get(kind, kind)


def is_named(path: Path, kind: str) -> bool:
    """Tell whether the end of a name means a kind that `recognise` has told."""
    return path.suffix.lower() in _kind(kind).suffixes


def mime_of(kind: str) -> str:
    """Give the media type of a kind that `recognise` has told."""
    return _kind(kind).video


def is_installed() -> bool:
    """Tell whether PyAV is there."""
    return foreign.is_installed()


def library() -> ModuleType:
    """Give PyAV.

    Raises:
        MediaError: It is not installed; the message names the command.
    """
    return foreign.library()


def _kind(name: str) -> FileKind:
    return KINDS[next((kind for kind, usual in NAMES.items() if usual == name), name)]


def duration_s(path: Path) -> float:
    """Measure how long a video lasts, in seconds. Only of other files than MP4 and WebM that needs PyAV.

    Raises:
        MediaError: It is no video, it is broken, or PyAV is not installed.
    """
    if not is_installed() and (outline := outline_of(path)) is not None:
        return outline.seconds
    with opened(path) as media:
        reader = media.reader
        if reader.duration is not None:
            return reader.duration / 1_000_000
        # What a browser has recorded says nothing of its length: its last frame does.
        last = 0.0
        for packet in media.meter.packets(reader.demux()):
            if packet.pts is not None:
                last = max(last, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        return last


def is_silent(path: Path) -> bool:
    """Tell whether it is certain that a video has no audio: an MP4 or a WebM says so.

    Raises:
        MediaError: It is broken.
    """
    return has_sound(path) is False


def is_playable(path: Path) -> bool:
    """Tell whether browsers know what is in a file: its container and all of its codecs.

    Raises:
        MediaError: It is no video, it is broken, or PyAV is not installed.
    """
    kind = recognise(path)
    if kind not in WEB:
        return False
    if kind not in CODECS:
        return True
    with opened(path) as media:
        return all(fits(stream, kind) for stream in _tracks(media.reader))


def convert(
    source: Path, target: Path, *, keeps_audio: bool = True, draw: Draw | None = None, budget: Budget = BUDGET
) -> None:
    """Bring a video into the container that the suffix of `target`, a key of `FORMATS`, names.

    What fits there is copied as it is. The rest is encoded anew, and so is each frame if something is drawn on it.

    Raises:
        MediaError: It is no video, it is broken, beyond the budget, or PyAV is not installed.
        Unwanted: Nobody waits for it any more.
    """
    kind = target.suffix.lower().lstrip(".")
    if kind not in CODECS:
        raise MediaError(f"no video is written as {kind!r} here, only as {', '.join(sorted(CODECS))}")
    with opened(source, budget) as media, _writing(target, kind) as writer:
        reader, meter = media.reader, media.meter
        streams = _tracks(reader, keeps_audio)
        into = Conversion(writer, kind, meter, rotation_of(media) % 180 != 0, draw)
        tracks: dict[int, CopiedTrack | EncodedTrack] = {}
        for stream in streams:
            is_fit = fits(stream, kind) and (draw is None or stream.type != "video")
            tracks[stream.index] = CopiedTrack(stream, writer) if is_fit else EncodedTrack(stream, into)
        for demuxed in meter.packets(reader.demux(streams)):
            packet = cast("Packet[Track]", demuxed)
            _advance(packet, reader.start_time or 0)
            tracks[packet.stream.index].take(packet)
            if target.exists():
                meter.check_written(target.stat().st_size)
        for track in tracks.values():
            track.end()
    if not target.exists():
        raise MediaError("it has no frame that can be read")


@contextmanager
def opened(source: Source, budget: Budget = BUDGET) -> Iterator[Media]:
    """Open a video for reading: a path, or the bytes of a file.

    Raises:
        MediaError: It has no frames, is no video of a known kind, broken or beyond the budget (also while it
            is read), or PyAV is not installed.
        Unwanted: Nobody waits for it any more.
    """
    with open_media(source, VIDEO, budget) as media:
        if not video_of(media.reader):
            raise MediaError("it has no video track")
        yield media


def rotation_of(media: Media) -> int:
    """Tell by how many degrees the frames of a video are to be turned, as those of a phone are that was not held level.

    A multiple of 90, counted against the clock.
    """
    if media.kind.demuxer not in ("mov", "matroska"):
        return 0  # no other container says so
    reader = media.reader
    first = next(reader.decode(video_of(reader)[0]), None)
    reader.seek(0)
    return first.rotation if first is not None else 0


@contextmanager
def _writing(target: Path, kind: str) -> Iterator[OutputContainer]:
    """Write a video by the writer of its kind: the name of the file says nothing."""
    options = {"movflags": "faststart"} if kind in ("mp4", "mov", "m4v") else {}
    with library().open(str(target), "w", format=MUXERS.get(kind, kind), options=options) as writer:
        yield writer


def _tracks(reader: InputContainer, keeps_audio: bool = True) -> list[Track]:
    """Give the video track, and the audio track if there is one."""
    return [*video_of(reader)[:1], *(audio_of(reader)[:1] if keeps_audio else ())]


def _advance(packet: Packet[Track], start_us: int) -> None:
    """Have a video begin at once that begins later, as one does that was cut out of a broadcast."""
    if start_us <= 0 or packet.time_base is None:
        return
    ticks = round(Fraction(start_us, 1_000_000) / packet.time_base)
    packet.pts = packet.pts - ticks if packet.pts is not None else None
    packet.dts = packet.dts - ticks if packet.dts is not None else None
