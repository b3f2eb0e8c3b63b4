"""Markdown of conversations, rendered to HTML with coloured code. What was rendered once is remembered."""

from __future__ import annotations

import html
import re
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from millstream.components.sanitised import sanitised

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

MAX_REMEMBERED: Final = 16 * 1024 * 1024
"""Characters of HTML that are remembered, for all conversations together."""

FIRST_RULES: Final = 2
"""How many rules of the parser find the blocks of a text; the others find what is in one."""

MAX_COLOURED: Final = 50_000
"""Longer code is shown without colours: finding them takes a second per megabyte."""


ADDRESS: Final = re.compile(r"\bhttps?://\w[^\s<>\"`]*")
"""An address that is written out, with what may follow it at the end of a sentence."""


FORMULAS: Final = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"))
"""What a formula in LaTeX stands between."""

MAX_FORMULA: Final = 2000
"""Characters in which the end of a formula is looked for."""


class Style(NamedTuple):
    """How Markdown is rendered: whether a line's end is one within a paragraph, and whether the result is cleaned."""

    line_breaks: bool = True
    sanitize: bool = True


def inline_prose(text: str, style: Style) -> str:
    """Render Markdown of one line, such as a title, as HTML without a paragraph around it."""
    rendered = str(_renderer(style.line_breaks).renderInline(text))
    return sanitised(rendered) if style.sanitize else rendered


def prose(text: str, style: Style) -> str:
    """Render Markdown as HTML.

    A conversation is rendered anew with each word of an answer, and only the last paragraph of its last message has
    changed: whatever stands before that is looked up.
    """
    known = _RENDERED.get((text, style))
    if known is None:
        rendered = "".join(_blocks(text, style))
        known = sanitised(rendered) if style.sanitize else rendered
        _RENDERED.add((text, style), known)
    return known


def _blocks(text: str, style: Style) -> Iterator[str]:
    """Render the blocks of a text: paragraphs, lists, pieces of code. Of others each knows the addresses alone."""
    from markdown_it.rules_core import StateCore

    renderer = _renderer(style.line_breaks)
    rules = renderer.core.ruler.getRules("")
    state = StateCore(text, renderer, {})
    for rule in rules[:FIRST_RULES]:
        rule(state)
    lines = state.src.split("\n")
    addresses = str(state.env.get("references", ""))
    for block in _top_level(state.tokens):
        first, end = block[0].map or (0, len(lines))
        key = "\n".join(lines[first : end + 1]), addresses, style
        known = _BLOCKS.get(key)
        if known is None:
            state.tokens = block
            for rule in rules[FIRST_RULES:]:
                rule(state)
            known = renderer.renderer.render(state.tokens, renderer.options, state.env)
            _BLOCKS.add(key, known)
        yield known


def _top_level(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Group the tokens of each block that is part of no other."""
    block: list[Token] = []
    depth = 0
    for token in tokens:
        block.append(token)
        depth += token.nesting
        if depth == 0:
            yield block
            block = []


class _Memory:
    """The HTML that was asked for last, as much as `most` characters of it; used by all handlers' threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._known: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> str | None:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def add(self, key: Hashable, text: str) -> None:
        with self._lock:
            self._size += len(text) - len(self._known.pop(key, ""))
            self._known[key] = text
            while self._size > self._most:
                self._size -= len(self._known.popitem(last=False)[1])


_RENDERED: Final = _Memory(MAX_REMEMBERED)
_BLOCKS: Final = _Memory(MAX_REMEMBERED // 4)


@cache
def _renderer(line_breaks: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": True, "breaks": line_breaks}).enable(["table", "strikethrough"])
    renderer.core.ruler.push("addresses", _link_addresses)
    renderer.inline.ruler.before("escape", "formula", _find_formula)
    renderer.add_render_rule("formula", _formula)
    renderer.add_render_rule("fence", _fence)
    renderer.add_render_rule("code_block", _fence)
    return renderer


def _find_formula(state: StateInline, silent: bool) -> bool:
    """Keep a formula as it is written: to Markdown its signs would mean something else."""
    for left, right in FORMULAS:
        if state.src.startswith(left, state.pos):
            begin = state.pos + len(left)
            end = state.src.find(right, begin, begin + MAX_FORMULA)
            if end <= begin:
                return False
            if not silent:
                state.push("formula", "", 0).content = state.src[state.pos : end + len(right)]
            state.pos = end + len(right)
            return True
    return False


def _formula(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:  # the signature is that of the library's rules
    return f'<code class="ms-formula">{html.escape(tokens[index].content)}</code>'


def _link_addresses(state: StateCore) -> None:
    """Make links of the addresses in a text, as GitHub's Markdown does (gfm, section 6.9)."""
    for block in state.tokens:
        if block.type == "inline" and "://" in block.content:
            block.children = list(_linked(block.children or []))


def _linked(tokens: Sequence[Token]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        begins = token.type == "link_open" or (
            token.type == "html_inline" and token.content[:3].lower() in ("<a ", "<a>")
        )
        ends = token.type == "link_close" or (token.type == "html_inline" and token.content.lower() == "</a>")
        depth += begins - ends
        if token.type == "text" and depth == 0:
            yield from _split_at_addresses(token)
        else:
            yield token


def _split_at_addresses(token: Token) -> Iterator[Token]:
    """Split a text into texts and links."""
    text, at = token.content, 0
    for found in ADDRESS.finditer(text):
        address = _trimmed(found[0])
        yield token.copy(content=text[at : found.start()])
        yield type(token)("link_open", "a", 1, {"href": address})
        yield token.copy(content=address)
        yield type(token)("link_close", "a", -1)
        at = found.start() + len(address)
    yield token.copy(content=text[at:])


def _trimmed(address: str) -> str:
    """Leave out what ends the sentence, and brackets that the sentence opened."""
    unopened = address.count(")") - address.count("(")
    end = len(address)
    while end and (address[end - 1] in "?!.,:;*_~'" or (address[end - 1] == ")" and unopened > 0)):
        unopened -= address[end - 1] == ")"
        end -= 1
    return address[:end]


def _fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:  # the signature is that of the library's rules
    """Render a block of code: its language, a button that copies it, and the code."""
    words = tokens[index].info.split(maxsplit=1)
    language = words[0] if words else ""
    name = html.escape(language)
    head = f'<div class="ms-code-head"><span>{name}</span><button class="ms-copy-code">Copy</button></div>'
    code = coloured(tokens[index].content, language)
    return f'<div class="ms-code">{head}<pre tabindex="0"><code class="language-{name}">{code}</code></pre></div>\n'


def coloured(code: str, language: str) -> str:
    """Give code as HTML whose words have a class each, after Pygments' short names; as it is if nobody knows it."""
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    if not language or len(code) > MAX_COLOURED:
        return html.escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return html.escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True, classprefix="ms-c-")))
