"""Copies for browsers: images, audio and videos encoded again, in place of files that they do not show or play."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from millstream import codecs
from millstream.errors import MediaError
from millstream.frames import Frame
from millstream.media import audio_file, container, wav
from millstream.media.budget import BUDGET, Budget
from millstream.media.file_kinds import FileKind, Source
from millstream.media.image_file import decode_image_file
from millstream.media.image_header import FORMATS, HEAD_BYTES, WEB, format_of
from millstream.media.video_tracks import Draw
from millstream.types import Blob, Scratch

QUALITY: Final = 0.8

MAX_IN_MEMORY: Final = 4 * 1024 * 1024
"""Bytes of a converted video that are kept in memory; what is larger stays on the disk."""


def source_of(blob: Blob) -> Source:
    """Give where the content of a file is."""
    return blob.path if blob.path is not None else blob.data or b""


def head_of(blob: Blob) -> bytes:
    """Read the first bytes of a file, as many as tell an image format."""
    if blob.path is None:
        return (blob.data or b"")[:HEAD_BYTES]
    with blob.path.open("rb") as file:
        return file.read(HEAD_BYTES)


def encoded(frame: Frame, name: str = "webp", quality: float = QUALITY) -> Blob:
    """Make a file of an image."""
    payload = codecs.load(name).open_encoder(quality).encode(frame).payload
    return Blob(f"image.{name}", f"image/{name}", data=payload)


def played(blob: Blob, kind: FileKind) -> Blob | None:
    """Make a WAV file of audio that browsers do not play; `None` of audio that they do.

    Raises:
        MediaError: It cannot be decoded.
    """
    source = source_of(blob)
    if audio_file.is_played(source, kind):
        return None
    data = wav.encode(audio_file.decode(source))
    return Blob(f"{Path(blob.name).stem}.wav", "audio/wav", data=data)


def converted(
    path: Path, name: str, kind: str, scratch: Scratch, budget: Budget = BUDGET, *, draw: Draw | None = None
) -> Blob:
    """Make a video of another kind.

    Args:
        path: The file.
        name: What it is called.
        kind: A key of `container.FORMATS`.
        scratch: Has room for a file.
        budget: What it may cost.
        draw: Draws on each frame.

    Raises:
        MediaError: It is broken, beyond the budget, or PyAV is not installed.
    """
    target = scratch.temporary(f".{kind}")
    container.convert(path, target, draw=draw, budget=budget)
    name, mime = f"{Path(name).stem}.{kind}", container.FORMATS[kind]
    if target.stat().st_size > MAX_IN_MEMORY:
        return replace(scratch.admit(target), name=name, mime=mime)
    return Blob(name, mime, data=target.read_bytes())


def presented(blob: Blob, max_image_pixels: int) -> Blob:
    """Give a file among others what is shown in its place; where that cannot be made it is shown as it is, or not."""
    name = format_of(head_of(blob))
    try:
        if name in FORMATS - WEB:
            data = blob.data if blob.data is not None else blob.path.read_bytes() if blob.path is not None else b""
            return replace(blob, shown=encoded(decode_image_file(data, max_image_pixels)))
        kind = audio_file.recognise(source_of(blob)) if name is None and blob.mime.startswith("audio/") else None
        return replace(blob, shown=played(blob, kind)) if kind is not None else blob
    except MediaError:
        return blob
