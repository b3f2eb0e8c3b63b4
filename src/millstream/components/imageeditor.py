"""`ImageEditor`: an image to be drawn upon and cropped, and its templates `Sketchpad`, `Paint` and `ImageMask`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final, Literal, TypeAlias, Unpack

from PIL import Image as Pillow

from millstream.components.image import FORMATS, KEEP_ALPHA, MODES, Shown
from millstream.components.images.drawing import MAX_DRAWN, SIDE, Extent, backdrop, composed, flat, layer_of
from millstream.components.images.drawing_tools import MAX_LAYERS, Brush, Eraser, LayerOptions
from millstream.components.images.parts import ImagePart
from millstream.components.images.still_images import Source, StillImages, found_image, within
from millstream.components.options.media_source import FILE_KEYS, DeclaredFiles, listed
from millstream.components.options.webcam import WebcamOptions, webcam_options_of
from millstream.components.values.named_string import NamedString
from millstream.components.values.pixels import from_picture, in_mode
from millstream.declare.arguments import is_number
from millstream.declare.component import Common, Component
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Event
from millstream.errors import InvalidValue
from millstream.frames import Frame
from millstream.types import Blob, Files, Media, Scratch, Stored, WebLink
from millstream.wire.messages import Value
from millstream.wire.plain import brief

Drawing: TypeAlias = "Mapping[str, object] | Shown"

SOURCES: Final = ("upload", "webcam", "clipboard")
TRANSFORMS: Final = ("crop", "resize")
CANVAS: Final = (800, 800)
WIRE_KEYS: Final = {"background", "layers", "canvas", "view"}
FARTHEST: Final = 100_000
"""The largest distance from the background, in pixels, at which something of a drawing may be."""


class ImageEditor(Component):
    """An image that the user draws upon and crops.

    Handlers get `{"background": …, "layers": […], "composite": …}`: the image, what is drawn on each layer with nothing
    around it, and all together; `None` for what is not there. They return the same, without what is to stay empty, or
    an image alone, which becomes the background.

    Args:
        value: The initial drawing, or a function that gives it.
        type: `"numpy"`, `"pil"` or `"filepath"`: what handlers get.
        image_mode: Pillow's mode of what they get. Modes without transparency get it on white.
        format: How files are written for handlers, and arrays sent: `"webp"`, `"png"` or `"jpeg"`.
        height: Height in the page in pixels, or with a CSS unit.
        width: Width in the page in pixels, or with a CSS unit.
        sources: Where the background may come from: `"upload"`, `"webcam"`, `"clipboard"`; all by default.
        placeholder: Shown while it is empty.
        transforms: `"crop"` lets the user crop.
        brush: The brush; `False` for none, and no eraser.
        eraser: The eraser; `False` for none.
        layers: Whether there are several layers, or `LayerOptions`.
        canvas_size: Width and height in pixels before there is an image.
        fixed_canvas: Whether an image is fitted into the canvas, which otherwise takes its size.
        webcam_options: What is asked of the camera.
        mirror_webcam: The same as `WebcamOptions(mirror=…)`.
        buttons: Which buttons it has: `"download"`, `"fullscreen"`.
        show_download_button: `False` takes the button away.
        show_fullscreen_button: `False` takes the button away.
        common: See `Component`.
    """

    takes_objects = True
    ignores: ClassVar[tuple[str, ...]] = ("show_share_button", "crop_size")
    value_arguments: ClassVar[tuple[str, ...]] = ("value", "brush", "eraser", "layers")
    prop_names: ClassVar = {
        "webcam_options": ("mirror", "constraints", "size", "model_size", "covers", "quality"),
        "mirror_webcam": ("mirror",),
        "show_download_button": ("buttons",),
        "show_fullscreen_button": ("buttons",),
    }
    default_sources: ClassVar[tuple[str, ...]] = SOURCES
    default_brush: ClassVar[Brush] = Brush()
    default_layers: ClassVar[bool] = True

    change = Event()
    input = Event()
    select = Event()
    upload = Event()
    clear = Event()
    apply = Event()

    def __init__(
        self,
        value: Drawing | Callable[[], Drawing] | None = None,
        *,
        type: Literal["numpy", "pil", "filepath"] = "numpy",
        image_mode: str | None = "RGBA",
        format: str = "webp",
        height: int | str | None = None,
        width: int | str | None = None,
        sources: str | Sequence[str] | None = None,
        placeholder: str | None = None,
        transforms: Sequence[str] | None = TRANSFORMS,
        brush: Brush | Literal[False] | None = None,
        eraser: Eraser | Literal[False] | None = None,
        layers: bool | LayerOptions | None = None,
        canvas_size: Sequence[int] = CANVAS,
        fixed_canvas: bool = False,
        webcam_options: WebcamOptions | None = None,
        mirror_webcam: bool | None = None,
        buttons: Sequence[str | Component] | None = None,
        show_download_button: bool = True,
        show_fullscreen_button: bool = True,
        **common: Unpack[Common],
    ) -> None:
        self.type, self.image_mode, self.format = type, image_mode, format.lower()
        self.height, self.width = height, width
        self.sources = listed(sources, self.default_sources)
        self.placeholder, self.transforms = placeholder, list(transforms or ())
        self.brush = self.default_brush if brush is None else brush
        self.eraser = Eraser() if eraser is None else eraser
        given = self.default_layers if layers is None else layers
        self.layers = given if isinstance(given, LayerOptions) else LayerOptions(disabled=not given)
        self.canvas_size, self.fixed_canvas = canvas_size, fixed_canvas
        shown = {"download": show_download_button, "fullscreen": show_fullscreen_button}
        self.buttons = [name for name, is_shown in shown.items() if is_shown and (buttons is None or name in buttons)]
        known = self.format if self.format in FORMATS else "webp"
        camera = webcam_options_of(webcam_options, mirror_webcam, None)
        self._image = ImagePart(self, format=known, image_mode=None, webcam_options=camera)
        captures = {"captures_frames"} if "webcam" in self.sources else set()
        self.capabilities = frozenset({"takes_file", *captures})  # type: ignore[arg-type]  # words of `Capability`
        super().__init__(value, **common)

    def check(self) -> None:
        self.check_one_of("type", self.type, ("numpy", "pil", "filepath"))
        self.check_one_of("image_mode", self.image_mode, MODES)
        self.prefer_one_of("format", FORMATS, "webp")
        for source in self.sources:
            self.check_one_of("sources", source, SOURCES)
        for transform in self.transforms:
            self.check_one_of("transforms", transform, TRANSFORMS)
        size = self.canvas_size
        if len(size) != 2 or not all(is_number(side) and 1 <= side <= SIDE for side in size):
            self.correct("canvas_size", CANVAS, f"{brief(size)} is not (width, height) of 1 to {SIDE} pixels")
        for side in ("height", "width"):
            if not is_css_size(getattr(self, side)):
                self.correct(side, None, f"{brief(getattr(self, side))} is not a CSS size")
        super().check()

    def props(self) -> dict[str, Value]:
        has_layers = not self.layers.disabled
        return {
            **super().props(),
            "sources": list(self.sources),
            "streaming": False,
            "recording": False,
            **self._image.camera_props(),
            "height": self.height,
            "width": self.width,
            "placeholder": self.placeholder,
            "transforms": list(self.transforms),
            "brush": self.brush.prop() if self.brush else None,
            "eraser": self.eraser.prop() if self.eraser and self.brush else None,
            "layers": {"names": self.layers.names, "more": has_layers and self.layers.allow_additional_layers},
            "canvas_size": [int(side) for side in self.canvas_size],
            "fixed_canvas": self.fixed_canvas,
            "buttons": list(self.buttons),
        }

    # ---- from the page -----------------------------------------------------------------------------------------

    def inspect(self, blob: Blob, scratch: Scratch) -> Blob:
        return self._image.inspect(blob, scratch)

    def validate(self, wire: Value, files: Files) -> Stored:
        if wire is None:
            return None
        if isinstance(wire, dict) and wire.keys() <= FILE_KEYS:  # just uploaded, or taken with the camera
            return {"background": found_image(self, wire, files), "layers": [], "canvas": None, "view": None}
        if not isinstance(wire, dict) or wire.keys() != WIRE_KEYS:
            raise self.invalid("a background with layers", wire)
        background, layers = wire["background"], wire["layers"]
        if not isinstance(layers, list) or len(layers) > MAX_LAYERS:
            raise self.invalid(f"at most {MAX_LAYERS} layers", layers)
        canvas = self._numbers(wire["canvas"], 2, 1, SIDE)
        self._check_drawn(len(layers), int(canvas[0]), int(canvas[1]))
        view = None if wire["view"] is None else self._numbers(wire["view"], 4, -FARTHEST, FARTHEST)
        if view is not None and (view[2] - view[0] < 1 or view[3] - view[1] < 1):
            raise self.invalid("a part of the background that is not empty", view)
        return {
            "background": None if background is None else self._background(background, files),
            "layers": [None if layer is None else found_image(self, layer, files) for layer in layers],
            "canvas": [int(side) for side in canvas],
            "view": view,
        }

    def _check_drawn(self, layers: int, width: int, height: int) -> None:
        if layers * width * height > MAX_DRAWN:
            most = f"layers of at most {MAX_DRAWN / 1e6:.0f} million pixels together"
            raise self.unfit(most, f"{layers} of {width} by {height}")

    def _background(self, wire: Value, files: Files) -> Source:
        if isinstance(wire, dict) and isinstance(address := wire.get("url"), str):
            link = self._image.link(address)
            if isinstance(link, WebLink):
                return link
        return found_image(self, wire, files)

    def _numbers(self, wire: Value, count: int, least: float, most: float) -> list[float]:
        if not isinstance(wire, list) or len(wire) != count:
            raise self.invalid(f"{count} numbers", wire)
        numbers = [float(part) for part in wire if is_number(part) and isinstance(part, int | float)]
        if len(numbers) != count or not all(least <= part <= most for part in numbers):
            raise self.invalid(f"{count} numbers from {least} to {most}", wire)
        return numbers

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if not isinstance(value, dict):
            return {"background": None, "layers": [], "composite": None}
        frame = None if value["background"] is None else self._decoded(value["background"], scratch)
        extent = self._extent(value, frame)
        blobs = value["layers"] or [None] * len(self.layers.names)
        self._check_drawn(len(blobs), extent.width, extent.height)
        background = backdrop(frame, extent)
        layers = [layer_of(None if blob is None else self._decoded(blob, scratch), extent) for blob in blobs]
        composite = self._handed(composed(background, layers), scratch)
        layers.reverse()  # each goes as soon as its copy is there: all of them and their copies take a GB
        handed = [self._handed(layers.pop(), scratch) for _ in blobs]
        return {"background": self._handed(background, scratch), "layers": handed, "composite": composite}

    def _extent(self, value: Mapping[str, list[float] | None], frame: Frame | None) -> Extent:
        canvas, view = value["canvas"], value["view"]
        if canvas is None:
            canvas = [*self.canvas_size] if frame is None else [frame.width, frame.height]
        return Extent(int(canvas[0]), int(canvas[1]), *(view or ()))

    def _decoded(self, source: Source, scratch: Scratch) -> Frame:
        frame = self._image.preprocess(source, scratch)
        stored = self._image.postprocess(frame, scratch)
        assert isinstance(stored, Frame)
        return stored

    def _handed(self, picture: Pillow.Image, scratch: Scratch) -> object:
        has_alpha = self.image_mode in ("RGBA", None)
        shown = picture if has_alpha else flat(picture)
        if self.type == "numpy":
            return in_mode(Frame(from_picture(shown)), self.image_mode)
        if self.image_mode not in (None, shown.mode):
            shown = shown.convert(self.image_mode)
        if self.type == "pil":
            return shown
        kind = FORMATS[self.format]
        is_storable = kind in KEEP_ALPHA or shown.mode in ("RGB", "L")
        path = scratch.temporary(f".{kind if is_storable else 'png'}")
        shown.save(path)
        return NamedString(str(path), path.name)

    # ---- from handlers -----------------------------------------------------------------------------------------

    def postprocess(self, value: object, scratch: Scratch) -> Stored:
        if value is None:
            return None
        parts = value if isinstance(value, Mapping) else {"background": value}
        if not parts.keys() <= {"background", "layers", "composite", "id"}:
            raise self.invalid('an image, or {"background": …, "layers": […], "composite": …}', value)
        given = parts.get("layers")
        layers = list(given) if isinstance(given, Sequence) else []
        background = parts.get("background")
        if background is None and len(layers) == 0:
            background = parts.get("composite")
        if background is None and len(layers) == 0:
            return None
        images = StillImages(self, self._image, scratch)
        stored = {
            "background": None if background is None else self._taken("the background", background, images),
            "layers": [self._taken(f"layer {at}", layer, images) for at, layer in enumerate(layers)],
            "canvas": None,
            "view": None,
        }
        images.close()
        return stored

    def _taken(self, where: str, part: object, images: StillImages) -> Source:
        try:
            return images.take(part)
        except InvalidValue as error:
            raise within(self, where, error) from error

    def declared(self, value: object) -> Stored:
        return self.postprocess(value, DeclaredFiles())

    # ---- to the page -------------------------------------------------------------------------------------------

    def files(self, stored: Stored) -> Sequence[Blob]:
        if not isinstance(stored, dict):
            return []
        return [part for part in (stored["background"], *stored["layers"]) if isinstance(part, Blob)]

    def wire(self, stored: Stored) -> Value:
        if not isinstance(stored, dict):
            return None
        background = stored["background"]
        shown = {"url": background.url} if isinstance(background, WebLink) else background
        return {**stored, "background": shown}

    def mark(self, stored: Stored) -> object:
        return (*self.files(stored), str(stored["canvas"]), str(stored["view"])) if isinstance(stored, dict) else None


class Sketchpad(ImageEditor):
    """An `ImageEditor` for black lines on an empty canvas."""

    tag = "imageeditor"
    default_sources = ()
    default_brush = Brush(colors=["#000000"], color_mode="fixed")


class Paint(ImageEditor):
    """An `ImageEditor` for drawings in colour on an empty canvas."""

    tag = "imageeditor"
    default_sources = ()


class ImageMask(ImageEditor):
    """An `ImageEditor` for a mask on an image."""

    tag = "imageeditor"
    default_brush = Brush(colors=["#000000"], color_mode="fixed")
    default_layers = False
