"""Validators for `validator=` of an event: the length of audio and of video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from millstream.declare.validation import validate
from millstream.media.container import duration_s

__all__ = ["is_audio_correct_length", "is_video_correct_length"]


def is_audio_correct_length(
    audio: tuple[int, Any] | None, min_length: float | None, max_length: float | None
) -> dict[str, object]:
    """Accept audio of a length between two bounds, both included; see `validate`.

    Args:
        audio: The rate in Hz and the samples, as a handler gets them. `None` is of no length.
        min_length: The least length in seconds, `None` for any.
        max_length: The greatest length in seconds, `None` for any.
    """
    return _within(0.0 if audio is None else len(audio[1]) / audio[0], "Audio", min_length, max_length)


def is_video_correct_length(
    video: str | Path | None, min_length: float | None, max_length: float | None
) -> dict[str, object]:
    """Accept a video of a length between two bounds, both included; see `validate`.

    Args:
        video: The path of the file, as a handler gets it. `None` is of no length.
        min_length: The least length in seconds, `None` for any.
        max_length: The greatest length in seconds, `None` for any.

    Raises:
        MediaError: The file is no video that can be read.
    """
    if min_length is None and max_length is None:
        return validate(True)
    return _within(0.0 if video is None else duration_s(Path(video)), "The video", min_length, max_length)


def _within(length_s: float, what: str, least_s: float | None, most_s: float | None) -> dict[str, object]:
    if least_s is not None and length_s < least_s:
        return validate(False, f"{what} is too short: {length_s:.1f} s, it has to be at least {least_s:g} s")
    if most_s is not None and length_s > most_s:
        return validate(False, f"{what} is too long: {length_s:.1f} s, it may be {most_s:g} s at most")
    return validate(True)
