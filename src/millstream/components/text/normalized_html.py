"""Markup from anywhere, in a form that every parser reads alike, and in linear time.

Parsers of HTML recover from every mistake, and for some that takes the square of the text's length, or makes a text of
that length: elements within elements without an end, formatting that is opened anew in each paragraph, thousands of
attributes. So markup goes through here before it meets the sanitiser. What is left is nested no deeper than
`MAX_DEPTH`, has no comments and no elements that the sanitiser would take out, and closes what it opens where a parser
would have to guess. Nothing here makes markup safe: that is the sanitiser's business.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from html import escape, unescape
from typing import Final, NamedTuple

from millstream.components.text.html_elements import (
    BREAKOUTS,
    CLOSED_BY,
    HEADINGS,
    HTML_TAGS,
    SVG_TAGS,
    TABLE_PARENTS,
    TABLE_WALLS,
    VOID_TAGS,
    WALLS,
)

MAX_DEPTH: Final = 100
"""Elements within each other. The tags of deeper ones are left out; what is in them stays."""

MAX_ATTRIBUTES: Final = 64
"""Attributes of one element; further ones are left out."""

MAX_ENTITIES: Final = 1000
"""Entities in the attributes of one element; one that has more loses its attributes."""

_SPACE: Final = r"\t\n\f\r "
_VALUE: Final = rf"""[{_SPACE}]*+=[{_SPACE}]*+(?:"[^"]*+"|'[^']*+'|[^{_SPACE}>"'][^{_SPACE}>]*+|(?=>))"""
_ATTRIBUTE: Final = rf"[{_SPACE}/]*+[^{_SPACE}/>][^{_SPACE}/>=]*+(?:{_VALUE}|(?![{_SPACE}]*+=))"
_TAG: Final = re.compile(rf"<(/?)([A-Za-z][^{_SPACE}/>]*+)((?:{_ATTRIBUTE})*+)([{_SPACE}/]*+)>")
"""As section 13.2.5 of the HTML standard reads a tag. Nothing in it can be matched in two ways: it never goes back."""

_TAG_BEGINS: Final = re.compile("</?[A-Za-z]")
_STAND_INS: Final = {"&": "\ufdd0", "<": "\ufdd1", ">": "\ufdd2"}
"""In place of what would have to be written as an entity: for many of those the sanitiser takes the square of the
time. They are no characters, and never part of a text."""

_STANDING_IN: Final = str.maketrans(_STAND_INS)
_STOOD_IN: Final = str.maketrans({stand_in: escape(sign) for sign, stand_in in _STAND_INS.items()})
_NO_STAND_INS: Final = str.maketrans(dict.fromkeys(_STAND_INS.values()))

_ONE_ATTRIBUTE: Final = re.compile(_ATTRIBUTE)
_ENDS_OF_RAW: Final = {name: re.compile(rf"</{name}(?=[{_SPACE}/>])", re.IGNORECASE) for name in ("script", "style")}


class _Element(NamedTuple):
    name: str
    is_foreign: bool
    """True if it is one of SVG, or within one: other rules hold there."""


def finished(html: str) -> str:
    """Put entities in the place of what stands in for them in the HTML that the sanitiser made of `flattened` HTML."""
    return html if html.isascii() else html.translate(_STOOD_IN)


def flattened(html: str) -> str:
    """Bring HTML into a form that can be parsed in linear time; see above. The result is not yet `finished`."""
    flattener = Flattener()
    flattener.feed(html)
    return flattener.take()


