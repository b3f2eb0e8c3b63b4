"""`Gallery`: a grid of images and videos, each of which can be looked at in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final, Literal, TypeAlias, TypedDict, Unpack
from urllib.parse import urlsplit

import numpy as np

from millstream.components.image import FORMATS, Shown
from millstream.components.images.parts import ImagePart, VideoPart
from millstream.components.images.still_images import Source, StillImages, found, key_of, within
from millstream.components.options.media_source import MAX_ADDRESS, DeclaredFiles, guessed_mime, listed
from millstream.components.options.webcam import WebcamOptions
from millstream.components.values.browser_copies import source_of
from millstream.components.values.filetypes import accepted, check_file_types, is_of_types
from millstream.components.values.links import is_embedded_image, is_web_address
from millstream.components.values.named_string import NamedString
from millstream.components.values.plain import plain_text
from millstream.declare.arguments import describe
from millstream.declare.component import Common, Component
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Event
from millstream.declare.injected import SelectedFile
from millstream.errors import InvalidValue
from millstream.media import container
from millstream.media.image_header import FORMATS as READABLE
from millstream.types import Blob, Files, Media, Scratch, Stored, WebLink
from millstream.wire.messages import Value
from millstream.wire.plain import brief

MAX_ITEMS: Final = 1000
"""The largest number of images and videos in a value."""

MAX_UPLOADED: Final = 100
"""The number up to which a user can add to them."""

MAX_CAPTION: Final = 10_000
"""Longest caption, in characters."""

FITS: Final = ("contain", "cover", "fill", "none", "scale-down", None)
BREAKPOINTS: Final = 6
"""How many widths of the page may have a number of columns of their own."""

MEDIA: Final = ["image", "video"]
SOURCES: Final = ("upload", "webcam", "clipboard")

Pictured: TypeAlias = "Shown | tuple[Shown, str | None]"


class GalleryItem(TypedDict):
    """One image or video of a stored value."""

    media: Source
    caption: str | None


class Gallery(Component):
    """A grid of images and videos with captions; a click shows one of them in full.

    Handlers return a list of images (arrays, Pillow images, paths, addresses) and videos (paths, addresses), each alone
    or as `(media, caption)`. They get a list of `(media, caption)`, with `None` for a caption where there is none;
    videos are paths, and addresses are text: with uploads, text of the user's. A list that is returned again with one
    image more costs one image more: those that the page shows stay there.

    Args:
        value: The initial images, or a function that gives them.
        type: `"filepath"`, `"numpy"` or `"pil"`: what handlers get of images.
        format: How arrays and Pillow images are sent: `"webp"`, `"png"` (lossless) or `"jpeg"`.
        columns: How many stand in a row, as far as there is room; a list has numbers for pages narrower than 576, 768,
            992, 1200 and 1400 pixels, and for wider ones. `None` for as many as fit.
        rows: How many rows are seen without scrolling; `None` for all.
        height: Height in the page in pixels, or with a CSS unit; what does not fit is scrolled to. `"auto"` and `None`
            for as high as it is.
        object_fit: How an image fills its cell: `"cover"`, `"contain"`, `"fill"`, `"none"` or `"scale-down"`.
        allow_preview: Whether a click shows an image in full.
        preview: Whether the first one is shown in full at once.
        selected_index: The image that is selected at first, and shown in full where that is allowed.
        fit_columns: Whether fewer images than columns share the whole width.
        interactive: Whether the user may add images and videos, and take them away; `None` finds out from the bindings.
        file_types: What may be added: `"image"`, `"video"`, or ends of names such as `".png"`; both by default.
        sources: Where it may come from: `"upload"`, `"webcam"`, `"clipboard"`; by default `["upload"]`.
        webcam_options: What is asked of the camera.
        buttons: Which buttons it has: `"download"`, `"download_all"`, `"fullscreen"`; all by default.
        show_download_button: `False` takes the buttons for downloads away.
        show_fullscreen_button: `False` takes the button away.
        common: See `Component`.
    """

    takes_objects = True
    grows = True
    ignores: ClassVar[tuple[str, ...]] = ("show_share_button",)
    prop_names: ClassVar = {
        "file_types": ("accept",),
        "webcam_options": ("mirror", "constraints", "size", "model_size", "covers", "quality"),
        "show_download_button": ("buttons",),
        "show_fullscreen_button": ("buttons",),
    }

    change = Event()
    input = Event()
    select = Event()
    upload = Event()
    clear = Event()
    delete = Event()
    preview_open = Event()
    preview_close = Event()

    def __init__(
        self,
        value: Sequence[Pictured] | Callable[[], Sequence[Pictured]] | None = None,
        *,
        type: Literal["filepath", "numpy", "pil"] = "filepath",
        format: str = "webp",
        columns: int | Sequence[int] | None = 2,
        rows: int | Sequence[int] | None = None,
        height: int | str | None = None,
        object_fit: Literal["contain", "cover", "fill", "none", "scale-down"] | None = None,
        allow_preview: bool = True,
        preview: bool | None = None,
        selected_index: int | None = None,
        fit_columns: bool = True,
        file_types: Sequence[str] | None = None,
        sources: str | Sequence[str] | None = None,
        webcam_options: WebcamOptions | None = None,
        buttons: Sequence[str | Component] | None = None,
        show_download_button: bool = True,
        show_fullscreen_button: bool = True,
        **common: Unpack[Common],
    ) -> None:
        self.type, self.format = type, format.lower()
        self.columns, self.rows = columns, rows
        self.height = None if height == "auto" else height
        self.object_fit = object_fit
        self.allow_preview, self.preview, self.selected_index = allow_preview, preview, selected_index
        self.fit_columns = fit_columns
        self.file_types = list(file_types) if file_types is not None else None
        self.sources = listed(sources, ["upload"])
        shown = {
            "download": show_download_button,
            "download_all": show_download_button,
            "fullscreen": show_fullscreen_button,
        }
        self.buttons = [name for name, is_shown in shown.items() if is_shown and (buttons is None or name in buttons)]
        known = self.format if self.format in FORMATS else "webp"
        self._image = ImagePart(self, format=known, image_mode=None, type=type, webcam_options=webcam_options)
        self._video = VideoPart(self)
        camera = {"captures_frames"} if "webcam" in self.sources else set()
        self.capabilities = frozenset({"collects_files", *camera})  # type: ignore[arg-type]  # words of `Capability`
        super().__init__(value, **common)

    def check(self) -> None:
        self.check_one_of("type", self.type, ("filepath", "numpy", "pil"))
        self.prefer_one_of("format", FORMATS, "webp")
        self.prefer_one_of("object_fit", FITS, None)
        for source in self.sources:
            self.check_one_of("sources", source, SOURCES)
        for argument, default in (("columns", 2), ("rows", None)):
            given = getattr(self, argument)
            counts = given if isinstance(given, list | tuple) else [given]
            if given is not None and not (counts and all(_is_count(count) for count in counts[:BREAKPOINTS])):
                self.correct(argument, default, f"{brief(given)} is not a number from 1, and no list of such")
        if not is_css_size(self.height):
            self.correct("height", None, f"{brief(self.height)} is not a CSS size")
        check_file_types(self.file_types, self.name)
        super().check()

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "columns": _counts(self.columns),
            "rows": _counts(self.rows),
            "height": self.height,
            "object_fit": self.object_fit,
            "allow_preview": self.allow_preview,
            "preview": self.preview,
            "selected_index": self.selected_index,
            "fit_columns": self.fit_columns,
            "accept": accepted(self.file_types or MEDIA),
            "sources": list(self.sources),
            "max_files": MAX_UPLOADED,
            "collects": "list",
            "streaming": False,
            "recording": False,
            **self._image.camera_props(),
            "buttons": list(self.buttons),
        }

    # ---- from the page -----------------------------------------------------------------------------------------

    def inspect(self, blob: Blob, scratch: Scratch) -> Blob:
        """Refuse an upload that is neither an image nor a video; what browsers do not show is converted for them."""
        if blob.found in READABLE:
            return self._image.inspect(blob, scratch)
        if container.recognise(source_of(blob)) is not None:
            return self._video.inspect(blob, scratch)
        raise self.unfit("images and videos", f"{blob.name}, which is neither")

    def validate(self, wire: Value, files: Files) -> Stored:
        if wire is None:
            return []
        if not isinstance(wire, list) or len(wire) > MAX_ITEMS:
            raise self.invalid(
                f"at most {MAX_ITEMS} images and videos", f"{len(wire) if isinstance(wire, list) else wire}"
            )
        return [self._entered(each, files) for each in wire]

    def _entered(self, wire: Value, files: Files) -> GalleryItem:
        """Check an item as the page gives it: a file that was uploaded, or one that it was shown."""
        if not isinstance(wire, dict) or "file" in wire:
            return {"media": self._uploaded(wire, files), "caption": None}
        media, caption = wire.get("media"), wire.get("caption")
        if wire.keys() - {"media", "caption"} or not (caption is None or isinstance(caption, str)):
            raise self.invalid("images and videos with captions", wire)
        if caption is not None and len(caption) > MAX_CAPTION:
            raise self.unfit(f"captions of at most {MAX_CAPTION} characters", f"{len(caption)}")
        if isinstance(media, dict) and isinstance(address := media.get("url"), str):
            if len(address) > MAX_ADDRESS or not (is_web_address(address) or is_embedded_image(address)):
                raise self.invalid("http(s) addresses", address)
            return {"media": WebLink(address), "caption": caption}
        return {"media": self._uploaded(media, files), "caption": caption}

    def _uploaded(self, wire: Value, files: Files) -> Blob:
        blob = found(self, wire, files)
        is_visible = blob.found is None or blob.found in READABLE or blob.mime.startswith("video/")
        if not is_visible or not is_of_types(blob, self.file_types or MEDIA):
            kinds = ", ".join(self.file_types or MEDIA)
            raise self.unfit(f"files of type {kinds}", f"{blob.name} of type {blob.mime}")
        return blob

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if not isinstance(value, list) or not value:
            return None
        images = StillImages(self, self._image, scratch)
        handed = [(self._handed(item["media"], images), item["caption"]) for item in value]
        images.close()
        return handed

    def _handed(self, media: Source, images: StillImages) -> object:
        if isinstance(media, WebLink) and _is_video(media):
            return media.url
        if isinstance(media, Blob) and (self.type == "filepath" or _is_video(media)):
            return NamedString(images.path(media), media.name)
        return images.lend(media)

    # ---- from handlers -----------------------------------------------------------------------------------------

    def postprocess(self, value: object, scratch: Scratch) -> Stored:
        if value is None:
            return []
        if isinstance(value, np.ndarray) and value.ndim == 4:
            value = list(value)
        if not isinstance(value, list | tuple) or len(value) > MAX_ITEMS:
            raise self.invalid(f"a list of at most {MAX_ITEMS} images and videos, or None", value)
        images = StillImages(self, self._image, scratch)
        items = [self._taken(at, item, images, scratch) for at, item in enumerate(value)]
        images.close()
        return items

    def _taken(self, at: int, item: object, images: StillImages, scratch: Scratch) -> GalleryItem:
        media, caption = item, None
        if isinstance(item, list | tuple):
            if len(item) != 2:
                raise self.unfit("(media, caption) in place of an image", f"{describe(item)} as item {at}")
            media, caption = item
        text = None if caption is None else plain_text(caption)
        if text is not None and len(text) > MAX_CAPTION:
            raise self.unfit(f"captions of at most {MAX_CAPTION} characters", f"{len(text)} as that of item {at}")
        try:
            return {"media": images.take(media, lambda path: self._read(path, images, scratch)), "caption": text}
        except InvalidValue as error:
            raise within(self, f"item {at}", error) from error

    def _read(self, path: Path, images: StillImages, scratch: Scratch) -> Blob:
        """Take a file on the disk: a video, if its name says so, or else an image."""
        if not guessed_mime(path.name).startswith("video/"):
            return images.read(path)
        is_declared = isinstance(scratch, DeclaredFiles)
        video = self._video.declared(path) if is_declared else self._video.postprocess(path, scratch)
        assert isinstance(video, Blob)
        return scratch.settle(replace(video, key=key_of(path)))

    def declared(self, value: object) -> Stored:
        return self.postprocess(value, DeclaredFiles())

    # ---- to the page -------------------------------------------------------------------------------------------

    def files(self, stored: Stored) -> Sequence[Blob]:
        return [item["media"] for item in stored if isinstance(item["media"], Blob)] if isinstance(stored, list) else []

    def wire(self, stored: Stored) -> Value:
        return [{**item, "media": _shown(item["media"])} for item in stored] if isinstance(stored, list) else []

    def recalled(self, data: Value, stored: Stored) -> object:
        index = data.get("index") if isinstance(data, dict) else None
        items = stored if isinstance(stored, list) else []
        if not isinstance(data, dict) or not isinstance(index, int) or not 0 <= index < len(items):
            return data
        media, caption = items[index]["media"], items[index]["caption"]
        if isinstance(media, Blob):
            return {**data, "value": {"video" if _is_video(media) else "image": media, "caption": caption}}
        address = SelectedFile(path=media.url, url=media.url, mime_type=_mime(media))
        return {**data, "value": {"video" if _is_video(media) else "image": address, "caption": caption}}

    def mark(self, stored: Stored) -> object:
        return [(item["media"], item["caption"]) for item in stored] if isinstance(stored, list) else []


def _shown(media: Source) -> Value | Blob:
    return {"url": media.url, "type": _mime(media)} if isinstance(media, WebLink) else media


def _mime(link: WebLink) -> str:
    """Guess what an address leads to: a video is one that its name says is one, anything else is an image."""
    mime = guessed_mime(urlsplit(link.url).path) if is_web_address(link.url) else ""
    return mime if mime.startswith("video/") else "image"


def _is_video(media: Source) -> bool:
    return (_mime(media) if isinstance(media, WebLink) else media.mime).startswith("video/")


def _is_count(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 1


def _counts(given: int | Sequence[int] | None) -> Value:
    """Give one number, or one for each of so many widths."""
    return list(given[:BREAKPOINTS]) if isinstance(given, list | tuple) else given
