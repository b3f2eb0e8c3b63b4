"""Sanitising of HTML that is set at run time: the elements and attributes that it may contain."""

from __future__ import annotations

import re
import secrets
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Final

from millstream.components.text.html_elements import HTML_TAGS, STYLE_PROPERTIES, SVG_ATTRIBUTES, SVG_TAGS
from millstream.components.text.memory import RenderCache
from millstream.components.text.normalized_html import finished, flattened
from millstream.declare.i18n import BEGIN, translated_text

if TYPE_CHECKING:
    from nh3 import Cleaner

MAX_COST: Final = 600_000
"""The highest cost of sanitising, in units of about a microsecond; see `_cost`."""

MAX_REMEMBERED: Final = 8 * 1024 * 1024
"""Characters of HTML that are remembered, with what became of them."""

_OUTSIDE: Final = re.compile(
    r"\\|/\*"  # what would hide a name from the rest of this
    r"|margin[^;]*(-\s*[\d.]|[a-z]\()"  # less than nothing, or computed
    r"|shadow[^;]*(\d{3,}(\.\d*)?px|[\d.](r?em|r?lh|r?ex|r?ch|ic|cap|[lsd]?v\w+|cq\w+|cm|mm|in|pt|pc|q)\b|(calc|min|max|clamp|var)\()",
    re.IGNORECASE,
)
"""Styles with which an element lies over others although it is not positioned: they are left out as a whole."""

_RESERVED: Final = re.compile("ms-|katex|(js-)?plotly|maplibregl|mapboxgl", re.IGNORECASE)
"""The beginnings of classes that the page itself uses, and with it formulas and figures: HTML cannot dress up as those.

Its twin is in `web/src/late/htmltemplate/runtime.ts`.
"""

OWN: Final = f"ms-{secrets.token_hex(8)}-"
"""Stands for `ms-` at the beginning of the classes that the renderer of Markdown writes; nobody else can know it."""

TOO_LARGE: Final = "<p><em>This HTML is too large to be rendered. Its source is shown instead.</em></p>"


def sanitised(html: str) -> str:
    """Take everything out of HTML that could run, load a script, submit a form, or lie over other parts of the page.

    What would take a second of a processor is shown as its source. Texts in several languages become English ones here,
    or values of them would become HTML behind its back: see `in_each_language`.
    """
    if BEGIN in html:
        html = translated_text(html)
    known = _SANITISED.get(html)
    if known is None:
        is_large = _cost(html) > MAX_COST
        known = f"{TOO_LARGE}<pre>{escape(named(html))}</pre>" if is_large else cleaned(flattened(html))
        _SANITISED.add(html, known, len(html) + len(known))
    return known


def cleaned(markup: str) -> str:
    """Sanitise what `flattened` gave: whatever that may be, the result is safe, but without that it may take hours."""
    return named(finished(_cleaner().clean(markup)))


def named(html: str) -> str:
    """Give the classes that the renderer of Markdown wrote their names in the page."""
    return html.replace(OWN, "ms-")


def _cost(html: str) -> float:
    """Estimate how long it takes: tags and attributes are what counts, an embedded image weighs little."""
    return len(html) / 20 + 10 * html.count("<") + 5 * html.count("=") + 3 * html.count("&")


@cache
def _cleaner() -> Cleaner:
    import nh3

    attributes = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes["*"] = attributes.get("*", set()) | {"style", "class", "id", "title", "role", "dir", "hidden"}
    for tag in SVG_TAGS:
        attributes[tag] = attributes.get(tag, set()) | SVG_ATTRIBUTES
    attributes["a"] = attributes.get("a", set()) | {"target"}
    attributes["input"] = {"type", "value", "checked", "disabled", "min", "max", "readonly"}
    attributes["progress"] = attributes["meter"] = {"value", "min", "max"}
    attributes["video"] = attributes["audio"] = {"src", "controls", "loop", "muted", "width", "height", "poster"}
    attributes["source"] = {"src", "type"}
    attributes["label"] = {"for"}
    attributes["pre"] = {"tabindex"}
    return nh3.Cleaner(
        tags=set(HTML_TAGS | SVG_TAGS),
        attributes=attributes,
        generic_attribute_prefixes={"aria-", "data-"},
        url_schemes={"http", "https", "mailto", "tel", "data"},
        attribute_filter=_kept_value,
        filter_style_properties=set(STYLE_PROPERTIES),
    )


def _kept_value(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "style":
        return None if _OUTSIDE.search(value) else value
    if attribute == "tabindex":  # the keyboard scrolls what has the focus; any other number would change the order
        return value if value == "0" else None
    if attribute == "class":
        return " ".join(name for name in value.split() if name.startswith(OWN) or not _RESERVED.match(name)) or None
    return _without_documents(tag, attribute, value)


def _without_documents(tag: str, attribute: str, value: str) -> str | None:
    """Let `data:` through only where it is an image made of pixels."""
    from millstream.components.values.links import is_embedded_image

    address = "".join(value.split())
    if attribute in ("src", "href", "poster", "cite") and address.lower().startswith("data:"):
        return value if tag == "img" and attribute == "src" and is_embedded_image(address) else None
    return value


_SANITISED: Final = RenderCache[str](MAX_REMEMBERED)
