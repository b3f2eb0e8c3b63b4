"""The events that components have, for whoever fires one that nothing listens to."""

from __future__ import annotations

import importlib

from millstream.declare.component import Component
from millstream.errors import nearest


def unknown_event(event: str, kind: str) -> str:
    """Say which events a component has if `event` is none of them; empty if it is, or if nothing is known of its type.

    Args:
        event: The name.
        kind: The type of the component in the manifest, which is the name of its file; empty for a layout.
    """
    if not kind.isidentifier():
        return ""
    try:
        module = importlib.import_module(f"millstream.components.{kind}")
    except ModuleNotFoundError:  # an app's own component
        return ""
    classes = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Component)]
    events = next((each.events() for each in classes if getattr(each, "tag", "") == kind), [event])
    return "" if event in events else f"{nearest(event, events)}; its events are {', '.join(events)}"
