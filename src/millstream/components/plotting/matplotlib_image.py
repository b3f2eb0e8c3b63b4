"""Figures of matplotlib as pixels or as SVG."""

from __future__ import annotations

import io
import math
import threading
import warnings
from typing import Any, Final

import numpy as np

from millstream.declare.i18n import BEGIN, TEXTS, translated_text
from millstream.frames import Frame

SCALE: Final = 2
"""Pixels of the image for each pixel of the figure at its own resolution, so that it is sharp on fine screens."""

FINEST_DPI: Final = 250
"""Figures whose own resolution is at least half of this are not drawn finer than this."""

MAX_PIXELS: Final = 8_000_000
"""Larger figures are drawn more coarsely."""

COARSEST_DPI: Final = 20

_LOCK: Final = threading.Lock()
"""Figures are drawn one after the other: matplotlib promises nothing to threads, and sessions may share a figure."""


class UnfitFigure(ValueError):
    """A figure cannot be drawn; the message says why, and what to do."""


def drawn(figure: Any) -> Frame:
    """Draw a figure. Takes its time: never call it on the event loop.

    Raises:
        UnfitFigure: It is too large.
    """
    with _LOCK:
        _write_in_english(figure)
        dpi = _resolution(figure)
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as of a glyph that no font has: nobody reads it ten times a second
            figure.savefig(buffer, format="rgba", dpi=dpi, facecolor="auto")
            width, height = (int(inches * dpi) for inches in figure.get_size_inches())
    pixels = np.frombuffer(buffer.getvalue(), np.uint8)
    height = pixels.size // (4 * width) if width else 0
    pixels = pixels.reshape(height, width, 4)
    is_opaque = bool((pixels[:, :, 3] == 255).all())
    return Frame(np.ascontiguousarray(pixels[:, :, :3]) if is_opaque else pixels.copy())


def drawn_as_svg(figure: Any) -> str:
    """Draw a figure as SVG, its letters as shapes. Takes its time: never call it on the event loop."""
    buffer = io.StringIO()
    with _LOCK:
        _write_in_english(figure)
        figure.savefig(buffer, format="svg", facecolor="auto")
    return buffer.getvalue()


def _write_in_english(figure: Any) -> None:
    """Give a figure English words in place of texts in several languages: one image is for all who see it."""
    for artist in figure.findobj(lambda artist: hasattr(artist, "set_text")) if TEXTS else ():
        if BEGIN in (text := artist.get_text()):
            artist.set_text(translated_text(text))


def _resolution(figure: Any) -> float:
    """Choose the resolution, in dots per inch."""
    width, height = (float(side) for side in figure.get_size_inches())
    own = float(figure.dpi)
    wanted = max(own, min(own * SCALE, FINEST_DPI))
    area = width * height
    dpi = min(wanted, math.sqrt(MAX_PIXELS / area)) if area > 0 else wanted
    if not (area > 0 and dpi >= COARSEST_DPI):
        raise UnfitFigure(f"the figure has a size of {width:g} by {height:g} inches: make it smaller, by figsize=")
    return dpi
