"""Packets of one codec, one after the other, to samples of 16 bits. Needs PyAV."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from millstream.errors import MediaError
from millstream.frames import Samples
from millstream.media.untrusted import library

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler


class PacketDecoder:
    """The decoder of one sound: packets reach into each other, so all go through the same one.

    Args:
        codec: Its name in FFmpeg.
        beginning: What it has to know first, in FFmpeg's form.

    Attributes:
        sample_rate: Of what has been decoded, in Hz; 0 before that.
    """

    def __init__(self, codec: str, beginning: bytes = b"") -> None:
        self._context: AudioCodecContext = library().CodecContext.create(codec, "r")
        if beginning:
            self._context.extradata = beginning
        if codec == "flac":  # whose frames have a checksum, which else is not looked at
            self._context.options = {"err_detect": "crccheck+explode"}
        self._codec = codec
        self._source: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None
        self.sample_rate = 0

    def decode(self, packet: bytes | None) -> list[Samples]:
        """Decode a packet, or with `None` what is held back: arrays of shape `(n, channels)`.

        Raises:
            MediaError: It cannot be decoded.
        """
        av = library()
        try:
            frames = self._context.decode(av.Packet(packet) if packet is not None else None)
            return [self._to_samples(frame) for frame in frames]
        except av.FFmpegError as error:
            raise MediaError(f"this {self._codec.removeprefix('lib')} audio cannot be decoded: {error}") from error

    def _to_samples(self, frame: AudioFrame) -> Samples:
        source = frame.format.name, frame.layout.name, frame.sample_rate
        if self._resampler is None or source != self._source:
            self._resampler, self._source = library().AudioResampler(format="s16"), source
        self.sample_rate, frame.pts = frame.sample_rate, None
        # Interleaved: with a plane for each of eight channels PyAV reads beyond the last, which ends the process.
        parts = [each.to_ndarray().reshape(-1, each.layout.nb_channels) for each in self._resampler.resample(frame)]
        return np.ascontiguousarray(np.concatenate(parts))
