"""3D models in files: their kind, told by the content, and what a browser could not load of them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

import msgspec

from millstream.errors import MediaError
from millstream.media.file_kinds import Source

KINDS: Final = {
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "obj": "model/obj",
    "stl": "model/stl",
    "ply": "model/ply",
    "splat": "application/octet-stream",
}
"""The kinds that are shown, with their media types."""

MAX_OBJECTS: Final = 200_000
"""Objects and lists that a glTF document may have: what is large in a model are its buffers, which are texts there."""

HEAD_BYTES: Final = 64 * 1024
STL_HEADER: Final = 84
STL_TRIANGLE: Final = 50
SPLAT_BYTES: Final = 32
_OBJ_LINES: Final = (b"v ", b"f ", b"o ", b"g ", b"vn ", b"vt ", b"mtllib ", b"usemtl ")


class _Part(msgspec.Struct):
    uri: str | None = None


class _Document(msgspec.Struct):
    """As much of a glTF document as is looked at; nothing is made of the rest."""

    asset: msgspec.Raw
    buffers: tuple[_Part, ...] = ()
    images: tuple[_Part, ...] = ()


_DECODER: Final = msgspec.json.Decoder(_Document)


def kind_of_model(source: Source, name: str) -> str:
    """Tell the kind of a model by its content, and check that it needs no other file. Blocks.

    Args:
        source: The file, or its content.
        name: Its name, by which alone `.splat` files can be told.

    Raises:
        MediaError: It is none, or refers to other files.
    """
    if isinstance(source, Path):
        size = source.stat().st_size
        with source.open("rb") as file:
            head = file.read(HEAD_BYTES)
    else:
        size, head = len(source), source[:HEAD_BYTES]
    kind = _kind(head, size, Path(name).suffix.lower())
    if kind is None:
        raise MediaError(f"it is not a 3D model of a known kind ({', '.join(KINDS)})")
    if kind == "gltf":
        _check_references(source.read_bytes() if isinstance(source, Path) else source)
    return kind


def _kind(head: bytes, size: int, suffix: str) -> str | None:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"glTF"):
        return "glb"
    if text.startswith(b"ply"):
        return "ply"
    if text.startswith(b"{"):
        return "gltf"
    if _is_stl(head, text, size):
        return "stl"
    if b"\0" not in head and any(line.startswith(_OBJ_LINES) for line in head.splitlines()):
        return "obj"
    return "splat" if suffix == ".splat" and size > 0 and size % SPLAT_BYTES == 0 else None


def _is_stl(head: bytes, text: bytes, size: int) -> bool:
    if len(head) >= STL_HEADER:
        (triangles,) = struct.unpack_from("<I", head, STL_HEADER - 4)
        if size == STL_HEADER + STL_TRIANGLE * triangles:
            return True
    return text.startswith(b"solid") and (b"facet" in head or b"endsolid" in head)


def _check_references(data: bytes) -> None:
    """Check that a glTF document holds all of itself.

    Raises:
        MediaError: It is broken, or refers to other files.
    """
    if data.count(b"{") + data.count(b"[") > MAX_OBJECTS:  # twenty times as many bytes once they are read
        raise MediaError(f"it has more than {MAX_OBJECTS} objects: save it as .glb")
    try:
        document = _DECODER.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except msgspec.ValidationError as error:
        raise MediaError("it is JSON, but no glTF") from error
    except (ValueError, RecursionError) as error:
        raise MediaError("its JSON is broken") from error
    for entry in (*document.buffers, *document.images):
        if entry.uri is not None and not entry.uri.startswith("data:"):
            raise MediaError(f"it refers to another file, {entry.uri[:60]!r}: save it as one file, as .glb")
