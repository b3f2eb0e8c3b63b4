from __future__ import annotations

import pytest

from millstream import codecs
from millstream.errors import MediaError


@pytest.mark.parametrize("name", ["", "h265", "wav", "headers", "os", "../jpeg", "jpeg.open_decoder", "__init__"])
def test_a_name_that_is_not_a_codec_is_refused(name: str) -> None:
    with pytest.raises(MediaError, match="there are h264, jpeg, pcm16, png, vp8, webp"):
        codecs.load(name)


@pytest.mark.parametrize("number", [0, 4, 255, -1, 2**32])
def test_a_number_that_is_not_a_codec_is_refused(number: int) -> None:
    with pytest.raises(MediaError, match=f"number {number}$"):
        codecs.by_number(number)


def test_a_module_is_found_by_its_name_alone() -> None:
    assert codecs.load("jpeg") is codecs.by_number(1)
    assert codecs.load("jpeg").NAME == "jpeg"
