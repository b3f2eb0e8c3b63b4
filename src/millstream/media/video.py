"""`ContinuousVideo`: frames, audio and whole files, one after the other, as one continuous fragmented MP4. Needs PyAV.

Files of H.264 go over as they are, with new times; all other video is encoded. Audio is always decoded and encoded
again by one encoder: what each file's encoder put before its first sample, and after its last, would be heard.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from millstream.errors import MediaError
from millstream.frames import Chunk, Pixels
from millstream.media import fmp4
from millstream.media.budget import SEGMENT, audio_of, video_of
from millstream.media.container import opened, rotation_of
from millstream.media.fmp4 import VIDEO_TICKS, Sample
from millstream.media.untrusted import Media, library
from millstream.media.video_audio import VideoAudio
from millstream.media.video_frames import CopiedFrames, EncodedFrames, is_copyable
from millstream.types import VideoSegment

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from av.video.stream import VideoStream

    VideoPacket: TypeAlias = Packet[VideoStream]
    AudioPacket: TypeAlias = Packet[AudioStream]

FRAGMENT_TICKS: Final = VIDEO_TICKS // 2
"""A fragment lasts half a second: what is sent ahead of the viewer is counted in fragments."""

HOLD_S: Final = 0.06
"""A frame stands until its audio is over if that lasts so much longer; less is not seen on lips."""


class ContinuousVideo:
    """One video that grows.

    The first that is put in decides what it is: how large, whether it has audio, and whether files of H.264 are taken
    as they are.

    Args:
        fps: Frames a second, for frames.
    """

    def __init__(self, fps: float) -> None:
        library()
        self._step = Fraction(VIDEO_TICKS) / Fraction(fps).limit_denominator(1001)
        self._video: CopiedFrames | EncodedFrames | None = None
        self._audio: VideoAudio | None = None
        self._end = Fraction(0)
        self._number = 0

    @property
    def duration_s(self) -> float:
        """Its duration so far, in seconds."""
        return float(self._end / VIDEO_TICKS)

    def add_frames(self, frames: Sequence[Pixels], audio: Chunk | None) -> None:
        """Go on with frames, all of one size: `(height, width, 3)` uint8; and with the audio that begins with them.

        Raises:
            MediaError: They do not fit to what came before.
        """
        if self._video is None and frames:
            self._begin(EncodedFrames(frames[0].shape[1], frames[0].shape[0]), has_audio=audio is not None)
        if self._video is None:
            raise MediaError("a video must begin with a frame")
        if not isinstance(self._video, EncodedFrames):
            raise MediaError("a video of files that are taken as they are cannot go on with frames: begin with frames")
        self._check_audio(audio is not None)
        begin = self._end
        for pixels in frames:
            start, self._end = round(self._end), self._end + self._step
            self._video.add(pixels, start, round(self._end))
        if self._audio is not None and audio is not None:
            self._audio.begin(float(begin / VIDEO_TICKS))
            self._audio.add_samples(audio)
        self._settle()

    def add_file(self, source: Path | bytes) -> None:
        """Go on with a whole file.

        Raises:
            MediaError: It is broken, or does not fit to what came before.
        """
        with opened(source, SEGMENT) as media:
            has_audio = bool(audio_of(media.reader))
            if self._video is None:
                self._begin(_frames_of(media), has_audio)
            self._check_audio(has_audio)
            self._splice(media)
        self._settle()

    def take(self) -> VideoSegment:
        """Give what came since the last time.

        Raises:
            MediaError: There is nothing: no frame was ever put in.
        """
        if self._video is None:
            raise MediaError("a video must begin with a frame")
        video = self._video.track
        audio = self._audio.track if self._audio is not None else None
        is_first = self._number == 0
        parts = list(self._fragments())
        if is_first:
            data, seconds = parts[0]
            parts[0] = fmp4.initialisation(video, audio) + data, seconds
        return VideoSegment(fmp4.media_type(video, audio), tuple(parts), is_first)

    def end(self) -> VideoSegment:
        """Give the rest; nothing can be added any more."""
        if self._video is not None:
            self._video.end()
        if self._audio is not None:
            self._audio.end()
        return self.take()

    def beginning(self) -> bytes:
        """Give the first bytes once more, now that its duration is known; they are as many as before."""
        assert self._video is not None
        audio = self._audio.track if self._audio is not None else None
        return fmp4.initialisation(self._video.track, audio, self.duration_s)

    def _begin(self, video: CopiedFrames | EncodedFrames, has_audio: bool) -> None:
        self._video = video
        if has_audio:
            self._audio = VideoAudio()
            # The first samples that come out of a decoder are its own: the video waits as long.
            video.wait(round(self._audio.delay_s * VIDEO_TICKS))

    def _check_audio(self, has_audio: bool) -> None:
        if has_audio and self._audio is None:
            raise MediaError("a video that began without audio cannot add it later: begin with silence")

    def _splice(self, media: Media) -> None:
        """Put the tracks of a file behind what is there: they begin together, as they do in the file."""
        assert self._video is not None
        reader, meter = media.reader, media.meter
        streams = [*video_of(reader)[:1], *(audio_of(reader)[:1] if self._audio is not None else ())]
        packets: list[VideoPacket] = []
        heard: list[AudioFrame] = []
        for packet in meter.packets(reader.demux(streams)):
            if packet.stream.type == "video":
                packets.append(cast("VideoPacket", packet))
            elif self._audio is not None:
                for frame in self._audio.decode(cast("AudioPacket", packet)):
                    meter.frame(frame)
                    heard.append(frame)
        if not packets:
            raise MediaError("it has no video track")
        base_s, end = self._video.splice(packets, round(self._end), meter)
        begin_s, self._end = self.duration_s, Fraction(end)
        if self._audio is not None and heard:
            self._audio.join(begin_s + _time(heard[0]) - base_s, begin_s)
            for frame in heard:
                meter.check()
                self._audio.add_frame(frame)

    def _settle(self) -> None:
        """Bring video and audio to one end: audio that is missing is silence, a frame stands while audio goes on."""
        if self._audio is None or self._video is None:
            return
        excess = Fraction(self._audio.clock_s).limit_denominator(10**6) * VIDEO_TICKS - self._end
        if excess > HOLD_S * VIDEO_TICKS:
            self._end += excess
            self._video.hold(round(self._end))
        elif excess < -HOLD_S * VIDEO_TICKS:
            self._audio.begin(self.duration_s)

    def _fragments(self) -> Iterator[tuple[bytes, float]]:
        assert self._video is not None
        video_samples = self._video.take()
        audio_samples = self._audio.take() if self._audio is not None else []
        rate = self._audio.track.rate if self._audio is not None else 1
        shown = heard = 0
        while shown < len(video_samples) or heard < len(audio_samples):
            is_shown = shown < len(video_samples)
            limit = (video_samples[shown].start if is_shown else 0) + FRAGMENT_TICKS
            video, shown = _part(video_samples, shown, limit)
            audio, heard = _part(audio_samples, heard, limit * rate // VIDEO_TICKS if is_shown else None)
            self._number += 1
            seconds = sum(each.duration for each in video) / VIDEO_TICKS
            yield fmp4.fragment(self._number, video, audio), seconds


def _frames_of(media: Media) -> CopiedFrames | EncodedFrames:
    """Choose how the frames of a video go on that begins with this file."""
    stream, rotation = video_of(media.reader)[0], rotation_of(media)
    if is_copyable(stream) and not rotation:
        return CopiedFrames(stream)
    width, height = stream.codec_context.width, stream.codec_context.height
    return EncodedFrames(height, width) if rotation % 180 else EncodedFrames(width, height)


def _part(samples: list[Sample], first: int, limit: int | None) -> tuple[list[Sample], int]:
    """Give what begins before `limit`, from `first` on and as far as each begins where the one before ends.

    Returns:
        It, and the number of the sample that follows.
    """
    end = samples[first].start if first < len(samples) else 0
    at = first
    while at < len(samples) and samples[at].start == end and (limit is None or end < limit):
        end, at = end + samples[at].duration, at + 1
    return samples[first:at], at


def _time(frame: AudioFrame) -> float:
    return float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else 0.0
