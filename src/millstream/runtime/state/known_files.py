"""Files that a component shows already, in place of equal ones in its next value: no page fetches them again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

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


def _exchanged(data: object, known: Mapping[int, Blob]) -> object:
    if isinstance(data, Blob):
        return known.get(id(data), data)
    if isinstance(data, dict):
        return {name: _exchanged(item, known) for name, item in cast("dict[str, object]", data).items()}
    return [_exchanged(item, known) for item in data] if isinstance(data, list) else data
