"""Applies a result to its session: values are written, files get handles, and the page gets the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from millstream.declare.component import Component
from millstream.jobs import KEEP, Output, Result
from millstream.runtime.send.list_diff import REACH
from millstream.runtime.state.addresses import addressed, file_value
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.raw_frame import RawFrame
from millstream.runtime.state.values import Claim, Values
from millstream.types import Blob, Segment
from millstream.wire.messages import Value
from millstream.wire.packet import Packet


@dataclass
class Applied:
    """The outcome of applying a result.

    Attributes:
        updates: What the page has to change, by component.
        pictures: Frames for the page, by component.
        is_raw: Whether some of them are to be encoded when they are sent.
        sounds: The next input of players, by component.
        changed: Components whose `change` event is to be raised.
        growing: Components whose new value is a list that may go on from where the page knows it.
        reach: Elements of which the page is told whether its user gets at them.
        gone: Files that nothing refers to any more.
    """

    updates: dict[int, dict[str, Value]] = field(default_factory=dict)
    pictures: dict[int, Packet | RawFrame] = field(default_factory=dict)
    is_raw: bool = False
    sounds: dict[int, Segment] = field(default_factory=dict)
    changed: list[int] = field(default_factory=list)
    growing: set[int] = field(default_factory=set)
    reach: list[int] = field(default_factory=list)
    gone: list[Path] = field(default_factory=list)


def apply(result: Result, values: Values, store: SessionFiles, claim: Claim) -> Applied:
    """Apply one result as a whole.

    A value that somebody else has written since the claim was made stays, in the session and in the page. What a
    handler returns for a component that records is only shown.

    Raises:
        QuotaExceeded: A file does not fit into the session.
    """
    applied = Applied()
    for number, output in result.outputs.items():
        if output.changes:
            values.change(number, output.changes)
        element = values.elements[number]
        is_shown = not isinstance(element, Component) or element.on_page
        if output.changes and is_shown:
            applied.updates[number] = dict(output.patch)
            if REACH & output.patch.keys():
                applied.reach.append(number)
        if output.value is KEEP or claim.versions.get(number) != claim.current[number]:
            continue
        write = values.write if output.sound is None else values.write_segment
        if not values.recording[number] and write(number, output.value, claim):
            applied.changed.append(number)
        if is_shown:
            _show(cast("Component", element), output, store, applied)
    return applied


def _show(component: Component, output: Output, store: SessionFiles, applied: Applied) -> None:
    stored = output.value
    if output.sound is not None:
        applied.sounds[component.id] = output.sound
        if isinstance(stored, Blob) and stored.path is not None:
            applied.gone += store.add_output(stored, component.id)[1]  # the page has it, the store has to know of it
        return
    if isinstance(stored, Packet):
        applied.pictures[component.id] = stored
        return
    if isinstance(stored, RawFrame):
        applied.pictures[component.id], applied.is_raw = stored, True
        return
    update = applied.updates.setdefault(component.id, {})
    if isinstance(stored, Blob):
        handle, gone = store.add_output(stored, component.id)
        applied.gone += gone
        update["value"] = file_value(handle, stored)
    else:
        files = component.files(stored)
        if files or component.id in store.held:
            applied.gone += store.hold(files, component.id)
        update["value"] = addressed(output.wire, store) if files else output.wire
        if component.grows:
            applied.growing.add(component.id)
