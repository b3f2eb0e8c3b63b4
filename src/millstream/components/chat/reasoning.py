"""Reasoning: the text that a language model puts between tags of its own, told apart from its reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

MAX_THOUGHTS: Final = 100
"""Thoughts of one text. Further ones stay in it, tags and all."""


class Thought(NamedTuple):
    """A part of a text that stood between two tags; `is_over` if the second one is there already."""

    text: str
    is_over: bool


def split_reasoning(text: str, tags: Sequence[tuple[str, str]]) -> list[str | Thought]:
    """Split a text, which may still grow, into what is said and what is thought; what is empty is left out.

    Args:
        text: For example `"<think>It is 4.</think>Four."`.
        tags: The first and the last word of a thought, for example `("<think>", "</think>")`.
    """
    if not tags:
        return [text]
    opening, endings = re.compile("|".join(re.escape(first) for first, _ in tags)), dict(tags)
    parts: list[str | Thought] = []
    at = 0
    while len(parts) < 2 * MAX_THOUGHTS and (begin := opening.search(text, at)) is not None:
        ending = endings[begin[0]]
        end = text.find(ending, begin.end())
        is_over = end >= 0
        parts += [
            text[at : begin.start()].strip(),
            Thought(text[begin.end() : end if is_over else None].strip(), is_over),
        ]
        at = end + len(ending) if is_over else len(text)
    parts.append(text[at:].strip() if parts else text)
    return [part for part in parts if not isinstance(part, str) or part] or [""]


def is_pair(given: object) -> bool:
    """True if this is a pair of tags, neither of them empty."""
    if isinstance(given, str) or not isinstance(given, Sequence):
        return False
    return len(given) == 2 and all(isinstance(tag, str) and tag for tag in given)
