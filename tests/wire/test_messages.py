from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.errors import ProtocolError
from millstream.jobs import Level
from millstream.wire import messages
from millstream.wire.encoding import decode_page_message, decode_server_message, encode_message
from millstream.wire.limits import MAX_CONTROL_BYTES
from millstream.wire.packet import is_packet

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)

NUMBER = st.none() | st.floats(0, 1e9)


def any_of(union: object) -> st.SearchStrategy[msgspec.Struct]:
    """Any message of one side: fields typed `object` hold plain values."""
    return st.one_of([st.builds(message, **fields_of(message)) for message in get_args(union)])


def fields_of(message: type[msgspec.Struct]) -> dict[str, st.SearchStrategy[object]]:
    strategies: dict[object, st.SearchStrategy[object]] = {
        int: st.integers(0, 2**63),
        float: st.floats(-1, 1e9),
        str: st.text(max_size=30),
        bool: st.booleans(),
        object: PLAIN,
        list[int]: st.lists(st.integers(0, 255), max_size=3),
        list[object]: st.lists(PLAIN, max_size=3),
        list[object] | None: st.none() | st.lists(PLAIN, max_size=3),
        list[Level]: st.lists(st.builds(Level, st.text(max_size=30), NUMBER, NUMBER, NUMBER, st.text()), max_size=3),
        dict[str, int]: st.dictionaries(st.text(max_size=8), st.integers(0, 2**32), max_size=3),
        list[tuple[int, int, int]]: st.lists(st.tuples(*[st.integers(0, 2**32)] * 3), max_size=3),
        dict[int, int]: st.dictionaries(st.integers(0, 2**32), st.integers(0, 2**32), max_size=3),
        dict[int, object]: st.dictionaries(st.integers(0, 2**32), PLAIN, max_size=3),
        dict[int, str]: st.dictionaries(st.integers(0, 2**32), st.text(max_size=8), max_size=3),
        dict[int, dict[str, object]]: st.dictionaries(
            st.integers(0, 2**32), st.dictionaries(st.text(max_size=8), PLAIN, max_size=3), max_size=3
        ),
    }
    return {
        field.name: strategies[field.type] if field.type in strategies else st.sampled_from(get_args(field.type))
        for field in msgspec.structs.fields(message)
    }


@settings(max_examples=300)
@given(any_of(messages.PageMessage))
def test_what_a_page_says_is_understood(message: messages.PageMessage) -> None:
    data = encode_message(message)
    assert decode_page_message(data) == message
    assert decode_page_message(memoryview(data)) == message
    assert not is_packet(data)


@settings(max_examples=300)
@given(any_of(messages.ServerMessage))
def test_what_the_server_says_is_understood(message: messages.ServerMessage) -> None:
    data = encode_message(message)
    assert decode_server_message(data) == message
    assert not is_packet(data)


@settings(max_examples=300)
@given(st.binary(max_size=100) | PLAIN.map(msgspec.msgpack.encode))
def test_no_bytes_raise_anything_but_a_protocol_error(data: bytes) -> None:
    for decode in (decode_page_message, decode_server_message):
        try:
            decode(data)
        except ProtocolError as error:
            message = str(error)
            assert len(message) < 250


def pack(**fields: object) -> bytes:
    return msgspec.msgpack.encode(fields)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x90",
        pack(),
        pack(type="nonsense"),
        pack(type="welcome", version=1, build="", session="", server_us=0, page_us=0),
        pack(type="open", stream=1),
        pack(type="open", stream="1", binding=0),
        pack(type="open", stream=1.5, binding=0),
        pack(type="open", stream=1, binding=0, extra=1),
        pack(type="open", stream=True, binding=0),
        pack(type="stop", stream=1, final=0, reason="boredom"),
        pack(type="fire", binding=0, run=1, inputs={}),
        pack(type="bye")[:-1],
        pack(type="bye") + b"\x00",
        pack(type=1),
        msgspec.msgpack.encode({1: "bye"}),
        b"\x81\xa4type\xa3\xff\xfe\xfd",
        b"\xdf\xff\xff\xff\xff",
        b"\x83\xa4type\xa3set\xa9component\x01\xa5value" + b"\x91" * 9_000 + b"\xc0",
    ],
)
def test_what_is_not_a_message_of_a_page_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="not a control message") as caught:
        decode_page_message(data)
    assert caught.value.code == 1002


@pytest.mark.parametrize("value", [[0] * 10_000, [[[]]] * 5_000, {str(number): 1 for number in range(5_000)}], ids=len)
def test_a_message_of_many_parts_is_refused_before_they_are_made(value: object) -> None:
    with pytest.raises(ProtocolError, match="more than the 10000 values") as caught:
        decode_page_message(encode_message(messages.Set(component=1, value=value)))
    assert caught.value.code == 1009
    assert isinstance(decode_page_message(encode_message(messages.Set(component=1, value=[0] * 9_000))), messages.Set)


def test_a_page_s_message_is_bounded() -> None:
    def filler(size: int) -> bytes:
        return encode_message(messages.Set(component=1, value=b"x" * size))

    overhead = len(filler(100_000)) - 100_000
    largest = filler(MAX_CONTROL_BYTES - overhead)
    assert len(largest) == MAX_CONTROL_BYTES
    assert isinstance(decode_page_message(largest), messages.Set)
    with pytest.raises(ProtocolError, match="1048577 bytes, where 1048576") as caught:
        decode_page_message(filler(MAX_CONTROL_BYTES - overhead + 1))
    assert caught.value.code == 1009


def test_a_server_s_message_that_is_broken_is_refused() -> None:
    with pytest.raises(ProtocolError, match="not a control message"):
        decode_server_message(pack(type="hello"))


def test_the_tag_is_the_name_in_lower_case_but_for_what_users_know_under_that_name() -> None:
    kinds = (*get_args(messages.PageMessage), *get_args(messages.ServerMessage))
    tags = {kind.__name__: kind.__struct_config__.tag for kind in kinds}
    assert tags == {name: name.lower() for name in tags} | {"ProgressState": "progress"}
