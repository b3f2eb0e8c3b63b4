"""Video files: their kind and duration, and from one container to another. Most of it needs PyAV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, cast

import numpy as np

from millstream.errors import MediaError
from millstream.media import untrusted as foreign
from millstream.media.budget import BUDGET, Budget, CostMeter, audio_of, video_of
from millstream.media.file_kinds import KINDS, VIDEO, FileKind, Source, probe
from millstream.media.probe import has_sound, outline_of
from millstream.media.untrusted import Media, open_media

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
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

RATE: Final = Fraction(30)
"""Frames a second where a file does not say."""


RATES_HZ: Final = range(8_000, 48_000 + 1)
USUAL_RATE_HZ: Final = 48_000
"""Samples a second that every encoder here takes; WebM's takes no other."""


class Codecs(NamedTuple):
    """The codecs that a container may hold and browsers play, and those that are put into it by encoding."""

    fitting: frozenset[str]
    video: str
    audio: str


_MP4: Final = Codecs(frozenset({"h264", "av1", "aac", "mp3", "opus"}), "libx264", "aac")
CODECS: Final = {
    "mp4": _MP4,
    "mov": _MP4,
    "m4v": _MP4,
    "webm": Codecs(frozenset({"vp8", "vp9", "av1", "opus", "vorbis"}), "libvpx-vp9", "libopus"),
    "mkv": Codecs(frozenset({"h264", "hevc", "vp8", "vp9", "av1", "aac", "mp3", "opus", "vorbis"}), "libx264", "aac"),
    "avi": Codecs(frozenset({"mpeg4", "mp3"}), "mpeg4", "libmp3lame"),
    "ts": Codecs(frozenset({"h264", "aac", "mp3"}), "libx264", "aac"),
}

FINEST: Final = Fraction(1, 60_000)
"""Times are not told more finely, in seconds: the clock of MPEG-4 has 16 bits."""

OPTIONS: Final = {
    "libx264": {"preset": "veryfast", "crf": "21", "rc-lookahead": "4", "bf": "1"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "6", "crf": "32", "b": "0", "lag-in-frames": "0"},
    "mpeg4": {"qscale": "4"},
}
"""The settings of encoders: fast, as good as a viewer notices, and with few frames in memory at once."""


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
        return all(_fits(stream, kind) for stream in _tracks(media.reader))


def convert(source: Path, target: Path, *, keeps_audio: bool = True, budget: Budget = BUDGET) -> None:
    """Bring a video into the container that the suffix of `target`, a key of `FORMATS`, names.

    What fits there is copied as it is; the rest is encoded anew.

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
        turned = rotation_of(media) % 180 != 0
        tracks: dict[int, _Copied | _Encoded] = {}
        for stream in streams:
            is_fit = _fits(stream, kind)
            tracks[stream.index] = _Copied(stream, writer) if is_fit else _Encoded(stream, writer, kind, turned, meter)
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


def upright(frame: VideoFrame) -> VideoFrame:
    """Turn a frame as the camera was held."""
    if not frame.rotation:
        return frame
    pixels = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
    turned = library().VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    turned.pts, turned.time_base, turned.duration = frame.pts, frame.time_base, frame.duration
    return cast("VideoFrame", turned)


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


def _fits(stream: Track, kind: str) -> bool:
    name = stream.codec_context.name
    if name == "h264" and getattr(stream.codec_context, "pix_fmt", "") not in ("yuv420p", "yuvj420p"):
        return False  # no browser decodes more than 8 bits, or finer colours
    return name in CODECS[kind].fitting


class _Copied:
    """A track that goes over as it is."""

    def __init__(self, stream: Track, writer: OutputContainer) -> None:
        self._writer = writer
        self._out = writer.add_stream_from_template(stream)
        self._early: list[Packet[Track]] = []

    def take(self, packet: Packet[Track]) -> None:
        if not packet.size:
            return
        self._early.append(packet)
        # Matroska does not say when the first frames are decoded: that is known from the first that says it.
        if packet.dts is None:
            return
        for behind, early in enumerate(reversed(self._early)):
            early.dts = packet.dts - behind * (packet.duration or 1)
        self.end()

    def end(self) -> None:
        for packet in self._early:
            packet.dts = packet.pts if packet.dts is None else packet.dts
            packet.stream = self._out
            self._writer.mux(packet)
        self._early.clear()


class _Encoded:
    """A track that is encoded anew."""

    def __init__(self, stream: Track, writer: OutputContainer, kind: str, turned: bool, meter: CostMeter) -> None:
        self._writer, self._meter = writer, meter
        if stream.type == "video":
            encoder: Track = _video_encoder(stream, writer, kind, turned)
        else:
            encoder = _sound_encoder(stream, writer, kind)
        self._encode = cast("Callable[[object], list[Packet[Track]]]", encoder.encode)

    def take(self, packet: Packet[Track]) -> None:
        for frame in packet.decode():
            self._meter.frame(frame)
            is_picture = packet.stream.type == "video"
            self._writer.mux(self._encode(upright(cast("VideoFrame", frame)) if is_picture else frame))

    def end(self) -> None:
        self._writer.mux(self._encode(None))


def _video_encoder(stream: VideoStream, writer: OutputContainer, kind: str, turned: bool) -> VideoStream:
    name = CODECS[kind].video
    added = writer.add_stream(name, rate=stream.average_rate or RATE, options=dict(OPTIONS.get(name, {})))
    encoder = cast("VideoStream", added)
    encoder.codec_context.thread_count = 1  # all that it costs is counted in one thread
    width, height = (stream.height, stream.width) if turned else (stream.width, stream.height)
    encoder.width, encoder.height, encoder.pix_fmt = width // 2 * 2, height // 2 * 2, "yuv420p"
    if stream.time_base is not None:
        encoder.codec_context.time_base = max(stream.time_base, FINEST)
    return encoder


def _sound_encoder(stream: AudioStream, writer: OutputContainer, kind: str) -> AudioStream:
    rate = USUAL_RATE_HZ if kind == "webm" or stream.rate not in RATES_HZ else stream.rate
    return cast("AudioStream", writer.add_stream(CODECS[kind].audio, rate=rate))
