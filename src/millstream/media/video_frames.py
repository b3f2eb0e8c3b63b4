"""The video track of a `ContinuousVideo`: taken as it is from files, or encoded from frames. Needs PyAV."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeAlias, cast

import numpy as np

from millstream.errors import MediaError
from millstream.frames import Pixels
from millstream.media.budget import CostMeter
from millstream.media.fmp4 import VIDEO_TICKS, Sample, VideoTrack, configuration_of, with_lengths
from millstream.media.single_threaded import converted
from millstream.media.untrusted import library, pyav_lacks
from millstream.media.video_tracks import upright

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    VideoPacket: TypeAlias = Packet[VideoStream]

ENCODERS: Final = ("libx264", "libopenh264")
"""Encoders of H.264 that a build of PyAV may have, the best first."""

OPTIONS: Final = {"preset": "superfast", "tune": "zerolatency", "crf": "23"}
"""Of libx264: every frame comes out at once."""

KEY_EVERY: Final = 50
"""Every so manieth frame stands for itself: a viewer who seeks waits for the decoding from there."""

THREADS: Final = 2
"""Of one encoder: there are other videos, and the handler."""

SIDES: Final = range(16, 4096 + 1)

BT709: Final = 1
TV_RANGE: Final = 1
"""Numbers of ITU-T H.273: browsers that are not told guess the colours' meaning by the size of the frame."""

USUAL_STEP: Final = VIDEO_TICKS // 25


class CopiedFrames:
    """Frames of H.264 files as they are, with new times.

    Args:
        stream: The video track of the first file, which `is_copyable`.
    """

    def __init__(self, stream: VideoStream) -> None:
        context = stream.codec_context
        self.track = VideoTrack(context.width, context.height, configuration_of(bytes(context.extradata or b"")))
        self._samples: list[Sample] = []
        self._delay = 0
        self._is_new = True

    def wait(self, ticks: int) -> None:
        """Let the first frame stand so much longer."""
        self._delay = ticks

    def splice(self, packets: Sequence[VideoPacket], start: int, meter: CostMeter) -> tuple[float, int]:
        """Put the frames of a file behind what is there; gives where they began in the file, in s, and their new end.

        Raises:
            MediaError: Its frames are none that the decoder of the others could go on with.
        """
        stream = packets[0].stream
        extradata = bytes(stream.codec_context.extradata or b"")
        if not is_copyable(stream) or configuration_of(extradata) != self.track.configuration:
            raise MediaError(
                "its frames are not encoded as those of the chunks before: encode all chunks alike, or yield frames"
            )
        timed = [packet for packet in packets if packet.size]
        first = next((at for at, packet in enumerate(timed) if packet.is_keyframe), len(timed))
        if first == len(timed):
            raise MediaError("it has no frame that a decoder could begin with")
        has_codes = extradata[:1] != b"\x01"
        base, samples = _retimed(timed[first:], start, has_codes)
        if self._is_new:  # files that are encoded alike put their frames in order alike
            self.track = self.track._replace(delay=-min(sample.offset for sample in samples))
            self._is_new = False
        self._add(samples)
        return base, samples[-1].start + samples[-1].duration

    def _add(self, samples: list[Sample]) -> None:
        for sample in samples:
            later = sample._replace(offset=sample.offset + self.track.delay)
            if self._delay and sample.start == 0:
                self._samples.append(later._replace(duration=sample.duration + self._delay))
            else:
                self._samples.append(later._replace(start=sample.start + self._delay))

    def hold(self, until: int) -> None:
        """Let the last frame stand until then, if something has come since `take`.

        What is shown before it but decoded after it keeps both times: it belongs into a fragment of its own.
        """
        if not self._samples:
            return
        shown = [each.start + each.offset for each in self._samples]
        last = max(range(len(shown)), key=shown.__getitem__)
        duration = until + self._delay + self.track.delay - shown[last]
        self._samples[last] = self._samples[last]._replace(duration=duration)

    def take(self) -> list[Sample]:
        """Give what came since the last time."""
        samples, self._samples = self._samples, []
        return samples

    def end(self) -> None:
        """Nothing is held back."""


