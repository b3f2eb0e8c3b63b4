"""Markdown of conversations, rendered to HTML with coloured code. What was rendered once is remembered."""

from __future__ import annotations

import html
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from millstream.components.sanitised import sanitised

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

MAX_REMEMBERED: Final = 16 * 1024 * 1024
"""Characters of HTML that are remembered, for all conversations together."""

MAX_COLOURED: Final = 50_000
"""Longer code is shown without colours: finding them takes a second per megabyte."""


class Style(NamedTuple):
    """How Markdown is rendered: whether a line's end is one within a paragraph, and whether the result is cleaned."""

    line_breaks: bool = True
    sanitize: bool = True


def prose(text: str, style: Style) -> str:
    """Render Markdown as HTML.

    A conversation is rendered anew with each word of an answer, and only its last message has changed: the others are
    looked up.
    """
    known = _RENDERED.get((text, style))
    if known is None:
        rendered = str(_renderer(style.line_breaks).render(text))
        known = sanitised(rendered) if style.sanitize else rendered
        _RENDERED.add((text, style), known)
    return known


class _Memory:
    """The HTML that was asked for last, as much as `most` characters of it; used by all handlers' threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._known: OrderedDict[tuple[str, Style], str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, Style]) -> str | None:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def add(self, key: tuple[str, Style], text: str) -> None:
        with self._lock:
            self._size += len(text) - len(self._known.pop(key, ""))
            self._known[key] = text
            while self._size > self._most:
                self._size -= len(self._known.popitem(last=False)[1])


_RENDERED: Final = _Memory(MAX_REMEMBERED)


@cache
def _renderer(line_breaks: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": True, "breaks": line_breaks}).enable(["table", "strikethrough"])
    renderer.add_render_rule("fence", _fence)
    renderer.add_render_rule("code_block", _fence)
    return renderer


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
