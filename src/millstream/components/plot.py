"""`Plot`: a figure of a plotting library."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, NamedTuple, Unpack

from millstream.components.options.media_source import DeclaredFiles
from millstream.components.plotting.figures import Drawing, close_figure, describe_figure, figure_of
from millstream.components.plotting.matplotlib_image import SCALE, UnfitFigure, drawn, drawn_as_svg
from millstream.components.values.browser_copies import encoded
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.declare.i18n import each, in_languages, json_in_each_language
from millstream.errors import InvalidValue
from millstream.frames import Frame
from millstream.types import Blob, Media, Scratch, Stored
from millstream.wire.messages import Value

FORMATS: Final = {"png": "png", "webp": "webp", "jpeg": "jpeg", "jpg": "jpeg", "svg": "svg"}
KEEP_ALPHA: Final = ("png", "webp")
QUALITY: Final = 0.9
STREAM_CODEC: Final = "jpeg"
"""Ten times as fast as the others, and at twice the size of a pixel its artefacts are not seen."""

INLINE_BYTES: Final = 512 * 1024
"""Longer descriptions of figures are files, which the page fetches."""

MAX_BYTES: Final = 32 * 1024 * 1024

LEAST_WIDTH: Final = 280
"""In pixels: in a row on a phone it has a line of its own."""

FIGURES: Final = "a figure of matplotlib, plotly, altair or bokeh"


class PlotData(NamedTuple):
    """A plot that a handler gets.

    Attributes:
        type: The library: `"matplotlib"`, `"plotly"`, `"altair"` or `"bokeh"`.
        plot: The description of the figure as JSON; of matplotlib the image as a `data:` address.
    """

    type: str
    plot: str


class Plot(Component):
    """A figure of matplotlib, plotly, altair or bokeh. It only shows.

    Handlers return a figure, `matplotlib.pyplot` itself, or axes of matplotlib. Those of matplotlib are drawn on the
    server, in the handler's thread, at twice their resolution; pyplot forgets a figure when it has been drawn. The
    others are drawn in the page, by the script that the Python package brings along. A newer figure takes the place of
    the one before without a flicker, also ten times a second.

    Args:
        value: The initial figure, or a function that gives it.
        format: How matplotlib's figures are sent: `"png"`, `"webp"`, `"jpeg"`, or `"svg"`. Streams send JPEG, but for
            SVG and for figures that are transparent.
        caption: A line below it; with the label it also describes the figure to those who cannot see it.
        buttons: Which buttons it has: `"download"`, `"fullscreen"`.
        show_fullscreen_button: `False` takes the button away.
        common: See `Component`.
    """

    takes_objects = True
    capabilities = frozenset({"shows_frames"})
    ignores: ClassVar[tuple[str, ...]] = ("show_actions_button", "bokeh_version")
    prop_names: ClassVar = {"show_fullscreen_button": ("buttons",)}

    change = Event()
    clear = Event()

    def __init__(
        self,
        value: object | Callable[[], object] = None,
        *,
        format: str = "png",
        caption: str | None = None,
        buttons: Sequence[str | Component] | None = None,
        show_fullscreen_button: bool = True,
        **common: Unpack[Common],
    ) -> None:
        common.setdefault("min_width", LEAST_WIDTH)
        self.format = format.lower()
        self.caption = caption
        shown = {"download": True, "fullscreen": show_fullscreen_button}
        self.buttons = [name for name, is_shown in shown.items() if is_shown and (buttons is None or name in buttons)]
        super().__init__(value, **common)

    def check(self) -> None:
        self.prefer_one_of("format", FORMATS, "png")
        super().check()

    @property
    def is_computed(self) -> bool:
        return callable(self.value) and figure_of(self.value) is None

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        super().settle(False, drives_stream, is_output)

    def props(self) -> dict[str, Value]:
        return {**super().props(), "caption": self.caption, "buttons": list(self.buttons), "scale": SCALE}

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if isinstance(value, Frame):
            value = encoded(value, *self.codec(False, value))
        if isinstance(value, Blob):
            return PlotData("matplotlib", f"data:{value.mime};base64,{base64.b64encode(_content(value)).decode()}")
        if not isinstance(value, Mapping):
            return None
        figure = in_languages(value["figure"])[0]
        return PlotData(str(value["kind"]), _content(figure).decode() if isinstance(figure, Blob) else str(figure))

    def postprocess(self, value: object, scratch: Scratch) -> Stored | Media:
        if value is None:
            return None
        found = figure_of(value)
        if found is None:
            raise self.invalid(FIGURES, value)
        kind, figure = found
        if kind == "matplotlib":
            shown = self._drawn(figure, scratch)
            if not isinstance(scratch, DeclaredFiles):
                close_figure(figure)
            return shown
        try:
            return self._described(kind, describe_figure(kind, figure), scratch)
        except InvalidValue:
            raise
        except Exception as error:  # whatever a library raises about a figure that it cannot write down
            raise InvalidValue(f"{self.name}: {kind} cannot write down the figure: {error}") from error

    def declared(self, value: object) -> Stored:
        stored = self.postprocess(value, DeclaredFiles())
        return encoded(stored, *self.codec(False, stored)) if isinstance(stored, Frame) else stored

    def codec(self, streamed: bool, frame: Frame) -> tuple[str, float]:
        name = STREAM_CODEC if streamed or self.format == "svg" else FORMATS[self.format]
        return ("png", 1.0) if frame.has_alpha and name not in KEEP_ALPHA else (name, QUALITY)

    def check_size(self, data: object) -> None:
        """Check nothing: what is larger than a page takes at once is a file."""

    def _drawn(self, figure: Any, scratch: Scratch) -> Frame | Stored:
        try:
            if self.format != "svg":
                return drawn(figure)
            return self._described("matplotlib", Drawing(drawn_as_svg(figure)), scratch)
        except UnfitFigure as error:
            raise InvalidValue(f"{self.name}: {error}") from error
        except InvalidValue:
            raise
        except Exception as error:  # whatever matplotlib raises while it draws
            raise InvalidValue(f"{self.name}: matplotlib cannot draw the figure: {error}") from error

    def _described(self, kind: str, drawing: Drawing, scratch: Scratch) -> Stored:
        """Give the description of a figure in the form that the session keeps; a long one is a file within it.

        One with texts in several languages is there in each of them.
        """
        by_tag = {} if kind == "matplotlib" else json_in_each_language(drawing.text)
        size = sum(len(text.encode()) for text in by_tag.values() or (drawing.text,))
        if size > MAX_BYTES:
            taken, most = (f"{count / 2**20:.0f} MB" for count in (size, MAX_BYTES))
            raise InvalidValue(f"{self.name}: the figure takes {taken}, and a page takes {most}: draw less of it")

        def figure(tag: str = "") -> Value:
            text = by_tag.get(tag, drawing.text)
            is_long = size > INLINE_BYTES
            return scratch.settle(Blob("figure.json", "application/json", data=text.encode())) if is_long else text

        shown = each(figure) if by_tag else figure()
        return {"kind": kind, "scripts": list(drawing.scripts), "version": drawing.version, "figure": shown}

    def files(self, stored: Stored) -> Sequence[Blob]:
        figure = stored["figure"] if isinstance(stored, Mapping) else None
        return [one for one in in_languages(figure) if isinstance(one, Blob)]


def _content(blob: Blob) -> bytes:
    return blob.data if blob.data is not None else blob.path.read_bytes() if blob.path is not None else b""
