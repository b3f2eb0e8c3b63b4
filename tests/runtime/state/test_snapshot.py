"""Snapshots as bytes: what goes in comes out, and nothing but what this app has signed is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import InvalidValue
from millstream.frames import Frame
from millstream.runtime.state.claim import RANKS
from millstream.runtime.state.raw_frame import RawFrame
from millstream.runtime.state.snapshot import (
    HeldNote,
    RunNote,
    Seal,
    SnapshotBody,
    SnapshotHead,
    StreamNote,
    occurrence_of,
)
from millstream.runtime.state.written_values import MAX_VALUE_BYTES, ValueReader, written
from millstream.types import Blob
from millstream.wire.packet import Packet, PacketKind

COUNTS = st.integers(0, 2**53)
TEXTS = st.text(max_size=8)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.none() | st.tuples(st.none() | COUNTS, TEXTS, PLAIN)
RUNS = st.builds(
    RunNote, COUNTS, COUNTS, COUNTS, EVENTS, TEXTS, st.none() | st.binary(max_size=9), st.sampled_from(RANKS)
)
HEADS = st.builds(
    SnapshotHead,
    COUNTS,
    COUNTS,
    st.lists(RUNS, max_size=3),
    st.lists(st.builds(HeldNote, COUNTS, COUNTS, EVENTS), max_size=3),
    st.lists(COUNTS, max_size=3),
    st.dictionaries(COUNTS, st.lists(COUNTS, max_size=len(RANKS)), max_size=3),
)
BODIES = st.builds(
    SnapshotBody,
    TEXTS,
    TEXTS,
    COUNTS,
    COUNTS,
    st.dictionaries(COUNTS, st.binary(max_size=9), max_size=3),
    st.lists(COUNTS, max_size=3),
    st.dictionaries(COUNTS, st.binary(max_size=9), max_size=3),
    st.lists(st.builds(StreamNote, COUNTS, COUNTS, COUNTS, st.booleans(), TEXTS), max_size=3),
    COUNTS,
)

SEAL = Seal(b"secret")
KEY = SEAL.key(b"digest of a token", "visitor")


def sealed(head: SnapshotHead, body: SnapshotBody, key: bytes = KEY, seal: Seal = SEAL) -> tuple[bytes, bytes]:
    return seal.head(key, head), seal.body(key, msgspec.msgpack.encode(body))


@given(head=HEADS, body=BODIES)
def test_a_snapshot_is_read_as_it_was_written(head: SnapshotHead, body: SnapshotBody) -> None:
    assert SEAL.opened(KEY, *sealed(head, body)) == (head, body)


@given(head=HEADS, body=BODIES, at=st.integers(0), flip=st.integers(1, 255), is_head=st.booleans())
def test_whatever_byte_was_changed_nothing_is_read(
    head: SnapshotHead, body: SnapshotBody, at: int, flip: int, is_head: bool
) -> None:
    parts = list(sealed(head, body))
    part = bytearray(parts[not is_head])
    part[at % len(part)] ^= flip
    parts[not is_head] = bytes(part)
    assert SEAL.opened(KEY, *parts) is None


@given(head=st.binary(max_size=80), body=st.binary(max_size=80))
def test_no_bytes_raise_anything(head: bytes, body: bytes) -> None:
    assert SEAL.opened(KEY, head, body) is None


def test_what_was_signed_for_one_place_counts_in_no_other() -> None:
    head, body = sealed(SnapshotHead(1, 2), SnapshotBody("build", "tag", 0, 1))
    assert SEAL.opened(KEY, head, body) is not None
    assert SEAL.opened(SEAL.key(b"digest of a token", "another visitor"), head, body) is None
    assert SEAL.opened(SEAL.key(b"digest of another", "visitor"), head, body) is None
    assert Seal(b"another secret").opened(KEY, head, body) is None
    assert SEAL.opened(KEY, body, head) is None
    assert SEAL.opened(KEY, head, head) is None


def test_a_snapshot_of_another_version_is_none() -> None:
    head, _ = sealed(SnapshotHead(1, 2), SnapshotBody("build", "tag", 0, 1))
    assert SEAL.opened(KEY, head, SEAL.body(KEY, msgspec.msgpack.encode({"what": "is this"}))) is None
    assert SEAL.opened(KEY, head, SEAL.body(KEY, b"")) is None


def test_a_key_tells_neither_token_nor_visitor() -> None:
    assert len(KEY) == 32
    assert b"visitor" not in KEY
    assert SEAL.key(b"t", "v") != SEAL.key(b"t", "w") != SEAL.key(b"u", "w")


def test_an_event_is_as_it_was() -> None:
    assert occurrence_of(None) is None
    assert occurrence_of((3, "click", {"index": 1})) == (3, "click", {"index": 1})


@given(value=PLAIN)
def test_a_value_is_read_as_it_was_written(value: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert ValueReader(Path("unused")).read(written(value)) == (value, True)


def test_arrays_and_objects_go_along(tmp_path: Path) -> None:
    array = np.arange(12).reshape(3, 4)
    value, is_whole = ValueReader(tmp_path).read(written({"array": array, "of": {1, 2}}))
    assert is_whole
    assert np.array_equal(value["array"], array)  # type: ignore[index]


PACKET = Packet(PacketKind.PICTURE, 1, 0, 1, 1, 1, 0, 0, 0, memoryview(bytes(100_000)))


@pytest.mark.parametrize(
    "captured", [PACKET, RawFrame(PACKET, Frame(np.zeros((200, 200, 3), np.uint8)), 0.8)], ids=["packet", "raw frame"]
)
def test_pixels_and_samples_are_left_out(captured: object, tmp_path: Path) -> None:
    data = written([1, captured])
    assert len(data) < 300
    assert ValueReader(tmp_path).read(data) == ([1, None], False)


def test_a_file_on_the_disk_is_moved_and_one_in_memory_goes_along(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    path = tmp_path / "old" / "a.txt"
    path.write_text("hello")
    on_disk = Blob("notes.txt", "text/plain", path=path, size=5, told={"note": "x"}, found="")
    in_memory = Blob("b.txt", "text/plain", data=b"bytes", shown=on_disk)
    reader = ValueReader(tmp_path / "new")
    value, is_whole = reader.read(written([on_disk, in_memory]))
    first, second = value  # type: ignore[misc]
    assert is_whole
    assert (first.name, first.path.read_text(), first.told) == ("notes.txt", "hello", {"note": "x"})
    assert second.data == b"bytes"
    assert (first.path.parent.parent, first.path.name) == (tmp_path / "new", "a.txt")
    assert second.shown.path == first.path, "a file that two values have is moved once"
    assert not path.exists()
    again, _ = reader.read(written(on_disk))
    assert again.path == first.path  # type: ignore[attr-defined]


def test_a_file_that_is_gone_is_missing(tmp_path: Path) -> None:
    data = written(Blob("a", "text/plain", path=tmp_path / "gone", size=1))
    assert ValueReader(tmp_path).read(data) == (None, False)


@pytest.mark.parametrize(
    "value",
    [b"x" * (MAX_VALUE_BYTES + 1), np.zeros(MAX_VALUE_BYTES, np.uint8), [str(number) * 64 for number in range(10_000)]],
    ids=["bytes", "array", "list"],
)
def test_what_is_too_large_is_refused_at_once(value: Any) -> None:
    with pytest.raises(InvalidValue, match="more than 256 KiB"):
        written(value)
