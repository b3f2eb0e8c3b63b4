"""The frame of documents that stand for themselves and need no script: the login page, and the page of a refusal."""

from __future__ import annotations

import html
from typing import Final

from millstream.server.http.words import direction

_STYLE: Final = """\
:root { color-scheme: light dark; --bg: light-dark(#f7f7f6, #111213); --surface: light-dark(#fff, #191a1c);
  --border: light-dark(#dcdcd9, #313336); --text: light-dark(#1a1b1c, #ececea); --muted: light-dark(#5d6166, #a2a6aa) }
* { box-sizing: border-box; margin: 0 }
body { min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 16px;
  background: var(--bg); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif }
main { width: min(100%, 420px); padding: 32px; border: 1px solid var(--border); border-radius: 8px;
  background: var(--surface); overflow-wrap: anywhere }
h1 { margin-bottom: 12px; font-size: 20px; font-weight: 600; line-height: 1.3 }
"""
"""One card in the middle of the window."""

_DOCUMENT: Final = """<!doctype html>
<html lang="{lang}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
{links}<style nonce="{nonce}">
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def plain_document(title: str, body: str, language: str, nonce: str, style: str = "", links: str = "") -> str:
    """Write a document.

    Args:
        title: The title, as text.
        body: HTML of what is on the card.
        language: The tag of the language that it is written in.
        nonce: That of its content security policy.
        style: A style sheet besides the common one, ending with its line.
        links: HTML for the head, ending with its line.
    """
    return _DOCUMENT.format(
        title=html.escape(title),
        body=body,
        lang=html.escape(language),
        direction=direction(language),
        nonce=nonce,
        style=_STYLE + style,
        links=links,
    )
