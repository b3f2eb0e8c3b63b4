"""Formulas in Markdown: found between their delimiters, kept apart from Markdown's own signs, typeset by the page.

A formula becomes a `span.ms-formula` with its source. Nothing here takes more than linear time.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from millstream.components.text.sanitized_html import OWN
from millstream.errors import DeclarationError

if TYPE_CHECKING:
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

MAX_FORMULA: Final = 2000
"""Characters in which the end of a formula is looked for."""

MAX_DELIMITERS: Final = 20
"""Pairs of delimiters of one component."""


class Delimiter(NamedTuple):
    """The signs around a formula. `display` puts it on a line of its own."""

    left: str
    right: str
    display: bool

    @property
    def cut(self) -> str:
        """The numbers of characters at the beginning and the end of the source that are no part of the formula."""
        return "0 0" if self.left.startswith("\\begin{") else f"{len(self.left)} {len(self.right)}"


DOLLARS: Final = (Delimiter("$$", "$$", display=True),)
"""The delimiters without `latex_delimiters=`."""

SHOWN_AS_CODE: Final = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"))
"""Between these a formula stays as it is written where `latex_delimiters=` does not have them."""


def read_delimiters(given: object, name: str) -> tuple[Delimiter, ...]:
    """Read `latex_delimiters=`, the longest first.

    Args:
        given: A list of `{"left": …, "right": …, "display": …}`; `None` for `DOLLARS`.
        name: Names the component in errors.

    Raises:
        DeclarationError: It is not such a list.
    """
    if given is None:
        return DOLLARS
    wanted = f'{name}: latex_delimiters is a list such as [{{"left": "$", "right": "$", "display": False}}]'
    if isinstance(given, str | Mapping) or not isinstance(given, Sequence):
        raise DeclarationError(f"{wanted}, not {given!r}")
    if len(given) > MAX_DELIMITERS:
        raise DeclarationError(f"{wanted} of at most {MAX_DELIMITERS}, not {len(given)}")
    read = [_read(one, wanted) for one in given]
    return tuple(sorted(read, key=lambda one: -len(one.left)))


def _read(given: object, wanted: str) -> Delimiter:
    if not isinstance(given, Mapping):
        raise DeclarationError(f"{wanted}; this is no pair of delimiters: {given!r}")
    left, right = given.get("left"), given.get("right")
    if not (isinstance(left, str) and isinstance(right, str) and left.strip() and right.strip()):
        raise DeclarationError(f"{wanted}; left and right are texts, but got {given!r}")
    return Delimiter(left, right, bool(given.get("display", False)))


class FormulaRules:
    """The rules with which the parser of Markdown finds formulas.

    Args:
        delimiters: Those of formulas, the longest first.
    """

    def __init__(self, delimiters: Sequence[Delimiter]) -> None:
        lefts = {one.left for one in delimiters}
        self._all = [(one.left, one.right, one.cut, one.display) for one in delimiters]
        self._all += [(left, right, "", False) for left, right in SHOWN_AS_CODE if left not in lefts]
        self._display = [one for one in delimiters if one.display]

    def inline(self, state: StateInline, silent: bool) -> bool:
        """Take a formula within a paragraph."""
        for left, right, cut, display in self._all:
            if state.src.startswith(left, state.pos):
                begin = state.pos + len(left)
                end = _end(state.src, begin, right, is_dollar=left == "$")
                if end <= begin:
                    continue
                if not silent:
                    token = state.push("formula", "", 0)
                    token.content, token.info = state.src[state.pos : end + len(right)], cut
                    token.hidden = display
                state.pos = end + len(right)
                return True
        return False

    def block(self, state: StateBlock, first: int, end: int, silent: bool) -> bool:
        """Take a formula of lines of its own, in which nothing is a list or a heading.

        One that has no end yet, such as the one that a language model is writing, is shown as it is written, up to the
        end of its paragraph.
        """
        begin = state.bMarks[first] + state.tShift[first]
        found = next((one for one in self._display if state.src.startswith(one.left, begin)), None)
        if found is None or state.is_code_block(first) or _is_endless(state.src, begin, found):
            return False
        lines, is_closed = _lines(state, first, end, found)
        source = "\n".join(lines)
        is_whole = is_closed and _is_whole(lines, found)
        if len(source) > MAX_FORMULA or (is_closed and not is_whole and len(lines) == 1):
            return False
        if not silent:
            state.line = first + len(lines)
            _push(state, "formula_block" if is_whole else "formula_begun", source.rstrip(), found.cut, first)
            if is_closed and not is_whole:  # a text goes on after it: then it is one within a paragraph
                state.tokens[-1:] = _paragraph(state.tokens[-1])
        return True


def _push(state: StateBlock, kind: str, source: str, cut: str, first: int) -> None:
    token = state.push(kind, "", 0)
    token.content, token.info, token.map, token.hidden = source, cut, [first, state.line], True


def _paragraph(token: Token) -> list[Token]:
    """Give a token's content as a paragraph."""
    make = type(token)
    inline = make("inline", "", 0, content=token.content, map=token.map, level=token.level + 1, children=[])
    return [
        make("paragraph_open", "p", 1, map=token.map, level=token.level, block=True),
        inline,
        make("paragraph_close", "p", -1, level=token.level, block=True),
    ]


