"""The document that a person reads whose request for a page is refused. It needs no script."""

from __future__ import annotations

import html
from typing import Final

from millstream.server.security.plain_style import PLAIN_STYLE
from millstream.server.security.refusal import Refusal

TITLES: Final = {401: "You are not logged in", 403: "You may not open this app"}
OTHER_TITLE: Final = "This app cannot be opened now"

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style nonce="{nonce}">
{style}p {{ color: var(--muted) }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{sentence}</p>
</main>
</body>
</html>
"""


def refused_page(refusal: Refusal, nonce: str) -> str:
    """Write the document; `nonce` is that of its content security policy."""
    title = TITLES.get(refusal.status, OTHER_TITLE)
    return _PAGE.format(style=PLAIN_STYLE, title=title, sentence=html.escape(refusal.sentence), nonce=nonce)
