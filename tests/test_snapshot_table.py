"""Snapshots by key, and whose they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millstream.snapshot_table import SnapshotTable


def test_only_one_takes_a_snapshot() -> None:
    table = SnapshotTable[str]()
    assert table.put("a", b"k", b"head", b"body", 0.0)
    taken = table.take("b", b"k", 1.0)
    assert taken == (b"head", b"body", "a")
    assert table.take("c", b"k", 1.0) is None
    assert table.take("a", b"k", 1.0) is None


def test_an_earlier_owner_can_put_nothing_any_more() -> None:
    table = SnapshotTable[str]()
    table.put("a", b"k", b"1", b"1", 0.0)
    table.take("b", b"k", 0.0)
    assert not table.put("a", b"k", b"2", b"2", 0.0)
    assert table.put("b", b"k", b"3", b"3", 0.0)
    assert table.take("c", b"k", 0.0) == (b"3", b"3", "b")


def test_nor_when_the_session_is_over() -> None:
    table = SnapshotTable[str](keep_s=10.0)
    table.put("a", b"k", b"1", b"1", 0.0)
    table.take("b", b"k", 0.0)
    table.drop("b", b"k", 1.0)
    assert not table.put("a", b"k", b"2", b"2", 10.9)
    assert table.take("a", b"k", 10.9) is None


def test_nobody_takes_its_own() -> None:
    table = SnapshotTable[str]()
    table.put("a", b"k", b"1", b"1", 0.0)
    assert table.take("a", b"k", 0.0) is None
    assert table.take("b", b"k", 0.0) is not None


def test_a_head_alone_leaves_the_body() -> None:
    table = SnapshotTable[str]()
    table.put("a", b"k", b"1", b"body", 0.0)
    table.put("a", b"k", b"2", None, 0.0)
    assert table.take("b", b"k", 0.0) == (b"2", b"body", "a")


def test_without_a_body_there_is_nothing_to_take() -> None:
    table = SnapshotTable[str]()
    table.put("a", b"k", b"head", None, 0.0)
    assert table.take("b", b"k", 0.0) is None


def test_a_snapshot_outlives_its_owner_for_a_while() -> None:
    table = SnapshotTable[str](keep_s=10.0)
    for key in (b"j", b"k"):
        table.put("a", key, b"1", b"1", 0.0)
    table.leave("a", 5.0)
    assert table.take("b", b"j", 14.9) is not None
    assert table.take("b", b"k", 15.0) is None


def test_an_owner_that_is_back_keeps_its_own() -> None:
    table = SnapshotTable[str](keep_s=10.0)
    table.put("a", b"k", b"1", b"1", 0.0)
    assert table.due is None
    table.leave("a", 5.0)
    assert table.due == 15.0
    table.put("a", b"k", b"2", None, 6.0)
    assert table.due is None
    assert table.take("b", b"k", 100.0) == (b"2", b"1", "a")


def test_a_snapshot_that_was_taken_and_never_put_again_is_forgotten() -> None:
    table = SnapshotTable[str](keep_s=10.0)
    for key in (b"j", b"k"):
        table.put("a", key, b"1", b"1", 0.0)
        table.take("b", key, 0.0)
    table.put("b", b"k", b"2", b"2", 5.0)
    table.expire(10.0)
    assert len(table) == 1
    assert table.take("c", b"k", 100.0) == (b"2", b"2", "b")


def test_the_oldest_make_room() -> None:
    table = SnapshotTable[str](max_bytes=10)
    for key in (b"1", b"2", b"3"):
        table.put("a", key, b"", b"....", 0.0)
    assert table.take("b", b"1", 0.0) is None
    assert table.take("b", b"2", 0.0) is not None


KEYS = st.sampled_from([b"j", b"k", b"l"])
OWNERS = st.sampled_from("abc")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), OWNERS, KEYS, st.binary(max_size=4), st.none() | st.binary(max_size=4)),
        st.tuples(st.just("take"), OWNERS, KEYS),
        st.tuples(st.just("drop"), OWNERS, KEYS),
        st.tuples(st.just("leave"), OWNERS),
        st.tuples(st.just("wait"), st.floats(0.0, 8.0)),
    ),
    max_size=60,
)


@given(steps=STEPS)
def test_a_key_never_has_two_owners_and_every_byte_is_counted(steps: list[tuple]) -> None:
    table, now, owners = SnapshotTable[str](max_bytes=12, keep_s=5.0), 0.0, {}
    for name, *rest in steps:
        match name, rest:
            case "put", (owner, key, head, body):
                if table.put(owner, key, head, body, now):
                    owners[key] = owner
            case "take", (owner, key):
                taken = table.take(owner, key, now)
                if taken is not None:
                    assert owners[key] == taken.before != owner
                    owners[key] = owner
            case "drop", (owner, key):
                table.drop(owner, key, now)
            case "leave", (owner,):
                table.leave(owner, now)
            case "wait", (seconds,):
                now += seconds
        assert 0 <= table.size <= 12
    for owner in "abc":
        table.leave(owner, now)
    table.expire(now + 5.0)
    assert len(table) == table.size == 0
