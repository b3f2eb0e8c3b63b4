"""Samples under the names of Gradio's: a picture, audio, a video, a 3D model or a table to try a component with."""

from __future__ import annotations

import atexit
import csv
import io
import json
import shutil
import tempfile
import wave
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from millstream.media import container

WIDTH, HEIGHT, FPS, SECONDS, RATE_HZ = 640, 480, 15, 2, 16_000

NOTES_HZ: Final = (262, 330, 392, 523)

COLUMNS: Final = (
    *("PassengerId", "Survived", "Pclass", "Name", "Sex", "Age", "SibSp", "Parch", "Ticket", "Fare", "Cabin"),
    *("Embarked", "time", "value"),
)
"""Columns that example programs of the field ask for."""


def get_image(filename: str | None = None) -> str:
    """Give the path of a picture: a file of this name below the working directory, else one that is drawn.

    Gradio brings photographs; here the picture is made, and another name is another picture.

    Args:
        filename: The name, whose end says the format; an address is given back as it is.
    """
    return _found(filename or "picture.png", (".png", ".jpg", ".jpeg", ".webp", ".gif"), _draw)


def get_video(filename: str | None = None) -> str:
    """Give the path of a video, as `get_image` does of a picture.

    Args:
        filename: The name; an address is given back as it is.

    Raises:
        MediaError: It has to be made, and PyAV is not installed.
    """
    return _found(filename or "video.mp4", (".mp4",), _film)


def get_audio(filename: str | None = None) -> str:
    """Give the path of audio, as `get_image` does of a picture. What is made is WAV.

    Args:
        filename: The name, an address is given back as it is.
    """
    return _found(filename or "audio.wav", (".wav",), _play)


def get_model3d(filename: str | None = None) -> str:
    """Give the path of a 3D model, as `get_image` does of a picture. What is made is OBJ.

    Args:
        filename: The name, an address is given back as it is.
    """
    return _found(filename or "model.obj", (".obj",), _build)


def get_file(filename: str | None = None) -> str:
    """Give the path of a text, a table (CSV), labels (JSON) or subtitles, as `get_image` does of a picture.

    Args:
        filename: The name, an address is given back as it is.
    """
    return _found(filename or "sample.txt", (".txt", ".csv", ".json", ".srt", ".vtt"), _write)


def _found(name: str, ends: tuple[str, ...], make: Callable[[Path, int], None]) -> str:
    if name.startswith(("http://", "https://")):
        return name
    if (own := Path(name)).is_file():
        return str(own.absolute())
    path = folder() / own.name
    path = path if path.suffix.lower() in ends else path.with_suffix(ends[0])
    if not path.exists():
        make(path, zlib.crc32(path.stem.encode()))
    return str(path)


@cache
def folder() -> Path:
    """Give the folder of the samples that were made, which goes with the process: `MEDIA_ROOT` in Gradio."""
    made = tempfile.mkdtemp(prefix="samples-millstream-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def _pixels(seed: int, turn: float = 0.0) -> NDArray[np.uint8]:
    """Draw a disc before a sky: their colours come from the seed, the disc's place from `turn`, from 0 to 1."""
    low, high, disc = np.random.default_rng(seed).integers(40, 230, (3, 3))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    pixels = low + (high - low) * (y / HEIGHT)[..., None]
    pixels[(x - WIDTH * (0.3 + 0.4 * turn)) ** 2 + (y - HEIGHT / 2) ** 2 < (HEIGHT / 4) ** 2] = disc
    drawn: NDArray[np.uint8] = pixels.astype(np.uint8)
    return drawn


def _draw(path: Path, seed: int) -> None:
    Image.fromarray(_pixels(seed)).save(path)


def _film(path: Path, seed: int) -> None:
    library = container.library()
    with library.open(str(path), "w") as writer:
        stream = writer.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(FPS * SECONDS):
            pixels = _pixels(seed, number / (FPS * SECONDS))
            writer.mux(stream.encode(library.VideoFrame.from_ndarray(pixels, format="rgb24")))
        writer.mux(stream.encode())


def _play(path: Path, seed: int) -> None:
    time_s = np.arange(RATE_HZ * SECONDS) / RATE_HZ
    tone = np.sin(2 * np.pi * NOTES_HZ[seed % len(NOTES_HZ)] * time_s) * np.exp(-2 * (time_s % 0.5))
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE_HZ)
        writer.writeframes((tone * 12_000).astype("<i2").tobytes())


def _build(path: Path, seed: int) -> None:
    """Write an octahedron, stretched by the seed."""
    height = 1 + seed % 3 / 2
    corners = [(1, 0, 0), (-1, 0, 0), (0, 0, 1), (0, 0, -1), (0, height, 0), (0, -height, 0)]
    faces = [(5, 3, 1), (5, 1, 4), (5, 4, 2), (5, 2, 3), (6, 1, 3), (6, 4, 1), (6, 2, 4), (6, 3, 2)]
    lines = [f"v {x} {y} {z}" for x, y, z in corners] + [f"f {a} {b} {c}" for a, b, c in faces]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write(path: Path, seed: int) -> None:
    cue = "{0}00:00:00{1}000 --> 00:00:02{1}000\nThe first line\n"
    texts: dict[str, Callable[[], str]] = {
        ".csv": lambda: _table(seed),
        ".json": lambda: json.dumps([f"label {number}" for number in range(1000)]),
        ".srt": lambda: cue.format("1\n", ","),
        ".vtt": lambda: "WEBVTT\n\n" + cue.format("", "."),
    }
    path.write_text(texts.get(path.suffix.lower(), lambda: "The first line\nThe second line\n")(), encoding="utf-8")


def _table(seed: int) -> str:
    """Give a table of invented passengers, with the columns that examples of the field use."""
    random, text = np.random.default_rng(seed), io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for number in range(1, 101):
        sex, age = random.choice(["male", "female"]), int(random.integers(1, 80))
        level, fare = int(random.integers(1, 4)), round(float(random.uniform(5, 90)), 2)
        aboard = [int(random.integers(0, 2)), level, f"Passenger {number}", sex, age, 0, 0, f"T{number}", fare, "", "S"]
        rows.writerow([number, *aboard, f"2024-01-{number % 28 + 1:02}", round(fare * age, 1)])
    return text.getvalue()
