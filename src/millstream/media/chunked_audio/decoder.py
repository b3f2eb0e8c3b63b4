"""Packets of one codec, one after the other, to samples of 16 bits. Needs PyAV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from millstream.errors import MediaError
from millstream.frames import Samples
from millstream.media.budget import check_density
from millstream.media.single_threaded import AudioConverter
from millstream.media.untrusted import library

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame

MOST_SMALL_PACKETS: Final = 60_000
"""Packets that have next to no bytes: 20 minutes of silence."""


class PacketDecoder:
    """The decoder of one stream: packets reach into each other, so all go through the same one.

    Args:
        codec: Its name in FFmpeg.
        beginning: What it has to know first, in FFmpeg's form.

    Attributes:
        sample_rate: Of what has been decoded, in Hz; 0 before that.
    """

    def __init__(self, codec: str, beginning: bytes = b"") -> None:
        self._av = library()
        self._context: AudioCodecContext = self._av.CodecContext.create(codec, "r")
        if beginning:
            self._context.extradata = beginning
        if codec == "flac":  # whose frames have a checksum, which else is not looked at
            self._context.options = {"err_detect": "crccheck+explode"}
        self._name = codec.removeprefix("lib")
        self._source: tuple[str, str, int] | None = None
        self._resampler: AudioConverter | None = None
        self._packets = self._bytes = 0
        self.sample_rate = 0

    def decode(self, packet: bytes | None) -> list[Samples]:
        """Decode a packet, or with `None` what is held back: arrays of shape `(n, channels)`.

        Raises:
            MediaError: It cannot be decoded, or packets are so small, and so many, that there is no audio in them.
        """
        if packet is not None:
            self._packets, self._bytes = self._packets + 1, self._bytes + len(packet)
            check_density(self._packets, self._bytes, MOST_SMALL_PACKETS)
        try:
            frames = self._context.decode(self._av.Packet(packet) if packet is not None else None)
            return [self._to_samples(frame) for frame in frames]
        except self._av.FFmpegError as error:
            raise MediaError(f"this {self._name} audio cannot be decoded: {error}") from error

    def _to_samples(self, frame: AudioFrame) -> Samples:
        layout, self.sample_rate, frame.pts = frame.layout, frame.sample_rate, None
        channels = layout.nb_channels
        if frame.format.name == "s16":
            interleaved = np.frombuffer(memoryview(frame.planes[0]), np.int16, frame.samples * channels)
            return interleaved.reshape(-1, channels).copy()
        if frame.format.name == "s16p" and channels <= 2:
            return np.stack(
                [np.frombuffer(memoryview(plane), np.int16, frame.samples) for plane in frame.planes], axis=1
            )
        source = frame.format.name, layout.name, frame.sample_rate
        if self._resampler is None or source != self._source:
            self._resampler, self._source = AudioConverter("s16"), source
        # Interleaved: with a plane for each of eight channels PyAV reads beyond the last, which ends the process.
        parts = [each.to_ndarray().reshape(-1, each.layout.nb_channels) for each in self._resampler.resample(frame)]
        return np.ascontiguousarray(np.concatenate(parts))
