"""Read a video of any format that FFmpeg knows, in segments of frames with their audio.

for frames, (sample_rate, samples) in VideoFile("holiday.mov").segments():
    ...
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from .packages import need

if TYPE_CHECKING:
    from av.container import InputContainer

AUDIO_RATE_HZ = 48_000
Segment = tuple[list[NDArray[np.uint8]], tuple[int, NDArray[np.int16]]]


class UnreadableVideo(ValueError):
    """A file is not a video, or is broken; the message is FFmpeg's."""


class VideoFile:
    """A video that is read from its beginning to its end.

    Attributes:
        length: The expected number of frames according to the file; 0 if it does not say.

    Args:
        path: The file.
        fps: Frames per second of the output; frames of the video are repeated or left out.
        width: Maximum width in pixels; wider videos are scaled down. Height and width are even numbers.

    Raises:
        UnreadableVideo: The file is not a video.
        ModelError: PyAV is not installed.
    """

    def __init__(self, path: str, fps: int = 25, width: int = 640) -> None:
        self._path = path
        self._fps = fps
        self._width = width
        self._av = need("av", "av")
        with self._open() as source:
            self.length = round((source.duration or 0) / self._av.time_base * fps)
            if not source.streams.video:
                raise UnreadableVideo("there is no video track in it")

    def segments(self, together: int = 5) -> Iterator[Segment]:
        """Yield `together` frames, `(height, width, 3)` uint8, and 48 kHz mono audio of the same duration.

        Raises:
            UnreadableVideo: The file is broken from here on.
        """
        frames = self._frames()
        try:
            for audio in self._audio(together * AUDIO_RATE_HZ // self._fps):
                some = list(islice(frames, together))
                if not some:
                    return
                yield some, (AUDIO_RATE_HZ, audio[: len(some) * AUDIO_RATE_HZ // self._fps])
        except self._av.FFmpegError as error:
            raise UnreadableVideo(str(error.strerror)) from error

    @contextmanager
    def _open(self) -> Iterator["InputContainer"]:
        """Open the file and nothing else: references to other files are not followed."""
        try:
            with open(self._path, "rb") as file, self._av.open(file, options={"protocol_whitelist": ""}) as source:
                yield source
        except self._av.FFmpegError as error:
            raise UnreadableVideo(str(error.strerror)) from error

    def _frames(self) -> Iterator[NDArray[np.uint8]]:
        with self._open() as source:
            shown, count, end_s = None, 0, 0.0
            for frame in source.decode(video=0):
                while shown is not None and count / self._fps < frame.time:
                    yield shown
                    count += 1
                shown = self._fitted(frame.to_ndarray(format="rgb24"), frame.rotation)
                end_s = frame.time + float(frame.duration * (frame.time_base or 0))
            if shown is not None and count / self._fps < end_s:
                yield shown

    def _fitted(self, rgb: NDArray[np.uint8], rotation: int) -> NDArray[np.uint8]:
        """Rotate a frame upright (phones store their orientation) and scale it."""
        rgb = np.ascontiguousarray(np.rot90(rgb, rotation // 90))
        height, width = rgb.shape[:2]
        scale = min(1.0, self._width / width)
        size = (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
        return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)

    def _audio(self, size: int) -> Iterator[NDArray[np.int16]]:
        """Yield chunks of `size` samples, and silence forever after the end."""
        rest = np.zeros(0, np.int16)
        with self._open() as source:
            resampler = self._av.AudioResampler("s16", "mono", AUDIO_RATE_HZ)
            frames = source.decode(audio=0) if source.streams.audio else ()
            for part in (part for frame in chain(frames, [None]) for part in resampler.resample(frame)):
                rest = np.concatenate([rest, part.to_ndarray()[0]])
                while len(rest) >= size:
                    yield rest[:size]
                    rest = rest[size:]
        yield np.pad(rest, (0, size - len(rest)))
        while True:
            yield np.zeros(size, np.int16)
