"""The plan of a handler's calls, which depends on the declaration alone: made once, when a worker is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from millstream.compat import tqdm
from millstream.declare.binding import Binding
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.handler import HandlerSpec
from millstream.declare.injected import Request, SelectedFile, SessionObject, Turn
from millstream.declare.manifest import Manifest
from millstream.declare.progress import ForeignBars, Progress, Tracker
from millstream.declare.uploaded import with_paths
from millstream.jobs import Job, Role
from millstream.runtime.call.session_objects import SessionObjects
from millstream.types import Blob, Scratch
from millstream.wire.messages import Value


@dataclass(frozen=True)
class CallPlan:
    """The facts that all calls of one handler have in common.

    Attributes:
        binding: The event.
        spec: What is called in the role.
        elements: All elements as declared, by number.
        name: What messages call the handler.
        is_async: Whether it is called on the loop.
        is_generator: Whether it is declared as a generator.
        is_injected: Whether it asks for more than the values of its inputs, or for some of them by name.
        component_inputs: The positions of those inputs that the handler gets as components, with their values.
        is_gapless: Whether audio that is missing is an error.
        foreign: Shows what another library draws, if the handler wants that.
        sessions: Finds the object that the handler keeps for a page; `None` if it keeps none.
    """

    binding: Binding
    spec: HandlerSpec
    elements: Mapping[int, Element]
    name: str
    is_async: bool
    is_generator: bool
    is_injected: bool
    component_inputs: frozenset[int]
    is_gapless: bool
    foreign: ForeignBars | None
    sessions: SessionObjects | None


def plan(manifest: Manifest, number: int, role: Role, sessions: SessionObjects) -> CallPlan:
    """Settle what does not change from call to call of a binding."""
    binding = manifest.numbered[number]
    spec = cast("HandlerSpec", binding.handlers[role])
    return CallPlan(
        binding=binding,
        spec=spec,
        elements=manifest.elements,
        name=spec.name,
        is_async=spec.is_async,
        is_generator=spec.is_generator,
        is_injected=bool(spec.specials or spec.keywords),
        component_inputs=frozenset() if binding.inputs_as_dict else spec.component_inputs(len(binding.inputs)),
        is_gapless=binding.keep == "all",
        foreign=tqdm.shown if spec.tracks_tqdm else None,
        sessions=sessions if spec.make_session is not None else None,
    )


def injected(plan: CallPlan, job: Job, tracker: Tracker, files: Scratch) -> dict[str, object]:
    """Make what a handler asks for besides the values of its inputs, by parameter; all but its `SessionObject`."""
    extras: dict[str, object] = {}
    for name, wanted in plan.spec.specials.items():
        if issubclass(wanted, SessionObject):
            continue
        if issubclass(wanted, Progress):
            extras[name] = Progress().bound(tracker)
        elif issubclass(wanted, Request):
            extras[name] = job.request
        elif issubclass(wanted, Turn):
            extras[name] = job.turn or Turn()
        elif (event := job.event) is not None:
            target = None if event.target is None else plan.elements[event.target]
            lend = with_paths if isinstance(target, Component) and target.names_files else _lent
            extras[name] = wanted(target, lend(event.data, files))
        else:
            extras[name] = wanted(None)
    return extras


def _lent(data: object, files: Scratch) -> Value:
    """Give a handler the paths of files in what it is told of an event."""
    if isinstance(data, Blob):
        path = data.path
        if path is None:
            path = files.temporary(Path(data.name).suffix)
            path.write_bytes(data.data or b"")
        return SelectedFile(path=str(path), url=None, orig_name=data.name, mime_type=data.mime, size=data.size)
    if type(data) is dict:
        return {name: _lent(item, files) for name, item in data.items()}
    return data
