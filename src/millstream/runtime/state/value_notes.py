"""The values of one session as they are written down: each when it has changed, and no call is changing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final

from millstream.declare.binding import Binding
from millstream.declare.element import Element
from millstream.errors import InvalidValue
from millstream.runtime.state.values import Values
from millstream.runtime.state.written_values import MEDIA, PLAIN, written
from millstream.runtime.user_code import guarded
from millstream.snapshot_table import MAX_SNAPSHOT_BYTES
from millstream.types import Stored
from millstream.wire.limits import FIRST_RENDERED

PATIENCE_S: Final = 1.0
"""How long a value waits for a moment in which no call uses it; then it is written while one does."""

REST_BYTES: Final = 64 * 1024
"""What else is in a snapshot takes less."""


class ValueNotes:
    """Writes the values of one session that have changed, and its changed constructor arguments.

    Args:
        values: The session's values.
        warn: Called with an element whose value or arguments cannot be written down, and why.

    Attributes:
        written: Values that have been written since the session began, by component.
        changed: Constructor arguments that differ from the declaration, by element.
        lost: Components whose last value could not be written down.
    """

    def __init__(self, values: Values, warn: Callable[[Element, BaseException], None]) -> None:
        self._values, self._warn = values, warn
        self.written: dict[int, bytes] = {}
        self.changed: dict[int, bytes] = {}
        self.lost: set[int] = set()
        self._given_up: set[int] = set()
        self._waits_since: dict[int, float] = {}

    def update(self, at_work: AbstractSet[int], now: float) -> None:
        """Write what has changed.

        Args:
            at_work: Components whose values calls have in their hands: what they can change waits for `PATIENCE_S`.
            now: The time in seconds.
        """
        touched, values = self._values.touched, self._values
        for number in list(touched):
            if number >= FIRST_RENDERED:  # another gateway renders it anew
                touched.discard(number)
                continue
            if number in values.changed:
                with guarded(partial(self._skip, number)):
                    self.changed[number] = written(values.changed[number])
            if number not in values.components:
                touched.discard(number)
                continue
            value = values[number]
            is_at_work = number in at_work and not isinstance(value, PLAIN)
            if is_at_work and now - self._waits_since.setdefault(number, now) < PATIENCE_S:
                continue
            self._waits_since.pop(number, None)
            touched.discard(number)
            self._write(number, value, is_at_work=is_at_work)
        self._make_room()

    def _write(self, number: int, value: object, *, is_at_work: bool) -> None:
        self.lost.add(number)
        self.written.pop(number, None)
        if isinstance(value, MEDIA) or number in self._given_up:
            return
        with guarded(partial(self._give_up, number, is_at_work)):
            self.written[number] = written(value)
            self.lost.discard(number)

    def _give_up(self, number: int, is_at_work: bool, error: BaseException) -> None:
        """Do without a value that cannot be written down; one that was being changed is looked at again."""
        if is_at_work and isinstance(error, RuntimeError):
            self._values.touched.add(number)
            return
        if not isinstance(error, InvalidValue):  # else it may be smaller the next time
            self._given_up.add(number)
        self._warn(self._values.component(number), error)

    def _skip(self, number: int, error: BaseException) -> None:
        self.changed.pop(number, None)

    def _make_room(self) -> None:
        """Leave out the largest values and arguments of a snapshot that would be too large."""
        room = MAX_SNAPSHOT_BYTES - REST_BYTES
        while sum(len(data) for notes in (self.written, self.changed) for data in notes.values()) > room:
            notes = max((self.written, self.changed), key=_largest)
            number = max(notes, key=lambda number: len(notes[number]))
            size = len(notes.pop(number))
            if notes is self.written:
                self.lost.add(number)
            self._warn(self._values.elements[number], InvalidValue(f"{size} bytes are too much beside all others"))


def _largest(notes: Mapping[int, bytes]) -> int:
    return max(map(len, notes.values()), default=0)


def inputs_note(binding: Binding, inputs: tuple[Stored, ...], server_side: AbstractSet[int]) -> bytes | None:
    """Write the inputs of a run that waits, but for those of `server_side`, which count when it begins.

    `None` if they cannot be written down: it cannot begin elsewhere.
    """
    pairs = zip(binding.inputs, inputs, strict=True)
    noted: list[bytes] = []
    with guarded(lambda _: None):
        noted.append(written(tuple(None if number in server_side else stored for number, stored in pairs)))
    return noted[0] if noted else None
