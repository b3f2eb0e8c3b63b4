"""The cost of one file of video or audio: its claims are checked before it is decoded, and the work is counted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, cast

from millstream.cancellation import check_wanted
from millstream.errors import MediaError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

P = TypeVar("P", bound="Packet[Stream]")

MEBIBYTE: Final = 1024 * 1024

RATES_HZ: Final = range(1_000, 768_000 + 1)
"""Samples a second of audio: resampling from a lower rate to a usual one makes it as much larger."""

MAX_CHANNELS: Final = 64

ATTACHED: Final = 0x400
"""FFmpeg's mark of a track that is one image for the whole file."""


CHECKED_PACKETS: Final = 16
"""After so many packets the clock is looked at: a file of millions of tiny ones would mostly pay for that."""

SMALL_PACKET: Final = 8
"""Bytes that many packets have on average at least: in speech at 6 kbit/s it is 15, in silence one to three."""


class Budget(NamedTuple):
    """The bounds of one file.

    Attributes:
        pixels: Of one frame: 4K in any of its forms.
        frames: That are decoded: two hours at 60 a second.
        seconds: That it may last.
        streams: That it may hold.
        packets: That may be in it, of all streams together.
        small_packets: That may be smaller than `SMALL_PACKET`: an hour of silence is 180,000.
        packet_mib: What they may have together in MiB, unpacked where a container packs them.
        decoded_mib: The size of all decoded audio together, in MiB.
        written_mib: What it may become when it is converted, in MiB.
        cpu_s: Seconds of one thread.
        opening_cpu_s: Seconds of one thread until it is open; of 4K in HEVC that takes 0.15.
        opening_reads: How many times its size may be read until it is open.
    """

    pixels: int = 4096 * 2304
    frames: int = 432_000
    seconds: float = 3 * 3600.0
    streams: int = 32
    packets: int = 2_000_000
    small_packets: int = 200_000
    packet_mib: int = 4096
    decoded_mib: int = 8192
    written_mib: int = 1024
    cpu_s: float = 300.0
    opening_cpu_s: float = 0.75
    opening_reads: int = 4


BUDGET: Final = Budget()
"""Of a file that is converted, measured or looked at: it goes through frame by frame."""

SEGMENT: Final = BUDGET._replace(seconds=3600.0, packets=400_000, packet_mib=256, decoded_mib=512, cpu_s=120.0)
"""Of a file that is one segment of a streamed video: all of it is in memory at once."""


