"""MkDocs' hook: chapters in the order of `index.md`; links that leave the folder of the documentation become names."""

import re
from pathlib import Path
from typing import Any

_OURS = "images/|guide/|internals/|reference/|deploy/|decisions|models|scale|index"
_OUTSIDE = re.compile(rf"\[([^\]]+)\]\((?:\.\./)+(?!{_OURS})[^)\s]*\)")
_FOLDER = re.compile(r"\[([^\]]+)\]\(decisions\)")
_CHAPTER = re.compile(r"^\| \[(.+?)\]\((.+?)\)", flags=re.MULTILINE)


def on_config(config: Any) -> Any:
    """Make the navigation: a section for each heading of the index, with the chapters of its table."""
    docs = Path(config["docs_dir"])
    _, *sections = (docs / "index.md").read_text(encoding="utf-8").split("\n## ")
    config["nav"] = [{"Home": "index.md"}]
    for section in sections:
        heading, _, table = section.partition("\n")
        chapters = [_entry(docs, title, target) for title, target in _CHAPTER.findall(table)]
        config["nav"].append({heading: chapters})
    return config


def _entry(docs: Path, title: str, target: str) -> dict[str, Any]:
    """Give a chapter, or a folder with all its pages in the order of their names."""
    pages = sorted((docs / target).glob("*.md"))
    return {title: [page.relative_to(docs).as_posix() for page in pages] or target}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Rewrite one page."""
    return _FOLDER.sub(r"\1", _OUTSIDE.sub(r"\1", markdown))
