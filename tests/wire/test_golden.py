from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from tests.wire import golden

from millstream.wire import messages
from millstream.wire.encoding import (
    decode_packet,
    decode_page_message,
    decode_server_message,
    encode_message,
    encode_packet,
)
from millstream.wire.packet import CodecNumber, Flag, PacketKind, is_packet

CASES: list[dict[str, Any]] = json.loads(golden.FILE.read_text(encoding="utf-8"))


def test_the_file_is_what_the_code_writes() -> None:
    assert golden.FILE.read_text(encoding="utf-8") == golden.text(), "after a change run: python tests/wire/golden.py"


def test_every_kind_of_message_is_there() -> None:
    for side, union in (("page", messages.PageMessage), ("server", messages.ServerMessage)):
        tags = {case["fields"]["type"] for case in CASES if case["from"] == side and "type" in case["fields"]}
        assert tags == {message.__struct_config__.tag for message in get_args(union)}
    packets = [case["fields"] for case in CASES if "type" not in case["fields"]]
    assert {packet["kind"] for packet in packets} == set(PacketKind)
    assert {packet["codec"] for packet in packets} >= set(CodecNumber)
    assert {flag for flag in Flag for packet in packets if packet["flags"] & flag} == set(Flag)


def test_names_are_unique() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_bytes_say_what_the_fields_say(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["hex"])
    if "type" not in case["fields"]:
        assert is_packet(data)
        packet = decode_packet(data)
        assert golden.packet_fields(packet) == case["fields"]
        assert encode_packet(packet) == data
        return
    assert not is_packet(data)
    decode = decode_page_message if case["from"] == "page" else decode_server_message
    message = decode(data)
    assert golden.message_fields(message) == case["fields"]
    assert encode_message(message) == data
