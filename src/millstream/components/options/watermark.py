"""`WatermarkOptions`: an image that is laid over the images that an app shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from millstream.components.options.media_source import DeclaredFiles, MediaComponent
from millstream.components.values.pixels import UnfitImage, from_picture, is_picture, to_pixels
from millstream.declare.arguments import PlainArguments, describe
from millstream.errors import DeclarationError, InvalidValue, MediaError
from millstream.frames import Frame, Pixels
from millstream.media.image_file import decode_image_file
from millstream.types import Blob, Media, Scratch, Stored, WebLink
from millstream.wire.plain import brief

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Mark: TypeAlias = "str | Path | NDArray[np.generic] | Picture"
Position: TypeAlias = tuple[int, int] | Literal["top-left", "top-right", "bottom-left", "bottom-right"]

CORNERS: Final = ("top-left", "top-right", "bottom-left", "bottom-right")

MARGIN: Final = 10
"""Pixels between a watermark in a corner and the edges of the image."""


@dataclass(frozen=True, eq=False)
class WatermarkOptions(metaclass=PlainArguments):
    """An image that is laid over what an `Image` or a `Video` shows, in its own size. Its transparency counts.

    Attributes:
        watermark: The path of an image file, an array as an `Image` takes it, or a Pillow image; `None` for none.
        position: `"bottom-right"`, `"bottom-left"`, `"top-right"` or `"top-left"`, 10 pixels from the edges; or
            `(x, y)` in pixels, where its top left corner is.
    """

    watermark: Mark | None = None
    position: Position = "bottom-right"

    value_arguments: ClassVar[tuple[str, ...]] = ("watermark",)

    def __post_init__(self) -> None:
        mark = self.watermark
        if not (mark is None or isinstance(mark, str | Path) or hasattr(mark, "__array__") or is_picture(mark)):
            wanted = "a path, an array or a Pillow image"
            raise DeclarationError(f"WatermarkOptions: watermark={describe(mark)} is not {wanted}")
        place: object = self.position
        if isinstance(place, list | tuple) and len(place) == 2 and all(type(side) is int for side in place):
            object.__setattr__(self, "position", tuple(place))
        elif place not in CORNERS:
            corners = ", ".join(map(repr, CORNERS))
            raise DeclarationError(f"WatermarkOptions: position={brief(place)} is not {corners} or (x, y) in pixels")


class Stamp:
    """A watermark that is ready to be laid over frames.

    Args:
        pixels: Its own, of 3 or 4 channels.
        position: See `WatermarkOptions`.
    """

    def __init__(self, pixels: Pixels, position: Position) -> None:
        self._pixels, self._position = pixels, position

    @cached_property
    def _weighted(self) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        """Its colours by their opacity, and what it leaves of those below; made with the first frame, off the loop."""
        alpha = _with_alpha(self._pixels)[:, :, 3:].astype(np.uint16)
        return self._pixels[:, :, :3] * alpha, 255 - alpha

    def on(self, frame: Frame) -> Frame:
        """Lay it over a copy of a frame; what does not fit is cut off."""
        (height, width), (own_height, own_width) = frame.pixels.shape[:2], self._pixels.shape[:2]
        left, top = self._corner(width - own_width, height - own_height)
        rows = slice(max(top, 0), max(min(top + own_height, height), 0))
        columns = slice(max(left, 0), max(min(left + own_width, width), 0))
        part = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return frame
        pixels = frame.pixels.copy()
        under = pixels[rows, columns]
        under[:] = self._over_clear(under, part) if frame.has_alpha else self._over(under, part)
        return Frame(pixels)

    def on_pixels(self, pixels: Pixels) -> Pixels:
        """Lay it over a copy of the pixels of a frame."""
        return self.on(Frame(pixels)).pixels

    def _corner(self, room_x: int, room_y: int) -> tuple[int, int]:
        """Give the position of its top left corner, where there is so much room beside and below it."""
        if isinstance(self._position, tuple):
            return self._position
        is_top, is_left = self._position.startswith("top"), self._position.endswith("left")
        return MARGIN if is_left else room_x - MARGIN, MARGIN if is_top else room_y - MARGIN

    def _over(self, under: Pixels, part: tuple[slice, slice]) -> Pixels:
        colors, rest = self._weighted
        return ((under * rest[part] + colors[part] + 127) // 255).astype(np.uint8)

    def _over_clear(self, under: Pixels, part: tuple[slice, slice]) -> Pixels:
        from PIL import Image

        own = Image.fromarray(_with_alpha(self._pixels[part]))
        return np.asarray(Image.alpha_composite(Image.fromarray(np.ascontiguousarray(under)), own))


class Watermarked(MediaComponent):
    """A component whose images get a watermark."""

    watermark: WatermarkOptions | None = None

    stamp: Stamp | None = None
    """The watermark, read; `None` for none."""

    def joined(self) -> None:
        mark = self.watermark
        if mark is not None and mark.watermark is not None:
            try:
                self.stamp = Stamp(self._pixels_of(mark.watermark, DeclaredFiles()), mark.position)
            except InvalidValue as error:
                raise DeclarationError(f"{self.name}: {error}") from error
        super().joined()

    def lasting(self, changes: Mapping[str, object], scratch: Scratch) -> Mapping[str, object]:
        changes = super().lasting(changes, scratch)
        options = watermark_of(changes.get("watermark"), self.name)
        if options is None or options.watermark is None:
            return changes
        pixels = self._pixels_of(options.watermark, scratch).copy()  # the handler may write into its array again
        return {**changes, "watermark": replace(options, watermark=pixels)}

    def updated(self, changes: Mapping[str, object]) -> Self:
        fresh = super().updated(changes)
        fresh.stamp = self.stamp
        if "watermark" in changes:
            mark = fresh.watermark
            # `lasting` has made an array of whatever it was.
            pixels = mark.watermark if mark is not None and isinstance(mark.watermark, np.ndarray) else None
            fresh.stamp = Stamp(to_pixels(pixels), mark.position) if mark is not None and pixels is not None else None
        return fresh

    def marked(self, shown: Stored | Media, scratch: Scratch) -> Stored | Media:
        """Lay the watermark, if there is one, over what `postprocess` would give.

        Raises:
            InvalidValue: It is at another address.
        """
        if self.stamp is None or shown is None:
            return shown
        if isinstance(shown, Frame):
            return self.stamp.on(shown)
        if isinstance(shown, Blob):
            return self.drawn_anew(shown, self.stamp.on, scratch)
        if isinstance(shown, WebLink):
            remedy = "return the image itself, or leave watermark= out"
            raise InvalidValue(
                f"{self.name} cannot put its watermark on an address, which only browsers open: {remedy}"
            )
        self.warn_once("watermark", "watermark= is not put on frames with marks, as these stay in the browser")
        return shown

    def drawn_anew(self, blob: Blob, draw: Callable[[Frame], Frame], scratch: Scratch) -> Blob:
        """Give the file of an image with something drawn on it."""
        raise NotImplementedError

    def _pixels_of(self, mark: object, files: Scratch) -> Pixels:
        try:
            if isinstance(mark, str | Path):
                return self._file_pixels(files.admit(Path(mark)), files.max_image_pixels)
            return from_picture(mark) if is_picture(mark) else to_pixels(np.asarray(mark))
        except (MediaError, UnfitImage) as error:
            raise InvalidValue(f"{self.name} cannot use the watermark {describe(mark)}: {error}") from error

    def _file_pixels(self, file: Blob, max_pixels: int) -> Pixels:
        try:
            return decode_image_file(self.content(file), max_pixels).pixels
        finally:
            if file.path is not None:
                file.path.unlink()


def watermark_of(given: object, owner: str) -> WatermarkOptions | None:
    """Bring a watermark into one form: options, a dict of them, or the image itself.

    Raises:
        DeclarationError: It is none of them.
    """
    if given is None or isinstance(given, WatermarkOptions):
        return given
    if isinstance(given, Mapping):
        return WatermarkOptions(**given)
    try:
        return WatermarkOptions(given)  # type: ignore[arg-type]  # checked by the class itself
    except DeclarationError as error:
        raise DeclarationError(
            f"{owner}: watermark={describe(given)} is not a WatermarkOptions, nor an image"
        ) from error


def _with_alpha(pixels: Pixels) -> Pixels:
    """Give pixels of 3 or 4 channels with 4 of them."""
    whole = np.full((*pixels.shape[:2], 4), 255, np.uint8)
    whole[:, :, : pixels.shape[2]] = pixels
    return whole
