"""The ends of JavaScript expressions in a template: strings, comments, regular expressions are skipped."""

from __future__ import annotations

import re
from typing import Final

_OPENING: Final = {"{": "}", "(": ")", "[": "]"}
_SKIPPED: Final = re.compile(
    r"""'(?:[^'\\\n]|\\.)*+'|"(?:[^"\\\n]|\\.)*+"|//[^\n]*+|/\*.*?\*/""",
    re.DOTALL,
)
_REGEX: Final = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/[a-z]*+")
_BEFORE_REGEX: Final = re.compile(r"(?:^|[(\[{,;:=!&|?+\-*%~^<>]|\b(?:return|typeof|case|in|of|void))\s*+\Z")


class Unclosed(ValueError):
    """An expression, or something in it, has no end; the message says what."""


def end_of_expression(source: str, begin: int) -> int:
    """Find the `}` that ends the expression after `${`.

    Args:
        source: The template.
        begin: Where the expression begins, behind the `${`.

    Raises:
        Unclosed: It does not end.
    """
    awaited = ["}"]
    at = begin
    while at < len(source):
        char = source[at]
        if char == "`":
            at = _end_of_template(source, at + 1)
        elif skipped := _SKIPPED.match(source, at):
            at = skipped.end()
        elif (
            char == "/"
            and _BEFORE_REGEX.search(source[max(begin, at - 40) : at])
            and (regex := _REGEX.match(source, at))
        ):
            at = regex.end()
        elif char in _OPENING:
            awaited.append(_OPENING[char])
            at += 1
        elif char == awaited[-1]:
            awaited.pop()
            if not awaited:
                return at
            at += 1
        else:
            at += 1
    raise Unclosed(f"the expression ${{{source[begin : begin + 40]}… has no end: a {awaited[-1]} is missing")


def _end_of_template(source: str, at: int) -> int:
    """Find the end of a template literal, which begins before `at`."""
    begin = at
    while at < len(source):
        if source[at] == "\\":
            at += 2
        elif source[at] == "`":
            return at + 1
        elif source.startswith("${", at):
            at = end_of_expression(source, at + 2) + 1
        else:
            at += 1
    raise Unclosed(f"the template `{source[begin : begin + 40]}… has no end: a ` is missing")
