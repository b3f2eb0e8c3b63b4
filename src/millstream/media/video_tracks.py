"""The tracks of a video on their way into another container: copied as they are, or encoded anew."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, cast

import numpy as np

from millstream.frames import Pixels
from millstream.media.budget import CostMeter
from millstream.media.single_threaded import converted
from millstream.media.untrusted import library

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    Track: TypeAlias = VideoStream | AudioStream

Draw: TypeAlias = Callable[[Pixels], Pixels]
"""Draws on a copy of the pixels of a frame, `(height, width, 3)`, RGB."""

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


class Conversion(NamedTuple):
    """The container to which the tracks of one video are converted.

    Attributes:
        writer: Takes their packets.
        kind: The container, a key of `CODECS`.
        meter: Counts what it costs.
        is_turned: Whether height and width are exchanged.
        draw: Draws on each frame; `None` for nothing.
    """

    writer: OutputContainer
    kind: str
    meter: CostMeter
    is_turned: bool = False
    draw: Draw | None = None


def fits(stream: Track, kind: str) -> bool:
    """Tell whether a track may be in a container of a kind as it is, and is played by browsers then."""
    name = stream.codec_context.name
    if name == "h264" and getattr(stream.codec_context, "pix_fmt", "") not in ("yuv420p", "yuvj420p"):
        return False  # no browser decodes more than 8 bits, or finer colours
    return name in CODECS[kind].fitting


class CopiedTrack:
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


class EncodedTrack:
    """A track that is encoded anew."""

    def __init__(self, stream: Track, into: Conversion) -> None:
        self._writer, self._meter, self._draw = into.writer, into.meter, into.draw
        encoder: Track = _video_encoder(stream, into) if stream.type == "video" else _sound_encoder(stream, into)
        self._encode = cast("Callable[[object], list[Packet[Track]]]", encoder.encode)

    def take(self, packet: Packet[Track]) -> None:
        for frame in packet.decode():
            self._meter.frame(frame)
            is_picture = packet.stream.type == "video"
            self._writer.mux(self._encode(self._shown(cast("VideoFrame", frame)) if is_picture else frame))

    def _shown(self, frame: VideoFrame) -> VideoFrame:
        frame = upright(frame)
        return frame if self._draw is None else _redrawn(frame, self._draw)

    def end(self) -> None:
        self._writer.mux(self._encode(None))


def _video_encoder(stream: VideoStream, into: Conversion) -> VideoStream:
    name = CODECS[into.kind].video
    added = into.writer.add_stream(name, rate=stream.average_rate or RATE, options=dict(OPTIONS.get(name, {})))
    encoder = cast("VideoStream", added)
    encoder.codec_context.thread_count = 1  # all that it costs is counted in one thread
    width, height = (stream.height, stream.width) if into.is_turned else (stream.width, stream.height)
    encoder.width, encoder.height, encoder.pix_fmt = width // 2 * 2, height // 2 * 2, "yuv420p"
    if stream.time_base is not None:
        encoder.codec_context.time_base = max(stream.time_base, FINEST)
    return encoder


def _sound_encoder(stream: AudioStream, into: Conversion) -> AudioStream:
    rate = USUAL_RATE_HZ if into.kind == "webm" or stream.rate not in RATES_HZ else stream.rate
    return cast("AudioStream", into.writer.add_stream(CODECS[into.kind].audio, rate=rate))


def upright(frame: VideoFrame) -> VideoFrame:
    """Turn a frame as the camera was held."""
    if not frame.rotation:
        return frame
    turns = frame.rotation // 90
    return _redrawn(frame, lambda pixels: np.rot90(pixels, turns))


def _redrawn(frame: VideoFrame, draw: Draw) -> VideoFrame:
    pixels = np.ascontiguousarray(draw(cast("Pixels", converted(frame, format="rgb24").to_ndarray())))
    fresh = library().VideoFrame.from_ndarray(pixels, format="rgb24")
    fresh.pts, fresh.time_base, fresh.duration = frame.pts, frame.time_base, frame.duration
    return cast("VideoFrame", fresh)
