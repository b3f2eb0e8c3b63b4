"""What HTML that was set at run time may contain."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nh3 import Cleaner

SVG_TAGS: Final = frozenset(
    {
        "svg", "g", "defs", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
        "title", "desc", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern", "marker",
        "symbol",
    }
)  # fmt: skip
"""Elements of SVG that draw; none that run, load or animate."""

SVG_ATTRIBUTES: Final = frozenset(
    {
        "viewBox", "preserveAspectRatio", "xmlns", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx",
        "ry", "d", "points", "width", "height", "dx", "dy", "fx", "fy", "offset", "fill", "fill-opacity",
        "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin",
        "stroke-dasharray", "stroke-dashoffset", "opacity", "transform", "gradientUnits", "gradientTransform",
        "stop-color", "stop-opacity", "clip-path", "clip-rule", "mask", "marker-start", "marker-mid",
        "marker-end", "markerWidth", "markerHeight", "refX", "refY", "orient", "patternUnits",
        "patternTransform", "font-size", "font-family", "font-weight", "text-anchor", "dominant-baseline",
        "letter-spacing", "vector-effect",
    }
)  # fmt: skip

HTML_TAGS: Final = frozenset(
    {
        "section", "main", "button", "label", "progress", "meter", "input", "output", "video", "audio",
        "source",
    }
)  # fmt: skip
"""Elements beyond those that the sanitiser allows anyway."""


def sanitised(html: str) -> str:
    """Take everything out of a piece of HTML that could run, load a script, or submit a form."""
    return _cleaner().clean(html)


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
    return nh3.Cleaner(
        tags=nh3.ALLOWED_TAGS | SVG_TAGS | HTML_TAGS,
        attributes=attributes,
        generic_attribute_prefixes={"aria-", "data-"},
        url_schemes={"http", "https", "mailto", "tel", "data"},
        attribute_filter=_without_documents,
    )


def _without_documents(tag: str, attribute: str, value: str) -> str | None:
    """Let `data:` through only where it is a picture made of pixels."""
    from millstream.components.links import is_embedded_picture

    address = "".join(value.split())
    if attribute in ("src", "href", "poster", "cite") and address.lower().startswith("data:"):
        return value if tag == "img" and attribute == "src" and is_embedded_picture(address) else None
    return value
