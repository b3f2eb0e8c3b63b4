"""Frames to packets and back by FFmpeg's encoders and decoders, for all video codecs. Needs PyAV.

A payload is a prefix with the size of the frame and one packet (docs/internals/protocol.md, "Video"). One frame that
goes in is one packet that comes out, at once, in both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import numpy as np

from millstream.errors import MediaError
from millstream.frames import Frame, Pixels
from millstream.media.image_file import contiguous
from millstream.media.image_header import MAX_PIXELS, check_size
from millstream.media.single_threaded import converted
from millstream.media.untrusted import library, pyav_lacks
from millstream.types import Encoded, Encoder, Media
from millstream.wire.video import VIDEO_PREFIX, Colours

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

FRAMES_PER_S: Final = 30
"""What encoders are told; a stream with fewer frames gets so many more bits for each."""

LOW_DELAY: Final = 0x80000
"""Flag of a decoder: a frame comes out as soon as its packet went in."""

GLOBAL_HEADER: Final = 1 << 22
"""Flag of an encoder: its parameters are given once, and are not part of its packets."""

LOWEST_BITS_PER_S: Final = 50_000

KEY, AUTO = 1, 0
"""Types of a frame, as FFmpeg numbers them: one that stands alone, and what the encoder likes."""

BT709, SRGB, SMPTE170M = 1, 13, 6
"""Numbers of ITU-T H.273: what our encoder is told of the colours that it gets."""

ITU709, ITU601 = 1, 5
LIMITED, FULL = 1, 2
"""Matrices and ranges as FFmpeg's converter numbers them."""

COLOURS: Final[Mapping[int, Mapping[str, int]]] = {
    Colours.AS_THE_PACKET_SAYS: {},
    Colours.BT601_LIMITED: {"src_colorspace": ITU601, "src_color_range": LIMITED},
    Colours.BT601_FULL: {"src_colorspace": ITU601, "src_color_range": FULL},
    Colours.BT709_LIMITED: {"src_colorspace": ITU709, "src_color_range": LIMITED},
    Colours.BT709_FULL: {"src_colorspace": ITU709, "src_color_range": FULL},
}
"""What the converter is told of the colours that it gets."""


class PacketHead(NamedTuple):
    """Properties of a packet, read from its own bytes.

    Attributes:
        is_key: Whether it can be decoded without those before it.
        width, height: Size of the frame in pixels, if it is said here; else 0.
    """

    is_key: bool
    width: int = 0
    height: int = 0


class VideoDecoder:
    """Decodes one stream. After a packet that is missing or broken it takes nothing but a key frame.

    Args:
        name: FFmpeg's name of the decoder.
        head_of: Reads a packet's head, and refuses what is beyond the budget.
    """

    def __init__(self, name: str, head_of: Callable[[bytes | memoryview], PacketHead]) -> None:
        self._name, self._head_of = name, head_of
        self._context: VideoCodecContext | None = None

    def decode(self, payload: bytes | memoryview) -> Frame:
        try:
            frame, width, height, colours = self._decoded(payload)
        except MediaError:
            self.close()
            raise
        pixels = cast("Pixels", converted(frame, format="rgb24", **COLOURS[colours]).to_ndarray())
        if pixels.shape[:2] != (height, width):
            pixels = np.ascontiguousarray(pixels[:height, :width])
        return Frame(pixels)

    def _decoded(self, payload: bytes | memoryview) -> tuple[VideoFrame, int, int, int]:
        """Decode a packet; gives the frame, how much of it is shown, and its colours.

        Raises:
            MediaError: It is broken, beyond the budget, or builds on one that is missing.
        """
        if len(payload) <= VIDEO_PREFIX.size:
            raise MediaError("the packet of the video is cut off")
        width, height, colours = VIDEO_PREFIX.unpack_from(payload)
        if colours not in COLOURS:
            raise MediaError(f"there are no colours {colours} in a video")
        check_size(width, height, MAX_PIXELS)
        data = payload[VIDEO_PREFIX.size :]
        head = self._head_of(data)
        if head.is_key and not fits(width, height, head.width, head.height):
            raise MediaError(f"a key frame of {head.width} x {head.height} pixels is said to have {width} x {height}")
        if self._context is None:
            if not head.is_key:
                raise MediaError("a frame of the video came without the one that it builds on")
            self._context = self._open()
        frame = self._one_frame(self._context, data)
        if not fits(width, height, frame.width, frame.height):
            raise MediaError(f"a frame of {frame.width} x {frame.height} pixels is said to have {width} x {height}")
        return frame, width, height, colours

    def _open(self) -> VideoCodecContext:
        context = cast("VideoCodecContext", library().CodecContext.create(self._name, "r"))
        context.thread_count = 1
        context.flags |= LOW_DELAY
        context.options = {"err_detect": "explode"}
        return context

    def _one_frame(self, context: VideoCodecContext, data: bytes | memoryview) -> VideoFrame:
        from av import FFmpegError, Packet

        try:
            frames = context.decode(Packet(bytes(data)))
        except FFmpegError as error:
            raise MediaError(f"a packet of the video is broken: {error.strerror}") from error
        if len(frames) != 1 or frames[0].is_corrupt:
            raise MediaError(f"a packet of the video is broken: it gives {len(frames)} frames")
        return frames[0]

    def close(self) -> None:
        self._context = None


