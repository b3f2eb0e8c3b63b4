"""The form in which the page knows files: a handle that it can fetch, never a path."""

from __future__ import annotations

from millstream.runtime.state.files import SessionFiles
from millstream.types import Blob
from millstream.wire.messages import Value


def addressed(wire: Value, store: SessionFiles) -> Value:
    """Replace each file by the page's form of it."""
    if isinstance(wire, Blob):
        return file_value(store.handle(wire), wire)
    if isinstance(wire, list):
        return [addressed(item, store) for item in wire]
    if isinstance(wire, dict):
        return {name: addressed(item, store) for name, item in wire.items()}
    return wire


def file_value(handle: str, blob: Blob) -> dict[str, Value]:
    """Give the form in which the page knows a file."""
    return {"file": handle, "name": blob.name, "type": blob.mime, "size": blob.size, **blob.told}
