"""`WebcamOptions`: the demands of an `Image` or a `Video` on the camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from millstream.components.options.input_size import LARGEST_SIDE, SMALLEST_SIDE
from millstream.declare.arguments import PlainArguments, is_number
from millstream.declare.binding import CAMERA_S
from millstream.declare.user_warnings import warn
from millstream.errors import DeclarationError

SLOWEST_HZ: Final = 1
FASTEST_HZ: Final = 240
"""Rates of cameras that are believed."""

CODECS: Final = (None, "jpeg", "h264", "vp8")


@dataclass(frozen=True)
class WebcamOptions(metaclass=PlainArguments):
    """The demands of the page on the camera, and the form in which it sends the frames.

    Attributes:
        mirror: Whether frames are mirrored, for the user and the handler alike. By default (`None`) those of every
            camera are but the rear one of a phone; `True` mirrors that one too, `False` mirrors none.
        constraints: The browser's media constraints for the camera; they win over all defaults.
        size: Largest width and height in pixels that is sent; by default 1280 on the longer side. `"model"` sends what
            the model of the stream's handler takes, which has to be found: see `input_size`.
        quality: Quality of the frames that are sent, from 0 to 1.
        codec: How streamed frames are sent: `"jpeg"`, each by itself, or `"h264"` or `"vp8"`, as video, which takes a
            sixth of the bytes and more of the server's time, and needs `millstream[video]`. A browser that does not
            know a video codec sends the other one, or JPEG, and so does a stream with more than half a second between
            two frames. By default (`None`) the server chooses by the link.
    """

    mirror: bool | None = None
    constraints: Mapping[str, object] | None = None
    size: tuple[int, int] | Literal["model"] | None = None
    quality: float = 0.8
    codec: Literal["jpeg", "h264", "vp8"] | None = None

    def __post_init__(self) -> None:
        if self.mirror is not None and not isinstance(self.mirror, bool):
            raise DeclarationError(f"WebcamOptions: mirror={self.mirror!r} is not True, False or None")
        self._check_size()
        if not is_number(self.quality) or not 0 < self.quality <= 1:
            raise DeclarationError(f"WebcamOptions: quality={self.quality!r} is not between 0 and 1")
        if self.codec not in CODECS:
            raise DeclarationError(f"WebcamOptions: codec={self.codec!r} is not 'jpeg', 'h264' or 'vp8'")
        if self.constraints is not None and not isinstance(self.constraints, Mapping):
            raise DeclarationError(f"WebcamOptions: constraints={self.constraints!r} is not a dict")

    def _check_size(self) -> None:
        """Check the size; for what is too large, the largest there is does as well."""
        if self.size == "model":
            return
        sides: list[float] = [*(self.size or ())]
        if self.size is not None and (len(sides) != 2 or not all(_is_side(side) for side in sides)):
            most = f"a (width, height) of {SMALLEST_SIDE} to {LARGEST_SIDE} pixels, or 'model'"
            raise DeclarationError(f"WebcamOptions: size={self.size!r} is not {most}")
        limited = tuple(min(side, LARGEST_SIDE) for side in sides)
        if limited != tuple(sides):
            warn(f"WebcamOptions: size={self.size!r} is more than {LARGEST_SIDE} pixels; {limited!r} is taken")
            object.__setattr__(self, "size", limited)


def webcam_options_of(
    options: WebcamOptions | Mapping[str, object] | None, mirror: bool | None, constraints: Mapping[str, object] | None
) -> WebcamOptions:
    """Merge the two ways to say what is asked of the camera."""
    if isinstance(options, Mapping):
        options = WebcamOptions(**options)  # type: ignore[arg-type]  # checked by the class itself
    if not isinstance(options, WebcamOptions | None):
        raise DeclarationError(f"webcam_options={options!r} is not a WebcamOptions")
    options = options or WebcamOptions()
    return replace(
        options,
        mirror=options.mirror if mirror is None else mirror,
        constraints=options.constraints if constraints is None else constraints,
    )


def camera_s(constraints: Mapping[str, object] | None) -> float:
    """Give the seconds between two frames that the constraints of a camera, or of the whole stream, ask for."""
    inner = (constraints or {}).get("video", constraints)
    wish = inner.get("frameRate") if isinstance(inner, Mapping) else None
    rates = [wish.get(name) for name in ("exact", "ideal", "max", "min")] if isinstance(wish, Mapping) else [wish]
    for rate in rates:
        if isinstance(rate, int | float) and is_number(rate) and SLOWEST_HZ <= rate <= FASTEST_HZ:
            return 1 / rate
    return CAMERA_S


def _is_side(side: float) -> bool:
    return is_number(side) and SMALLEST_SIDE <= side == int(side)


def in_pixels(size: object) -> int:
    """Give a CSS size in pixels; 0 for one in other units, and for none."""
    if isinstance(size, str):
        number = size.strip().removesuffix("px")
        return int(float(number)) if number.replace(".", "", 1).isdigit() else 0
    return int(size) if isinstance(size, int | float) else 0
