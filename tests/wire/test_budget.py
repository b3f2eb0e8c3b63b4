from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.wire.budget import count_values

PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=300),
    st.binary(max_size=300),
    st.builds(msgspec.msgpack.Ext, st.integers(-128, 127), st.binary(max_size=300)),
)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=8), st.dictionaries(st.text(max_size=40), inner, max_size=8)),
)


def count(value: Any) -> int:
    if isinstance(value, list):
        return 1 + sum(map(count, value))
    if isinstance(value, dict):
        return 1 + sum(1 + count(item) for item in value.values())
    return 1


@pytest.mark.slow
@given(ANYTHING)
def test_every_value_counts_once(value: Any) -> None:
    assert count_values(msgspec.msgpack.encode(value), 10**6) == count(value)


@pytest.mark.parametrize("value", ["x" * 70_000, b"x" * 70_000, msgspec.msgpack.Ext(5, b"x" * 70_000)])
def test_what_is_long_is_one_value(value: Any) -> None:
    assert count_values(msgspec.msgpack.encode([value, 1]), 100) == 3


@pytest.mark.parametrize("value", [[1] * 70_000, {str(number): 1 for number in range(70_000)}, [[[]]] * 70_000])
def test_it_counts_no_further_than_it_has_to(value: Any) -> None:
    assert count_values(msgspec.msgpack.encode(value), 100) == 101


@given(st.binary(max_size=200))
def test_anything_at_all_is_counted_without_an_error(data: bytes) -> None:
    assert 0 <= count_values(memoryview(data), 50) <= 51
