"""Messages of a page, as packets, control messages and records of HTTP."""

from __future__ import annotations

from collections.abc import Callable

from millstream.errors import ProtocolError
from millstream.wire.encoding import (
    decode_packet,
    decode_page_message,
    decode_server_message,
    encode_message,
    encode_packet,
)
from millstream.wire.framing import End, Unframer, frame, unframe
from millstream.wire.packet import is_packet


def fuzz(data: bytes) -> None:
    """Read the data in all ways; what is read survives the way back."""
    if is_packet(data):
        read_packet(data)
    else:
        read_message(data)
    read_records(data)


def read_packet(data: bytes) -> None:
    try:
        packet = decode_packet(data)
    except ProtocolError:
        return
    assert encode_packet(packet) == data


def read_message(data: bytes) -> None:
    try:
        message = decode_page_message(data)
    except ProtocolError:
        pass
    else:
        assert repr(decode_page_message(encode_message(message))) == repr(message)
    try:
        answer = decode_server_message(data)
    except ProtocolError:
        return
    assert repr(decode_server_message(encode_message(answer))) == repr(answer)


def read_records(data: bytes) -> None:
    """Read a stream of records at once, and byte by byte: the result is the same."""
    whole = records_of(lambda: unframe(data))
    unframer = Unframer()
    single = records_of(lambda: [each for byte in data for each in unframer.feed(bytes([byte]))])
    if whole is not None:
        assert single == whole
        for each in whole:
            assert isinstance(each, End) or unframe(frame(each)) == [each]


def records_of(read: Callable[[], list[bytes | End]]) -> list[bytes | End] | None:
    try:
        return read()
    except ProtocolError:
        return None
