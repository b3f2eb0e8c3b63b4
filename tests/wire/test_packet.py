from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.errors import ProtocolError
from millstream.wire.encoding import decode_packet, encode_packet
from millstream.wire.packet import HEADER, VERSION, Flag, Packet, PacketKind, is_packet

NUMBERS = st.integers(0, 2**32 - 1)
PACKETS = st.builds(
    Packet,
    kind=st.sampled_from(PacketKind),
    codec=st.integers(0, 255),
    flags=st.integers(0, 7).map(Flag),
    stream=NUMBERS,
    component=NUMBERS,
    sequence=NUMBERS,
    source=NUMBERS,
    call=NUMBERS,
    captured_us=st.integers(0, 2**64 - 1),
    payload=st.binary(max_size=100),
)


def packet(flags: Flag = Flag.NONE, payload: bytes = b"payload") -> Packet:
    return Packet(PacketKind.PICTURE, 1, flags, 2, 3, 4, 5, 6, 7, payload)


@given(PACKETS)
def test_what_is_encoded_is_decoded(packet: Packet) -> None:
    data = encode_packet(packet)
    assert is_packet(data)
    assert decode_packet(data) == packet
    assert decode_packet(memoryview(data)) == packet


def test_ten_thousand_packets_survive_the_way() -> None:
    dice = random.Random(1)
    for _ in range(10_000):
        kind, codec, flags = dice.choice(list(PacketKind)), dice.randrange(256), Flag(dice.randrange(8))
        numbers = (dice.choice([0, 1, 2**32 - 1, dice.randrange(2**32)]) for _ in range(5))
        packet = Packet(kind, codec, flags, *numbers, dice.randrange(2**64), dice.randbytes(dice.randrange(50)))
        assert decode_packet(encode_packet(packet)) == packet


@settings(max_examples=500)
@given(
    st.binary(max_size=80) | st.binary(min_size=28, max_size=80).map(lambda rest: b"\x01\x01\x01\x03" + rest),
)
def test_no_bytes_raise_anything_but_a_protocol_error(data: bytes) -> None:
    try:
        decoded = decode_packet(data)
    except ProtocolError:
        return
    assert encode_packet(decoded) == data


def test_the_header_is_32_bytes_in_the_order_of_the_protocol() -> None:
    assert HEADER.size == 32
    data = encode_packet(packet(Flag.KEY | Flag.LAST, b"\xaa"))
    assert data == bytes.fromhex("01 01 01 05 02000000 03000000 04000000 05000000 06000000 0700000000000000 aa")


def test_the_payload_is_not_copied() -> None:
    data = bytearray(encode_packet(packet()))
    decoded = decode_packet(data)
    data[-1] = ord("!")
    assert bytes(decoded.payload) == b"payloa!"


@pytest.mark.parametrize("length", range(32))
def test_a_header_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(ProtocolError, match=f"packet of {length} bytes is shorter than its 32-byte header"):
        decode_packet(encode_packet(packet())[:length])


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (0, 0, f"protocol version 0, expected {VERSION}"),
        (0, 2, f"protocol version 2, expected {VERSION}"),
        (0, 127, "protocol version 127"),
        (1, 0, "unknown kind 0"),
        (1, 3, "unknown kind 3"),
        (1, 255, "unknown kind 255"),
        (3, 8, "unknown flags 0x8"),
        (3, 255, "unknown flags 0xff"),
    ],
)
def test_what_is_unknown_is_refused(at: int, value: int, message: str) -> None:
    data = bytearray(encode_packet(packet()))
    data[at] = value
    with pytest.raises(ProtocolError, match=message) as caught:
        decode_packet(data)
    assert caught.value.code == 1002


@pytest.mark.parametrize(
    ("flags", "is_key", "is_independent", "is_last"),
    [
        (Flag.NONE, False, False, False),
        (Flag.KEY, True, False, False),
        (Flag.INDEPENDENT, False, True, False),
        (Flag.LAST, False, False, True),
        (Flag.KEY | Flag.INDEPENDENT | Flag.LAST, True, True, True),
    ],
)
def test_flags_can_be_asked_for(flags: Flag, is_key: bool, is_independent: bool, is_last: bool) -> None:
    tested = packet(flags)
    assert (tested.is_key, tested.is_independent, tested.is_last) == (is_key, is_independent, is_last)


@pytest.mark.parametrize(("data", "expected"), [(b"", False), (b"\x01", True), (b"\x7f", True), (b"\x80", False)])
def test_the_first_byte_tells_packets_from_messages(data: bytes, expected: bool) -> None:
    assert is_packet(data) is expected
    assert is_packet(memoryview(data)) is expected


def test_a_packet_shows_its_numbers_and_not_its_bytes() -> None:
    assert repr(packet()) == "<Packet PICTURE codec=1 stream=2 component=3 sequence=4 source=5 call=6 7 bytes>"
