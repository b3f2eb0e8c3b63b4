"""The document that a person reads whose request for a page is refused. It needs no script."""

from __future__ import annotations

import html
from typing import Final

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
:root {{ color-scheme: light dark; --bg: light-dark(#f7f7f6, #111213); --surface: light-dark(#fff, #191a1c);
  --border: light-dark(#dcdcd9, #313336); --text: light-dark(#1a1b1c, #ececea); --muted: light-dark(#5d6166, #a2a6aa) }}
* {{ box-sizing: border-box; margin: 0 }}
body {{ min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 16px;
  background: var(--bg); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif }}
main {{ width: min(100%, 420px); padding: 32px; border: 1px solid var(--border); border-radius: 8px;
  background: var(--surface); overflow-wrap: anywhere }}
h1 {{ margin-bottom: 12px; font-size: 20px; font-weight: 600; line-height: 1.3 }}
p {{ color: var(--muted) }}
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
    return _PAGE.format(title=title, sentence=html.escape(refusal.sentence), nonce=nonce)
