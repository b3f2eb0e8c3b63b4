"""The values of the components of one session, with their last writers and changed arguments; applies results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.manifest import Manifest
from millstream.jobs import KEEP, Output, Result
from millstream.runtime.state.addresses import addressed, file_value
from millstream.runtime.state.claim import RANKS, STREAM, USER, Claim
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.frame_chain import FrameChain
from millstream.runtime.state.known_files import with_known_files
from millstream.runtime.state.raw_frame import RawFrame
from millstream.runtime.state.reach import REACH
from millstream.runtime.state.recording import StreamRecording
from millstream.types import Blob, Segment, Stored
from millstream.wire.messages import Value
from millstream.wire.packet import Packet

COLLECTIONS: Final = (list, tuple, dict)
"""The values that may hold several files."""

_NO_CHANGES: Final[Mapping[str, object]] = {}


class Values:
    """The values of one session.

    Args:
        manifest: The declaration.
        initial: The value that each component starts with.
        on_element: Called with an element whose constructor arguments have changed in this session.
        own: Components whose initial value was made for this session alone.

    Attributes:
        elements: The elements as they are in this session, by number.
        changed: Constructor arguments that differ from the declaration, by element.
        recording: Components that record, with the number of their running streams.
        touched: Components whose value has been written, and elements whose arguments have changed, since it was last
            looked at; at first those of `own`.
    """

    def __init__(
        self,
        manifest: Manifest,
        initial: Mapping[int, Stored],
        on_element: Callable[[Element], None],
        own: Iterable[int] = (),
    ) -> None:
        self._manifest = manifest
        self._on_element = on_element
        self.elements, self.components = manifest.elements, manifest.components
        self._stored = dict(initial)
        self._versions = [dict.fromkeys(manifest.elements, 0) for _ in RANKS]
        self.changed: dict[int, Mapping[str, object]] = {}
        self._watchers: dict[int, Callable[[int], None]] = {}
        self._late: dict[int, StreamRecording] = {}
        self.recording: Counter[int] = Counter()
        self.touched = set(own)
        self._marks = {number: _mark(self.component(number), self._stored[number]) for number in manifest.observed}

    def __getitem__(self, number: int) -> Stored:
        return self._stored[number]

    def read(self, numbers: Iterable[int], ended: int | None = None) -> tuple[Stored, ...]:
        """Give the values of some components; that of `ended` is what it has recorded."""
        if ended is None:
            return tuple(map(self._stored.__getitem__, numbers))
        return tuple(self.recorded(number) if number == ended else self._stored[number] for number in numbers)

    def component(self, number: int) -> Component:
        """Give a component as it is in this session."""
        component = self.elements[number]
        assert isinstance(component, Component)
        return component

    def watch(self, number: int, watcher: Callable[[int], None]) -> None:
        """Have `watcher` called with the number of a component whenever its value is written, or its arguments."""
        self._watchers[number] = watcher

    def changes(self, numbers: Iterable[int]) -> dict[int, Mapping[str, object]]:
        """Give the constructor arguments that differ from the declaration, for those of `numbers` that have any."""
        return {number: self.changed[number] for number in numbers if number in self.changed}

    def claim(self, numbers: Sequence[int], rank: int = USER, after: Claim | None = None) -> Claim:
        """Note the versions that a call begins with.

        Args:
            numbers: The components that it may write.
            rank: Its rank.
            after: The claim of the call whose results come before its own, if that is not over.
        """
        versions = self._versions[rank]
        known = dict(zip(numbers, map(versions.__getitem__, numbers), strict=True))
        claim = Claim(known, versions, rank, set(), [])
        if after is not None:
            after.followers.append(claim)
        return claim

    def write(self, number: int, stored: Stored, claim: Claim | None = None, *, is_news: bool = True) -> bool:
        """Store a value; a claim that held still holds after it.

        Args:
            number: The component.
            stored: Its value.
            claim: That of the call which writes it; `None` for what the user entered.
            is_news: Whether others who have a claim lose it.

        Returns:
            Whether the value differs and somebody listens to its `change`.
        """
        if is_news:
            followers = claim.followers and [each for each in claim.followers if each.holds(number)] if claim else ()
            for versions in self._versions[: USER + 1 if claim is None else claim.rank + 1]:
                versions[number] += 1
            if claim is not None:
                claim.versions[number] = claim.current[number]
            for follower in followers:
                follower.versions[number] = follower.current[number]
        self._stored[number] = stored
        self.touched.add(number)
        self._late.pop(number, None)
        if number in self._watchers:
            self._watchers[number](number)
        return number in self._marks and self._differs(number, stored)

    def write_segment(self, number: int, stored: Stored, claim: Claim) -> bool:
        """Store the next segment of audio; only the first one is news to others who write there.

        Otherwise whoever wants to clear a player would have to be faster than the next segment.

        Returns:
            What `write` does.
        """
        is_first = number not in claim.heard
        claim.heard.add(number)
        return self.write(number, stored, claim, is_news=is_first)

    def _differs(self, number: int, stored: Stored) -> bool:
        before, self._marks[number] = self._marks[number], _mark(self.component(number), stored)
        return before != self._marks[number]

    def capture(self, number: int, captured: Packet | FrameChain | StreamRecording) -> None:
        """Let a component hold what it captured last, or all of it at the end: not an edit, and no `change`."""
        if isinstance(captured, StreamRecording):
            self._late.pop(number, None)
        self._stored[number] = captured

    def capture_late(self, number: int, recorded: StreamRecording) -> None:
        """Keep a recording of a component that records again already, until there is a newer one, or a value."""
        self._late[number] = recorded

    def recorded(self, number: int) -> Stored:
        """Give what a component has recorded, which is what it holds unless it records again already."""
        return self._late.get(number, self._stored[number])

    def enter(self, elements: Mapping[int, Element], initial: Mapping[int, Stored]) -> None:
        """Take in elements of a render, with the values of those components that begin with one.

        One that was there before keeps its versions, so that the calls that know it go on, and its value if it is given
        none; of its changed arguments those that are kept have to be changed again.
        """
        self.elements = {**self.elements, **elements}
        for number in elements:
            for versions in self._versions:
                versions.setdefault(number, 0)
            self.changed.pop(number, None)
        self._stored.update(initial)
        for number in self._marks.keys() & initial.keys():
            self._marks[number] = _mark(self.component(number), self._stored[number])

    def observe(self, number: int) -> None:
        """Tell changes of a component's value from now on."""
        if number not in self._marks:
            self._marks[number] = _mark(self.component(number), self._stored[number])

    def leave(self, numbers: AbstractSet[int]) -> None:
        """Forget elements of a render."""
        self.elements = {number: element for number, element in self.elements.items() if number not in numbers}
        kept: tuple[dict[int, Any], ...] = (
            *(self._stored, self.changed, self._watchers, self._late, self._marks),
            *self._versions,
        )
        for number in numbers:
            for each in kept:
                each.pop(number, None)
        self.touched -= numbers

    def is_written(self, number: int) -> bool:
        """True if a value has been written since it began."""
        return self._versions[STREAM][number] > 0

    def unwatch(self, number: int) -> None:
        """Call nobody any more when a value is written."""
        self._watchers.pop(number, None)

    def clear(self) -> None:
        """Let go of all values; none can be read any more."""
        self._stored.clear()
        self._marks.clear()
        self.changed.clear()
        self._watchers.clear()
        self._late.clear()

    def change(self, number: int, changes: Mapping[str, object]) -> None:
        """Change constructor arguments of an element in this session."""
        merged = {**self.changed.get(number, _NO_CHANGES), **changes}
        element = self._manifest.elements[number].updated(merged)
        self.changed[number] = merged  # never changed again: jobs carry it
        self.touched.add(number)
        self.elements = {**self.elements, number: element}
        self._on_element(element)
        if number in self._watchers:
            self._watchers[number](number)


def _mark(component: Component, stored: Stored) -> tuple[type, object]:
    """Give something that differs when the value does, also if the value was changed in place."""
    if isinstance(stored, Packet):
        return Packet, bytes(stored.payload)
    if isinstance(stored, RawFrame):
        return RawFrame, stored.frame.pixels.tobytes()
    if isinstance(stored, FrameChain):
        return FrameChain, bytes(stored.packets[-1].payload)
    return type(stored), component.mark(stored)


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
    for number, made in result.outputs.items():
        if number not in values.elements:  # a render has declared something else in the meantime
            continue
        if made.changes:
            values.change(number, made.changes)
        element = values.elements[number]
        is_shown = not isinstance(element, Component) or element.on_page
        if made.changes and is_shown:
            applied.updates[number] = dict(made.patch)
            if REACH & made.patch.keys():
                applied.reach.append(number)
        if made.value is KEEP or claim.versions.get(number) != claim.current[number]:
            continue
        output = made
        if made.wire is not None and isinstance(made.value, COLLECTIONS):
            output, gone = with_known_files(cast("Component", element), values[number], made)
            applied.gone += gone
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
