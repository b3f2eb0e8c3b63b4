"""Videos for the tests of streamed videos: segments as files, and frames with numbers in them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from tests.browser.media import draw_counter

FPS = 25
RATE_HZ = 44_100
TONE_HZ = 441
SIZE = 320, 240

Picture = NDArray[np.uint8]


def frame(number: int) -> Picture:
    """Draw a frame that shows its number: `(240, 320, 3)`."""
    return np.ascontiguousarray(draw_counter(number)[::2, ::2])


def tone(first: int, seconds: float, rate: int = RATE_HZ) -> NDArray[np.int16]:
    """Give a stretch of one tone, which goes on over all of them: `first` is the number of its first sample."""
    at = np.arange(round(seconds * rate)) + first
    return (8_000 * np.sin(2 * np.pi * TONE_HZ * at / rate)).astype(np.int16)


def piece(
    number: int,
    *,
    frames: int = 50,
    codec: str = "libx264",
    container: str = "mp4",
    sound: bool = True,
    size: tuple[int, int] = SIZE,
    seconds: float | None = None,
    options: dict[str, str] | None = None,
    muxing: dict[str, str] | None = None,
) -> bytes:
    """Encode segment `number` of a video, as a file of its own; its audio lasts as long as its frames, or `seconds`."""
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=muxing or {}) as writer:
        video = writer.add_stream(codec, rate=FPS, options=options or {})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = writer.add_stream("aac", rate=RATE_HZ) if sound else None
        for at in range(frames):
            picture = av.VideoFrame.from_ndarray(frame(number * frames + at), "rgb24").reformat(*size)
            writer.mux(video.encode(picture))
        writer.mux(video.encode(None))
        if audio is not None:
            samples = tone(round(number * frames / FPS * RATE_HZ), seconds or frames / FPS)
            heard = av.AudioFrame.from_ndarray(samples[None], "s16", "mono")
            heard.sample_rate, heard.pts = RATE_HZ, 0
            writer.mux(audio.encode(heard))
            writer.mux(audio.encode(None))
    return file.getvalue()


def turned(film: bytes, quarters: int = 1) -> bytes:
    """Have an MP4 file say that its frames are to be turned, clockwise, as a phone does: by one quarter or by two."""
    at = film.index(b"tkhd") + 44
    upright = (0, 0x10000, 0, -0x10000, 0, 0, SIZE[1] << 16, 0)
    reversed_ = (-0x10000, 0, 0, 0, -0x10000, 0, SIZE[0] << 16, SIZE[1] << 16)
    matrix = struct.pack(">9i", *(upright if quarters == 1 else reversed_), 0x40000000)
    return film[:at] + matrix + film[at + 36 :]


def segments(folder: Path, count: int) -> list[bytes]:
    """Cut a video into segments of a second as programs do that make HTTP live streams: `.ts` files."""
    with av.open(
        str(folder / "film.m3u8"), "w", format="hls", options={"hls_time": "1", "hls_list_size": "0"}
    ) as writer:
        video = writer.add_stream("libx264", rate=FPS, options={"g": str(FPS)})
        (video.width, video.height), video.pix_fmt = SIZE, "yuv420p"
        for number in range(count * FPS):
            writer.mux(video.encode(av.VideoFrame.from_ndarray(frame(number), "rgb24")))
        writer.mux(video.encode(None))
    return [(folder / f"film{number}.ts").read_bytes() for number in range(count)]


def numbers(film: bytes) -> Iterator[tuple[float, int]]:
    """Read back the frames of a video: when each is shown, in seconds, and its number."""
    from tests.browser.media import read_counter

    with av.open(io.BytesIO(film)) as reader:
        for shown in reader.decode(video=0):
            number = read_counter(shown.to_ndarray(format="rgb24"))
            yield float(shown.pts * shown.time_base), -1 if number is None else number
