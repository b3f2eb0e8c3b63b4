"""Updates that say no more of a list than what is new. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def unspliced(update: Mapping[str, object], known: object) -> Mapping[str, object]:
    """Replace `splice` by the whole value: the first of the `known` items, and the new ones.

    Where the value has its list in `data`, what else has changed of it comes third.
    """
    if "splice" not in update:
        return update
    start, rest, *changed = cast("list[Any]", update["splice"])
    others = {name: value for name, value in update.items() if name != "splice"}
    if isinstance(known, dict):
        return {**others, "value": {**known, **changed[0], "data": [*known["data"][:start], *rest]}}
    return {**others, "value": [*cast("list[object]", known)[:start], *rest]}
