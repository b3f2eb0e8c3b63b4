"""The audio track of a `ContinuousVideo`: samples of any rate, one after the other, as one AAC stream. Needs PyAV."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from millstream.cancellation import check_wanted
from millstream.errors import MediaError
from millstream.frames import Chunk
from millstream.media.budget import SEGMENT
from millstream.media.fmp4 import AudioTrack, Sample
from millstream.media.single_threaded import AudioConverter
from millstream.media.untrusted import library

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet

    AudioPacket: TypeAlias = Packet[AudioStream]

RATE_HZ: Final = 48_000
BLOCK: Final = 1024
"""Samples in one packet of AAC; so many come out of a decoder before the first one that was put in."""

BITS_PER_S: Final = 160_000
CHANNELS: Final = 2

LAG_S: Final = 0.02
"""A shorter pause between two chunks is none: whoever adds audio to single frames need not count samples."""

SEAM_S: Final = 0.005
"""Two files whose audio ends and begins so near to each other were cut from one: nothing is added or left out."""

MAX_SILENCE_S: Final = SEGMENT.seconds
"""The longest silence, in seconds, where the audio of a video begins late, or is missing."""

TAIL_S: Final = 0.1
"""Samples that are kept back at the end of a file, so that they can still be left out."""

LAYOUTS: Final = ("mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1")


class VideoAudio:
    """Audio that goes on without a seam, in stereo."""

    delay_s: Final = BLOCK / RATE_HZ

    def __init__(self) -> None:
        av = library()
        encoder = av.CodecContext.create("aac", "w")
        encoder.sample_rate, encoder.layout, encoder.format = RATE_HZ, "stereo", "fltp"
        encoder.bit_rate, encoder.time_base = BITS_PER_S, Fraction(1, RATE_HZ)
        encoder.flags |= av.codec.context.Flags.global_header
        encoder.open()
        self.track = AudioTrack(RATE_HZ, CHANNELS, bytes(encoder.extradata or b""))
        self._encoder = encoder
        self._resampler: AudioConverter | None = None
        self._decoder: AudioCodecContext | None = None
        self._kind: tuple[str, bytes, int, str] | None = None
        self._source: tuple[str, str, int] | None = None
        self._waiting = np.zeros((CHANNELS, 0), np.float32)
        self._clock = Fraction(0)
        self._in = self._out = 0
        self._skip = self._tail = 0
        self._samples: list[Sample] = []

    @property
    def clock_s(self) -> float:
        """Its duration so far, in seconds."""
        return float(self._clock)

    def begin(self, at_s: float) -> None:
        """Be silent until `at_s`, if that is worth it; audio that already lasts longer stays as it is."""
        if at_s - self.clock_s > LAG_S:
            self._drain()
            self._be_silent(at_s)

    def join(self, at_s: float, video_s: float) -> None:
        """Get ready for the audio of a file, which begins at `at_s` where its video begins at `video_s`.

        A file that was not cut from the same video as the one before begins with its first frame: its encoder's padding
        is left out, and so is what the one before has too much at its end.
        """
        self._tail = round(TAIL_S * RATE_HZ)
        if abs(at_s - self.clock_s) <= SEAM_S:
            return
        self._drain()
        start_s = max(at_s, video_s)
        self._skip = round((start_s - at_s) * RATE_HZ)
        spare = min(max(round((self.clock_s - start_s) * RATE_HZ), 0), self._waiting.shape[1])
        self._waiting = self._waiting[:, : self._waiting.shape[1] - spare]
        self._clock -= Fraction(spare, RATE_HZ)
        self._be_silent(start_s)
        self._clock -= Fraction(self._skip, RATE_HZ)

    def _be_silent(self, until_s: float) -> None:
        if until_s - self.clock_s > MAX_SILENCE_S:
            raise MediaError(f"its audio would be silent for more than the budget of {MAX_SILENCE_S:.0f} s")
        count = round((until_s - self.clock_s) * RATE_HZ)
        for at in range(0, count, RATE_HZ):
            check_wanted()
            part = min(RATE_HZ, count - at)
            self._put(np.zeros((CHANNELS, part), np.float32))
            self._clock += Fraction(part, RATE_HZ)

    def decode(self, packet: AudioPacket) -> list[AudioFrame]:
        """Decode a packet of a file; what is encoded alike goes on with the decoder of the file before.

        Frames of most codecs reach into the next one: a new decoder would fade in at every seam.
        """
        if not packet.size:
            return []
        context = packet.stream.codec_context
        kind = context.name, bytes(context.extradata or b""), context.sample_rate, context.layout.name
        if self._decoder is None or kind != self._kind:
            self._decoder, self._kind = context, kind
        return self._decoder.decode(packet)

    def add_samples(self, chunk: Chunk) -> None:
        """Go on with samples."""
        from av import AudioFrame

        self._tail = 0
        frame = AudioFrame.from_ndarray(chunk.samples.reshape(1, -1), format="s16", layout=LAYOUTS[chunk.channels - 1])
        frame.sample_rate = chunk.sample_rate
        self.add_frame(frame)

    def add_frame(self, frame: AudioFrame) -> None:
        """Go on with what a decoder gave."""
        if not frame.samples:
            return
        source = frame.format.name, frame.layout.name, frame.sample_rate
        if source != self._source:
            self._drain()
            layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
            self._resampler = AudioConverter("fltp", layout, RATE_HZ)
            self._source = source
        assert self._resampler is not None
        self._clock += Fraction(frame.samples, frame.sample_rate)
        frame.pts = None
        for resampled in self._resampler.resample(frame):
            self._put(self._wanted(resampled))

    def take(self) -> list[Sample]:
        """Give what came since the last time."""
        samples, self._samples = self._samples, []
        return samples

    def end(self) -> None:
        """Give out what is held back."""
        self._tail = 0
        self._drain()
        rest = -self._waiting.shape[1] % BLOCK
        self._put(np.zeros((CHANNELS, rest), np.float32))
        self._collect(None)

    def _drain(self) -> None:
        if self._resampler is not None:
            for resampled in self._resampler.resample(None):
                self._put(self._wanted(resampled))
        self._resampler = self._source = None

    def _wanted(self, frame: AudioFrame) -> NDArray[np.float32]:
        planes = frame.to_ndarray().astype(np.float32, copy=False)
        skipped = min(self._skip, planes.shape[1])
        self._skip -= skipped
        return planes[:, skipped:]

    def _put(self, planes: NDArray[np.float32]) -> None:
        from av import AudioFrame

        if planes.shape[0] < CHANNELS:
            planes = np.repeat(planes, CHANNELS, axis=0)
        waiting = np.concatenate((self._waiting, planes), axis=1)
        whole = max(waiting.shape[1] - self._tail, 0) // BLOCK * BLOCK
        for at in range(0, whole, BLOCK):
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(waiting[:, at : at + BLOCK]), "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self._in, Fraction(1, RATE_HZ)
            self._in += BLOCK
            self._collect(frame)
        self._waiting = waiting[:, whole:]

    def _collect(self, frame: AudioFrame | None) -> None:
        for packet in self._encoder.encode(frame):
            self._samples.append(Sample(bytes(packet), self._out, BLOCK))
            self._out += BLOCK
