"""The words in other languages than English: those of the page, and those that the server writes itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from millstream.declare.i18n import languages
from millstream.declare.languages import preferred
from millstream.server.http.assets import STATIC
from millstream.server.sentences import HEARD, WRITTEN

RIGHT_TO_LEFT: Final = ("ar", "fa", "he", "ur", "yi")
"""Languages that are written so: the page says it, though it has no words of them itself."""

Sentences: TypeAlias = Mapping[str, object]
"""The words of a language by the English ones: text, or the forms of a plural; under `""` the sentences in `HEARD`."""

Written: TypeAlias = Mapping[str, Mapping[str, str]]
"""The sentences that the server writes itself, by language and the English ones."""


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
    built = _built(folder)
    parts = built.parts if has_renders else {tag: built.parts.get(tag, []) for tag in ("", *tags)}
    said = {key for keys in parts.values() for key in keys}
    return {
        language: {
            **{key: words for key, words in sentences.items() if key in said},
            "": {key: sentences[key] for key in HEARD if key in sentences},
        }
        for language, sentences in built.languages.items()
    }


def language_of(lang: str, header: str, known: Iterable[str]) -> str:
    """Choose the language of a document.

    Args:
        lang: The one that the app gives everybody; empty for none.
        header: What a visitor asks for; see `wanted`. A language of the app's own texts counts before others.
        known: The languages that the page speaks besides English.
    """
    return lang or preferred(header, languages(), "") or preferred(header, known)


def written_words(folder: Path = STATIC) -> Written:
    """Read the words of the sentences that the server writes itself."""
    known = _built(folder).languages
    return {tag: {key: str(words[key]) for key in WRITTEN if key in words} for tag, words in known.items()}


def written(sentence: str, language: str, words: Written, **values: object) -> str:
    """Write a sentence of the server in a language, or in English, with values in the place of its `{…}`.

    Args:
        sentence: One of those in `sentences.py`, or any other, which is written as it is.
        language: A tag.
        words: What `written_words` gives.
        values: By name.
    """
    said = words.get(preferred(language, words), {}).get(sentence, sentence)
    return said.format(**values) if values else said


def direction(language: str) -> str:
    """Say in which direction a language is written, as `dir` in HTML."""
    return "rtl" if language.split("-", maxsplit=1)[0].lower() in RIGHT_TO_LEFT else "ltr"


@cache
def _built(folder: Path) -> BuiltWords:
    return msgspec.json.decode((folder / "words.json").read_bytes(), type=BuiltWords)
