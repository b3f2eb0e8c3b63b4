"""Read a film, of any kind that FFmpeg knows, in pieces of pictures and the sound that belongs to them.

for pictures, (sample_rate, samples) in Film("holiday.mov").pieces():
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

FILM_RATE_HZ = 48_000
Piece = tuple[list[NDArray[np.uint8]], tuple[int, NDArray[np.int16]]]


class UnreadableFilm(ValueError):
    """A file is not a film, or a broken one; the message says what FFmpeg found."""


class Film:
    """A film that is read from its beginning to its end.

    Attributes:
        length: How many pictures will come, as far as the file itself knows; 0 if it does not say.

    Args:
        path: The file.
        fps: Pictures a second that come out; the film's own are repeated or left out.
        width: Pixels; pictures of a wider film are made smaller. Height and width are even numbers.

    Raises:
        UnreadableFilm: The file is no film.
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
                raise UnreadableFilm("there is no picture in it")

    def pieces(self, together: int = 5) -> Iterator[Piece]:
        """Yield `together` pictures, `(height, width, 3)` uint8, and 48 kHz mono sound of the same duration.

        Raises:
            UnreadableFilm: The file is broken; what came before was not.
        """
        pictures = self._pictures()
        try:
            for sound in self._sounds(together * FILM_RATE_HZ // self._fps):
                some = list(islice(pictures, together))
                if not some:
                    return
                yield some, (FILM_RATE_HZ, sound[: len(some) * FILM_RATE_HZ // self._fps])
        except self._av.FFmpegError as error:
            raise UnreadableFilm(str(error.strerror)) from error

    @contextmanager
    def _open(self) -> Iterator["InputContainer"]:
        """Open the file and nothing else: a list of other files is not followed, wherever it comes from."""
        try:
            with open(self._path, "rb") as file, self._av.open(file, options={"protocol_whitelist": ""}) as source:
                yield source
        except self._av.FFmpegError as error:
            raise UnreadableFilm(str(error.strerror)) from error

    def _pictures(self) -> Iterator[NDArray[np.uint8]]:
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
        """Turn a picture upright (phones store how they were held) and bring it to its size."""
        rgb = np.ascontiguousarray(np.rot90(rgb, rotation // 90))
        height, width = rgb.shape[:2]
        scale = min(1.0, self._width / width)
        size = (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
        return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)

    def _sounds(self, size: int) -> Iterator[NDArray[np.int16]]:
        """Yield pieces of `size` samples, and silence for ever after the end."""
        rest = np.zeros(0, np.int16)
        with self._open() as source:
            resampler = self._av.AudioResampler("s16", "mono", FILM_RATE_HZ)
            frames = source.decode(audio=0) if source.streams.audio else ()
            for part in (part for frame in chain(frames, [None]) for part in resampler.resample(frame)):
                rest = np.concatenate([rest, part.to_ndarray()[0]])
                while len(rest) >= size:
                    yield rest[:size]
                    rest = rest[size:]
        yield np.pad(rest, (0, size - len(rest)))
        while True:
            yield np.zeros(size, np.int16)
