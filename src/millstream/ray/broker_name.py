"""The name under which the replicas of an app, and operators, find its broker."""

from __future__ import annotations

from typing import Final

NAMESPACE: Final = "millstream"


def broker_name(app: str) -> str:
    """Name the actor for the application of that name, as `ray.get_actor` has it in `NAMESPACE`."""
    return f"broker of {app}"
