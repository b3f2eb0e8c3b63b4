"""`Code`: the text of a program, shown with its colours or edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final, Literal, TypeAlias, Unpack

from millstream.components.values.plain import plain_text
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.types import Files, Stored
from millstream.wire.messages import Value

Language: TypeAlias = Literal[
    "python",
    "c",
    "cpp",
    "markdown",
    "latex",
    "json",
    "html",
    "css",
    "javascript",
    "jinja2",
    "typescript",
    "yaml",
    "dockerfile",
    "shell",
    "r",
    "sql",
    "sql-msSQL",
    "sql-mySQL",
    "sql-mariaDB",
    "sql-sqlite",
    "sql-cassandra",
    "sql-plSQL",
    "sql-hive",
    "sql-pgSQL",
    "sql-gql",
    "sql-gpSQL",
    "sql-sparkSQL",
    "sql-esper",
]

LANGUAGES: Final = (*Language.__args__, None)  # type: ignore[attr-defined]  # the words of a `Literal`

BUTTONS: Final = ("copy", "download")


class Code(Component):
    """The text of a program, shown with its colours, or edited. Handlers get and return a `str`.

    Blank lines at both ends of a handler's return value are removed.

    Args:
        value: The initial text, or a function that gives it.
        language: What it is written in, such as `"python"` or `"json"`; `None` for plain text.
        lines: How many lines are shown at least; 5 by default.
        max_lines: How many lines it grows to before it scrolls; `None` for any number.
        wrap_lines: Whether long lines are wrapped; otherwise they scroll.
        show_line_numbers: Whether lines are numbered.
        autocomplete: Whether words of the language, and of the text itself, are offered to complete the one that is
            typed.
        buttons: `["copy", "download"]`, which it has by default, or some of them.
        common: See `Component`.
    """

    addons: ClassVar[Mapping[str, str]] = {"autocomplete": "codewords"}
    prop_names: ClassVar = {"show_line_numbers": ("line_numbers",), "autocomplete": ("addons",)}
    languages: ClassVar[tuple[str | None, ...]] = LANGUAGES

    change = Event()
    input = Event()
    focus = Event()
    blur = Event()

    def __init__(
        self,
        value: str | Callable[[], str] | None = None,
        language: Language | None = None,
        *,
        lines: int = 5,
        max_lines: int | None = None,
        wrap_lines: bool = False,
        show_line_numbers: bool = True,
        autocomplete: bool = False,
        buttons: Sequence[str | Component] | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.language = language
        self.lines, self.max_lines = lines, max_lines
        self.wrap_lines, self.show_line_numbers = wrap_lines, show_line_numbers
        self.autocomplete = autocomplete
        self.buttons = [name for name in BUTTONS if buttons is None or name in buttons]
        super().__init__(value, **common)

    def check(self) -> None:
        self.prefer_one_of("language", self.languages, None)
        if self.lines < 1:
            self.correct("lines", 1, f"{self.lines} is less than 1")
        if self.max_lines is not None and self.max_lines < self.lines:
            self.correct("max_lines", self.lines, f"{self.max_lines} is less than lines={self.lines}")
        super().check()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "language": self.language,
            "lines": self.lines,
            "max_lines": self.max_lines,
            "wrap_lines": self.wrap_lines,
            "line_numbers": self.show_line_numbers,
            "buttons": list(self.buttons),
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        if not isinstance(wire, str):
            raise self.invalid("text", wire)
        return wire

    def accept(self, value: object) -> Stored:
        text = plain_text(value).rstrip()
        blank = len(text) - len(text.lstrip())
        return text[text.rfind("\n", 0, blank) + 1 :]
