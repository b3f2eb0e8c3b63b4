from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire import golden

import millstream
from millstream.wire import limits
from millstream.wire.sound import FILE_PREFIX, OPUS_PREFIX, PCM16_PREFIX, SAMPLE_BYTES, pcm16_seconds

CASES: list[dict[str, Any]] = json.loads(golden.FILE.read_text(encoding="utf-8"))
PAYLOADS = {case["name"]: bytes.fromhex(case["fields"].get("payload", "")) for case in CASES}


def test_the_golden_payloads_begin_as_the_prefixes_say() -> None:
    """The page reads the same bytes: the layouts of both sides are one."""
    assert PCM16_PREFIX.unpack_from(PAYLOADS["sound"]) == (42, 16_000, 1, bytes(3))
    assert PAYLOADS["sound"][PCM16_PREFIX.size :] == bytes.fromhex("0100 ff7f 0080")
    assert OPUS_PREFIX.unpack_from(PAYLOADS["sound for a narrow link"]) == (0, 24_000, 1, 0, 156, 324)
    assert PAYLOADS["sound for a narrow link"][OPUS_PREFIX.size :] == b"\xfc"
    assert FILE_PREFIX.unpack_from(PAYLOADS["a sound file, in part"]) == (10, 3)
    assert PAYLOADS["a sound file, in part"][FILE_PREFIX.size :] == b"ID3"


@given(count=st.integers(0, 2_000), rate=st.integers(1, 192_000), channels=st.integers(1, 8))
def test_samples_last_as_long_as_their_prefix_says(count: int, rate: int, channels: int) -> None:
    payload = PCM16_PREFIX.pack(7, rate, channels, bytes(3)) + bytes(SAMPLE_BYTES * channels * count)
    assert pcm16_seconds(payload) == pytest.approx(count / rate)


@given(st.binary(max_size=64))
def test_no_payload_is_too_odd_to_be_asked_how_long_it_lasts(payload: bytes) -> None:
    assert pcm16_seconds(memoryview(payload)) >= 0.0


@pytest.mark.parametrize(("rate", "channels"), [(0, 1), (8_000, 0)])
def test_what_has_no_rate_or_no_channel_lasts_no_time(rate: int, channels: int) -> None:
    assert pcm16_seconds(PCM16_PREFIX.pack(0, rate, channels, bytes(3)) + bytes(100)) == 0.0


def test_the_most_samples_fit_into_a_message() -> None:
    assert PCM16_PREFIX.size + limits.MAX_SAMPLES_BYTES <= limits.MAX_PAYLOAD_BYTES
    assert all(limits.MAX_SAMPLES_BYTES % (SAMPLE_BYTES * channels) == 0 for channels in (1, 2, 4, 8))


def test_layouts_of_the_wire_stand_in_its_room_only() -> None:
    source = Path(millstream.__file__).parent
    # The second and third are about files, the last two about processes of one machine.
    may_pack = {"wire", "media", "recording", "broker", "supervisor"}
    # And the frame of gzip, which belongs to HTTP; the test codec has a format of its own.
    others = [
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if re.search(r"^\s*(import struct|from struct)", path.read_text(encoding="utf-8"), re.MULTILINE)
        and path.relative_to(source).parts[0] not in may_pack
    ]
    assert sorted(others) == ["server/http/shared_responses.py", "testing/fake_delta.py"]
