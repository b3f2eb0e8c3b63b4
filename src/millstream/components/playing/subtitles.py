"""Subtitles: from the files that people have to the one form that browsers know."""

from __future__ import annotations

import re
from typing import Final

HEADER: Final = "WEBVTT"

MAX_BYTES: Final = 512 * 1024
"""They go to the page as text."""

_COMMA: Final = re.compile(r"(?<=\d\d:\d\d),(?=\d{3})")
"""The mark that tells the times of SubRip from those of WebVTT."""


def to_webvtt(data: bytes) -> str:
    """Make WebVTT (W3C, https://www.w3.org/TR/webvtt1/) of it, or of SubRip.

    Raises:
        ValueError: It is neither, or too long; the message says which.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"{len(data)} bytes of subtitles are too many, {MAX_BYTES} is the most")
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").strip()
    if text.startswith(HEADER):
        return text + "\n"
    if "-->" not in text:
        raise ValueError("they are neither WebVTT nor SubRip")
    lines = (_COMMA.sub(".", line) if "-->" in line else line for line in text.split("\n"))
    return "\n".join((HEADER, "", *lines)) + "\n"
