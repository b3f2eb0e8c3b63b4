"""Values of components as cells of a table; files and media are copied beside it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import numpy as np

from millstream.apps.flagging.flag_folder import FlagFolder
from millstream.components.chat.file_component import FileComponent
from millstream.components.values.named_string import NamedString
from millstream.components.values.samples import to_samples
from millstream.declare.component import Component
from millstream.frames import Chunk
from millstream.media import wav
from millstream.wire.plain import plain

MAX_CELL: Final = 100_000
"""Characters of a cell. A longer text is a file of its own: Python's `csv` reads no cells of more than 131,072."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that spreadsheets would calculate."""


def cell(component: Component, value: object, folder: FlagFolder) -> str:
    """Give a value as a cell; media and files go below `folder`, and the cell names them relative to it."""
    owner = component.label or type(component).__name__
    if value is None:
        return ""
    if (image := _image(value)) is not None:
        return folder.save(owner, "image.png", image.save)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], np.ndarray):
        return folder.save(owner, "audio.wav", lambda path: _write_wav(path, value[0], value[1]))
    if isinstance(value, str | Path) and takes_files(component) and _is_file(value):
        return folder.save(owner, Path(value).name, lambda path: shutil.copyfile(value, path))
    if isinstance(value, Mapping | list | tuple):
        text = json.dumps(_listed(component, value, folder), ensure_ascii=False, default=str)
        return _written(text, owner, "value.json", folder)
    return _written(str(plain(value)), owner, "value.txt", folder)


def _written(text: str, owner: str, name: str, folder: FlagFolder) -> str:
    """Give a text as a cell; a long one goes into a file, which the cell names."""
    if len(text) <= MAX_CELL:
        return inert(text)
    return folder.save(owner, name, lambda path: path.write_text(text, encoding="utf-8", errors="replace"))


def inert(text: str) -> str:
    """Give a text that no spreadsheet takes for a formula; numbers stay as they are."""
    is_number = re.fullmatch(r"[+-]?\d*\.?\d+(e[+-]?\d+)?", text, re.IGNORECASE) is not None
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text


def takes_files(component: Component) -> bool:
    """True if a text that the component holds is the path of a file."""
    return component.streams is not None or bool({"takes_file", "collects_files"} & set(component.capabilities))


def _listed(component: Component, value: object, folder: FlagFolder) -> object:
    """Copy the files that a list, or a message, has in it: paths that its component made, not what a visitor wrote."""
    if isinstance(value, Mapping):
        return {str(name): _listed(component, one, folder) for name, one in value.items()}
    if isinstance(value, list | tuple) and not isinstance(value, str):
        return [_listed(component, one, folder) for one in value]
    is_path = isinstance(value, NamedString | Path) or (isinstance(value, str) and isinstance(component, FileComponent))
    if is_path and takes_files(component) and _is_file(cast("str", value)):
        return cell(component, value, folder)
    return plain(value)


def _image(value: Any) -> Any:
    """Give an array of pixels, or an image of Pillow, as the latter."""
    if hasattr(value, "getbands") and hasattr(value, "save"):
        return value
    if isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim in (2, 3) and value.size:
        from PIL import Image

        return Image.fromarray(value)
    return None


def _write_wav(path: Path, rate: object, samples: Any) -> None:
    path.write_bytes(wav.encode(Chunk(to_samples(samples), int(rate))))  # type: ignore[call-overload]


def _is_file(value: str | Path) -> bool:
    try:
        return Path(value).is_file()
    except (OSError, ValueError):  # no file can have that name
        return False