class EncodedFrames:
    """Frames as H.264.

    Args:
        width: Width of all frames, in pixels.
        height: Height of all frames, in pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        if width not in SIDES or height not in SIDES:
            raise MediaError(f"frames of {width} x {height} pixels cannot be shown: each side has 16 to 4096")
        self._size = width, height
        self._encoder = _open_encoder(width + width % 2, height + height % 2)
        parameters = bytes(self._encoder.extradata or b"")
        self.track = VideoTrack(self._encoder.width, self._encoder.height, configuration_of(parameters))
        self._samples: list[Sample] = []
        self._delay = 0

    def wait(self, ticks: int) -> None:
        """Let the first frame stand so much longer."""
        self._delay = ticks

    def add(self, pixels: Pixels, start: int, end: int) -> None:
        """Go on with one frame.

        Raises:
            MediaError: It is of another size than those before.
        """
        from av import VideoFrame

        self._check_size(pixels.shape[1], pixels.shape[0])
        height, width = pixels.shape[:2]
        if width % 2 or height % 2:  # one colour for every four pixels
            pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:, :, :3]), format="rgb24")
        self._encode(frame, start)
        self.hold(end)

    def splice(self, packets: Sequence[VideoPacket], start: int, meter: CostMeter) -> tuple[float, int]:
        """Put the frames of a file behind what is there; gives where they began in the file, in s, and their new end.

        Raises:
            MediaError: They are of another size than those before.
        """
        base: Fraction | None = None
        at = end = start
        for packet in packets:
            for decoded in packet.decode():
                meter.frame(decoded)
                frame = upright(decoded)
                self._check_size(frame.width, frame.height)
                time = Fraction(frame.pts or 0) * (frame.time_base or 1)
                base = time if base is None else base
                at = max(start + round((time - base) * VIDEO_TICKS), end if end == start else at + 1)
                self._encode(frame, at)
                end = at + (round(frame.duration * (frame.time_base or 0) * VIDEO_TICKS) or USUAL_STEP)
        if base is None:
            raise MediaError("it has no frame that can be decoded")
        self.hold(end)
        return float(base), end

    def hold(self, until: int) -> None:
        """Let the last frame stand until then, if something has come since `take`."""
        if self._samples:
            last = self._samples[-1]
            self._samples[-1] = last._replace(duration=until + self._delay - last.start)

    def take(self) -> list[Sample]:
        """Give what came since the last time."""
        samples, self._samples = self._samples, []
        return samples

    def end(self) -> None:
        """Nothing is held back: every frame comes out of the encoder at once."""

    def _check_size(self, width: int, height: int) -> None:
        if (width, height) != self._size:
            was = "{} x {}".format(*self._size)
            raise MediaError(f"its frames have {width} x {height} pixels, those before {was}: bring all to one size")

    def _encode(self, frame: VideoFrame, start: int) -> None:
        from av.video.reformatter import Colorspace

        if self._samples:
            self.hold(start)
        encoder = self._encoder
        width, height = encoder.width, encoder.height
        frame = converted(frame, width=width, height=height, format="yuv420p", dst_colorspace=Colorspace.ITU709)
        frame.pts, frame.time_base = start, Fraction(1, VIDEO_TICKS)
        frame.pict_type = 0
        for packet in encoder.encode(frame):
            shown = start + self._delay if start else 0
            self._samples.append(Sample(with_lengths(bytes(packet)), shown, USUAL_STEP, 0, packet.is_keyframe))


def is_copyable(stream: VideoStream) -> bool:
    """Tell whether browsers decode the video track as it is: H.264 of 8 bits, with its parameters in front."""
    context = stream.codec_context
    is_usual = context.name == "h264" and context.pix_fmt in ("yuv420p", "yuvj420p")
    return is_usual and bool(context.extradata) and context.width in SIDES and context.height in SIDES


def _open_encoder(width: int, height: int) -> VideoCodecContext:
    av = library()
    name = next((name for name in ENCODERS if name in av.codecs_available), None)
    if name is None:
        raise pyav_lacks("encoder of H.264")
    encoder = cast("VideoCodecContext", av.CodecContext.create(name, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, VIDEO_TICKS), Fraction(25)
    encoder.gop_size, encoder.max_b_frames, encoder.thread_count = KEY_EVERY, 0, THREADS
    encoder.color_primaries = encoder.color_trc = encoder.colorspace = BT709
    encoder.color_range = TV_RANGE
    encoder.flags |= av.codec.context.Flags.global_header
    if name == "libx264":
        encoder.options = dict(OPTIONS)
    encoder.open()
    return encoder


def _retimed(packets: Sequence[VideoPacket], start: int, has_codes: bool) -> tuple[float, list[Sample]]:
    """Make samples that begin at `start` of packets in decoding order; what is shown before the first is left out.

    They are decoded at the times at which frames are shown, in order: containers do not always say when.
    """
    unit = Fraction(packets[0].time_base) * VIDEO_TICKS
    first = _shown_at(packets[0])
    kept = [packet for packet in packets if _shown_at(packet) >= first]
    shown = [start + round((_shown_at(packet) - first) * unit) for packet in kept]
    last = round((kept[-1].duration or 0) * unit) or (USUAL_STEP if len(kept) < 2 else max(shown) - sorted(shown)[-2])
    times = [*sorted(shown), max(shown) + last]
    samples = [
        Sample(
            with_lengths(bytes(packet)) if has_codes else bytes(packet),
            times[at],
            times[at + 1] - times[at],
            shown[at] - times[at],
            packet.is_keyframe,
        )
        for at, packet in enumerate(kept)
    ]
    return float(first * Fraction(packets[0].time_base)), samples


def _shown_at(packet: VideoPacket) -> int:
    return packet.pts if packet.pts is not None else packet.dts or 0
