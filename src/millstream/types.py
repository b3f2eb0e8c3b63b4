"""Aliases, plain data and Protocols that all rooms above share. Read this file first: the library in miniature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, TypeAlias

from millstream.frames import Chunk, Frame

Handler: TypeAlias = Callable[..., object]
"""A user's function: plain, async, generator, async generator, or a callable object."""

Media: TypeAlias = Frame | Chunk

Carried: TypeAlias = Literal["picture", "sound", "film"]
"""The media that a stream brings from the page: a `video` is audio with frames."""


class Encoded(NamedTuple):
    """The output of an encoder for one frame or chunk.

    `is_key`: decodable without earlier packets. `is_independent`: no later packet needs it, so a newer one may replace
    it.
    """

    payload: bytes
    is_key: bool = True
    is_independent: bool = True


class Encoding(NamedTuple):
    """The encoding of a stream's frames in one direction; 0 leaves the choice to the app.

    `codec` is its number on the wire. `bits_per_s` is the target rate at `frames_per_s`; no side of a frame may be
    longer than `longest` pixels.
    """

    codec: int
    bits_per_s: int = 0
    frames_per_s: float = 0.0
    longest: int = 0


class Decoder(Protocol):
    """Decodes the payloads of one stream, in order. It may keep a state between them."""

    def decode(self, payload: bytes | memoryview) -> Media:
        """Decode one payload.

        Raises:
            MediaError: Broken, of another format, or beyond the budget; checked before anything is allocated.
        """

    def close(self) -> None: ...


class Encoder(Protocol):
    """Encodes the frames or chunks of one stream, in order. It may keep a state between them.

    A codec that has no key frames, no rate, or nothing to close inherits the methods that do nothing.
    """

    def encode(self, media: Media) -> Encoded: ...

    def request_key_frame(self) -> None:
        """Make the next packet a key one; no effect where every packet is independent."""
        return

    def set_rate(self, bits_per_s: int, frames_per_s: float = 30.0) -> None:
        """Aim at a rate from the next packet on, with so many packets a second; 0: at the quality.

        Nothing to do where nothing is lost.
        """
        return

    def close(self) -> None:
        """Release the state. Harmless if repeated."""
        return


class Codec(Protocol):
    """One encoding: a module in `codecs/`, found by its file name, whose functions these are."""

    NAME: str
    """The file's name, and the lower-case name of its number on the wire."""

    NUMBER: int
    """Its number on the wire."""

    IS_DEPENDENT: bool
    """True if its packets build on each other, so that none may be left out once it is made."""

    def open_decoder(self) -> Decoder: ...

    def open_encoder(self, quality: float) -> Encoder:
        """Open an encoder; `quality` is 0..1 and means nothing to a lossless codec."""


class Transport(Protocol):
    """Moves whole binary messages between one page and the server."""

    async def receive(self) -> bytes:
        """Wait for the next message.

        Raises:
            Closed: The other side is gone; `Departed` if it said goodbye.
        """

    async def send(self, message: bytes) -> None:
        """Send one message; returns when the socket has taken it.

        Raises:
            Closed: The other side is gone.
        """

    async def close(self, code: int, reason: str) -> None: ...


class VideoSegment(NamedTuple):
    """A segment of a video: the next bytes of a fragmented MP4 file (ISO/IEC 14496-12), which a browser appends.

    Attributes:
        mime: The file's media type with its codecs; the same for a whole video.
        fragments: The next fragments in order: bytes, and their duration in seconds.
        is_first: Whether a video begins with it.
    """

    mime: str
    fragments: tuple[tuple[bytes, float], ...]
    is_first: bool

    def before(self, other: VideoSegment) -> VideoSegment:
        """Append the following segment."""
        return self._replace(fragments=self.fragments + other.fragments)


Segment: TypeAlias = Chunk | bytes | VideoSegment
"""The next input of a player: samples, a file that the page decodes, or a segment of a video."""


@dataclass(frozen=True)
class Blob:
    """An encoded file that belongs to a session: an upload, or a file that a handler returned.

    Either `data` or `path` is set. The session's store makes a handle for it; the wire never sees a path. `size` is in
    bytes: the length of `data`, or the size of a file as filled in by the runtime. `told` is further data for the page.
    `shown` replaces it in browsers that cannot show the file itself; handlers and downloads get the file. `found` is
    the image format of an upload by its content: `None` if not yet examined, empty if it is not an image. Files with
    the same `key` have the same content; an empty one tells nothing.
    """

    name: str
    mime: str
    data: bytes | None = None
    path: Path | None = None
    size: int = 0
    told: Mapping[str, str] = field(default_factory=dict, hash=False)
    shown: Blob | None = None
    found: str | None = None
    key: str = ""

    @property
    def total(self) -> int:
        """Its size in bytes, including the copy for browsers."""
        return self.size + (self.shown.total if self.shown is not None else 0)

    @property
    def paths(self) -> list[Path]:
        """Files on the disk that belong to it."""
        return [*([self.path] if self.path is not None else []), *(self.shown.paths if self.shown is not None else ())]

    def __post_init__(self) -> None:
        if self.data is not None:
            object.__setattr__(self, "size", len(self.data))


class Still(NamedTuple):
    """An image as a file of its own, and the size in pixels at which handlers see it."""

    blob: Blob
    width: int
    height: int


@dataclass(frozen=True)
class WebLink:
    """An `https`, `http` or `data:image` address that goes to the browser unchanged; the server never opens it."""

    url: str


class Files(Protocol):
    """A session's store, as a component sees it when it validates what the page sent."""

    def find(self, handle: str) -> Blob:
        """Look up one of the session's own files.

        Raises:
            InvalidValue: The session has no such file.
        """


class Scratch(Protocol):
    """Resources of one call: files that live exactly as long as the call."""

    def temporary(self, suffix: str) -> Path:
        """Name a new file, deleted when the call's outputs have been encoded."""

    def admit(self, path: Path) -> Blob:
        """Take a file that the handler returned into the session, if the path rules allow it.

        Raises:
            InvalidValue: The file does not exist or lies outside the allowed folders; the message names the remedy.
        """

    def settle(self, blob: Blob) -> Blob:
        """Prepare a file for the session: fill in its size, and move it to the disk if it is large.

        Raises:
            QuotaExceeded: The session has no room for it.
        """

    @property
    def max_image_pixels(self) -> int:
        """The most pixels of an image file that is decoded."""

    @property
    def memory(self) -> dict[object, object]:
        """Notes of components for the next value of the same call, by keys of their own."""


class PlayerSource(Protocol):
    """Joins the values that one run or stream plays in one component into one video or audio stream."""

    def piece(self, value: object, scratch: Scratch) -> tuple[Stored, Segment | None] | None:
        """Convert a returned value to the value that is stored and the input of the player.

        `KEEP` and `None` if nothing can be played before the next value arrives; `None` for values that are not played
        here, such as an address.

        Raises:
            InvalidValue: The value is invalid, or does not continue the earlier ones.
        """

    def end(self, before: Segment | None = None, *, goes_on: bool = False) -> tuple[Stored, Segment | None]:
        """Return the value to store from now on, and the rest to be played, after `before` if that is still waiting.

        If it `goes_on`, only a generator has ended, and its stream has not. `None` stands for nothing to play or store.

        Raises:
            InvalidValue: The media is incomplete, or there was none.
        """

    def close(self) -> None:
        """Release everything. Harmless if repeated."""


Stored: TypeAlias = object
"""A component's value as a session keeps it: plain data, a `Packet`, a `Blob`, a `WebLink`, any object for `State`."""