class EncoderKind(NamedTuple):
    """An encoder of FFmpeg.

    Attributes:
        name: FFmpeg's name of it.
        steady: Options for an even quality of 0..1.
        limited: Options for at most so many bits a second.
        limit_for: Gives the limit for a rate.
        range_of: Gives the rates, in bits a second, for which an encoder with that limit need not be opened anew.
        flags: Flags of FFmpeg.
        key_packet: Makes the packet of a key frame, of the encoder's parameters and what it made of the frame.
    """

    name: str
    steady: Callable[[float], Mapping[str, str]]
    limited: Callable[[int], Mapping[str, str]]
    limit_for: Callable[[int], int]
    range_of: Callable[[int], tuple[float, float]]
    flags: int = 0
    key_packet: Callable[[bytes, bytes], bytes] = lambda _, data: data


class VideoEncoder(Encoder):
    """Encodes one stream: the first frame, one of another size and what is asked for are key frames, no others.

    Args:
        kind: The encoder.
        quality: 0..1, until it is told a rate.
    """

    def __init__(self, kind: EncoderKind, quality: float) -> None:
        self._kind, self._quality = kind, quality
        self._context: VideoCodecContext | None = None
        self._needs_key = False
        self._bits_per_s = self._limit = 0
        self._count = 0

    def encode(self, media: Media) -> Encoded:
        if not isinstance(media, Frame):
            raise MediaError("a video codec encodes frames, not audio")
        check_size(media.width, media.height, MAX_PIXELS)
        context = self._context
        size = even(media.width), even(media.height)
        if context is None or (context.width, context.height) != size:
            context = self._context = self._opened(*size)
        frame = self._converted(media.pixels, *size)
        frame.pts = self._count
        frame.pict_type = KEY if self._needs_key else AUTO
        self._count += 1
        packets = context.encode(frame)
        if len(packets) != 1:
            self._context = None
            raise MediaError(f"the encoder of {self._kind.name} made {len(packets)} packets of a frame")
        self._needs_key = False
        prefix = VIDEO_PREFIX.pack(media.width, media.height, Colours.BT601_LIMITED)
        data, is_key = bytes(packets[0]), packets[0].is_keyframe
        if is_key:
            data = self._kind.key_packet(context.extradata or b"", data)
        return Encoded(prefix + data, is_key=is_key, is_independent=False)

    def request_key_frame(self) -> None:
        self._needs_key = True

    def set_rate(self, bits_per_s: int, frames_per_s: float = FRAMES_PER_S) -> None:
        wanted = round(bits_per_s * FRAMES_PER_S / max(frames_per_s, 1.0))
        wanted = wanted and max(wanted, LOWEST_BITS_PER_S)
        if wanted == self._bits_per_s:
            return
        self._bits_per_s = wanted
        least, most = self._kind.range_of(self._limit)
        if wanted and least <= wanted <= most:
            if self._context is not None:
                self._context.bit_rate = wanted
            return
        self._limit, self._context = self._kind.limit_for(wanted), None

    def close(self) -> None:
        self._context = None

    def _opened(self, width: int, height: int) -> VideoCodecContext:
        av = library()
        if self._kind.name not in av.codecs_available:
            raise pyav_lacks(self._kind.name)
        context = cast("VideoCodecContext", av.CodecContext.create(self._kind.name, "w"))
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base, context.framerate = Fraction(1, FRAMES_PER_S), Fraction(FRAMES_PER_S)
        context.gop_size, context.max_b_frames, context.thread_count = 1_000_000, 0, 1
        context.color_primaries, context.color_trc, context.colorspace = BT709, SRGB, SMPTE170M
        context.color_range = LIMITED
        context.flags |= self._kind.flags
        if self._bits_per_s:
            context.bit_rate = self._bits_per_s
            context.options = dict(self._kind.limited(self._limit))
        else:
            context.options = dict(self._kind.steady(self._quality))
        context.open()
        return context

    def _converted(self, pixels: Pixels, width: int, height: int) -> VideoFrame:
        from av import VideoFrame

        if pixels.shape[:2] != (height, width):
            pixels = np.pad(pixels, ((0, height - pixels.shape[0]), (0, width - pixels.shape[1]), (0, 0)), "edge")
        # The frame of the array itself: to make one of a copy takes 1.5 ms, in which nobody else runs.
        colours = "rgb24" if pixels.shape[2] == 3 else "rgba"
        frame = VideoFrame.from_numpy_buffer(contiguous(pixels), colours)
        return converted(frame, width=width, height=height, format="yuv420p", dst_colorspace=ITU601)


def fits(width: int, height: int, coded_width: int, coded_height: int) -> bool:
    """Tell whether a frame may be coded in that size: at most one column and one row larger."""
    return 0 <= coded_width - width <= 1 and 0 <= coded_height - height <= 1


def even(length: int) -> int:
    """Give the next even number: four pixels share a colour."""
    return length + length % 2