def _is_endless(source: str, begin: int, delimiter: Delimiter) -> bool:
    """True if there is no end where it could be, and neither does the text or the paragraph end there."""
    most = begin + MAX_FORMULA
    has_end = source.find(delimiter.right, begin + len(delimiter.left), most) >= 0
    return not has_end and len(source) > most and source.find("\n\n", begin, most) < 0


def _lines(state: StateBlock, first: int, end: int, delimiter: Delimiter) -> tuple[list[str], bool]:
    """Give the lines up to the one with the end of a formula, or to the end of the paragraph without one."""
    lines: list[str] = []
    last = state.bMarks[first] + 2 * MAX_FORMULA
    for line in range(first, end):
        is_outside = line > first and state.sCount[line] < state.blkIndent
        if is_outside or state.isEmpty(line) or state.bMarks[line] > last:
            break
        lines.append(state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]])
        if lines[-1].find(delimiter.right, 0 if line > first else len(delimiter.left)) >= 0:
            return lines, True
    return lines, False


def _is_whole(lines: Sequence[str], delimiter: Delimiter) -> bool:
    """True if lines are a formula and nothing else."""
    last = lines[-1].rstrip()
    at = last.find(delimiter.right, len(delimiter.left) if len(lines) == 1 else 0)
    is_empty = len(lines) == 1 and at <= len(delimiter.left)
    return not is_empty and at + len(delimiter.right) == len(last)


def _end(source: str, begin: int, right: str, *, is_dollar: bool) -> int:
    """Find the end of a formula; -1 without one.

    Between single dollars there is one only where these touch it, and no digit follows: `$5 and $6` are prices.
    """
    if is_dollar and source[begin : begin + 1].isspace():
        return -1
    end = source.find(right, begin, begin + MAX_FORMULA)
    while right[0] == "$" and end > begin and source[end - 1] == "\\":
        end = source.find(right, end + 1, begin + MAX_FORMULA)
    if is_dollar and end > begin and (source[end - 1].isspace() or source[end + 1 : end + 2].isdigit()):
        return -1
    return end


def formula(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    """Render a formula within a paragraph: its source, which the page typesets."""
    token = tokens[index]
    if not token.info:
        return f'<code class="{OWN}formula">{html.escape(token.content)}</code>'
    display = " data-display" if token.hidden else ""
    return f'<span class="{OWN}formula" data-cut="{token.info}"{display}>{html.escape(token.content)}</span>'


def formula_block(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Render a formula of lines of its own."""
    return f"<p>{formula(renderer, tokens, index, options, env)}</p>\n"


def formula_begun(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Render a formula that has no end as the text that it is."""
    source = html.escape(tokens[index].content).replace("\n", "<br>\n")
    return f"<p>{source}</p>\n"
