"""Values as they are written down: in a moment in which no call changes them, and within a bound."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import millstream as ms
from millstream.declare.element import Element
from millstream.runtime.state.initial import Beginning
from millstream.runtime.state.value_notes import PATIENCE_S, ValueNotes
from millstream.runtime.state.values import Values
from millstream.runtime.state.written_values import MAX_VALUE_BYTES, ValueReader
from millstream.snapshot_table import MAX_SNAPSHOT_BYTES


class Session:
    """The values of three states, and what is written of them."""

    def __init__(self) -> None:
        with ms.Blocks() as demo:
            self.states = [ms.State(number, label=str(number)) for number in range(10)]
        manifest = demo.freeze()
        self.values = Values(manifest, Beginning(manifest.components.values())._same.values, lambda element: None)
        self.warnings: list[tuple[str, str]] = []
        self.notes = ValueNotes(self.values, self._warn)

    def _warn(self, element: Element, error: BaseException) -> None:
        self.warnings.append((element.name, str(error)))

    def write(self, number: int, value: object) -> None:
        self.values.write(self.states[number].id, value)

    def read(self, number: int) -> object:
        return ValueReader(Path("unused")).read(self.notes.written[self.states[number].id]).value


@pytest.fixture
def session() -> Session:
    return Session()


def test_only_what_has_changed_is_written(session: Session) -> None:
    session.notes.update(set(), 0.0)
    assert session.notes.written == {}
    session.write(1, {"a": 1})
    session.notes.update(set(), 0.0)
    assert list(session.notes.written) == [session.states[1].id]
    assert session.read(1) == {"a": 1}
    assert not session.values.touched


def test_what_a_call_may_be_changing_waits_and_is_written_in_the_end(session: Session) -> None:
    at_work = {session.states[1].id, session.states[2].id}
    session.write(1, [1])
    session.write(2, 7)
    session.notes.update(at_work, 0.0)
    assert session.read(2) == 7, "no call can change a number"
    assert session.states[1].id not in session.notes.written
    session.notes.update(at_work, PATIENCE_S / 2)
    assert session.states[1].id not in session.notes.written
    session.notes.update(at_work, PATIENCE_S)
    assert session.read(1) == [1]


def test_a_moment_without_calls_is_taken_at_once(session: Session) -> None:
    session.write(1, [1])
    session.notes.update({session.states[1].id}, 0.0)
    session.notes.update(set(), 0.1)
    assert session.read(1) == [1]


class Changing:
    """Changes while it is pickled."""

    def __getstate__(self) -> object:
        raise RuntimeError("dictionary changed size during iteration")


def test_what_changed_while_it_was_written_is_written_the_next_time(session: Session) -> None:
    session.write(1, Changing())
    at_work = {session.states[1].id}
    session.notes.update(at_work, 0.0)
    session.notes.update(at_work, PATIENCE_S)
    assert session.warnings == []
    assert session.values.touched == at_work
    session.write(1, "quiet")
    session.notes.update(set(), PATIENCE_S)
    assert session.read(1) == "quiet"


@pytest.mark.parametrize("odd", [threading.Lock(), (n for n in ()), lambda: None], ids=["lock", "generator", "lambda"])
def test_what_cannot_be_pickled_is_lost_with_a_warning_that_names_it(session: Session, odd: object) -> None:
    session.write(1, odd)
    session.write(2, 1)
    session.notes.update(set(), 0.0)
    assert session.notes.lost == {session.states[1].id}
    assert [name for name, _ in session.warnings] == ["State '1'"]
    assert session.read(2) == 1
    session.write(1, odd)
    session.notes.update(set(), 1.0)
    assert len(session.warnings) == 1


def test_a_value_that_is_too_large_may_be_smaller_the_next_time(session: Session) -> None:
    session.write(1, "x" * MAX_VALUE_BYTES)
    session.notes.update(set(), 0.0)
    assert session.notes.lost == {session.states[1].id}
    session.write(1, "x")
    session.notes.update(set(), 0.0)
    assert session.notes.lost == set()
    assert session.read(1) == "x"


def test_all_of_them_together_have_a_bound(session: Session) -> None:
    for number in range(10):
        session.write(number, bytes(200 * 1024 - number))
    session.notes.update(set(), 0.0)
    assert sum(map(len, session.notes.written.values())) < MAX_SNAPSHOT_BYTES
    assert len(session.notes.written) == 4
    assert session.notes.lost == {session.states[number].id for number in range(6)}, "the largest go first"


def test_changed_arguments_count_among_them(session: Session) -> None:
    for number in range(10):
        session.values.change(session.states[number].id, {"label": "x" * (200 * 1024 - number)})
    session.write(9, 7)
    session.notes.update(set(), 0.0)
    assert sum(map(len, session.notes.changed.values())) < MAX_SNAPSHOT_BYTES
    assert set(session.notes.changed) == {session.states[number].id for number in range(6, 10)}
    assert session.read(9) == 7
    assert session.notes.lost == set()
    assert len(session.warnings) == 6