class Flattener:
    """Brings one chunk of HTML after the other into a form that can be parsed in linear time; no tag spans two."""

    def __init__(self) -> None:
        self._html = ""
        self._parts: list[str] = []
        self._open: list[_Element] = []
        self._left_out: Counter[str] = Counter()

    def copy(self) -> Flattener:
        """Give one that can be fed on its own from here on."""
        other = Flattener()
        self._parts = ["".join(self._parts)]
        other._parts, other._open, other._left_out = [*self._parts], [*self._open], self._left_out.copy()
        return other

    @property
    def is_closed(self) -> bool:
        """True if all elements have ended: what there is can stand alone then."""
        return not self._open

    def feed(self, html: str) -> None:
        """Take the next chunk in."""
        self._html = html = html if html.isascii() else html.translate(_NO_STAND_INS)
        at = 0
        while (begin := html.find("<", at)) >= 0:
            self._text(html[at:begin])
            at = self._markup(begin)
        self._text(html[at:])
        self._html = ""

    def take(self) -> str:
        """Give the normalised HTML of the chunks since the last call."""
        markup, self._parts = "".join(self._parts), []
        return markup

    def _markup(self, begin: int) -> int:
        """Take what begins with a `<`; gives where it ends."""
        html = self._html
        tag = _TAG.match(html, begin)
        if tag is not None:
            return self._tag(tag)
        if html.startswith("<!--", begin):
            return self._after("-->", begin + 2)
        if _TAG_BEGINS.match(html, begin):  # and has no end: it is a text, and so is all that follows
            self._text(html[begin:].replace("<", "&lt;"))
            return len(html)
        if html.startswith(("<!", "<?", "</"), begin):
            return self._after(">", begin)
        self._parts.append("&lt;")
        return begin + 1

    def _text(self, text: str) -> None:
        if "&" in text:
            text = unescape(text).translate(_STANDING_IN)
        self._parts.append(text)

    def _after(self, end: str, begin: int) -> int:
        at = self._html.find(end, begin)
        return len(self._html) if at < 0 else at + len(end)

    def _tag(self, tag: re.Match[str]) -> int:
        name = tag[2].lower()
        known = _SPELLINGS.get(name)
        if name in _ENDS_OF_RAW and not tag[1] and not (self._is_foreign and tag[4].endswith("/")):
            end = _ENDS_OF_RAW[name].search(self._html, tag.end())
            return len(self._html) if end is None else end.start()
        if known is not None:
            if tag[1]:
                self._end(known)
            else:
                self._begin(known, tag)
        return tag.end()

    @property
    def _is_foreign(self) -> bool:
        return bool(self._open) and self._open[-1].is_foreign and self._open[-1].name not in ("title", "desc")

    def _begin(self, name: str, tag: re.Match[str]) -> None:
        if name in BREAKOUTS:
            while self._is_foreign:
                self._close()
        is_foreign = name == "svg" or self._is_foreign
        if not is_foreign and (name == "title" or not self._make_room(name)):
            return  # in HTML it would hold plain text; and a cell without a table is none
        if tag[4].endswith("/") if is_foreign else name in VOID_TAGS:
            self._parts.append(_slim(tag))
        elif len(self._open) >= MAX_DEPTH:
            self._left_out[name] += 1
        else:
            self._parts.append(_slim(tag))
            self._open.append(_Element(name, is_foreign))

    def _make_room(self, name: str) -> bool:
        """End the elements that a new one ends, as a parser would; `False` if the new one has no place here."""
        for names, walls in CLOSED_BY.get(name, ()):
            self._close_to(names, walls)
        if (parents := TABLE_PARENTS.get(name)) is None:
            return True
        at = self._find(parents, TABLE_WALLS)
        while len(self._open) > at + 1 > 0:
            self._close()
        return at >= 0

    def _end(self, name: str) -> None:
        if self._left_out[name]:
            self._left_out[name] -= 1
            return
        walls = TABLE_WALLS if name in TABLE_PARENTS or name == "table" else WALLS
        self._close_to(HEADINGS if name in HEADINGS else (name,), walls)

    def _close_to(self, names: Collection[str], walls: Collection[str]) -> None:
        """Close the innermost of some elements, and what is in it, if there is one on this side of the walls."""
        at = self._find(names, walls)
        while len(self._open) > at >= 0:
            self._close()

    def _find(self, names: Collection[str], walls: Collection[str]) -> int:
        for at in range(len(self._open) - 1, -1, -1):
            if self._open[at].name in names:
                return at
            if self._open[at].name in walls:
                return -1
        return -1

    def _close(self) -> None:
        """End the innermost element, also where a parser would know: some of them close less than they seem to."""
        self._parts.append(f"</{self._open.pop().name}>")


def _slim(tag: re.Match[str]) -> str:
    """Give a tag as it was, without attributes beyond the first ones."""
    if len(tag[3]) < 2 * MAX_ATTRIBUTES:
        return tag[0]
    if tag[3].count("&") > MAX_ENTITIES:
        return f"<{tag[2]}>"
    attributes = _ONE_ATTRIBUTE.findall(tag[3])
    if len(attributes) <= MAX_ATTRIBUTES:
        return tag[0]
    return f"<{tag[2]}{''.join(attributes[:MAX_ATTRIBUTES])}{tag[4]}>"


_SPELLINGS: Final = {name.lower(): name for name in HTML_TAGS | SVG_TAGS}
