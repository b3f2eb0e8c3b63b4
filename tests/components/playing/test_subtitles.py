import json
from pathlib import Path

import pytest

from millstream.components.playing.subtitles import MAX_BYTES, read_subtitles, to_webvtt
from millstream.errors import InvalidValue

SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\nHello, 1,000 times\r\n"


def test_webvtt_stays_as_it_is() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.500\nHello\n"
    assert to_webvtt(text.encode()) == text
    assert to_webvtt(b"\xef\xbb\xbf" + text.encode()) == text


def test_subrip_has_other_commas() -> None:
    assert to_webvtt(SRT.encode()) == "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.500\nHello, 1,000 times\n"


@pytest.mark.parametrize("data", [b"", b"Hello", b"\x00\xff"])
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="neither WebVTT nor SubRip"):
        to_webvtt(data)


def test_they_are_text_of_a_bounded_length() -> None:
    with pytest.raises(ValueError, match="too many"):
        to_webvtt(b"WEBVTT" + bytes(MAX_BYTES))


CUES = [{"text": "Hello <you>\n\n & all", "timestamp": [0, 1.5]}, {"text": "Later", "timestamp": [3661, 3662.25]}]
CUES_TEXT = """WEBVTT

00:00:00.000 --> 00:00:01.500
Hello &lt;you&gt;
&amp; all

01:01:01.000 --> 01:01:02.250
Later
"""


def test_a_list_of_texts_and_times_is_a_third_form_in_python_and_in_a_file(files) -> None:
    path = files.path / "a.json"
    path.write_text(json.dumps(CUES))
    assert read_subtitles(CUES, "Audio", files) == CUES_TEXT
    assert read_subtitles(path, "Audio", files) == CUES_TEXT
    assert not path.exists(), "the session's copy is not needed any more"
    assert read_subtitles(CUES_TEXT, "Audio", files) == CUES_TEXT


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a"], 'number 0 is no {"text"'),
        ([CUES[0], {"text": 1, "timestamp": [0, 1]}], "number 1 is no"),
        ([{"text": "a", "timestamp": [0]}], r"the timestamp of number 0 is no \[start, end\] in seconds"),
        ([{"text": "a", "timestamp": [0, float("nan")]}], "is no .* in seconds"),
        ([{"text": "a", "timestamp": [2, 1]}], "does not end after it starts"),
        ([{"text": "a" * MAX_BYTES, "timestamp": [0, 1]}], "characters of subtitles are too many"),
        ("WEBVTT\n\n" + "a" * MAX_BYTES, "Audio cannot show the subtitles: .* characters of subtitles are too many"),
        (12, "Audio takes the path of a file of subtitles, or a list of .* but got int 12"),
    ],
)
def test_what_is_wrong_is_said_with_its_position(given: object, message: str, files) -> None:
    with pytest.raises(InvalidValue, match=message):
        read_subtitles(given, "Audio", files)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(files, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files.path / "a.vtt"
    path.write_bytes(b"WEBVTT\n" + bytes(MAX_BYTES))
    monkeypatch.delattr(Path, "read_bytes")
    with pytest.raises(InvalidValue, match=f"{MAX_BYTES + 7} bytes of subtitles are too many"):
        read_subtitles(path, "Audio", files)
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "message"), [("[" * 100_000, "nested too deeply|broken"), ("[{", "the JSON is broken")]
)
def test_broken_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_webvtt(text.encode())
