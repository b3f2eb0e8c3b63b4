"""The file of a recorded visit (`.msr`): all messages in both directions, with their times. Pure but for `read`.

It begins with `MAGIC`. Records follow, each with a prefix of 13 bytes, little-endian: the size of its body in bytes
(u32), its kind (u8) and the microseconds since the beginning of the visit (u64).

| kind | body |
|---|---|
| 0 `HEADER` | a MessagePack map, see `Header`; the first record, and only that |
| 1 `UP` | a message of the page, as it was received |
| 2 `DOWN` | a message to the page, as it was sent |
| 3 `ATTACHED` | none: the page came, or came back, over a new connection |
| 4 `LEFT` | the reason in UTF-8: the connection ended. A file whose last record is another one was cut off |
| 5 `UPLOAD` | a MessagePack map, see `UploadPart`: a part of a file that the page uploaded beside its messages |

The session's secret and its tokens are left out of the messages that carry them, `welcome` and `hello`; cookies,
headers and logins are in no message.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from millstream.errors import InvalidValue, ProtocolError
from millstream.wire.encoding import decode_page_message, decode_server_message, encode_message
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Hello, Welcome
from millstream.wire.packet import VERSION, is_packet

MAGIC: Final = b"\x89MSR\r\n\x1a\n"
"""As in PNG: a file that was taken for text and converted is noticed."""

FORMAT: Final = 1
"""Version of the format."""

MAX_HEADER_BYTES: Final = 64 * 1024

MAX_FILE_BYTES: Final = 2 * 1024 * 1024 * 1024
"""A longer recording ends, and a longer file is not read."""

MAX_RECORDS: Final = 2_000_000
"""Records that are read of a file: each costs far more in memory than the 13 bytes that an empty one has."""

_PREFIX: Final = struct.Struct("<IBQ")


class RecordKind(IntEnum):
    """The kind of a record."""

    HEADER = 0
    UP = 1
    DOWN = 2
    ATTACHED = 3
    LEFT = 4
    UPLOAD = 5


class Header(msgspec.Struct, frozen=True):
    """The first record of a file.

    `format` is the version of the format, `protocol` that of the messages. `build` names the declaration of the app,
    `title` is its title; `library` and `python` are versions.
    """

    format: int
    protocol: int
    build: str
    title: str = ""
    library: str = ""
    python: str = ""


class UploadPart(msgspec.Struct, frozen=True):
    """The next bytes of an uploaded file: up to 1 MiB.

    `file` is the handle by which messages of the page name it, `component` the number of the one that it is for.
    """

    file: str
    name: str
    type: str
    component: int | None
    data: bytes
    is_last: bool


class Record(NamedTuple):
    """One record: `time_us` is microseconds since the beginning of the visit."""

    kind: RecordKind
    time_us: int
    body: bytes


class Visit(NamedTuple):
    """A recorded visit as it was read; `is_whole` tells whether the recording was ended rather than cut off."""

    header: Header
    records: list[Record]
    is_whole: bool


class UnreadableRecording(InvalidValue):
    """The file is not a recording, a broken one, or one that this version cannot read; the message says which."""


def pack_header(header: Header) -> bytes:
    """Make the beginning of a file."""
    return MAGIC + pack(Record(RecordKind.HEADER, 0, msgspec.msgpack.encode(header)))


def pack(record: Record) -> bytes:
    """Make the bytes of one record."""
    return _PREFIX.pack(len(record.body), record.kind, record.time_us) + record.body


def read_upload(body: bytes) -> UploadPart:
    """Read the body of an `UPLOAD`.

    Raises:
        ProtocolError: It is malformed.
    """
    try:
        return msgspec.msgpack.decode(body, type=UploadPart)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError(f"not a part of an upload: {str(error)[:200]}") from error


def read(path: Path) -> Visit:
    """Read a file; of one that was cut off, as far as it goes.

    Raises:
        UnreadableRecording: It cannot be read, is no recording, is broken or too long, or has another version.
    """
    try:
        with path.open("rb") as file:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise UnreadableRecording(f"{path} is longer than {MAX_FILE_BYTES} bytes, the most of a recording")
            header = _read_header(file, path)
            records = list(_records(file, path))
    except OSError as error:
        raise UnreadableRecording(f"{path} cannot be read: {error.strerror}") from error
    return Visit(header, records, bool(records) and records[-1].kind is RecordKind.LEFT)


def without_secrets(message: bytes) -> bytes:
    """Leave out what of a message is secret: only the first message in each direction holds any.

    A message that is malformed is given as it is.
    """
    if is_packet(message):
        return message
    try:
        said = decode_page_message(message)
        return encode_message(msgspec.structs.replace(said, resume="")) if isinstance(said, Hello) else message
    except ProtocolError:
        pass
    try:
        answer = decode_server_message(message)
    except ProtocolError:
        return message
    if not isinstance(answer, Welcome):
        return message
    return encode_message(msgspec.structs.replace(answer, session="", resume=""))


def _read_header(file: BinaryIO, path: Path) -> Header:
    if file.read(len(MAGIC)) != MAGIC:
        raise UnreadableRecording(f"{path} is not a recording of a visit: it does not begin as one")
    first = next(_records(file, path, MAX_HEADER_BYTES), None)
    if first is None or first.kind is not RecordKind.HEADER:
        raise UnreadableRecording(f"{path} is broken: it has no header")
    try:
        version = msgspec.msgpack.decode(first.body, type=dict[str, object]).get("format")
        if version != FORMAT:
            raise UnreadableRecording(
                f"{path} is a recording of format {str(version)[:20]}, and this version of Millstream reads format "
                f"{FORMAT}: replay it with the version that recorded it"
            )
        header = msgspec.msgpack.decode(first.body, type=Header)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise UnreadableRecording(f"{path} is broken: its header cannot be read") from error
    if header.protocol != VERSION:
        raise UnreadableRecording(f"{path} speaks version {header.protocol} of the protocol, and this one {VERSION}")
    return header


def _records(file: BinaryIO, path: Path, longest: int = MAX_MESSAGE_BYTES) -> Iterator[Record]:
    """Read records up to the end, or to where the file was cut off."""
    before = count = 0
    while len(prefix := file.read(_PREFIX.size)) == _PREFIX.size:
        size, number, time_us = _PREFIX.unpack(prefix)
        if size > longest or number > max(RecordKind) or time_us < before:
            raise UnreadableRecording(f"{path} is broken at byte {file.tell() - _PREFIX.size}: this is not a record")
        body = file.read(size)
        if len(body) < size:
            return
        before, count = time_us, count + 1
        if count > MAX_RECORDS:
            raise UnreadableRecording(f"{path} has more than {MAX_RECORDS} records, the most of a recording")
        yield Record(RecordKind(number), time_us, body)
