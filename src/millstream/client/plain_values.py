"""Values of a page in the forms that a program uses: arrays, samples and bytes instead of packets and file handles."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import numpy as np

from millstream import codecs
from millstream.client.elements import Elements
from millstream.client.listener import Listener
from millstream.client.sources import audio, frame
from millstream.codecs import png
from millstream.errors import MediaError
from millstream.frames import Chunk, Frame
from millstream.media import image_file, wav
from millstream.media.image_header import MAX_PHOTO_PIXELS
from millstream.overlays.unpacking import unpack
from millstream.types import Media
from millstream.wire.packet import CodecNumber, Packet


async def plain_value(value: object, download: Callable[[str], Awaitable[bytes]]) -> object:
    """Decode a value; see `Driver.value`.

    Args:
        value: The value as the page holds it.
        download: Gets the bytes of a file of the session.
    """
    if isinstance(value, Listener):
        return value.video or b"".join(value.files) or _plain(Chunk(value.samples, value.sample_rate))
    if isinstance(value, Frame):
        return _plain(value)
    if isinstance(value, Packet) and value.codec == CodecNumber.OVERLAY:
        return unpack(value.payload)
    if isinstance(value, Packet):
        return _plain(codecs.by_number(value.codec).open_decoder().decode(value.payload))
    if isinstance(value, list) and all(isinstance(item, dict) and "file" in item for item in value):
        return [await download(str(item["file"])) for item in value]
    if isinstance(value, list) and value and all(isinstance(item, dict) and "media" in item for item in value):
        return [(await plain_value(item["media"], download), item.get("caption")) for item in value]
    if isinstance(value, dict) and "file" in value:
        return _content(await download(str(value["file"])), str(value.get("type", "")))
    return value


def file_of(elements: Elements, number: int, value: object) -> tuple[str, str, bytes] | None:
    """Make the name, type and content of a file of a value that has to be uploaded."""
    takes_file = elements.can(number, "takes_file")
    if takes_file and elements.can(number, "shows_frames") and isinstance(value, np.ndarray):
        return "image.png", "image/png", png.open_encoder(1.0).encode(frame(value)).payload
    if takes_file and not elements.can(number, "captures_frames") and isinstance(value, tuple):
        return "audio.wav", "audio/wav", wav.encode(audio(value))
    if (takes_file or elements.can(number, "collects_files")) and isinstance(value, Path):
        return named_content(value)
    return None


def is_message(wire: object) -> bool:
    """True if a value is a text with files, as of a `MultimodalTextbox`."""
    return isinstance(wire, dict) and wire.keys() == {"text", "files"}


def message_of(value: object, upload: Callable[[Path], object]) -> object:
    """Make a message with attachments of its text alone, or of a dict whose files may be paths."""
    if isinstance(value, str):
        return {"text": value, "files": []}
    if not isinstance(value, Mapping):
        return value
    files = [upload(file) if isinstance(file, Path) else file for file in value.get("files") or ()]
    return {"text": "", **value, "files": files}


def named_content(path: Path) -> tuple[str, str, bytes]:
    """Read the name, type and content of a file that is to be uploaded."""
    return path.name, mimetypes.guess_type(path.name)[0] or "application/octet-stream", path.read_bytes()


def _content(data: bytes, mime: str) -> object:
    """Decode a file that is an image or WAV audio; any other stays as it is."""
    try:
        if mime.startswith("image/"):
            return _plain(image_file.decode_image_file(data, MAX_PHOTO_PIXELS))
        return _plain(wav.decode(data))
    except MediaError:
        return data


def _plain(media: Media) -> object:
    if isinstance(media, Frame):
        return media.pixels
    return media.sample_rate, media.samples[:, 0] if media.channels == 1 else media.samples
