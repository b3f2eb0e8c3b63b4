"""Finds a stop word in what was said. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def after_stop_word(text: str, stop_words: Sequence[str]) -> str | None:
    """Give what was said after the first of the stop words; `None` if none was said.

    Case, accents and punctuation do not count, since recognisers differ in them; a stop word may be several words.
    """
    said = _words(text)
    found = [
        at + len(words)
        for words in map(_words, stop_words)
        for at in range(len(said) - len(words) + 1)
        if said[at : at + len(words)] == words
    ]
    return " ".join(said[min(found) :]) if found else None


def _words(text: str) -> list[str]:
    # One by one: in a whole text the marks are sorted, which takes the square of their number.
    parts = (part for char in text for part in unicodedata.normalize("NFKD", char))
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return re.findall(r"\w+", plain.casefold().replace("'", "").replace("’", ""))
