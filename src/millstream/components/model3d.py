"""`Model3D`: a 3D model that can be turned, moved and looked at from near."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal, TypeAlias, Unpack

from millstream.components.chat.attachments import Attachments
from millstream.components.images.still_images import found, key_of
from millstream.components.options.media_source import DeclaredFiles
from millstream.components.values.browser_copies import source_of
from millstream.components.values.links import has_scheme, is_web_address
from millstream.components.values.named_string import NamedString
from millstream.declare.arguments import is_number
from millstream.declare.component import Component, Tooled
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Event
from millstream.errors import InvalidValue, MediaError
from millstream.media.model_file import KINDS, kind_of_model
from millstream.types import Blob, Files, Media, Scratch, Stored, WebLink
from millstream.wire.messages import Value
from millstream.wire.plain import brief

Angle: TypeAlias = float | None

MODES: Final = ("solid", "wireframe", "point_cloud", None)
ANYWHERE: Final = (None, None, None)


class Model3D(Component):
    """A 3D model, which the user turns with the pointer, fingers or arrow keys.

    Handlers get and return the path of a file: GLB, glTF (in one file), OBJ, STL, PLY or `.splat`, told by its
    content.
    An address (`https:`) is only a link: the page's security policy lets it load nothing from elsewhere.

    Args:
        value: The initial model, or a function that gives it.
        display_mode: `"solid"`, `"wireframe"` or `"point_cloud"`; `None` for solid. A splat is always a cloud.
        clear_color: The background as red, green, blue and alpha of 0 to 1; `None` for the page's own.
        camera_position: Where the camera is at first: degrees around the model, degrees from above, and the distance
            from it; `None` for what shows the whole model.
        zoom_speed: How fast the wheel and two fingers zoom.
        pan_speed: How fast the model is moved.
        height: Height in the page in pixels, or with a CSS unit.
        interactive: Whether the user may upload a model; `None` finds out from the bindings.
        common: See `Component`.
    """

    capabilities = frozenset({"takes_file"})

    change = Event()
    input = Event()
    upload = Event()
    edit = Event()
    clear = Event()

    def __init__(
        self,
        value: str | Path | Callable[[], str | Path] | None = None,
        *,
        display_mode: Literal["solid", "wireframe", "point_cloud"] | None = None,
        clear_color: Sequence[float] | None = None,
        camera_position: Sequence[Angle] = ANYWHERE,
        zoom_speed: float = 1,
        pan_speed: float = 1,
        height: int | str | None = None,
        **common: Unpack[Tooled],
    ) -> None:
        self.display_mode = display_mode
        self.clear_color, self.camera_position = clear_color, camera_position
        self.zoom_speed, self.pan_speed = zoom_speed, pan_speed
        self.height = height
        super().__init__(value, **common)

    def check(self) -> None:
        self.prefer_one_of("display_mode", MODES, None)
        color = self.clear_color
        if color is not None and not (len(color) == 4 and all(is_number(part) and 0 <= part <= 1 for part in color)):
            self.correct("clear_color", None, f"{brief(color)} is not red, green, blue and alpha of 0 to 1")
        position = self.camera_position
        if len(position) != 3 or not all(part is None or is_number(part) for part in position):
            self.correct("camera_position", ANYWHERE, f"{brief(position)} is not (degrees, degrees, distance)")
        for argument in ("zoom_speed", "pan_speed"):
            speed = getattr(self, argument)
            if not is_number(speed) or speed <= 0:
                self.correct(argument, 1, f"{brief(speed)} is not a number above 0")
        if not is_css_size(self.height):
            self.correct("height", None, f"{brief(self.height)} is not a CSS size")
        super().check()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "display_mode": self.display_mode or "solid",
            "clear_color": None if self.clear_color is None else list(self.clear_color),
            "camera_position": list(self.camera_position),
            "zoom_speed": self.zoom_speed,
            "pan_speed": self.pan_speed,
            "height": self.height,
            "accept": [f".{kind}" for kind in KINDS],
        }

    def inspect(self, blob: Blob, scratch: Scratch) -> Blob:
        return self._read(blob)

    def _read(self, blob: Blob) -> Blob:
        """Give a file its true type.

        Raises:
            InvalidValue: It is no model.
        """
        try:
            kind = kind_of_model(source_of(blob), blob.name)
        except MediaError as error:
            raise InvalidValue(f"{self.name} cannot show {blob.name}: {error}") from error
        return replace(blob, mime=KINDS[kind], told={"kind": kind})

    def validate(self, wire: Value, files: Files) -> Stored:
        if wire is None:
            return None
        given = {name: part for name, part in wire.items() if name != "kind"} if isinstance(wire, dict) else wire
        blob = found(self, given, files)
        if "kind" not in blob.told:
            raise self.unfit("3D models that were uploaded for it", blob.name)
        return blob

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if isinstance(value, WebLink):
            return value.url
        if not isinstance(value, Blob):
            return None
        attachments = Attachments(self, scratch)
        path = attachments.lend(value)
        attachments.close()
        return NamedString(str(path), value.name)

    def postprocess(self, value: object, scratch: Scratch) -> Stored:
        if value is None:
            return None
        if isinstance(value, str) and is_web_address(value):
            return WebLink(value)
        if not isinstance(value, str | Path) or (isinstance(value, str) and has_scheme(value)):
            raise self.invalid("the path of a 3D model", value)
        attachments = Attachments(self, scratch)
        blob = attachments.take(Path(value), read=lambda path: self._admitted(path, scratch))
        attachments.close()
        return blob

    def _admitted(self, path: Path, scratch: Scratch) -> Blob:
        blob = scratch.admit(path)
        return scratch.settle(replace(self._read(blob), key=key_of(path)))

    def declared(self, value: object) -> Stored:
        return self.postprocess(value, DeclaredFiles())
