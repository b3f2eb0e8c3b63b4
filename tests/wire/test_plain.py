"""Values made plain: what comes out is Python's own, can be sent, and says the same."""

from __future__ import annotations

import enum
import itertools
import json
import reprlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.wire.encoding import decode_server_message, encode_message
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Toast
from millstream.wire.plain import KINDS, MAX_DEPTH, brief, encodable, plain, size_of, well_formed

TEXT = st.text(st.characters())
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.binary())
NUMPY = st.one_of(
    st.integers(0, 100).map(np.int16),
    st.floats(width=32).map(np.float32),
    st.booleans().map(np.bool_),
    TEXT.map(np.str_),
)
TREES = st.recursive(
    LEAVES | NUMPY,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(TEXT, inner) | st.lists(inner).map(iter),
    max_leaves=20,
)


class Colour(enum.Enum):
    RED = "red"


def kinds(value: object) -> set[type]:
    """Give the types of all leaves."""
    if isinstance(value, list | tuple):
        return set().union(*map(kinds, value))
    if isinstance(value, dict):
        return set().union(*map(kinds, value), *map(kinds, value.values()))
    return {type(value)}


@given(TREES)
def test_what_is_plain_has_only_pythons_own_types(value: object) -> None:
    assert kinds(plain(value)) <= set(KINDS)


@given(TREES)
def test_what_is_encodable_survives_both_encodings(value: object) -> None:
    made = encodable(plain(value))
    assert encodable(made) == made
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(made)) == made
    if bytes not in kinds(made):
        assert json.loads(json.dumps(made, allow_nan=False, ensure_ascii=False).encode()) == made


@given(TEXT)
def test_text_is_well_formed_and_otherwise_the_same(text: str) -> None:
    made = well_formed(text)
    made.encode()
    assert made == text or "�" in made
    assert well_formed(made) == made


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_the_size_is_never_estimated_too_large(value: object) -> None:
    made = encodable(value)
    assert size_of(made, 10**9) <= len(msgspec.msgpack.encode(made)) + 1


def test_the_size_of_what_is_huge_is_not_counted_to_its_end() -> None:
    def endless() -> object:
        raise AssertionError("looked too far")

    class Long(list[object]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            yield "x" * 200
            yield endless()

    assert size_of(Long(), 100) > 100
    assert size_of({"a": [np.zeros(1000)]}, 100) > 100


def test_the_size_is_counted_as_deep_as_a_value_may_be() -> None:
    itself: list[object] = []
    itself.append(itself)
    assert size_of(itself, 10**9) < 100
    deep: object = "x" * 1000
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert len(msgspec.msgpack.encode(encodable(deep))) > size_of(deep, 10**9) > 1000


@pytest.mark.parametrize(
    ("value", "made"),
    [
        (np.array(["cat", "dog"])[1], "dog"),
        (np.float64(0.5), 0.5),
        (np.array(3), 3),
        (np.unique([2002, 2001]), [2001, 2002]),
        (Colour.RED, "red"),
        ({np.str_("a"): np.int8(1)}, {"a": 1}),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.values(), [1]),
        ((np.int8(1), [np.int8(2)]), (1, [2])),
        (range(2), [0, 1]),
    ],
)
def test_what_people_have_becomes_what_it_is(value: object, made: object) -> None:
    found = plain(value)
    assert found == made
    assert type(found) is type(made)


def much_of_itself() -> object:
    value: object = 1
    for _ in range(40):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    "make",
    [
        itertools.count,
        lambda: {"a": itertools.repeat("x")},
        lambda: range(10**12),
        lambda: np.broadcast_to(np.uint8(1), (10**6, 10**6)),
        much_of_itself,
    ],
)
def test_what_has_no_end_that_anybody_lives_to_see_is_refused(
    make: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.wire.plain.MOST_ITEMS", 2000)
    with pytest.raises(TypeError, match="values are too many for the page; return less, or a file"):
        plain(make())


@pytest.mark.parametrize("value", [object(), print, Colour, ..., 1j, [[object()]]])
def test_what_no_page_can_show_is_an_error_that_names_it(value: object) -> None:
    with pytest.raises(TypeError, match="no form"):
        encodable(value)


def test_too_much_within_each_other_is_an_error() -> None:
    value: object = 1
    for _ in range(1000):
        value = [value]
    with pytest.raises(TypeError, match="within each other"):
        encodable(value)


@pytest.mark.parametrize("text", ["\ud800", np.str_("a"), np.str_("\udfff")])
def test_a_message_is_sent_whatever_text_is_in_it(text: str) -> None:
    data = encode_message(Toast(level="info", message=text))
    message = decode_server_message(data)
    assert isinstance(message, Toast)
    assert message.message == well_formed(str(text))
    assert len(data) < MAX_MESSAGE_BYTES


@pytest.mark.parametrize("name", ["NAType", "NaTType"])
def test_what_pandas_calls_missing_is_none(name: str) -> None:
    missing = type(name, (), {"__module__": "pandas._libs.missing"})()
    assert plain(missing) is None
    assert encodable([missing]) == [None]


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_moments_of_numpy_are_texts(unit: str) -> None:
    assert str(plain(np.datetime64("2026-01-02", unit))).startswith("2026-01-02")
    assert plain(np.datetime64("NaT", unit)) is None
    assert encodable(np.timedelta64(5, unit)) == str(np.timedelta64(5, unit))


def test_what_lies_in_itself_is_refused_in_words() -> None:
    itself: list[object] = []
    itself.append(itself)
    for value in (itself, {"a": itself}, (itself,)):
        with pytest.raises(TypeError, match="more than 64 lists or dicts lie within each other"):
            plain(value)


@pytest.mark.parametrize("key", [b"a", (1, 2)])
def test_keys_that_no_page_knows_are_refused(key: object) -> None:
    with pytest.raises(TypeError, match="cannot be a key of a dict here"):
        encodable({key: 1})


@pytest.mark.parametrize(
    "value", [10**5000, "x" * 10_000, [["x" * 30] * 9] * 9, object()], ids=["number", "text", "lists", "object"]
)
def test_a_brief_form_is_short_whatever_it_is_of(value: object) -> None:
    assert 0 < len(brief(value)) <= 200


@dataclass
class Pair:
    first: object
    second: object = field(repr=False, default=None)
    third: object = None


class NamedPair(NamedTuple):
    first: object
    third: object = None


class Items(list[object]):
    pass


@pytest.mark.parametrize(
    "join",
    [
        lambda one: Pair(one, one, one),
        lambda one: NamedPair(one, one),
        lambda one: Items([one, one]),
        lambda one: [one, one],
    ],
    ids=["dataclass", "named tuple", "subclass of list", "list"],
)
def test_what_a_value_holds_twice_is_described_once(join: Callable[[object], object]) -> None:
    class Leaf:
        described = 0

        def __repr__(self) -> str:
            Leaf.described += 1
            return "Leaf"

    value: object = Leaf()
    for _ in range(5):
        value = join(value)
    assert "Leaf" in brief(value)
    assert Leaf.described == 1
    for _ in range(60):
        value = join(value)
    assert len(brief(value)) <= 200


def test_a_dataclass_is_described_as_python_does() -> None:
    for value in (Pair(1, 2, "x"), NamedPair([1], 2), Items([1, 2])):
        assert brief(value) == repr(value)
    assert brief(Pair("a" * 50)) == reprlib.repr(Pair("a" * 50))
