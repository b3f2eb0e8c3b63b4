"""`ImageSlider`: two images on top of each other, with a line between them that is moved to compare them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Literal, TypeAlias, Unpack

from millstream.components.image import FORMATS, MODES, Shown
from millstream.components.images.parts import ImagePart
from millstream.components.images.still_images import Source, StillImages, found_image, within
from millstream.components.options.media_source import DeclaredFiles
from millstream.declare.arguments import is_number
from millstream.declare.component import Common, Component
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Event
from millstream.errors import InvalidValue
from millstream.types import Blob, Files, Media, Scratch, Stored, WebLink
from millstream.wire.messages import Value
from millstream.wire.plain import brief

Pair: TypeAlias = "tuple[Shown | None, Shown | None]"

SIDES: Final = ("first", "second")
MIDDLE: Final = 50.0
TALLEST: Final = 500


class ImageSlider(Component):
    """Two images to be compared: the left part of the first one, and the right part of the second.

    Handlers get and return `(before, after)`, of which each may be `None`; together they should have the same size.
    What they return is whatever an `Image` takes.

    Args:
        value: The initial pair, or a function that gives it.
        slider_position: Where the line is at first, in percent of the width from the left.
        type: `"numpy"`, `"pil"` or `"filepath"`: what handlers get.
        image_mode: Pillow's mode of what handlers get; `None` leaves it unchanged.
        format: How arrays and Pillow images are sent: `"webp"`, `"png"` (lossless) or `"jpeg"`.
        height: Height in the page in pixels, or with a CSS unit.
        width: Width in the page in pixels, or with a CSS unit.
        max_height: The tallest that it gets, in pixels or with a CSS unit, where it has no `height`.
        interactive: Whether the user may put images into it; `None` finds out from the bindings.
        buttons: Which buttons it has: `"download"`, `"fullscreen"`; both by default.
        show_download_button: `False` takes the button away.
        show_fullscreen_button: `False` takes the button away.
        common: See `Component`.
    """

    takes_objects = True
    capabilities = frozenset({"collects_files"})
    prop_names: ClassVar = {"show_download_button": ("buttons",), "show_fullscreen_button": ("buttons",)}

    change = Event()
    input = Event()
    select = Event()
    upload = Event()
    clear = Event()
    stream = Event()

    def __init__(
        self,
        value: Pair | Callable[[], Pair] | None = None,
        *,
        slider_position: float = MIDDLE,
        type: Literal["numpy", "pil", "filepath"] = "numpy",
        image_mode: str | None = "RGB",
        format: str = "webp",
        height: int | str | None = None,
        width: int | str | None = None,
        max_height: int | str = TALLEST,
        buttons: Sequence[str | Component] | None = None,
        show_download_button: bool = True,
        show_fullscreen_button: bool = True,
        **common: Unpack[Common],
    ) -> None:
        self.slider_position = slider_position
        self.type, self.image_mode, self.format = type, image_mode, format.lower()
        self.height, self.width, self.max_height = height, width, max_height
        shown = {"download": show_download_button, "fullscreen": show_fullscreen_button}
        self.buttons = [name for name, is_shown in shown.items() if is_shown and (buttons is None or name in buttons)]
        known = self.format if self.format in FORMATS else "webp"
        self._image = ImagePart(self, format=known, image_mode=image_mode, type=type)
        super().__init__(value, **common)

    def check(self) -> None:
        self.check_one_of("type", self.type, ("numpy", "pil", "filepath"))
        self.prefer_one_of("format", FORMATS, "webp")
        self.check_one_of("image_mode", self.image_mode, MODES)
        if not is_number(self.slider_position) or not 0 <= self.slider_position <= 100:
            self.correct("slider_position", MIDDLE, f"{brief(self.slider_position)} is not between 0 and 100")
        for side in ("height", "width", "max_height"):
            if not is_css_size(getattr(self, side)):
                self.correct(
                    side, TALLEST if side == "max_height" else None, f"{brief(getattr(self, side))} is not a CSS size"
                )
        super().check()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "slider_position": self.slider_position,
            "height": self.height,
            "width": self.width,
            "max_height": self.max_height,
            "max_files": len(SIDES),
            "collects": "list",
            "buttons": list(self.buttons),
        }

    def inspect(self, blob: Blob, scratch: Scratch) -> Blob:
        return self._image.inspect(blob, scratch)

    def validate(self, wire: Value, files: Files) -> Stored:
        if wire is None or wire == []:
            return None
        if not isinstance(wire, list) or len(wire) > len(SIDES):
            raise self.invalid("two images", wire)
        return self._padded([self._entered(each, files) for each in wire])

    def _entered(self, wire: Value, files: Files) -> Source | None:
        if wire is None:
            return None
        if isinstance(wire, dict) and isinstance(address := wire.get("url"), str):
            link = self._image.link(address)
            if not isinstance(link, WebLink):
                raise self.invalid("http(s) addresses", address)
            return link
        return found_image(self, wire, files)

    def _padded(self, pair: list[Source | None]) -> Stored:
        """Give both sides, or `None` if there is nothing on either."""
        both = [*pair, None, None][: len(SIDES)]
        return both if any(both) else None

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if not isinstance(value, list):
            return None
        images = StillImages(self, self._image, scratch)
        pair = tuple(images.lend(side) for side in value)
        images.close()
        return pair

    def postprocess(self, value: object, scratch: Scratch) -> Stored:
        if value is None:
            return None
        if not isinstance(value, tuple | list) or len(value) != len(SIDES):
            raise self.invalid("(before, after), or None", value)
        images = StillImages(self, self._image, scratch)
        pair = [self._taken(name, side, images) for name, side in zip(SIDES, value, strict=True)]
        images.close()
        return self._padded(pair)

    def _taken(self, name: str, side: object, images: StillImages) -> Source | None:
        try:
            return None if side is None else images.take(side)
        except InvalidValue as error:
            raise within(self, f"the {name} image", error) from error

    def declared(self, value: object) -> Stored:
        return self.postprocess(value, DeclaredFiles())

    def files(self, stored: Stored) -> Sequence[Blob]:
        return [side for side in stored if isinstance(side, Blob)] if isinstance(stored, list) else []

    def wire(self, stored: Stored) -> Value:
        if not isinstance(stored, list):
            return None
        return [{"url": side.url} if isinstance(side, WebLink) else side for side in stored]
