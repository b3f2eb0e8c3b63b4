"""Sources of a stream: arrays, iterators and media files, brought to frames or to one chunk of audio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from millstream import installation
from millstream.codecs import jpeg, pcm16
from millstream.errors import InvalidValue
from millstream.frames import Chunk, Frame, Pixels
from millstream.media import image_file, wav
from millstream.media.image_header import MAX_PHOTO_PIXELS

CameraFrame: TypeAlias = Pixels | bytes
"""One frame: `(height, width, 3)` uint8 RGB, or the bytes of a JPEG, sent as it is unless the server wants less."""

FrameSource: TypeAlias = Pixels | Iterable[CameraFrame] | str | Path
"""Frames: one array, an array of `(n, height, width, 3)`, an iterable, or the path of an image or a video."""

MicrophoneSource: TypeAlias = tuple[int, NDArray[np.int16]] | Chunk | str | Path
"""Audio: `(sample_rate, samples)` as a handler gets it, or the path of a WAV file."""

AVSource: TypeAlias = tuple[FrameSource, MicrophoneSource]
"""Frames of a camera and audio of a microphone, from the same moment on."""

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".avi", ".mkv", ".webm", ".mjpeg"})


def frames(source: FrameSource) -> Iterator[CameraFrame]:
    """Iterate over the frames of a source.

    Raises:
        InvalidValue: The source is of no known kind, or its file cannot be read.
        MediaError: The file is no image.
    """
    if isinstance(source, np.ndarray):
        if source.ndim == 3:
            return iter([source])
        if source.ndim == 4:
            return iter(source)
        raise InvalidValue(f"an array of frames has 3 or 4 dimensions, not {source.ndim}: {source.shape}")
    if isinstance(source, str | Path):
        path = Path(source)
        if path.suffix.lower() in VIDEO_SUFFIXES:
            return _video(path)
        return iter([image_file.decode_image_file(_content(path), MAX_PHOTO_PIXELS).pixels])
    if not isinstance(source, Iterable):
        raise InvalidValue(f"frames are an array, an iterable of arrays or the path of a file, not {source!r}")
    return iter(source)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidValue(f"{path.name} cannot be read: {error.strerror}") from error


def _video(path: Path) -> Iterator[CameraFrame]:
    if find_spec("cv2") is None:
        command = installation.package_command("opencv-python-headless")
        raise InvalidValue(f"reading {path.name} needs OpenCV: {command}, or pass arrays")
    import cv2

    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise InvalidValue(f"{path.name} is not a video that OpenCV can read")
    try:
        while True:
            found, bgr = capture.read()
            if not found:
                return
            yield np.ascontiguousarray(bgr[:, :, ::-1])
    finally:
        capture.release()


def audio(source: MicrophoneSource) -> Chunk:
    """Bring a source of audio to one chunk.

    Raises:
        InvalidValue: Not `(sample_rate, int16 array)` and no readable file.
        MediaError: The file is no WAV file, or no microphone has this rate or so many channels.
    """
    if isinstance(source, Chunk):
        return source
    if isinstance(source, str | Path):
        return wav.decode(_content(Path(source)))
    try:
        rate, samples = source
    except (TypeError, ValueError):
        raise InvalidValue(f"audio is (sample_rate, int16 array) or the path of a WAV file, not {source!r}") from None
    array = np.asarray(samples)
    if array.dtype != np.int16 or array.ndim not in (1, 2):
        raise InvalidValue(f"audio is (sample_rate, int16 array of (n,) or (n, channels)), not {array.dtype}")
    chunk = array if array.ndim == 2 else array[:, None]
    pcm16.check_sound(rate, chunk.shape[1])
    return Chunk(np.ascontiguousarray(chunk), int(rate))


def frame(item: object) -> Frame:
    """Check one array of a source, or decode one JPEG.

    Raises:
        InvalidValue: It is neither.
        MediaError: The JPEG is broken, or exceeds the budget of pixels.
    """
    if isinstance(item, bytes):
        return jpeg.open_decoder().decode(item)
    if (
        isinstance(item, np.ndarray)
        and item.dtype == np.uint8
        and item.size
        and item.ndim == 3
        and item.shape[2] in (3, 4)
    ):
        return Frame(np.ascontiguousarray(item))
    raise InvalidValue("a frame is a uint8 array of (height, width, 3), or the bytes of a JPEG")
