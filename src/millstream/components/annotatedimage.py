"""`AnnotatedImage`: an image with labelled parts."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias, Unpack

import numpy as np

from millstream.components.image import FORMATS, Image, Shown
from millstream.components.options.media_source import DeclaredFiles
from millstream.declare.component import Common, Component
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Event
from millstream.errors import DeclarationError, InvalidValue
from millstream.frames import Frame
from millstream.overlays.arrays import array_of
from millstream.overlays.boxes import Boxes
from millstream.overlays.colors import color_of
from millstream.overlays.detections import overlay_of
from millstream.overlays.marks import Marks, Overlay
from millstream.overlays.masks import Masks
from millstream.overlays.packing import pack
from millstream.types import Blob, Media, Scratch, Still, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import brief

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Annotation: TypeAlias = "tuple[ArrayLike, str]"
Annotated: TypeAlias = "tuple[Shown | None, Sequence[Annotation] | Marks | Overlay]"

PALETTE: Final = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2")
"""The colours of labels, in the order in which they come; those of the page, which can be told apart by anybody."""


class AnnotatedImage(Component):
    """An image with boxes or masks on it, and a legend of their labels. It only shows.

    Handlers return `(image, annotations)`. The image is whatever an `Image` takes; `None` has the annotations drawn on
    the image among the handler's inputs, or on the frame of the camera that it got. Each of the annotations is a pair
    of a part and its label: a box `(left, top, right, bottom)` in pixels, or a mask `(height, width)`, bool or of
    probabilities. In place of the list it may be marks (`Boxes`, …), or what a detector returned. Handlers that take
    it as an input get the image without the annotations.

    Args:
        value: The initial value, or a function that gives it.
        format: How the image is sent: `"webp"`, `"png"` (lossless) or `"jpeg"`.
        show_legend: Whether the labels are listed below the image.
        height: Height in the page in pixels, or with a CSS unit.
        width: Width in the page in pixels, or with a CSS unit.
        color_map: The colour of each label, as `"#rrggbb"` or `"#rgb"`; others get one by themselves.
        buttons: Which buttons it has: `"download"`, `"fullscreen"`.
        show_fullscreen_button: `False` takes the button away.
        common: See `Component`.
    """

    takes_objects = True
    capabilities = frozenset({"shows_frames"})

    change = Event()
    select = Event()

    def __init__(
        self,
        value: Annotated | Callable[[], Annotated] | None = None,
        *,
        format: str = "webp",
        show_legend: bool = True,
        height: int | str | None = None,
        width: int | str | None = None,
        color_map: Mapping[str, str] | None = None,
        buttons: Sequence[str | Component] | None = None,
        show_fullscreen_button: bool = True,
        **common: Unpack[Common],
    ) -> None:
        self.format = format.lower()
        self.show_legend = show_legend
        self.height, self.width = height, width
        self.color_map = dict(color_map or {})
        shown = {"download": True, "fullscreen": show_fullscreen_button}
        self.buttons = [name for name, is_shown in shown.items() if is_shown and (buttons is None or name in buttons)]
        self._image = Image(format=self.format if self.format in FORMATS else "webp", image_mode=None, render=False)
        super().__init__(value, **common)

    def check(self) -> None:
        self.prefer_one_of("format", FORMATS, "webp")
        for side in ("height", "width"):
            if not is_css_size(getattr(self, side)):
                self.correct(side, None, f"{brief(getattr(self, side))} is not a CSS size")
        for label, color in self.color_map.items():
            try:
                color_of(color)
            except ValueError as error:
                raise DeclarationError(f"{self.name}: color_map[{label!r}] {error}") from error
        super().check()

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        super().settle(False, drives_stream, is_output)

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "height": self.height,
            "width": self.width,
            "show_legend": self.show_legend,
            "buttons": list(self.buttons),
        }

    def still(self, value: Stored | Media, scratch: Scratch) -> Still | None:
        """Give the image as a file of its own, without annotations; `None` if the value is none that the server has."""
        return self._image.still(value, scratch)

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        return self._image.preprocess(value, scratch)

    def postprocess(self, value: object, scratch: Scratch) -> Stored | Media:
        if value is None:
            return None
        if not isinstance(value, tuple | list) or len(value) != 2:
            raise self.invalid("(image, annotations)", value)
        image, annotations = value
        overlay = self._overlay(annotations)
        if image is None:
            return overlay
        stored = self._image.postprocess(image, scratch)
        still = self._image.still(stored, scratch)
        if still is None:
            raise self.invalid("an image that the server has, and no address", image)
        return self._marked(still, overlay)

    def declared(self, value: object) -> Stored:
        stored = self.postprocess(value, DeclaredFiles())
        if isinstance(stored, Overlay):
            raise self.invalid("an image for its initial value, and not annotations alone", value)
        return stored

    def codec(self, streamed: bool, frame: Frame) -> tuple[str, float]:
        return self._image.codec(streamed, frame)

    def _marked(self, still: Still, overlay: Overlay) -> Blob:
        blob, width, height = still
        packed = pack(overlay, width, height)
        legend = [
            [label, f"rgb({' '.join(map(str, color))})"]
            for marks in overlay
            if marks.colors is not None
            for label, color in zip(marks.labels, marks.colors.tolist(), strict=True)
            if label is not None
        ]
        told = {"marks": base64.b64encode(packed.payload).decode(), "legend": json.dumps(legend)}
        return replace(blob, told=told)

    def _overlay(self, annotations: object) -> Overlay:
        """Make marks of annotations, in their order, each in the colour of its label.

        Raises:
            InvalidValue: They are none.
        """
        colors: dict[str | None, tuple[int, int, int]] = {}
        if isinstance(annotations, Marks | Overlay) or not isinstance(annotations, list | tuple):
            overlay = overlay_of(annotations)
        elif all(isinstance(each, tuple | list) and len(each) == 2 for each in annotations):
            return Overlay(self._part(at, each[0], each[1], colors) for at, each in enumerate(annotations))
        else:
            overlay = overlay_of(annotations)
        if overlay is None:
            raise self.invalid("annotations as a list of (box or mask, label)", annotations)
        return Overlay(self._recolored(marks, colors) for marks in overlay)

    def _part(self, at: int, part: Any, label: object, colors: dict[str | None, tuple[int, int, int]]) -> Marks:
        name = str(label)
        try:
            found = array_of(part)
            color = self._color(name, colors)
            if found.ndim == 1:
                return Boxes([found], labels=name, colors=color)
            return Masks(found, labels=name, colors=color)
        except (TypeError, ValueError) as error:
            raise InvalidValue(f"{self.name}: annotation {at}, {name[:40]!r}: {error}") from error

    def _recolored(self, marks: Marks, colors: dict[str | None, tuple[int, int, int]]) -> Marks:
        """Give marks that have no colours those of their labels."""
        if marks.colors is not None:
            return marks
        return marks.colored(np.array([self._color(label, colors) for label in marks.labels]).reshape(-1, 3))

    def _color(self, label: str | None, colors: dict[str | None, tuple[int, int, int]]) -> tuple[int, int, int]:
        if label not in colors:
            given = self.color_map.get(label or "") or PALETTE[len(colors) % len(PALETTE)]
            colors[label] = color_of(given)
        return colors[label]


Annotatedimage = AnnotatedImage
