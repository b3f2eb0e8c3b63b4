"""The file of a recorded visit: what is written is read, what is secret is not there, and what is broken is said."""

import struct
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.recording import msr
from millstream.recording.msr import (
    FORMAT,
    MAGIC,
    Header,
    Record,
    RecordKind,
    UnreadableRecording,
    pack,
    pack_header,
    read,
    without_secrets,
)
from millstream.wire.encoding import decode_page_message, decode_server_message, encode_message
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Hello, Set, Toast, Welcome
from millstream.wire.packet import VERSION

HEADER = Header(FORMAT, VERSION, "b", "Title", "1", "3")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "visit.msr"


bodies = st.lists(
    st.tuples(st.sampled_from([RecordKind.UP, RecordKind.DOWN]), st.integers(0, 2**40), st.binary(max_size=50)),
    max_size=8,
)


@given(bodies)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, given_bodies: list[tuple[RecordKind, int, bytes]]
) -> None:
    path = tmp_path_factory.mktemp("msr") / "visit.msr"
    times = sorted(time for _, time, _ in given_bodies)
    records = [Record(kind, time, body) for (kind, _, body), time in zip(given_bodies, times, strict=True)]
    path.write_bytes(pack_header(HEADER) + b"".join(map(pack, records)))
    assert read(path) == (HEADER, records, False)


@given(st.data())
def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("msr") / "visit.msr"
    records = [
        Record(RecordKind.UP, 5, b"one"),
        Record(RecordKind.DOWN, 6, b"two"),
        Record(RecordKind.LEFT, 7, b"over"),
    ]
    parts = [pack_header(HEADER), *map(pack, records)]
    whole = b"".join(parts)
    cut = data.draw(st.integers(len(parts[0]), len(whole)))
    path.write_bytes(whole[:cut])
    ends = [len(b"".join(parts[: count + 2])) for count in range(3)]
    visit = read(path)
    assert visit.records == records[: sum(end <= cut for end in ends)]
    assert visit.is_whole is (cut == len(whole))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "does not begin as one"),
        (b"GIF89a", "does not begin as one"),
        (MAGIC.replace(b"\r\n", b"\n"), "does not begin as one"),
        (MAGIC, "no header"),
        (MAGIC + pack(Record(RecordKind.UP, 0, b"x")), "no header"),
        (MAGIC + pack(Record(RecordKind.HEADER, 0, b"\xc1")), "header cannot be read"),
        (MAGIC + pack(Record(RecordKind.HEADER, 0, msgspec.msgpack.encode({"format": 1}))), "header cannot be read"),
        (MAGIC + pack(Record(RecordKind.HEADER, 0, msgspec.msgpack.encode({"format": 2}))), "format 2"),
        (pack_header(Header(FORMAT, VERSION + 1, "b")), "version 2 of the protocol"),
        (pack_header(HEADER) + struct.pack("<IBQ", MAX_MESSAGE_BYTES + 1, 1, 0), "broken at byte"),
        (pack_header(HEADER) + struct.pack("<IBQ", 0, 9, 0), "broken at byte"),
        (pack_header(HEADER) + pack(Record(RecordKind.UP, 9, b"")) + pack(Record(RecordKind.UP, 8, b"")), "broken at"),
    ],
)
def test_what_cannot_be_read_says_why(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)
    with pytest.raises(UnreadableRecording, match=words):
        read(path)


def test_a_file_of_countless_empty_records_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(msr, "MAX_RECORDS", 3)
    path.write_bytes(pack_header(HEADER) + pack(Record(RecordKind.UP, 0, b"")) * 4)
    with pytest.raises(UnreadableRecording, match="more than 3 records"):
        read(path)


def test_a_file_that_is_not_there_says_so(path: Path) -> None:
    with pytest.raises(UnreadableRecording, match="No such file"):
        read(path)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    path = tmp_path_factory.mktemp("msr") / "visit.msr"
    path.write_bytes(pack_header(HEADER) + noise)
    try:
        read(path)
    except UnreadableRecording:
        return


def test_tokens_and_the_secret_of_the_session_are_left_out() -> None:
    hello = Hello(seq=1, version=1, build="b", page_us=3, resume="token", decodes=[8])
    welcome = Welcome(seq=1, version=1, build="b", session="secret", server_us=1, page_us=3, resume="token")
    for message in (hello, welcome):
        kept = without_secrets(encode_message(message))
        assert b"token" not in kept
        assert b"secret" not in kept
    assert decode_page_message(without_secrets(encode_message(hello))) == msgspec.structs.replace(hello, resume="")
    said = decode_server_message(without_secrets(encode_message(welcome)))
    assert said == msgspec.structs.replace(welcome, resume="", session="")


@pytest.mark.parametrize(
    "message",
    [
        encode_message(Set(component=1, value="resume")),
        encode_message(Toast(level="info", message="x")),
        b"\x01\x02",
        b"\xc1",
    ],
)
def test_all_other_messages_are_kept_as_they_are(message: bytes) -> None:
    assert without_secrets(message) == message
