"""Which strings are addresses that may go to the browser as they are."""

from __future__ import annotations

import re
from typing import Final

_WEB: Final = re.compile(r"https?://[^\s/?#]\S*", re.IGNORECASE)
_PICTURE: Final = re.compile(r"data:image/(png|jpeg|jpg|webp|gif|bmp|avif)[;,]", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def is_web_address(text: str) -> bool:
    """Tell an `http` or `https` address."""
    return _WEB.fullmatch(text) is not None


def is_embedded_image(text: str) -> bool:
    """Tell a `data:` address that holds an image made of pixels; an SVG is a document and none."""
    return _PICTURE.match(text) is not None


def has_scheme(text: str) -> bool:
    """Tell anything that a browser would read as an address of some kind, `file:` and `javascript:` included."""
    return text.find(":") != 1 and _SCHEME.match(text) is not None


def is_page_address(text: str) -> bool:
    """Tell what a link may lead to: another page of this server, or of the web, or a `mailto:`."""
    clean = text.strip()
    if clean.startswith(("//", "\\")) or _CONTROL.search(clean) is not None:
        return False
    return is_web_address(clean) or clean.lower().startswith("mailto:") or not has_scheme(clean)
