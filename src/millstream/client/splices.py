"""Updates that say no more of a list than what is new. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast


def unspliced(update: Mapping[str, object], known: object) -> Mapping[str, object]:
    """Replace `splice` by the whole value: the first of the `known` items, and the new ones."""
    if "splice" not in update:
        return update
    start, rest = cast("tuple[int, list[object]]", update["splice"])
    others = {name: value for name, value in update.items() if name != "splice"}
    return {**others, "value": [*cast("list[object]", known)[:start], *rest]}
