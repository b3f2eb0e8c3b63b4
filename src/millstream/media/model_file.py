"""3D models in files: their kind, told by the content, and what a browser could not load of them."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Final

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

HEAD_BYTES: Final = 64 * 1024
STL_HEADER: Final = 84
STL_TRIANGLE: Final = 50
SPLAT_BYTES: Final = 32
_OBJ_LINES: Final = (b"v ", b"f ", b"o ", b"g ", b"vn ", b"vt ", b"mtllib ", b"usemtl ")


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
        raise MediaError(f"it is no 3D model of a known kind ({', '.join(KINDS)})")
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
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MediaError("its JSON is broken") from error
    if not isinstance(document, dict) or "asset" not in document:
        raise MediaError("it is JSON, but no glTF")
    for part in ("buffers", "images"):
        entries = document.get(part)
        for entry in entries if isinstance(entries, list) else []:
            address = entry.get("uri") if isinstance(entry, dict) else None
            if isinstance(address, str) and not address.startswith("data:"):
                raise MediaError(f"it refers to another file, {address[:60]!r}: save it as one file, as .glb")
