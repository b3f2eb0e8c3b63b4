"""The pages of the documentation, and the code blocks in them.

A comment right above a block says what is special about it; a reader of the page does not see it:

    <!-- continues -->          runs after the block before it, in the same namespace
    <!-- file: app.py -->       later blocks of the page may import it as `app`
    <!-- slow: why -->          runs with the slow tests
    <!-- not run: why -->       is only compiled
    <!-- run -->                bash: tests/packaging/test_quick_start.py runs it, in the order of the page
    <!-- run: app -->           bash: its last line serves an app until it is ended
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[a-z ]+?)(?:: (?P<detail>.+?))? -->\n)?"
    r"^```(?P<language>\w*)\n(?P<code>.*?)^```$",
    flags=re.MULTILINE | re.DOTALL,
)
MARKS = ("", "continues", "file", "slow", "not run", "run")


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        page: Its page, relative to the root.
        line: Number of its first line of code.
        language: What follows the opening fence.
        code: Its text.
        mark: What the comment above it says, empty without one.
        detail: What follows the colon of that comment.
        before: The Python blocks above it on the same page that it builds on.
    """

    page: str
    line: int
    language: str
    code: str
    mark: str = ""
    detail: str = ""
    before: tuple["Block", ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    """Give a page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def blocks(*languages: str) -> list[Block]:
    """List the blocks of all pages in these languages."""
    return [block for page in PAGES for block in blocks_of(page) if block.language in languages]


@cache
def blocks_of(page: Path) -> tuple[Block, ...]:
    return tuple(_blocks_of(page))


def _blocks_of(page: Path) -> Iterator[Block]:
    text = text_of(page)
    name = page.relative_to(ROOT).as_posix()
    files: list[Block] = []
    chain: tuple[Block, ...] = ()
    for match in _BLOCK.finditer(text):
        mark = match["mark"] or ""
        assert mark in MARKS, f"{name}: {match[0].splitlines()[0]} is no mark; there are {', '.join(MARKS[1:])}"
        line = text.count("\n", 0, match.start("code")) + 1
        is_python = match["language"] == "python"
        before = chain if is_python and mark == "continues" else tuple(files) if is_python else ()
        block = Block(name, line, match["language"], match["code"], mark, match["detail"] or "", before)
        yield block
        if is_python:
            chain = (*before, block)
            files += [block] if mark == "file" else []
