"""Files of sessions: handles, quotas, and what is copied into them."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream.errors import InvalidValue, QuotaExceeded
from millstream.runtime.state.files import (
    SPILL_BYTES,
    CallFiles,
    SessionFiles,
    delete_file,
    new_file,
    new_upload,
    plain_name,
)
from millstream.runtime.state.path_rules import PathRules
from millstream.types import Blob


def blob(size: int = 10) -> Blob:
    return Blob("a.bin", "application/octet-stream", data=b"x" * size, size=size)


# ---- the store -------------------------------------------------------------------------------------------------


def test_handles_are_long_random_and_the_only_way_in(tmp_path: Path) -> None:
    store = SessionFiles(tmp_path, 1000)
    handles = {store.add(blob()) for _ in range(50)}
    assert len(handles) == 50
    assert all(len(handle) >= 22 for handle in handles)
    for guess in ("", "../a.bin", str(tmp_path), next(iter(handles))[:-1]):
        with pytest.raises(InvalidValue, match="no such file"):
            store.find(guess)


def test_there_is_a_quota_in_bytes_and_in_files(tmp_path: Path) -> None:
    store = SessionFiles(tmp_path, 100, max_files=3)
    store.add(blob(60))
    with pytest.raises(QuotaExceeded, match="100 bytes together"):
        store.add(blob(41))
    store.add(blob(40))
    assert (store.room, store.used) == (0, 100)
    small = SessionFiles(tmp_path, 100, max_files=1)
    small.add(blob(1))
    with pytest.raises(QuotaExceeded, match="may have 1 files"):
        small.add(blob(1))
    assert small.room == 99


def test_a_component_keeps_its_last_two_files(tmp_path: Path) -> None:
    store = SessionFiles(tmp_path, 1000)
    path = tmp_path / "one"
    first, gone = store.add_output(Blob("1", "", path=path, size=10), 7)
    assert gone == []
    second, _ = store.add_output(blob(), 7)
    other, _ = store.add_output(blob(), 8)
    third, gone = store.add_output(blob(), 7)
    assert gone == [path]
    with pytest.raises(InvalidValue):
        store.find(first)
    for handle in (second, third, other):
        store.find(handle)
    assert store.used == 30


def test_the_same_file_keeps_its_handle(tmp_path: Path) -> None:
    store, one = SessionFiles(tmp_path, 1000), blob()
    handle, _ = store.add_output(one, 7)
    assert store.add_output(one, 7) == (handle, [])
    assert store.handle(one) == handle
    assert store.handle(blob()) == ""


# ---- files that a handler returns -----------------------------------------------------------------------------


def scratch(tree: Path, room: int = 1000) -> CallFiles:
    stores = tree / "temp" / "stores"
    return CallFiles(stores / "mine", room, PathRules([], [], stores))


@pytest.mark.parametrize("path", ["cwd/a.png", "temp/b.png", "temp/stores/mine/e"])
def test_what_may_be_shown_is_copied_into_the_session(tree: Path, path: str) -> None:
    blob = scratch(tree).admit(tree / path)
    assert blob.path is not None
    assert blob.path.parent == tree / "temp/stores/mine"
    assert blob.path.read_bytes() == path.encode()
    assert (blob.name, blob.path.suffix) == (Path(path).name, Path(path).suffix)
    assert blob.mime == ("image/png" if path.endswith("png") else "application/octet-stream")


def test_what_the_rules_refuse_is_not_copied(tree: Path) -> None:
    with pytest.raises(InvalidValue, match="allowed_paths"):
        scratch(tree).admit(tree / "outside/c.png")
    assert list((tree / "temp/stores/mine").iterdir()) == [tree / "temp/stores/mine/e"]


def test_a_file_larger_than_the_room_is_not_copied(tree: Path) -> None:
    with pytest.raises(QuotaExceeded):
        scratch(tree, room=3).admit(tree / "cwd/a.png")


# ---- names on the disk -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("titanic (2).csv", "titanic (2).csv"),
        ("日本語.JPG", "日本語.JPG"),
        ("a.tar.gz", "a.tar.gz"),
        ("../../etc/passwd", "_._etc_passwd"),
        ("C:\\x\\b.png", "C__x_b.png"),
        (".htaccess", "htaccess"),
        ("a\0b.t\0xt", "a_b.t_xt"),
        ("é" * 300 + ".txt", "é" * 50 + ".txt"),
        ("x." + "y" * 40, "x." + "y" * 40),
        ("...", "file"),
    ],
)
def test_an_upload_has_the_visitors_name_as_far_as_that_is_harmless(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_uploads_of_one_name_are_apart_and_their_folders_go_with_them(tmp_path: Path) -> None:
    one, other = new_upload(tmp_path, "a.csv"), new_upload(tmp_path, "a.csv")
    assert one.name == other.name == "a.csv"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    beside = other.with_name("b.csv")
    beside.write_bytes(b"3")
    alone = new_file(tmp_path, ".csv")
    for path in (one, other, alone):
        delete_file(path)
    assert list(tmp_path.iterdir()) == [other.parent]
    assert list(other.parent.iterdir()) == [beside]
    delete_file(beside)
    assert list(tmp_path.iterdir()) == []


# ---- files of a call -------------------------------------------------------------------------------------------


def test_temporary_files_are_deleted_with_the_call(tree: Path) -> None:
    files = scratch(tree)
    path, unused = files.temporary(".wav"), files.temporary("")
    path.write_bytes(b"x")
    assert path.suffix == ".wav"
    assert path.parent.stat().st_mode & 0o077 in (0, 0o055)
    files.close()
    assert not path.exists()
    assert not unused.exists()


def test_a_large_file_in_memory_goes_to_the_disk(tree: Path) -> None:
    files = scratch(tree, room=SPILL_BYTES * 2)
    small = files.settle(Blob("a.wav", "audio/wav", data=b"x" * 10))
    assert (small.size, small.data) == (10, b"x" * 10)
    large = files.settle(Blob("a.wav", "audio/wav", data=b"x" * (SPILL_BYTES + 1)))
    assert large.data is None
    assert large.path is not None
    assert (large.size, large.path.stat().st_size, large.path.suffix) == (SPILL_BYTES + 1, SPILL_BYTES + 1, ".wav")
    with pytest.raises(QuotaExceeded):
        files.settle(Blob("a.wav", "audio/wav", data=b"x" * (SPILL_BYTES * 2 + 1)))
    assert files.settle(Blob("e", "", path=tree / "cwd/a.png")).size == len("cwd/a.png")


# ---- folders ---------------------------------------------------------------------------------------------------


def test_files_within_a_value_are_kept_as_long_as_one_of_the_last_values_has_them(tmp_path: Path) -> None:
    store = SessionFiles(tmp_path, 1000)
    a, b, c = (Blob(name, "text/plain", data=name.encode(), path=None) for name in "abc")
    kept = Blob("kept", "text/plain", path=tmp_path / "kept", size=1)
    store.hold([a, kept], 7)
    handles = store.handle(a), store.handle(kept)
    store.hold([kept, b], 7)
    assert (store.handle(a), store.handle(kept)) == handles
    assert store.hold([kept, b, c], 7) == []
    assert (store.handle(a), store.handle(kept)) == ("", handles[1])
    assert store.hold([], 7) == []
    assert store.hold([], 7) == [tmp_path / "kept"]
    assert store.used == 0


def test_uploads_within_a_value_stay(tmp_path: Path) -> None:
    store = SessionFiles(tmp_path, 1000)
    upload = Blob("a", "text/plain", data=b"a")
    handle = store.add(upload)
    for blobs in ([upload], [], [], []):
        store.hold(blobs, 7)
    assert store.handle(upload) == handle


def test_files_within_a_value_have_to_fit(tmp_path: Path) -> None:
    store = SessionFiles(tmp_path, 10)
    with pytest.raises(QuotaExceeded):
        store.hold([Blob("a", "text/plain", data=bytes(11))], 7)


def test_what_is_shown_in_place_of_a_file_counts_and_goes_with_it(tmp_path: Path) -> None:
    store = SessionFiles(tmp_path, 100)
    files = CallFiles(tmp_path, 10_000_000, PathRules([], [], tmp_path))
    path, shown = tmp_path / "a.tiff", tmp_path / "a.webp"
    first = Blob("a.tiff", "image/tiff", path=path, size=30, shown=Blob("a.webp", "image/webp", path=shown, size=20))
    store.add_output(first, 7)
    assert (first.total, first.paths, store.used) == (50, [path, shown], 50)
    with pytest.raises(QuotaExceeded, match="51 more do not fit"):
        store.add(Blob("b", "", data=b"1", shown=blob(50)))
    store.add_output(blob(1), 7)
    _, gone = store.add_output(blob(1), 7)
    assert (gone, store.used) == ([path, shown], 2)
    settled = files.settle(Blob("b", "", data=b"1", shown=blob(SPILL_BYTES + 1)))
    assert settled.shown is not None
    assert settled.shown.path is not None
    assert (settled.size, settled.shown.size, settled.data) == (1, SPILL_BYTES + 1, b"1")
