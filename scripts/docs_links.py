"""MkDocs' hook: links that leave the folder of the documentation become the names of their files."""

import re
from typing import Any

_OURS = "images/|guide/|internals/|reference/|deploy/|decisions|models|scale|index"
_OUTSIDE = re.compile(rf"\[([^\]]+)\]\((?:\.\./)+(?!{_OURS})[^)\s]*\)")
_FOLDER = re.compile(r"\[([^\]]+)\]\(decisions\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Rewrite one page."""
    return _FOLDER.sub(r"\1", _OUTSIDE.sub(r"\1", markdown))
