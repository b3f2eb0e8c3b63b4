"""The Markdown that is spoken here: CommonMark, with tables, tasks, strikethrough, formulas, and links of addresses.

Nothing in it takes more than linear time, and nothing is lost: what is nested too deep, or would become a table of
mostly empty cells, is shown as it is written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from millstream.components.text.formulas import DOLLARS, Delimiter, FormulaRules, formula, formula_begun, formula_block
from millstream.components.text.sanitized_html import OWN

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

DEEPEST: Final = 18
"""Quotes within each other; lists count twice. At 20 the parser would leave out what is in them."""

MAX_EMPTY_CELLS: Final = 10_000
"""Cells that the tables of a text may lack: each is made, so a short text could make a great many."""

MAX_LOOKS: Final = {"paragraph": 6, "list": 6, "blockquote": 1.5}
"""The average number of times that rules which test whether a line begins something else may test one."""

ADDRESS: Final = re.compile(r"\bhttps?://\w[^\s<>\"`]*")
"""An address that is written out, with what may follow it at the end of a sentence."""

TASKS: Final = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
"""How an item of a list begins that is a task, and what is shown instead."""

EMBEDDED: Final = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/=]*")
"""The address of an image that is in the text itself."""


@cache
def parser(line_breaks: bool, delimiters: tuple[Delimiter, ...] = DOLLARS) -> MarkdownIt:
    """Give the parser; with `line_breaks` a line's end is one within a paragraph, too; formulas have `delimiters`."""
    from markdown_it import MarkdownIt

    dialect = MarkdownIt("commonmark", {"html": True, "breaks": line_breaks}).enable(["table", "strikethrough"])
    dialect.normalizeLink = partial(_normalized, dialect.normalizeLink)  # type: ignore[method-assign]  # a hook of it
    dialect.core.ruler.push("addresses", _link_addresses)
    dialect.core.ruler.push("tasks", _mark_tasks)
    for name, most in MAX_LOOKS.items():
        dialect.block.ruler.before("table", f"looks of {name}", partial(_look_no_further, name, most), {"alt": [name]})
    dialect.block.ruler.before("table", "deep", _keep_what_is_deep)
    dialect.block.ruler.before("table", "sparse", _keep_sparse_table)
    rules, alternatives = FormulaRules(delimiters), ["paragraph", "reference", "blockquote", "list"]
    dialect.block.ruler.before("list", "formula", rules.block, {"alt": alternatives})
    dialect.inline.ruler.before("escape", "formula", rules.inline)
    for rule in (formula, formula_block, formula_begun):
        dialect.add_render_rule(rule.__name__, rule)
    dialect.add_render_rule("fence", _fence)
    dialect.add_render_rule("code_block", _fence)
    return dialect


def _normalized(normalize: Callable[[str], str], address: str) -> str:
    """Give an address as a browser takes it; an embedded image is that already, and may have millions of characters.

    The parser's own way puts an address together character by character, which is linear only as long as nothing
    watches the program.
    """
    return address if EMBEDDED.fullmatch(address) else normalize(address)


def _look_no_further(name: str, most: float, state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """End what looks ahead line by line if it has looked at lines too often: some quotes do so again at each line."""
    if not silent:
        return False
    key = f"looks of {name}"
    state.env[key] = looks = state.env.get(key, 0) + 1
    return bool(looks > 500 + most * len(state.bMarks))


def _keep_what_is_deep(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Show what is nested too deep as it is written."""
    if state.level < DEEPEST:
        return False
    if not silent:
        _show_source(state, first, end)
    return True


def _keep_sparse_table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Show a table as it is written if it lacks too many cells, those of the tables before it included."""
    from markdown_it.rules_block import table

    if silent or not table(state, first, end, True):
        return False
    columns, line, env = _line(state, first).count("|") - 1, first + 2, state.env
    while line < end and not state.isEmpty(line) and not _is_sparse(state):
        env["empty cells"] = env.get("empty cells", 0) + max(columns - _line(state, line).count("|"), 0)
        env["rows"] = env.get("rows", 0) + 1
        line += 1
    if not _is_sparse(state):
        return False
    while line < end and not state.isEmpty(line):
        line += 1
    _show_source(state, first, line)
    return True


def _is_sparse(state: StateBlock) -> bool:
    """True if cells are lacking, or the same rows are looked at again and again."""
    env = state.env
    return bool(env.get("empty cells", 0) > MAX_EMPTY_CELLS or env.get("rows", 0) > 500 + 1.5 * len(state.bMarks))


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _show_source(state: StateBlock, first: int, end: int) -> None:
    token = state.push("code_block", "code", 0)
    token.content = state.getLines(first, end, state.blkIndent, False) + "\n"
    token.map = [first, end]
    state.line = end


def _link_addresses(state: StateCore) -> None:
    """Make links of the addresses in a text, as GitHub's Markdown does (gfm, section 6.9)."""
    for block in state.tokens:
        if block.type == "inline" and "://" in block.content:
            block.children = list(_linked(block.children or []))


def _mark_tasks(state: StateCore) -> None:
    """Give the tasks in a list their boxes, as GitHub's Markdown does (gfm, section 5.3)."""
    for item, paragraph, block in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open" or not block.children:
            continue
        text = block.children[0]
        if text.type == "text" and (box := TASKS.get(text.content[:4])):
            text.content = box + text.content[4:]
            item.attrSet("class", f"{OWN}task")


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
    """Render a block of code: its language, a button that copies it, and the code, which the page colours."""
    words = tokens[index].info.split(maxsplit=1)
    language = words[0] if words else ""
    name = html.escape(language)
    copy = f'<button class="{OWN}copy-code">Copy</button>'
    head = f'<div class="{OWN}code-head"><span>{name}</span>{copy}</div>'
    code = html.escape(tokens[index].content)
    return f'<div class="{OWN}code">{head}<pre tabindex="0"><code class="language-{name}">{code}</code></pre></div>\n'
