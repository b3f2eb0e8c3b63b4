"""Fingerprints of values: equal content has the same one, whatever kind of object holds it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final

from millstream.wire.plain import MAX_DEPTH, brief

LARGEST_FILE: Final = 256 * 1024 * 1024
"""Larger files are told apart by their size and their time of change alone."""

READ_BYTES: Final = 1024 * 1024

_PLAIN: Final = (bool, int, float, complex, str, bytes, type(None))


def fingerprint(value: object) -> str:
    """Give the fingerprint of arguments, arrays, images, tables, and of the contents of files that are named.

    Raises:
        TypeError: There is an object in it whose content cannot be told.
    """
    digest = hashlib.sha256()
    for part in _parts(value, MAX_DEPTH):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def _parts(value: object, depth: int) -> Iterator[bytes | memoryview]:
    kind = type(value).__name__.encode()
    if depth <= 0:
        raise TypeError("lists or dicts are nested too deeply, or contain themselves")
    if type(value) in _PLAIN or isinstance(value, str | bytes):
        if isinstance(value, str) and (content := _file(value)):
            yield from (b"file", content)
        else:
            yield from (kind, value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass"))
    elif isinstance(value, Path):
        yield from (b"file", _file(str(value)) or str(value).encode())
    elif isinstance(value, Mapping):
        yield kind
        for pair in sorted((fingerprint(key), fingerprint(one)) for key, one in value.items()):
            yield "".join(pair).encode()
    elif isinstance(value, AbstractSet):
        yield from (kind, *sorted(fingerprint(one).encode() for one in value))
    elif isinstance(value, Sequence) and not isinstance(value, memoryview | bytearray):
        yield from (kind, len(value).to_bytes(8, "little"))
        for one in value:
            yield from _parts(one, depth - 1)
    else:
        yield from _object_parts(value, kind, depth)


def _object_parts(value: Any, kind: bytes, depth: int) -> Iterator[bytes | memoryview]:
    """Look into objects of other libraries, by what they can do."""
    if hasattr(value, "detach") and hasattr(value, "numpy"):  # a tensor
        value = value.detach().cpu().numpy()
    if getattr(getattr(value, "dtype", None), "hasobject", False) and hasattr(value, "tolist"):
        yield kind  # the bytes of an array of objects are addresses, which other objects have later
        yield from _parts(value.tolist(), depth - 1)
    elif hasattr(value, "tobytes"):
        described = (getattr(value, name, None) for name in ("shape", "size", "dtype", "mode"))
        yield from (kind, repr(list(described)).encode(), value.tobytes(), *_colours(value))
    elif (pandas := sys.modules.get("pandas")) is not None and isinstance(value, pandas.DataFrame | pandas.Series):
        names = list(value.columns) if hasattr(value, "columns") else [value.name]
        hashes = pandas.util.hash_pandas_object(value, index=True).to_numpy()
        yield from (kind, repr(names).encode(), hashes.tobytes())
    elif is_dataclass(value) and not isinstance(value, type):
        yield kind
        for each in fields(value):
            yield from _parts(getattr(value, each.name), depth - 1)
    elif hasattr(value, "to_dicts"):  # a table of polars
        yield from _parts(value.to_dicts(), depth - 1)
    else:
        raise TypeError(f"the content of {brief(value)} cannot be told: give key=, which says what counts")


def _colours(value: Any) -> Iterator[bytes]:
    """Give what the pixels of an image of Pillow mean, where they are numbers of colours, or one of them is clear."""
    if hasattr(value, "getpalette") and (palette := value.getpalette("RGBA")) is not None:
        yield bytes(palette)
    if (clear := getattr(value, "info", {}).get("transparency")) is not None:
        yield repr(clear).encode()


def _file(text: str) -> bytes:
    """Give what tells the file apart that a text names; nothing if it is no absolute path of one."""
    if len(text) > 4096 or "\0" in text or (not text.startswith(("/", "\\")) and text[1:3] not in (":\\", ":/")):
        return b""
    try:
        path = Path(text)
        if not path.is_file():
            return b""
        stat = path.stat()
        if stat.st_size > LARGEST_FILE:
            return f"{stat.st_size} {stat.st_mtime_ns}".encode()
        digest = hashlib.sha256()
        with path.open("rb") as file:
            for at in range(0, stat.st_size, READ_BYTES):  # files of the system say 0, and may have no end
                digest.update(file.read(min(READ_BYTES, stat.st_size - at)))
        return digest.digest()
    except OSError:
        return b""
