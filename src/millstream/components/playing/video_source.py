"""`VideoSource`: joins the values that a run or stream gives a `Video` to one playback."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeGuard

import numpy as np

from millstream.components.options.media_source import MediaComponent
from millstream.components.options.watermark import Stamp
from millstream.components.values.moment import Moment
from millstream.components.values.pixels import UnfitImage, from_picture, is_picture, to_pixels
from millstream.components.values.samples import UnfitAudio
from millstream.declare.arguments import describe
from millstream.errors import InvalidValue, MediaError
from millstream.frames import Pixels
from millstream.media.video import ContinuousVideo
from millstream.types import Blob, Scratch, Segment, VideoSegment

MAX_KEPT_BYTES: Final = 64 * 1024 * 1024
"""A larger video is played all the same, but is no value when it is over."""

TAKES: Final = "a path, bytes of a file, a frame, a list of frames, (frames, (sample_rate, samples)), or a Moment"


class VideoSource:
    """A video that goes on with every value.

    Args:
        component: The player.
        fps: Frames a second of a video that is made of frames.
        stamp: The watermark of frames; `None` for none.
    """

    def __init__(self, component: MediaComponent, fps: float, stamp: Stamp | None = None) -> None:
        self._component = component
        self._fps = fps
        self._stamp = stamp
        self._video: ContinuousVideo | None = None
        self._kept: list[bytes] = []
        self._bytes = 0
        self._loudness = component.loudness(is_piecewise=True)

    def piece(self, value: object, scratch: Scratch) -> tuple[None, VideoSegment] | None:
        if value is None or (isinstance(value, str) and self._component.link(value) is not None):
            self.close()  # something else is shown instead; what comes after that is another video
            return None
        try:
            self._video = self._video or ContinuousVideo(self._fps)
            self._add(self._video, value, scratch)
            return None, self._noted(self._video.take())
        except (MediaError, UnfitImage, UnfitAudio) as error:
            raise InvalidValue(f"{self._component.name} cannot play {describe(value)}: {error}") from error

    def end(self, before: Segment | None = None, *, goes_on: bool = False) -> tuple[Blob | None, VideoSegment | None]:
        if self._video is None or goes_on:
            return None, None
        rest = self._noted(self._video.end())
        whole: Blob | None = None
        if self._kept:
            beginning = self._video.beginning()
            data = beginning + b"".join(self._kept)[len(beginning) :]
            whole = Blob("video.mp4", "video/mp4", data=data)
        self.close()
        return whole, before.before(rest) if isinstance(before, VideoSegment) else rest

    def close(self) -> None:
        self._video, self._kept, self._bytes = None, [], 0
        self._loudness = self._component.loudness(is_piecewise=True)

    def _add(self, video: ContinuousVideo, value: object, scratch: Scratch) -> None:
        if isinstance(value, Moment):
            value = value.frame, value.audio
        if self._stamp is not None and isinstance(value, bytes | bytearray | memoryview | str | Path):
            remedy = "yield frames, or the whole video without streaming=True"
            self._component.warn_once("watermark", f"watermark= is not put on segments that are files: {remedy}")
        if isinstance(value, bytes | bytearray | memoryview):
            video.add_file(bytes(value))
        elif isinstance(value, str | Path):
            copy = scratch.admit(Path(value))
            assert copy.path is not None
            video.add_file(copy.path)
            copy.path.unlink()
        elif _has_sound(value):
            frames, audio = value
            video.add_frames(self._marked(frames), self._loudness.to_chunk(*audio) if audio is not None else None)
        else:
            video.add_frames(self._marked(value), None)

    def _marked(self, value: object) -> list[Pixels]:
        frames = self._frames(value)
        return frames if self._stamp is None else [self._stamp.on_pixels(frame) for frame in frames]

    def _frames(self, value: object) -> list[Pixels]:
        if isinstance(value, np.ndarray):
            return [to_pixels(frame) for frame in (value if value.ndim == 4 else value[None])]
        if isinstance(value, list | tuple):
            return [frame for each in value for frame in self._frames(each)]
        if is_picture(value):
            return [from_picture(value)]
        if hasattr(value, "__array__"):
            return self._frames(np.asarray(value))
        raise self._component.invalid(TAKES, value)

    def _noted(self, segment: VideoSegment) -> VideoSegment:
        """Remember what is sent, as long as it is not too much."""
        self._bytes += sum(len(data) for data, _ in segment.fragments)
        self._kept += [data for data, _ in segment.fragments]
        if self._bytes > MAX_KEPT_BYTES:
            self._kept = []
        return segment


def _has_sound(value: object) -> TypeGuard[tuple[object, Sequence[object] | None]]:
    """Tell frames with audio from two frames: the second is a pair of a rate and an array, or `None` for none."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    audio = value[1]
    return audio is None or (isinstance(audio, list | tuple) and len(audio) == 2 and np.ndim(audio[0]) == 0)
