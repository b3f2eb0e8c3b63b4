"""Subtitles: from the forms that people have to the one form that browsers know."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from millstream.declare.arguments import describe, is_number
from millstream.errors import InvalidValue
from millstream.types import Scratch

Subtitles: TypeAlias = str | Path | Sequence[Mapping[str, object]]
"""A path, the text of WebVTT, or `[{"text": "Hello", "timestamp": [0, 1.5]}, …]` with times in seconds."""

HEADER: Final = "WEBVTT"

MAX_BYTES: Final = 512 * 1024
"""They go to the page as text."""

LONGEST_S: Final = 360_000.0

_COMMA: Final = re.compile(r"(?<=\d\d:\d\d),(?=\d{3})")
"""The mark that tells the times of SubRip from those of WebVTT."""


def read_subtitles(given: object, owner: str, scratch: Scratch) -> str:
    """Make WebVTT of subtitles in any of the forms that `Subtitles` names.

    Args:
        given: The subtitles; what is none is refused.
        owner: The name of the component, for messages.
        scratch: Knows which paths are allowed.

    Raises:
        InvalidValue: They cannot be read, or are in none of the forms.
    """
    is_text = isinstance(given, str) and given.startswith(HEADER) and "\n" in given
    if not is_text and isinstance(given, str | Path):
        return _from_file(Path(given), owner, scratch)
    if not isinstance(given, str | list | tuple):
        wanted = 'the path of a file of subtitles, or a list of {"text": …, "timestamp": [start, end]}'
        raise InvalidValue(f"{owner} takes {wanted}, but got {describe(given)}")
    try:
        return _limited(given if isinstance(given, str) else _cues(given))
    except ValueError as error:
        raise InvalidValue(f"{owner} cannot show the subtitles: {error}") from error


def _from_file(path: Path, owner: str, scratch: Scratch) -> str:
    file = scratch.admit(path)
    try:
        if file.path is None:
            return to_webvtt(file.data or b"")
        _check_size(file.path.stat().st_size)  # a large file is refused before it is in memory
        return to_webvtt(file.path.read_bytes())
    except ValueError as error:
        raise InvalidValue(f"{owner} cannot show the subtitles {str(path)!r}: {error}") from error
    finally:
        if file.path is not None:
            file.path.unlink()


def to_webvtt(data: bytes) -> str:
    """Make WebVTT (W3C, https://www.w3.org/TR/webvtt1/) of it, of SubRip, or of a JSON list of texts and times.

    Raises:
        ValueError: It is none of them, or too long; the message says which.
    """
    _check_size(len(data))
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").strip()
    if text.startswith(HEADER):
        return text + "\n"
    if text.startswith("["):
        return _limited(_cues(_parsed(text)))
    if "-->" not in text:
        raise ValueError("they are neither WebVTT nor SubRip nor JSON")
    lines = (_COMMA.sub(".", line) if "-->" in line else line for line in text.split("\n"))
    return "\n".join((HEADER, "", *lines)) + "\n"


def _parsed(text: str) -> Sequence[object]:
    try:
        found: list[object] = json.loads(text)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"the JSON is broken: {error}") from error
    return found


def _cues(given: Sequence[object]) -> str:
    return "\n\n".join((HEADER, *(_cue(each, at) for at, each in enumerate(given)))) + "\n"


def _cue(given: object, at: int) -> str:
    times = given.get("timestamp") if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(given.get("text"), str):
        raise ValueError(f'number {at} is no {{"text": "…", "timestamp": [start, end]}}: {describe(given)}')
    if not isinstance(times, list | tuple) or len(times) != 2 or not all(is_number(each) for each in times):
        raise ValueError(f"the timestamp of number {at} is no [start, end] in seconds: {describe(times)}")
    start, end = (float(each) for each in times)
    if not 0 <= start < end <= LONGEST_S:
        raise ValueError(f"the timestamp of number {at} does not end after it starts: {describe(times)}")
    lines = (line.strip() for line in given["text"].splitlines())  # an empty line would end the cue
    text = "\n".join(html.escape(line, quote=False) for line in lines if line)
    return f"{_clock(start)} --> {_clock(end)}\n{text}"


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise ValueError(f"{size} bytes of subtitles are too many, {MAX_BYTES} is the most")


def _limited(text: str) -> str:
    if len(text) > MAX_BYTES:
        raise ValueError(f"{len(text)} characters of subtitles are too many, {MAX_BYTES} is the most")
    return text
