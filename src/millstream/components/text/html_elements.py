"""The elements of HTML and SVG that may be set at run time, and how they end each other (HTML standard, 13.2.6)."""

from __future__ import annotations

from typing import Final


def _sided(*names: str, ending: str = "") -> str:
    """Name a property, and the same of each side."""
    sides = ("", "-top", "-right", "-bottom", "-left", "-inline", "-block")
    return " ".join(f"{name}{side}{ending}" for name in names for side in sides)


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
        "a", "abbr", "acronym", "area", "article", "aside", "audio", "b", "bdi", "bdo", "blockquote", "br", "button",
        "caption", "center", "cite", "code", "col", "colgroup", "data", "dd", "del", "details", "dfn", "div", "dl",
        "dt", "em", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr",
        "i", "img", "input", "ins", "kbd", "label", "li", "main", "map", "mark", "meter", "nav", "ol", "output", "p",
        "pre", "progress", "q", "rp", "rt", "rtc", "ruby", "s", "samp", "section", "small", "source", "span",
        "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "time", "tr", "tt", "u",
        "ul", "var", "video", "wbr",
    }
)  # fmt: skip
"""Elements of HTML that show something; none that run, load a document, or send a form."""

VOID_TAGS: Final = frozenset({"area", "br", "col", "hr", "img", "input", "source", "wbr"})

BREAKOUTS: Final = frozenset(
    {
        "b", "blockquote", "br", "center", "code", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6",
        "hr", "i", "img", "li", "ol", "p", "pre", "ruby", "s", "small", "span", "strike", "strong", "sub", "sup",
        "table", "tt", "u", "ul", "var",
    }
)  # fmt: skip
"""Elements of HTML that end an SVG in which they stand."""

HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")

WALLS: Final = frozenset({"table", "caption", "td", "th", "title", "desc"})
"""An end tag reaches no element beyond one of these."""

TABLE_WALLS: Final = frozenset({"table"})
"""Nor does one of a part of a table reach beyond the table."""

LIST_WALLS: Final = WALLS | {
    "article", "aside", "blockquote", "button", "center", "dd", "details", "dl", "dt", "figcaption", "figure",
    "footer", *HEADINGS, "header", "hgroup", "li", "main", "nav", "ol", "pre", "section", "summary", "ul",
}  # fmt: skip

TABLE_PARENTS: Final = {
    "caption": ("table",),
    "colgroup": ("table",),
    "col": ("table", "colgroup"),
    "tbody": ("table",),
    "thead": ("table",),
    "tr": ("table", "tbody", "thead"),
    "td": ("table", "tbody", "thead", "tr"),
    "th": ("table", "tbody", "thead", "tr"),
}
"""In what the parts of a table stand; without it there is no such part."""

_PARAGRAPH: Final = (("p",), WALLS | {"button"})
_ITEM: Final = (("dd", "dt"), LIST_WALLS)
_RUBY: Final = (("rt", "rp"), WALLS | {"ruby", "rtc"})

CLOSED_BY: Final[dict[str, tuple[tuple[tuple[str, ...], frozenset[str]], ...]]] = {
    **dict.fromkeys(
        (
            "article", "aside", "blockquote", "center", "details", "div", "dl", "figcaption", "figure", "footer",
            *HEADINGS, "header", "hgroup", "hr", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "ul",
        ),
        (_PARAGRAPH,),
    ),
    "li": ((("li",), LIST_WALLS), _PARAGRAPH),
    "dd": (_ITEM, _PARAGRAPH),
    "dt": (_ITEM, _PARAGRAPH),
    "rt": (_RUBY,),
    "rp": (_RUBY,),
    "a": ((("a",), WALLS),),
    "button": ((("button",), WALLS),),
}  # fmt: skip
"""Which open elements a new one ends, and how far it looks for them."""

STYLE_PROPERTIES: Final = frozenset(
    f"""
    color background background-color background-image background-position background-repeat background-size
    background-clip opacity accent-color
    font font-family font-size font-style font-variant font-weight font-stretch font-feature-settings line-height
    letter-spacing word-spacing word-break word-wrap overflow-wrap hyphens white-space tab-size text-align
    text-decoration text-decoration-color text-decoration-line text-decoration-style text-indent text-overflow
    text-transform vertical-align direction writing-mode unicode-bidi user-select cursor
    {_sided("margin", "padding", "border")} {_sided("border", ending="-color")} {_sided("border", ending="-style")}
    {_sided("border", ending="-width")} border-radius border-top-left-radius border-top-right-radius
    border-bottom-left-radius border-bottom-right-radius border-collapse border-spacing box-shadow box-sizing
    display visibility overflow overflow-x overflow-y width height min-width min-height max-width max-height
    aspect-ratio object-fit object-position float clear
    flex flex-basis flex-direction flex-flow flex-grow flex-shrink flex-wrap order gap row-gap column-gap
    align-content align-items align-self justify-content justify-items justify-self place-content place-items place-self
    grid grid-area grid-auto-columns grid-auto-flow grid-auto-rows grid-column grid-column-end grid-column-start
    grid-row grid-row-end grid-row-start grid-template grid-template-areas grid-template-columns grid-template-rows
    columns column-count column-rule column-width list-style list-style-position list-style-type
    table-layout caption-side empty-cells
    fill fill-opacity fill-rule stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-opacity
    stroke-width stop-color stop-opacity text-anchor dominant-baseline
    """.split()
)
"""Properties of a `style` that change nothing outside of the element; `position` or `transform` would."""
