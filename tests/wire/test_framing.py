"""Messages within a stream of bytes, in whatever chunks it comes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import ProtocolError
from millstream.wire.framing import KEEP_ALIVE, End, Unframer, frame, frame_end, unframe
from millstream.wire.limits import MAX_MESSAGE_BYTES

messages = st.binary(min_size=1, max_size=300)
reasons = st.text(max_size=80)


@given(st.lists(messages, max_size=8), st.lists(st.integers(1, 40), min_size=1), reasons, st.integers(1000, 4999))
def test_a_stream_gives_the_same_records_in_whatever_chunks_it_comes(
    said: list[bytes], sizes: list[int], reason: str, code: int
) -> None:
    stream = KEEP_ALIVE.join([b"", *(frame(message) for message in said), frame_end(code, reason)])
    unframer, found, at = Unframer(), [], 0
    while at < len(stream):
        size = sizes[at % len(sizes)]
        found += unframer.feed(stream[at : at + size])
        at += size
    *middle, end = found
    assert middle == said
    assert isinstance(end, End)
    assert (end.code, reason.startswith(end.reason)) == (code, True)
    assert unframer.is_between


@given(st.lists(messages, max_size=8))
def test_a_whole_body_gives_its_messages(said: list[bytes]) -> None:
    assert unframe(b"".join(map(frame, said))) == said


@given(st.lists(messages, min_size=1, max_size=4), st.data())
def test_a_body_that_was_cut_off_is_refused(said: list[bytes], data: st.DataObject) -> None:
    body = b"".join(map(frame, said))
    ends = {len(b"".join(map(frame, said[:count]))) for count in range(len(said) + 1)}
    cut = data.draw(st.sampled_from([size for size in range(len(body)) if size not in ends]))
    with pytest.raises(ProtocolError):
        unframe(body[:cut])


@given(st.binary(max_size=64))
def test_any_bytes_give_records_or_a_protocol_error(data: bytes) -> None:
    try:
        Unframer().feed(data)
    except ProtocolError:
        return


@pytest.mark.parametrize("number", [MAX_MESSAGE_BYTES + 1, 2**31 - 1, 2**31, 2**31 + 1, 2**31 + 126, 2**32 - 1])
def test_a_size_beyond_the_bounds_is_refused_before_anything_is_kept(number: int) -> None:
    with pytest.raises(ProtocolError, match="size"):
        Unframer().feed(struct.pack("<I", number))


def test_the_largest_message_passes() -> None:
    message = bytes(MAX_MESSAGE_BYTES)
    assert unframe(frame(message)) == [message]


def test_a_long_reason_is_cut_off_between_characters() -> None:
    [end] = Unframer().feed(frame_end(1011, "ä" * 100))
    assert end == End(1011, "ä" * 61)