class CostMeter:
    """The cost of reading one file so far. It is asked between two steps, in the thread that takes them.

    Args:
        budget: What it may cost.
    """

    def __init__(self, budget: Budget = BUDGET) -> None:
        self.budget = budget
        self._begun_s = time.thread_time()
        self._times: dict[int, tuple[int, float]] = {}
        self._frames = self._packets = self._packet_bytes = self._decoded_bytes = 0

    def check(self) -> None:
        """Go on, if somebody still waits for it and there is time left.

        Raises:
            Unwanted: Nobody waits any more.
            MediaError: It takes too long.
        """
        check_wanted()
        if time.thread_time() - self._begun_s > self.budget.cpu_s:
            raise over("takes", self.budget.cpu_s, "s of one thread", "a shorter or smaller one")

    def check_opening(self) -> None:
        """Go on with opening the file, which takes far less time than decoding what is in it.

        Raises:
            Unwanted: Nobody waits any more.
            MediaError: It takes too long.
        """
        self.check()
        if time.thread_time() - self._begun_s > self.budget.opening_cpu_s:
            raise over("takes", self.budget.opening_cpu_s, "s of one thread before its first frame")

    def check_said(self, reader: InputContainer) -> None:
        """Refuse a file that says of itself that it is too much.

        Raises:
            MediaError: It does; the message names the budget.
        """
        if len(reader.streams) > self.budget.streams:
            raise over("has", self.budget.streams, "streams")
        if reader.duration is not None and reader.duration > self.budget.seconds * 1_000_000:
            raise over("lasts", self.budget.seconds, "s", "a shorter one")
        for video in video_of(reader):
            width, height = video.codec_context.width, video.codec_context.height
            if not width * height:  # what a decoder has refused has no size afterwards
                raise MediaError(f"it has frames of no size, or of more than the budget of {self.budget.pixels} pixels")
            self.check_size(width, height)
            if video.frames > self.budget.frames:
                raise over("has", self.budget.frames, "frames", "a shorter one")
        for audio in audio_of(reader):
            self._check_sound(audio.codec_context.sample_rate, audio.codec_context.layout.nb_channels)

    def check_size(self, width: int, height: int) -> None:
        """Refuse frames that are too large."""
        if width * height > self.budget.pixels:
            remedy = f"a smaller one, these are {width} x {height}"
            raise over("has frames of", self.budget.pixels, "pixels", remedy)

    def check_written(self, size: int) -> None:
        """Refuse a file that becomes too large on the disk."""
        if size > self.budget.written_mib * MEBIBYTE:
            raise over("becomes", self.budget.written_mib, "MiB", "a shorter one")

    def packets(self, packets: Iterable[P]) -> Iterator[P]:
        """Hand packets on, and count them.

        Raises:
            MediaError: There are too many, or it takes too long.
        """
        for packet in packets:
            if not self._packets % CHECKED_PACKETS:
                self.check()
            self._packets += 1
            self._packet_bytes += packet.size
            if self._packets > self.budget.packets:
                raise over("has", self.budget.packets, "packets", "a shorter one")
            check_density(self._packets, self._packet_bytes, self.budget.small_packets)
            if self._packet_bytes > self.budget.packet_mib * MEBIBYTE:
                raise over("has", self.budget.packet_mib, "MiB of packets", "a shorter one")
            if self._is_late(packet):
                raise over("lasts", self.budget.seconds, "s", "a shorter one")
            yield packet

    def frame(self, frame: object) -> None:
        """Count a frame that was decoded.

        Raises:
            MediaError: There are too many, or it is too large.
        """
        self.check()
        if hasattr(frame, "samples"):
            heard = cast("AudioFrame", frame)
            self._check_sound(heard.sample_rate, heard.layout.nb_channels)
            # Not by its planes: PyAV reads beyond the last of eight, which ends the process.
            self._decoded_bytes += heard.samples * heard.layout.nb_channels * heard.format.bytes
            if self._decoded_bytes > self.budget.decoded_mib * MEBIBYTE:
                raise over("has", self.budget.decoded_mib, "MiB of decoded audio", "a shorter one")
            return
        shown = cast("VideoFrame", frame)
        self.check_size(shown.width, shown.height)
        self._frames += 1
        if self._frames > self.budget.frames:
            raise over("has", self.budget.frames, "frames", "a shorter one")

    def _is_late(self, packet: Packet[Stream]) -> bool:
        at, base = packet.pts, packet.time_base
        if at is None or base is None:
            return False
        times = self._times.get(packet.stream_index)
        if times is None:  # once: fractions are slow
            times = packet.stream.start_time or 0, self.budget.seconds / base
            self._times[packet.stream_index] = times
        begin, most = times
        return abs(at - begin) > most

    def _check_sound(self, rate: int, channels: int) -> None:
        if rate and rate not in RATES_HZ:
            raise MediaError(f"it has audio at {rate} Hz, expected {RATES_HZ[0]} to {RATES_HZ[-1]}")
        if channels > MAX_CHANNELS:
            raise over("has", MAX_CHANNELS, "channels of audio", "one of fewer")


def check_density(packets: int, size: int, most_small: int) -> None:
    """Refuse packets that are so small, and so many, that next to nothing is in them: each costs time all the same.

    Raises:
        MediaError: They are; the message names the budget.
    """
    if packets > most_small + size // SMALL_PACKET:
        budget = f"{most_small} packets of less than {SMALL_PACKET} bytes"
        raise MediaError(f"it has {packets} packets in {size} bytes, beyond the budget of {budget}: take another one")


def video_of(reader: InputContainer) -> list[VideoStream]:
    """Give the tracks of video that can be decoded; an image that is kept in a file as its cover is none."""
    return [each for each in reader.streams.video if not each.disposition & ATTACHED and _has_decoder(each)]


def audio_of(reader: InputContainer) -> list[AudioStream]:
    """Give the audio tracks that can be decoded."""
    return [each for each in reader.streams.audio if _has_decoder(each)]


def _has_decoder(stream: Stream) -> bool:
    context: object = stream.codec_context
    return context is not None


def over(verb: str, budget: float, unit: str, remedy: str = "another one") -> MediaError:
    """Make the error that names a budget which a file is beyond."""
    return MediaError(f"it {verb} more than the budget of {budget:.15g} {unit} that a file has here: take {remedy}")
