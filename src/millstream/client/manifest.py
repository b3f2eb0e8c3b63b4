"""The inline manifest, as a page without a browser reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeAlias

PageManifest: TypeAlias = Mapping[str, Any]
"""The inline manifest, as described in `docs/internals/protocol.md`."""


class Numbered(Protocol):
    """An element of a declaration, named by its number."""

    id: int


Reference: TypeAlias = int | str | Numbered
"""A caller's name for an element: its number, its label, its `elem_id`, or the component or layout itself."""


def elements_of(manifest: PageManifest) -> Iterator[tuple[int, dict[str, object]]]:
    """Walk the components, then the layouts, with their properties."""
    for number, component in manifest["components"].items():
        yield int(number), dict(component["props"])
    waiting = [manifest["root"]]
    while waiting:
        node = waiting.pop()
        waiting += node.get("children", ())
        if "children" in node:
            yield node["id"], dict(node["props"])
