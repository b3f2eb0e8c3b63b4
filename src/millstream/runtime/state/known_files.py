"""Files that a component shows already, in place of equal ones in its next value: no page fetches them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from millstream.declare.component import Component
from millstream.jobs import Output
from millstream.types import Blob, Stored


def with_known_files(component: Component, before: Stored, output: Output) -> tuple[Output, list[Path]]:
    """Keep the files that a component's value has already, where its next value has the same content.

    Without it each call of a stream that returns a list with one more image would have the page load all of them anew.

    Args:
        component: Its owner.
        before: Its value, in any form.
        output: What a call gives it.

    Returns:
        The output, and the paths of files that are not needed then.
    """
    files = component.files(output.value)
    if not any(_key(blob) for blob in files):
        return output, []
    shown = {_key(blob): blob for blob in component.files(before)}
    known = {id(blob): same for blob in files if (same := shown.get(_key(blob))) and same is not blob and _key(blob)}
    if not known:
        return output, []
    kept = {path for blob in shown.values() for path in blob.paths}
    gone = [path for blob in files if id(blob) in known for path in blob.paths if path not in kept]
    return output._replace(value=_exchanged(output.value, known), wire=_exchanged(output.wire, known)), gone


def _key(blob: Blob) -> str:
    """Give what two files with the same content have in common: files of the session are never written again."""
    return blob.key or str(blob.path or "")


def _exchanged(data: Any, known: Mapping[int, Blob]) -> Any:
    """Put other files into plain data, and into the tuples and dataclasses that a component keeps, such as messages."""
    if isinstance(data, Blob):
        return known.get(id(data), data)
    if isinstance(data, dict):
        return {name: _exchanged(item, known) for name, item in data.items()}
    if isinstance(data, list):
        return [_exchanged(item, known) for item in data]
    if isinstance(data, tuple):
        items = [_exchanged(item, known) for item in data]
        return type(data)._make(items) if hasattr(data, "_make") else tuple(items)
    if is_dataclass(data) and not isinstance(data, type):
        return replace(data, **{each.name: _exchanged(getattr(data, each.name), known) for each in fields(data)})
    return data
