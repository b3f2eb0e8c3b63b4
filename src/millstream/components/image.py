"""`Image`: an image from a file or the camera, or as a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias, TypeVar, Unpack

import numpy as np
from numpy.typing import NDArray

from millstream.components.options.media_source import DeclaredFiles, listed
from millstream.components.options.watermark import Mark, Watermarked, WatermarkOptions, watermark_of
from millstream.components.options.webcam import WebcamOptions, in_pixels, webcam_options_of
from millstream.components.values.browser_copies import encoded, head_of
from millstream.components.values.pixels import (
    MAX_PIXELS,
    MAX_SIDE,
    UnfitImage,
    in_mode,
    to_picture,
    to_pixels,
)
from millstream.components.values.returned_image import returned_marks, returned_pixels
from millstream.declare.arguments import describe
from millstream.declare.component import Common, Component
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Event, StreamEvent
from millstream.errors import InvalidValue, MediaError
from millstream.frames import Frame
from millstream.media.image_file import check_image_file, decode_image_file
from millstream.media.image_header import FORMATS as READABLE
from millstream.media.image_header import MAX_PHOTO_PIXELS, MIMES, WEB, TooLarge, format_of
from millstream.overlays.marks import Overlay
from millstream.types import Blob, Files, Media, Scratch, Still, Stored, WebLink
from millstream.wire.messages import Value
from millstream.wire.plain import brief

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Source: TypeAlias = Literal["upload", "webcam", "clipboard"]
Shown: TypeAlias = "str | Path | NDArray[np.generic] | Picture"

FORMATS: Final = {"webp": "webp", "png": "png", "jpeg": "jpeg", "jpg": "jpeg", "h264": "webp", "vp8": "webp"}
"""The values of `format`, and the codec that each stands for in ordinary events."""

STREAM_FORMATS: Final = {**dict.fromkeys(FORMATS, "jpeg"), "h264": "h264", "vp8": "vp8"}
"""The codec that each stands for in streams."""

KEEP_ALPHA: Final = ("webp", "png")
"""Codecs that know transparency."""

MODES: Final = ("RGB", "RGBA", "L", "1", "P", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", None)
KEPT_CHANNELS: Final = (3, 4)
CHANNELS: Final[Mapping[str | None, int]] = {"RGB": 3, "RGBA": 4}
"""How many channels the pixels of a frame have in modes in which they are handed on as they are."""

STREAM_QUALITY: Final = 0.8

T = TypeVar("T")


class Image(Watermarked):
    """An image. Handlers get what `type` says; they return an array, a Pillow image, a path or an address.

    Or marks alone: `Boxes`, `Keypoints`, `Masks`, `Lines`, `Texts`, a list of such, or what detectors return. They are
    drawn on the frame of the camera that the handler got, or on the image among its inputs.

    Arrays are `(height, width)`, `(height, width, 3)` RGB or `(height, width, 4)` RGBA, of uint8, uint16 or bool, or of
    floats from 0 to 1.

    Files are recognised by their content, never by their names: AVIF, BMP, GIF, ICO, JPEG, PNG, PPM, TIFF and WebP,
    turned upright by their EXIF orientation. Handlers get them whole, up to `launch(max_image_pixels=…)`. A JPEG of up
    to four times as many pixels is decoded at half its size if `height` or `width`, in pixels, say that it is enough.

    Args:
        value: The initial image, or a function that gives it.
        format: How ordinary events send it: `"webp"`, `"png"` (lossless) or `"jpeg"`. Streams send JPEG; with `"h264"`
            or `"vp8"` they send video where the browser knows it, and ordinary events WebP.
        height: Height in the page in pixels, or with a CSS unit.
        width: Width in the page in pixels, or with a CSS unit.
        image_mode: Pillow's mode of what handlers get: `"RGB"`, `"RGBA"`, `"L"` (grey, `(height, width)`), …; `None`
            leaves it unchanged.
        sources: Where the user may take it from: `"upload"`, `"webcam"`, `"clipboard"`.
        type: `"numpy"` (uint8), `"pil"` or `"filepath"`: what handlers get.
        streaming: The camera is streamed, in an `Interface(live=True)`. Where nothing else streams it, and nothing
            listens to it, other events get the newest frame while it records.
        placeholder: Shown while it is empty.
        alt_text: What is to be seen, which screen readers read in place of the label.
        recording: `True` starts the camera as the user would by Record, `False` ends that as by Stop, and takes the
            photo if the camera is not streamed: as an update that a handler returns, or with `True` here as soon as
            the page is open. If it is so already nothing happens.
        webcam_options: What is asked of the camera.
        mirror_webcam: The same as `WebcamOptions(mirror=…)`.
        webcam_constraints: The same as `WebcamOptions(constraints=…)`.
        watermark: An image that is laid over those that it shows as a result: a `WatermarkOptions`.
        buttons: Which buttons it has as an output: `"download"`, `"fullscreen"`.
        show_download_button: `False` takes the button away.
        show_fullscreen_button: `False` takes the button away.
        interpolate_marks: Whether marks that a stream returns are carried on, dashed, over frames for which there is no
            result yet, so that the video keeps the camera's rate. `False` shows only frames that have a result.
        common: See `Component`.
    """

    kind = "image"
    known_sources: ClassVar[tuple[str, ...]] = ("upload", "webcam", "clipboard")
    device = "webcam"
    streams = "picture"
    capabilities = frozenset({"captures_frames", "shows_frames", "takes_file"})
    ignores: ClassVar[tuple[str, ...]] = ("show_share_button",)
    value_arguments: ClassVar[tuple[str, ...]] = ("value", "watermark")
    prop_names: ClassVar = {
        "webcam_options": ("mirror", "constraints", "size", "model_size", "covers", "quality"),
        "mirror_webcam": ("mirror",),
        "webcam_constraints": ("constraints",),
        "show_download_button": ("buttons",),
        "show_fullscreen_button": ("buttons",),
        "watermark": (),
    }

    stream = StreamEvent()
    change = Event()
    input = Event()
    upload = Event()
    clear = Event()
    select = Event()
    start_recording = Event()
    stop_recording = Event()

    def __init__(
        self,
        value: Shown | Callable[[], Shown] | None = None,
        *,
        format: str = "webp",
        height: int | str | None = None,
        width: int | str | None = None,
        image_mode: str | None = "RGB",
        sources: Source | Sequence[Source] | None = None,
        type: Literal["numpy", "pil", "filepath"] = "numpy",
        streaming: bool = False,
        placeholder: str | None = None,
        alt_text: str | None = None,
        recording: bool = False,
        webcam_options: WebcamOptions | None = None,
        mirror_webcam: bool | None = None,
        webcam_constraints: Mapping[str, object] | None = None,
        watermark: WatermarkOptions | Mark | None = None,
        buttons: Sequence[str | Component] | None = None,
        show_download_button: bool = True,
        show_fullscreen_button: bool = True,
        interpolate_marks: bool = True,
        **common: Unpack[Common],
    ) -> None:
        self.format = format.lower()
        self.height, self.width = height, width
        self.image_mode = image_mode
        self.sources = listed(sources, ["webcam"] if streaming else self.known_sources)
        self.type = type
        self.streaming = streaming
        self.placeholder, self.alt_text, self.recording = placeholder, alt_text, recording
        self.webcam_options = webcam_options_of(webcam_options, mirror_webcam, webcam_constraints)
        self.watermark = watermark_of(watermark, self.__class__.__name__)
        shown = {"download": show_download_button, "fullscreen": show_fullscreen_button}
        self.buttons = [name for name, is_shown in shown.items() if is_shown and (buttons is None or name in buttons)]
        self.interpolate_marks = interpolate_marks
        super().__init__(value, **common)

    def check(self) -> None:
        self.check_one_of("type", self.type, ("numpy", "pil", "filepath"))
        self.prefer_one_of("format", FORMATS, "webp")
        self.check_one_of("image_mode", self.image_mode, MODES)
        for side in ("height", "width"):
            if not is_css_size(getattr(self, side)):
                self.correct(side, None, f"{brief(getattr(self, side))} is not a CSS size")
        super().check()
        if self.streaming and self.interactive:
            self.check_streams()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "sources": list(self.sources),
            "streaming": self.drives_stream,
            **self.camera_props(),
            "height": self.height,
            "width": self.width,
            "placeholder": self.placeholder,
            **({"alt_text": self.alt_text} if "alt_text" in self.given else {}),
            "buttons": list(self.buttons),
            "format": FORMATS[self.format],
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        stored = super().validate(wire, files)
        if isinstance(stored, Blob) and stored.found is not None and stored.found not in READABLE:
            raise self._unreadable(stored, stored.found)
        return stored

    def inspect(self, blob: Blob, scratch: Scratch) -> Blob:
        presentable = self._presentable(blob, scratch)
        if self.type != "filepath" and presentable.shown is None:
            data = self.content(blob)
            try:
                self._read(blob, lambda: check_image_file(data, self._budget(scratch), at_least=self._enough))
            except MediaError as error:
                raise InvalidValue(str(error)) from error
        return presentable

    def _presentable(self, blob: Blob, scratch: Scratch) -> Blob:
        """Recognise an image file by its content; what browsers do not show is encoded for them once more.

        Raises:
            InvalidValue: It cannot be shown, or not be read.
        """
        name = format_of(head_of(blob))
        if name is None:
            self.of_kind(blob)
            if isinstance(scratch, DeclaredFiles):
                return blob  # the developer's own file, which the page cannot show
        if name not in READABLE:
            raise self._unreadable(blob, name)
        try:
            shown = None if name in WEB else self._file(self._decoded(blob, scratch))
        except MediaError as error:
            raise InvalidValue(str(error)) from error
        return replace(blob, mime=MIMES[name], shown=shown)

    def _decoded(self, blob: Blob, scratch: Scratch) -> Frame:
        data, budget = self.content(blob), self._budget(scratch)
        return self._read(blob, lambda: decode_image_file(data, budget, at_least=self._enough))

    def _read(self, blob: Blob, read: Callable[[], T]) -> T:
        """Have a decoder's error say whose file it was, and what to do.

        Raises:
            MediaError: The file cannot be read.
        """
        try:
            return read()
        except TooLarge as error:
            remedy = "make it smaller, or allow more by launch(max_image_pixels=…)"
            raise MediaError(f"{self.name} cannot read {blob.name}: {error}; {remedy}") from error
        except MediaError as error:
            raise MediaError(f"{self.name} cannot read {blob.name}: {error}") from error

    def _unreadable(self, blob: Blob, name: str | None) -> InvalidValue:
        what = f", whose format is {name}" if name else ", which is not an image that is known here"
        return InvalidValue(f"{self.name} cannot read {blob.name}{what}: take one of {', '.join(sorted(READABLE))}")

    def _budget(self, scratch: Scratch | None) -> int:
        return scratch.max_image_pixels if scratch is not None else MAX_PHOTO_PIXELS

    @property
    def _enough(self) -> tuple[int, int] | None:
        """The size in the page, which is enough of an image that would be too large; `None` if it has none."""
        sides = [in_pixels(side) for side in (self.width, self.height)]
        return None if sides == [0, 0] else (max(sides[0], 1), max(sides[1], 1))

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if value is None:
            return None
        if isinstance(value, WebLink):
            raise InvalidValue(f"{self.name} shows an address, which only the browser opens: upload the image")
        if isinstance(value, Blob):
            if self.type == "filepath":
                return self._saved(value, scratch)
            value = self._decoded(value, scratch)
        assert isinstance(value, Frame)
        if self.type == "numpy":
            is_right = value.pixels.shape[2] == CHANNELS.get(self.image_mode)
            return value.pixels if is_right else in_mode(value, self.image_mode)
        picture = to_picture(value, self.image_mode)
        if self.type == "pil":
            return picture
        suffix = self.format if STREAM_FORMATS[self.format] == "jpeg" else FORMATS[self.format]
        is_storable = suffix in KEEP_ALPHA or picture.mode in ("RGB", "L")
        path = scratch.temporary(f".{suffix if is_storable else 'png'}")
        picture.save(path)
        return str(path)

    def _saved(self, blob: Blob, scratch: Scratch) -> str:
        """Give the path of a file of the session, in the form in which it was uploaded."""
        if blob.path is not None:
            return str(blob.path)
        path = scratch.temporary(Path(blob.name).suffix or ".png")
        path.write_bytes(self.content(blob))
        return str(path)

    def postprocess(self, value: object, scratch: Scratch) -> Stored | Media:
        if value is None:
            return None
        if type(value) is np.ndarray and value.dtype == np.uint8 and value.ndim == 3:
            height, width, channels = value.shape
            if channels in KEPT_CHANNELS and 0 < height <= MAX_SIDE >= width > 0 and height * width <= MAX_PIXELS:
                frame = Frame(value)  # as most of what a stream returns
                return frame if self.stamp is None else self.stamp.on(frame)
        return self.marked(self._shown(value, scratch), scratch)

    def _shown(self, value: object, scratch: Scratch) -> Stored | Media:
        if isinstance(value, Path | str):
            link = self.link(value) if isinstance(value, str) else None
            return link or self._presentable(scratch.admit(Path(value)), scratch)
        marks = None if isinstance(value, np.ndarray) else returned_marks(self, value, self.interpolate_marks)
        if marks is not None:
            return marks
        try:
            return Frame(to_pixels(value) if isinstance(value, np.ndarray) else returned_pixels(self, value))
        except UnfitImage as error:
            raise InvalidValue(f"{self.name} got {describe(value)}: {error}") from error

    def declared(self, value: object) -> Stored:
        stored = self.postprocess(value, DeclaredFiles())
        if isinstance(stored, Overlay):
            raise self.invalid("an image for its initial value, and not marks alone", value)
        return self._file(stored) if isinstance(stored, Frame) else stored

    def still(self, value: Stored | Media, scratch: Scratch) -> Still | None:
        """Give an image as a file of its own; `None` if the value is none that the server has."""
        if isinstance(value, Blob):
            frame, source = self._decoded(value, scratch), value.shown or value
            return Still(Blob(source.name, source.mime, data=self.content(source)), frame.width, frame.height)
        return Still(self._file(value), value.width, value.height) if isinstance(value, Frame) else None

    def _file(self, frame: Frame, name: str = "image") -> Blob:
        file = encoded(frame, *self.codec(False, frame))
        return replace(file, name=f"{name}{Path(file.name).suffix}")

    def drawn_anew(self, blob: Blob, draw: Callable[[Frame], Frame], scratch: Scratch) -> Blob:
        frame = draw(self._decoded(blob, scratch))
        if blob.path is not None:
            blob.path.unlink()
        return self._file(frame, Path(blob.name).stem)

    def codec(self, streamed: bool, frame: Frame) -> tuple[str, float]:
        name = STREAM_FORMATS[self.format] if streamed else FORMATS[self.format]
        has_alpha = frame.pixels.shape[2] == 4
        return ("png", 1.0) if has_alpha and name not in KEEP_ALPHA else (name, STREAM_QUALITY)
