"""The style sheet of documents that stand for themselves: the login page, and the page of a refusal."""

from __future__ import annotations

from typing import Final

PLAIN_STYLE: Final = """\
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
