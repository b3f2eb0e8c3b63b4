"""The page's own words in other languages than English, and the language that a browser asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from millstream.server.http.assets import STATIC

ENGLISH: Final = "en"
"""Its words stand in the page's scripts."""

RIGHT_TO_LEFT: Final = ("ar", "fa", "he", "ur", "yi")
"""Languages that are written so: the page says it, though it has no words of them itself."""

MAX_HEADER: Final = 1000
"""A longer `Accept-Language` is cut there, in characters."""

Sentences: TypeAlias = Mapping[str, object]
"""The words of a language by the English ones: text, or the forms of a plural."""


class BuiltWords(msgspec.Struct, frozen=True):
    """The contents of `words.json`; see `web/build.mjs`.

    Attributes:
        parts: The English words that a late element says, by its tag; those of the rest of the page under `""`.
        languages: The words of each language.
    """

    parts: dict[str, list[str]]
    languages: dict[str, dict[str, object]]


def page_words(tags: Iterable[str], *, has_renders: bool, folder: Path = STATIC) -> dict[str, Sentences]:
    """Read the words that a page may say, by language; English has none.

    Args:
        tags: The types of the components and layouts that the app declares.
        has_renders: Whether any element may be declared later on.
        folder: The folder of the built page.
    """
    built = msgspec.json.decode((folder / "words.json").read_bytes(), type=BuiltWords)
    parts = built.parts if has_renders else {tag: built.parts.get(tag, []) for tag in ("", *tags)}
    said = {key for keys in parts.values() for key in keys}
    return {
        language: {key: words for key, words in sentences.items() if key in said}
        for language, sentences in built.languages.items()
    }


def preferred(header: str, languages: Iterable[str], default: str = ENGLISH) -> str:
    """Give the language that a browser prefers among some, and the default if it asks for none of them.

    A regional form of a language (`de-AT`) is served by the language, and a language by its first regional form.

    Args:
        header: `Accept-Language`, as browsers send it.
        languages: The tags of the languages that there are, such as `de` or `pt-BR`.
        default: One of them, or English.
    """
    known = {tag.lower(): tag for tag in (default, *languages)}
    for wanted in _ranked(header):
        if wanted in known:
            return known[wanted]
        base = wanted.split("-")[0]
        found = known.get(base) or next((tag for low, tag in known.items() if low.split("-")[0] == base), None)
        if found is not None:
            return found
    return default


def _ranked(header: str) -> list[str]:
    """List the tags of `Accept-Language`, the most wanted first; what cannot be read is left out."""
    ranked: list[tuple[float, str]] = []
    for item in header[:MAX_HEADER].split(","):
        tag, _, weight = item.strip().lower().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if tag.strip() and quality > 0:
            ranked.append((-quality, tag.strip()))
    return [tag for _, tag in sorted(ranked, key=lambda each: each[0])]
