"""Templates compiled to JavaScript: `${…}` is an expression, `{{…}}` is Handlebars.

The page's content security policy lets nothing be compiled there, so the server writes the function into the page. It
gets the properties of its component and a runtime (`web/src/late/htmltemplate/runtime.ts`), which escapes or cleans
whatever the template puts in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from millstream.components.templates.expressions import Unclosed, end_of_expression
from millstream.components.templates.positions import Position
from millstream.errors import DeclarationError

_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$]*")
_TAG: Final = re.compile(r"\{\{(?P<raw>\{)?~?(?P<body>.*?)~?(?(raw)\}\}\}|\}\})", re.DOTALL)
_COMMENT: Final = re.compile(r"(?:\s*\{\{~|\{\{)!(?:--.*?--|.*?)(?:~\}\}\s*|\}\})", re.DOTALL)
_PATH: Final = re.compile(r"@?[\w$.\-/\[\]]+")
_WORDS: Final = (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for "
    "function if import in instanceof let new null return super switch this throw true try typeof var void while with "
    "yield static implements interface package private protected public arguments eval"
)
_RESERVED: Final = frozenset(_WORDS.split(" "))
"""Names that JavaScript has for itself."""

BLOCKS: Final = ("each", "if", "unless", "with")


def compile_template(source: str, names: Iterable[str], where: str, *, is_css: bool = False) -> str:
    """Give the JavaScript function `(props, runtime) => text` of a template.

    Args:
        source: The template.
        names: The properties that its expressions may name.
        where: What messages call it.
        is_css: Whether it is a style sheet.

    Raises:
        DeclarationError: The template cannot be read; the message says where.
    """
    try:
        body = _Compiler(source, is_css=is_css).compiled()
    except (Unclosed, ValueError) as error:
        raise DeclarationError(f"{where}: {error}") from error
    known = ",".join(name for name in dict.fromkeys(names) if _IDENTIFIER.fullmatch(name) and name not in _RESERVED)
    return f'($c0,$x)=>{{const{{{known}}}=$c0,$d0={{}};let $o="";{body}return $o}}'


@dataclass
class _Block:
    """A Handlebars block that is open.

    Attributes:
        kind: `each`, `if`, `unless`, `with`, or empty for a plain section.
        path: What follows the `#`, for messages.
        depth: The number of the context around it.
        closing: What ends it in JavaScript.
        names: Its own names for what it goes through, and the variables that hold them.
        has_else: Whether its `{{else}}` has been seen.
    """

    kind: str
    path: str
    depth: int
    closing: str
    names: dict[str, str] = field(default_factory=dict)
    has_else: bool = False


class _Compiler:
    """Compiles one template, from its beginning to its end."""

    def __init__(self, source: str, *, is_css: bool) -> None:
        self._source = source
        self._position = None if is_css else Position()
        self._open: list[_Block] = []
        self._depth = 0
        self._count = 0

    def compiled(self) -> str:
        parts = "".join(self._parts())
        if self._open:
            raise ValueError(f"{{{{#{self._open[-1].kind} {self._open[-1].path}}}}} has no end")
        return parts

    def _parts(self) -> Iterator[str]:
        source, at, text = _COMMENT.sub("", self._source), 0, 0
        while at < len(source):
            if source.startswith("${", at):
                yield self._literal(source[text:at])
                end = end_of_expression(source, at + 2)
                yield self._inserted(f"({source[at + 2 : end]}\n)")
                at = text = end + 1
            elif source.startswith("{{", at) and (tag := _TAG.match(source, at)):
                before, after = source[text:at], tag.end()
                if source.startswith(("{{~", "{{{~"), at):
                    before = before.rstrip()
                yield self._literal(before)
                yield self._tag(tag)
                if tag.group().rstrip("}").endswith("~"):
                    after += len(source[after:]) - len(source[after:].lstrip())
                at = text = after
            elif source.startswith(("\\`", "\\$"), at):  # as in a template of JavaScript
                yield self._literal(source[text:at] + source[at + 1])
                at = text = at + 2
            else:
                at += 1
        yield self._literal(source[text:])

    def _literal(self, text: str) -> str:
        if not text:
            return ""
        if self._position is not None:
            self._position.feed(text)
        return f"$o+={json.dumps(text)};"

    def _inserted(self, value: str, *, is_text: bool = False) -> str:
        """Write what puts a value in, in the way that its position in the HTML asks for."""
        how = "css" if self._position is None else self._position.insert()
        return f"$o+=$x.{'text' if is_text and how == 'html' else how}({value});"

    # ---- Handlebars --------------------------------------------------------------------------------------------

    def _tag(self, tag: re.Match[str]) -> str:
        body = tag["body"].strip()
        if tag["raw"] or body.startswith("&"):
            return self._inserted(self._value(body.removeprefix("&").strip()))
        if body.startswith("#") or (body.startswith("^") and body != "^"):
            return self._begun(body)
        if body.startswith("/"):
            return self._ended(body[1:].strip())
        if body == "^" or body.split()[:1] == ["else"]:
            return self._otherwise(body.removeprefix("^").removeprefix("else").strip())
        if body.startswith(">"):
            raise ValueError(f"{{{{{body}}}}} is a partial, of which there are none here")
        return self._inserted(self._value(body), is_text=True)

    def _begun(self, body: str) -> str:
        kind, _, rest = body[1:].strip().partition(" ")
        if kind not in BLOCKS:
            kind, rest = "unless" if body.startswith("^") else "", body[1:]
        path, _, names = rest.partition(" as ")
        path, value = path.strip(), self._value(path.strip())
        if kind in ("if", "unless"):
            self._open.append(_Block(kind, path, self._depth, "}"))
            return f"if({'' if kind == 'if' else '!'}$x.holds({value})){{"
        self._count += 1
        number = self._count
        own = _IDENTIFIER.findall(names)
        held = dict(zip(own, (f"$c{number}", f"$d{number}.key"), strict=False))
        self._open.append(_Block(kind, path, self._depth, "});", held))
        self._depth = number
        return f"$x.{kind or 'section'}({value},($c{number},$d{number})=>{{"

    def _otherwise(self, condition: str) -> str:
        block = self._open[-1] if self._open else None
        if block is None or (block.has_else and not condition):
            raise ValueError("{{else}} stands in no block")
        if block.kind in ("if", "unless"):
            if not condition:
                block.has_else = True
                return "}else{"
            kind, _, path = condition.partition(" ")
            return f"}}else if({'!' if kind == 'unless' else ''}$x.holds({self._value(path.strip())})){{"
        block.has_else = True
        self._depth, block.names = block.depth, {}
        return "},()=>{"

    def _ended(self, name: str) -> str:
        block = self._open.pop() if self._open else None
        if block is None or name not in (block.kind, block.path):
            raise ValueError(f"{{{{/{name}}}}} ends no block")
        self._depth = block.depth
        return block.closing

    def _value(self, given: str) -> str:
        """Write what a path or literal stands for."""
        words = given.split()
        if words[:1] == ["lookup"] and len(words) == 3:
            return f"$x.at({self._value(words[1])},{self._value(words[2])})"
        if re.fullmatch(r"-?\d+(\.\d+)?|true|false|null|undefined|\"[^\"\\]*\"|'[^'\\]*'", given):
            return given
        if len(words) != 1 or not _PATH.fullmatch(given):
            raise ValueError(f"{{{{{given}}}}} is neither a name nor one of {', '.join(BLOCKS)}, lookup")
        return self._path(given)

    def _path(self, path: str) -> str:
        depth, names = self._depth, re.split(r"[./]", path.replace("[", "").replace("]", ""))
        if path.startswith("@root"):
            return _step("$c0", names[1:])
        if path.startswith("@"):
            return f"$d{self._depth}.{names[0][1:]}" if _IDENTIFIER.fullmatch(names[0][1:]) else "undefined"
        around = [block for block in self._open if block.kind not in ("if", "unless")]
        while path.startswith("../"):
            path = path[3:]
            depth = around.pop().depth if around else 0
        names = [name for name in re.split(r"[./]", path.replace("[", "").replace("]", "")) if name]
        for block in reversed(around):
            if names and names[0] in block.names:
                return _step(block.names[names[0]], names[1:])
        return _step(f"$c{depth}", names[1:] if names[:1] == ["this"] else names)


def _step(root: str, names: Iterable[str]) -> str:
    listed = list(names)
    return f"$x.at({root},{','.join(json.dumps(name) for name in listed)})" if listed else root
