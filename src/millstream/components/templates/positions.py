"""Positions of values in the HTML of a template: in text, in a tag, or in the value of an attribute."""

from __future__ import annotations

import re
from typing import Final

_RAW: Final = ("script", "style", "textarea", "title")
_NAME: Final = re.compile(r"</?([a-zA-Z][\w:-]*)")


class Position:
    """Follows HTML, as far as it takes to tell text from tags."""

    def __init__(self) -> None:
        self._state = "text"
        self._quote = self._tag = self._raw = ""
        self._steps = {
            "text": self._in_text,
            "comment": self._in_comment,
            "tag": self._in_tag,
            "value": self._in_value,
            "quotes": self._in_quotes,
            "unquoted": self._in_unquoted,
        }

    def insert(self) -> str:
        """Go on behind a value; gives the runtime's way of putting it in here.

        `html` cleans it, `text` escapes it, `bare` does so for an attribute without quotes, `inside` is for a tag,
        `css` for a style sheet.
        """
        if self._state == "value":
            self._state = "unquoted"
        if self._state == "text":
            return "css" if self._raw == "style" else "text" if self._raw else "html"
        return {"tag": "inside", "unquoted": "bare"}.get(self._state, "text")

    def feed(self, text: str) -> None:
        """Go on behind literal HTML."""
        at = 0
        while at < len(text):
            at = self._steps[self._state](text, at)

    def _in_text(self, text: str, at: int) -> int:
        if self._raw:
            end = text.lower().find(f"</{self._raw}", at)
            if end < 0:
                return len(text)
            self._raw = ""
            at = end
        begin = text.find("<", at)
        if begin < 0:
            return len(text)
        if text.startswith("<!--", begin):
            self._state = "comment"
            return begin + 4
        name = _NAME.match(text, begin)
        if name is None:
            return begin + 1
        self._state, self._tag = "tag", "" if text[begin + 1] == "/" else name[1].lower()
        return name.end()

    def _in_comment(self, text: str, at: int) -> int:
        end = text.find("-->", at)
        if end < 0:
            return len(text)
        self._state = "text"
        return end + 3

    def _in_tag(self, text: str, at: int) -> int:
        char = text[at]
        if char == ">":
            self._state = "text"
            self._raw = self._tag if self._tag in _RAW else ""
        elif char == "=":
            self._state = "value"
        return at + 1

    def _in_value(self, text: str, at: int) -> int:
        """Behind the `=` of an attribute."""
        char = text[at]
        if char in "\"'":
            self._state, self._quote = "quotes", char
            return at + 1
        if char.isspace():
            return at + 1
        self._state = "unquoted"
        return at

    def _in_quotes(self, text: str, at: int) -> int:
        end = text.find(self._quote, at)
        if end < 0:
            return len(text)
        self._state = "tag"
        return end + 1

    def _in_unquoted(self, text: str, at: int) -> int:
        if text[at].isspace() or text[at] == ">":
            self._state = "tag"
            return at
        return at + 1
