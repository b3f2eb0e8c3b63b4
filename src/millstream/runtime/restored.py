"""Reads a session that another gateway has written down."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from millstream.declare.component import Component
from millstream.declare.manifest import Manifest
from millstream.runtime.state.initial import Initial
from millstream.runtime.state.snapshot import Snapshot
from millstream.runtime.state.written_values import ValueReader
from millstream.runtime.user_code import guarded
from millstream.types import Blob, Stored

logger = logging.getLogger("millstream.session")

EPOCHS: Final = 256
"""So many gateways a session may have had before its calls get numbers again that they had."""


@dataclass
class Restored:
    """A session of another gateway, as it was read.

    Attributes:
        snapshot: All of it.
        changed: Constructor arguments that differ from the declaration, by element.
        missing: Names of components whose user has to give them a value again.
        inputs: The inputs of runs that had not begun, by their place among those of the head.
        tag, epoch: See `SnapshotBody`; it is one epoch later now.
    """

    snapshot: Snapshot
    changed: dict[int, dict[str, Any]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    inputs: dict[int, tuple[Stored, ...]] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        return self.snapshot.body.tag

    @property
    def epoch(self) -> int:
        return (self.snapshot.body.epoch + 1) % EPOCHS


def read_snapshot(snapshot: Snapshot, manifest: Manifest, initial: Initial, folder: Path) -> Restored:
    """Read what is pickled in a snapshot, and take over the files of the session. Blocks.

    Args:
        snapshot: One that was signed.
        manifest: The declaration.
        initial: The values of a new session, in whose place those of the snapshot are put. What the page has to be
            told again is among `shown`: files, whose addresses are new, and values that are lost.
        folder: Where the session's files go.
    """
    restored, body, reader = Restored(snapshot), snapshot.body, ValueReader(folder)
    initial.shown.clear()
    initial.faults.clear()
    for number, data in body.changed.items():
        with guarded(partial(_cannot_read, manifest.elements[number].name)):
            restored.changed[number] = dict(reader.read(data).value)  # type: ignore[call-overload]  # as it was written
    for number, data in body.values.items():
        component = manifest.components[number]
        with guarded(partial(_cannot_read, component.name)):
            value, is_whole = reader.read(data)
            if is_whole:
                initial.values[number] = value
                _show(component, initial)
            else:
                _lose(component, restored, initial)
    for number in body.lost:
        _lose(manifest.components[number], restored, initial)
    for place, run in enumerate(snapshot.head.runs):
        if run.inputs is not None and run.binding in manifest.numbered:  # else a render of another gateway has made it
            with guarded(partial(_cannot_read, f"an input of {manifest.numbered[run.binding].name}")):
                inputs = reader.read(run.inputs)
                if inputs.is_whole:
                    restored.inputs[place] = cast("tuple[Stored, ...]", inputs.value)
    return restored


def _show(component: Component, initial: Initial) -> None:
    """Have the page told of files, which have other addresses here."""
    value = initial.values[component.id]
    if component.on_page and component.files(value):
        initial.shown[component.id] = None if isinstance(value, Blob) else component.shown(value)


def _lose(component: Component, restored: Restored, initial: Initial) -> None:
    """Let a component be empty, and its user know, if it is for him to fill it; what is only shown stays there."""
    if not component.on_page:
        return  # it begins anew
    with guarded(partial(_cannot_read, component.name)):
        initial.values[component.id] = component.declared(None)
        if component.is_interactive and not component.drives_stream:
            initial.shown[component.id] = component.shown(initial.values[component.id])
            restored.missing.append(component.label or component.name)


def _cannot_read(name: str, error: BaseException) -> None:
    logger.warning("the value of %s cannot be read from a snapshot, and starts over", name, exc_info=error)
