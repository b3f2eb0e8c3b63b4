import pytest

from millstream.components.playing.subtitles import MAX_BYTES, to_webvtt

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
