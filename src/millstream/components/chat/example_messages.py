"""Examples of messages that an empty conversation shows, and the images beside them and beside messages."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from millstream.components.chat.attachments import kind_of
from millstream.components.options.media_source import DeclaredFiles, guessed_mime
from millstream.components.values.links import is_embedded_image, is_web_address
from millstream.components.values.plain import plain_text
from millstream.declare.injected import SelectedFile
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError, InvalidValue
from millstream.wire.messages import Value

MAX_IMAGE_BYTES: Final = 128 * 1024
"""These images are a part of the page itself."""

MAX_IMAGES: Final = 64
"""So many are remembered: a handler that gives others each time must not fill the memory with them."""

MAX_SIGN: Final = 8
"""Characters of an icon that is text, such as an emoji of several."""


def read_example(given: object) -> dict[str, object]:
    """Give an example as a dict, in which its icon is as the page shows it; a text alone is one.

    Without an icon the first image among its files stands for it, if it is small enough for the page itself.
    """
    example = dict(given) if isinstance(given, Mapping) else {"text": given}
    return {**example, "icon": _icon(example.get("icon")) or next(filter(None, map(_small, _files(example))), None)}


def shown_example(example: Mapping[str, object]) -> dict[str, Value]:
    """Give an example for the page: it reads its own words, or else the names of its files."""
    names = [str(_file(file).get("orig_name", "")) for file in _files(example)]
    label = plain_text(example.get("display_text") or example["text"] or ", ".join(names))
    return {"text": example["text"], "label": label, **({"icon": example["icon"]} if example["icon"] else {})}


def chosen_example(example: Mapping[str, object]) -> dict[str, object]:
    """Give an example to the handler that is told of its choice: its text, and its files as a message takes them."""
    return {"text": example["text"], "files": [_file(file) for file in _files(example)]}


def _files(example: Mapping[str, object]) -> Sequence[object]:
    files = example.get("files")
    return files if isinstance(files, list | tuple) else [] if files is None else [files]


def _file(given: object) -> SelectedFile:
    stated = given if isinstance(given, Mapping) else {}
    address = str((stated.get("url") or stated.get("path")) if stated else given)
    place = "url" if is_web_address(address) else "path"
    return SelectedFile({place: address, "orig_name": Path(address).name, "mime_type": guessed_mime(address), **stated})


def _small(file: object) -> str | None:
    """Give the address of an image that may stand for an example; `None` of any other file."""
    given = _file(file)
    address = str(given.get("url") or given.get("path"))
    if kind_of(guessed_mime(address)) != "image":
        return None
    try:
        return image_address(address, "an example")
    except DeclarationError:  # too large, or not there: whoever chooses the example is told
        return None


def _icon(icon: object) -> str | None:
    """Give an icon as an address or a sign; one that cannot be shown is left out, with a warning."""
    if isinstance(icon, Mapping):
        icon = icon.get("url") or icon.get("path")
    if not isinstance(icon, str | Path) or not str(icon):
        return None
    if isinstance(icon, str) and len(icon) <= MAX_SIGN and not icon.isascii():
        return icon
    try:
        return image_address(icon, "Chatbot: the icon of an example")
    except DeclarationError as error:
        warn(f"{error}; it is left out")
        return None


@lru_cache(MAX_IMAGES)
def image_address(image: str | Path | None, where: str) -> str | None:
    """Give the address of an image: the one that was named, or the file itself as a `data:` address.

    Raises:
        DeclarationError: It is no image of a size that fits into the page; the message begins with `where`.
    """
    if image is None or is_web_address(str(image)) or is_embedded_image(str(image)):
        return None if image is None else str(image)
    try:
        blob = DeclaredFiles().admit(Path(image))
    except InvalidValue as error:
        raise DeclarationError(f"{where}: {error}") from error
    mime = guessed_mime(blob.name)
    is_image = kind_of(mime) == "image" or mime == "image/svg+xml"  # nothing runs in an SVG that is shown as an image
    if not is_image or blob.size > MAX_IMAGE_BYTES:
        size = f"{mime} of {blob.size} bytes"
        raise DeclarationError(f"{where} takes images of at most {MAX_IMAGE_BYTES} bytes, not {size}")
    return f"data:{mime};base64,{base64.b64encode(blob.data or b'').decode()}"
