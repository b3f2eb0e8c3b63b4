"""The language that a browser asks for, among those that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

ENGLISH: Final = "en"
"""The page's words of this language stand in its scripts."""

MAX_HEADER: Final = 1000
"""A longer `Accept-Language` is cut there, in characters."""

PARAMETER: Final = "__lang"
"""What follows it in the page's address counts before what the browser asks for."""


def wanted(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """Give what a request asks for, as `Accept-Language` says it: the address counts first, then the browser.

    Args:
        headers: By lower-case name.
        query: The parameters of the page's address.
    """
    return f"{query.get(PARAMETER, '')[:MAX_HEADER]},{headers.get('accept-language', '')}"


def preferred(header: str, languages: Iterable[str], default: str = ENGLISH) -> str:
    """Give the language that a browser prefers among some, and the default if it asks for none of them.

    A regional form of a language (`de-AT`) is served by the language, and a language by its first regional form.

    Args:
        header: `Accept-Language`, as browsers send it.
        languages: The tags of the languages that there are, such as `de` or `pt-BR`.
        default: One of them, English, or nothing.
    """
    known = {tag.lower(): tag for tag in (default, *languages)}
    for tag in _ranked(header):
        if tag in known:
            return known[tag]
        base = tag.split("-")[0]
        found = known.get(base) or next((each for low, each in known.items() if low.split("-")[0] == base), None)
        if found is not None:
            return found
    return default


def _ranked(header: str) -> list[str]:
    """List the tags of `Accept-Language`, the most wanted first; what cannot be read is left out."""
    ranked: list[tuple[float, str]] = []
    for item in header[: 2 * MAX_HEADER].split(","):
        tag, _, weight = item.strip().lower().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if tag.strip() and quality > 0:
            ranked.append((-quality, tag.strip()))
    return [tag for _, tag in sorted(ranked, key=lambda each: each[0])]
