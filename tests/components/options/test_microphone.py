"""What may be asked of a microphone."""

from __future__ import annotations

import pytest

from millstream.components.options.microphone import check_chunk, check_format
from millstream.errors import DeclarationError


@pytest.mark.parametrize(("rate", "channels"), [(None, None), (8_000, 1), (192_000, 8)])
def test_what_microphones_can_do_is_taken(rate: int | None, channels: int | None) -> None:
    check_format("Video", rate, channels)


@pytest.mark.parametrize(
    ("rate", "channels", "words"),
    [(7_999, None, "sample_rate=7999"), (192_001, None, "192000"), (None, 0, "channels=0"), (None, 9, "1 and 8")],
)
def test_the_rest_is_refused(rate: int | None, channels: int | None, words: str) -> None:
    with pytest.raises(DeclarationError, match=words):
        check_format("Video", rate, channels)


def test_a_chunk_has_to_fit_into_a_packet() -> None:
    check_chunk("Video.stream", 60, 16_000, 1, "Video")
    check_chunk("Video.stream", 10, None, None, "Video")
    with pytest.raises(
        DeclarationError, match=r"Give at most 10\.92 seconds, .* Video\(sample_rate=16000, channels=1\)"
    ):
        check_chunk("Video.stream", 11, None, None, "Video")
