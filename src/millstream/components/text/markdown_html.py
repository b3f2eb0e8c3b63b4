"""Markdown rendered to HTML, in linear time. What was rendered once is remembered, and so is how a text began."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from millstream.components.text.formulas import DOLLARS, Delimiter
from millstream.components.text.markdown_dialect import parser
from millstream.components.text.memory import RenderCache
from millstream.components.text.normalized_html import Flattener
from millstream.components.text.sanitized_html import cleaned, named, sanitised
from millstream.declare.i18n import BEGIN, translated_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

MAX_REMEMBERED: Final = 16 * 1024 * 1024
"""Characters of HTML that are remembered, for all conversations together."""

FIRST_RULES: Final = 2
"""The number of rules of the parser that find the blocks of a text; the others find what is in one."""

MAX_COST: Final = 400_000
"""The highest cost of rendering a text, in units of about a microsecond; see `_cost`."""

COSTS: Final = ((30, "\n\r"), (10, "*_~`[]<>!&\\$|"), (1.5, '+=-:#%@^{}"'))
"""The cost of some characters: lines, those with which Markdown begins something, and those it looks at."""

STEP: Final = 4096
"""Characters by which it is found out how much of a text is rendered."""

TOO_LONG: Final = "<p><em>This text is too long to be formatted. The rest is shown as plain text.</em></p>"

BEGINNING: Final = 256
"""Characters by which a text that grows is known again; a shorter one is rendered anew."""

UNSETTLED: Final = 2
"""Blocks at the end of a text that may be others when it goes on."""

RIVALS: Final = 4
"""Texts with the same beginning that may grow at the same time."""


class Style(NamedTuple):
    """The rendering of Markdown: whether newlines break lines, whether it is cleaned, and the signs around formulas."""

    line_breaks: bool = True
    sanitize: bool = True
    delimiters: tuple[Delimiter, ...] = DOLLARS

    @property
    def parser(self) -> MarkdownIt:
        return parser(self.line_breaks, self.delimiters)


def inline_prose(text: str, style: Style) -> str:
    """Render Markdown of one line, such as a title, as HTML without a paragraph around it."""
    if BEGIN in text:
        text = translated_text(text, escapes=not style.sanitize)
    if affordable(text) < len(text):
        return html.escape(text)
    rendered = str(style.parser.renderInline(text))
    return sanitised(rendered) if style.sanitize else named(rendered)


def prose(text: str, style: Style) -> str:
    """Render Markdown as HTML.

    A conversation is rendered anew with each word of an answer, and only the last paragraph of its last message has
    changed: whatever stands before that is looked up. Where a text gets too long it is shown as it is written.
    """
    if BEGIN in text:  # as in `sanitised`
        text = translated_text(text, escapes=not style.sanitize)
    known = _RENDERED.get((text, style))
    if known is None:
        end = affordable(text)
        known = _render(text[:end], style)
        if end < len(text):
            known += f"{TOO_LONG}<pre>{html.escape(text[end:])}</pre>"
        _RENDERED.add((text, style), known, len(known))
    return known


def affordable(text: str) -> int:
    """Say how much of a text, up to the end of a line, is rendered: what takes about half a second at the most."""
    cost = 0.0
    for at in range(0, len(text), STEP):
        cost += _cost(text[at : at + STEP])
        if cost > MAX_COST:
            return text.rfind("\n", 0, at) + 1
    return len(text)


def _cost(text: str) -> float:
    """Estimate how long it takes; an image that is embedded as an address weighs little."""
    signs = sum(cost * sum(map(text.count, characters)) for cost, characters in COSTS)
    return len(text) / 7 + signs + 25 * text.count("://")


class RenderedText(NamedTuple):
    """The beginning of a text, with the HTML that it has however the text may go on.

    Attributes:
        text: The beginning, up to the end of a block.
        html: Its HTML.
        markup: What came after that, not cleaned yet: elements are open in it.
        references: The addresses that are defined in it, by label.
        known: The addresses that were known when it was rendered.
        weight: Characters of all attributes.
    """

    text: str = ""
    html: str = ""
    markup: Flattener = Flattener()
    references: Mapping[str, Mapping[str, object]] = {}
    known: Mapping[str, tuple[object, object]] = {}
    weight: int = 0


NOTHING: Final = RenderedText()


def _render(text: str, style: Style) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    key = (text[:BEGINNING], style)
    rivals = _BEGUN.get(key) or ()
    begun = max((one for one in rivals if text.startswith(one.text)), key=lambda one: len(one.text), default=NOTHING)
    rest = _parsed(text[len(begun.text) :], begun, style)
    if begun.known != (known := _addresses(rest.env.get("references", {}))) and "[" in begun.text:
        begun = NOTHING  # what was no link may be one by now
        rest = _parsed(text, begun, style)
        known = _addresses(rest.env.get("references", {}))
    begun, whole = _continued(begun._replace(known=known), rest, style)
    if len(begun.text) > BEGINNING:
        others = [one for one in rivals if not begun.text.startswith(one.text)]
        kept = (*others, begun)[-RIVALS:]
        _BEGUN.add(key, kept, sum(len(one.text) + len(one.html) for one in kept))
    return whole


def _parsed(text: str, begun: RenderedText, style: Style) -> StateCore:
    """Find the blocks of what follows on the beginning of a text."""
    from markdown_it.rules_core import StateCore

    dialect = style.parser
    state = StateCore(text, dialect, {"references": dict(begun.references)})
    for rule in dialect.core.ruler.getRules("")[:FIRST_RULES]:
        rule(state)
    return state


def _addresses(references: Mapping[str, Mapping[str, object]]) -> dict[str, tuple[object, object]]:
    return {label: (one["href"], one["title"]) for label, one in references.items()}


def _continued(begun: RenderedText, rest: StateCore, style: Style) -> tuple[RenderedText, str]:
    """Render the blocks that follow on the beginning of a text: gives what is settled by then, and the whole."""
    blocks = list(_top_level(rest.tokens))
    lines = rest.src.split("\n")
    settled, flow = begun, _InlineFlow(begun, style)
    for number, block in enumerate(blocks):
        if number == len(blocks) - UNSETTLED:
            first = (block[0].map or (0, 0))[0]
            references = {
                label: one
                for label, one in rest.env["references"].items()
                if label in begun.references or one["map"][0] < first
            }
            text = begun.text + "".join(line + "\n" for line in lines[:first])
            settled = RenderedText(text, *flow.state(), references, begun.known, flow.weight)
        flow.add(block, lines, rest)
    return settled, flow.whole()


class _InlineFlow:
    """The HTML of one block after the other: cleaned as soon as no element is open any more."""

    def __init__(self, begun: RenderedText, style: Style) -> None:
        self._html = [begun.html]
        self._markup = begun.markup.copy()
        self._style = style
        self.weight = begun.weight

    def add(self, block: list[Token], lines: Sequence[str], state: StateCore) -> None:
        """Render a block; its source if it would make far more HTML than the text has characters."""
        dialect: MarkdownIt = state.md
        state.tokens = block
        for rule in dialect.core.ruler.getRules("")[FIRST_RULES:]:
            rule(state)
        self.weight += sum(map(_weight, block))
        if self.weight > MAX_COST + 10 * len(state.src):
            first, end = block[0].map or (0, len(lines))
            self._take(f"<pre>{html.escape(chr(10).join(lines[first:end]))}</pre>")
        else:
            self._take(str(dialect.renderer.render(block, dialect.options, state.env)))

    def _take(self, rendered: str) -> None:
        if not self._style.sanitize:
            self._html.append(named(rendered))
            return
        self._markup.feed(rendered)
        if self._markup.is_closed:
            self._html.append(cleaned(self._markup.take()))

    def state(self) -> tuple[str, Flattener]:
        """Give the HTML so far, and what is not cleaned yet."""
        self._html = ["".join(self._html)]
        return self._html[0], self._markup.copy()

    def whole(self) -> str:
        """Give the HTML of it all; ends the flow."""
        return "".join((*self._html, cleaned(self._markup.take())))


def _weight(token: Token) -> int:
    own = sum(len(str(value)) for value in token.attrs.values())
    return own + sum(map(_weight, token.children or ()))


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


_RENDERED: Final = RenderCache[str](MAX_REMEMBERED)
_BEGUN: Final = RenderCache[tuple[RenderedText, ...]](MAX_REMEMBERED // 4)
