"""Aliases, plain data and Protocols that all rooms above share. Read this file first: it is the library in small."""

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
"""What a stream brings from the page: a `video` is sound with pictures."""


class Encoded(NamedTuple):
    """What an encoder gives for one frame or chunk.

    `is_key`: decodable without what came before. `is_independent`: nothing that comes later needs it, so a newer one
    may replace it.
    """

    payload: bytes
    is_key: bool = True
    is_independent: bool = True


class Encoding(NamedTuple):
    """A way to encode the frames of a stream in one direction; 0 is as the app wants.

    `codec` is its number on the wire. `bits_per_s` is what to aim at with `frames_per_s`; no side of a frame may be
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
        """Make the next packet a key one. Nothing to do where every packet stands alone."""
        return

    def set_rate(self, bits_per_s: int, frames_per_s: float = 30.0) -> None:
        """Aim at a rate from the next packet on, with so many packets a second; 0: at the quality.

        Nothing to do where nothing is lost.
        """
        return

    def close(self) -> None:
        """Let go of the state. Harmless if repeated."""
        return


class Codec(Protocol):
    """One encoding: a module in `codecs/`, found by its file name, whose functions these are."""

    NAME: str
    """The file's name, and the lower-case name of its number on the wire."""

    NUMBER: int
    """Its number on the wire."""

    IS_DEPENDENT: bool
    """Whether its packets build on each other, so that none may be left out once it is made."""

    def open_decoder(self) -> Decoder: ...

    def open_encoder(self, quality: float) -> Encoder:
        """Open an encoder; `quality` is 0..1 and means nothing to a lossless codec."""


class Transport(Protocol):
    """Moves whole binary messages between one page and the server."""

    async def receive(self) -> bytes:
        """Wait for the next message.

        Raises:
            Closed: The other side is gone.
        """

    async def send(self, message: bytes) -> None:
        """Send one message; returns when the socket took it.

        Raises:
            Closed: The other side is gone.
        """

    async def close(self, code: int, reason: str) -> None: ...


class VideoSegment(NamedTuple):
    """A stretch of a film: the next bytes of a fragmented MP4 file (ISO/IEC 14496-12), which a browser appends.

    Attributes:
        mime: The file's media type with its codecs; the same for all of one film.
        fragments: What comes next, in order: bytes, and how many seconds of the film they are.
        is_first: Whether a film begins with it.
    """

    mime: str
    fragments: tuple[tuple[bytes, float], ...]
    is_first: bool

    def before(self, other: VideoSegment) -> VideoSegment:
        """Put what follows behind it."""
        return self._replace(fragments=self.fragments + other.fragments)


Segment: TypeAlias = Chunk | bytes | VideoSegment
"""What a player is given to play next: samples, a file that the page decodes, or a stretch of a film."""


@dataclass(frozen=True)
class Blob:
    """An encoded file that belongs to a session: an upload, or what a handler returned.

    Either `data` or `path` is set. A handle for it is made by the session's store; the wire never sees a path.
    `size` is in bytes: the length of `data`, and of a file what the runtime fills in. `told` is what the page learns
    besides. `shown` is what browsers are given in its place where they do not show the file itself; handlers and
    downloads get the file. `found` is the image format that an upload has by its content: `None` if nobody has
    looked, empty if it has none.
    """

    name: str
    mime: str
    data: bytes | None = None
    path: Path | None = None
    size: int = 0
    told: Mapping[str, str] = field(default_factory=dict, hash=False)
    shown: Blob | None = None
    found: str | None = None

    @property
    def total(self) -> int:
        """Bytes that it takes with what is shown in its place."""
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
    """An `https`, `http` or `data:image` address that goes to the browser as it is; the server never opens it."""

    url: str


class Files(Protocol):
    """A session's store, as a component sees it when it validates what the page sent."""

    def find(self, handle: str) -> Blob:
        """Look up one of the session's own files.

        Raises:
            InvalidValue: The session has no such file.
        """


class Scratch(Protocol):
    """What one call may use: files that live exactly as long as the call."""

    def temporary(self, suffix: str) -> Path:
        """Name a new file, deleted when the call's outputs have been encoded."""

    def admit(self, path: Path) -> Blob:
        """Take a file that the handler returned into the session, if the path rules allow it.

        Raises:
            InvalidValue: The file does not exist or lies outside the allowed folders; the message names the remedy.
        """

    def settle(self, blob: Blob) -> Blob:
        """Bring a file into the form in which the session keeps it: with its size, and on the disk if it is large.

        Raises:
            QuotaExceeded: The session has no room for it.
        """

    @property
    def max_image_pixels(self) -> int:
        """How many pixels an image file may have that is decoded."""

    @property
    def memory(self) -> dict[object, object]:
        """What components note for the next value of the same call, by keys of their own."""


class PlayerSource(Protocol):
    """Joins what one run or stream plays in one component, value after value, into one film or sound."""

    def piece(self, value: object, scratch: Scratch) -> tuple[Stored, Segment | None] | None:
        """Make of what the handler returned what is stored, and what is played next.

        `KEEP` and `None` if nothing can be heard or seen before the next value comes; `None` for what is not ours to
        play, such as an address.

        Raises:
            InvalidValue: It does not fit, or not to what came before.
        """

    def end(self, before: Segment | None = None, *, goes_on: bool = False) -> tuple[Stored, Segment | None]:
        """Give what is stored from now on, and what was still to be played, behind `before` if that is still here.

        If it `goes_on`, only a generator has ended, and its stream has not. Nothing to be played, and nothing stored,
        is `None`.

        Raises:
            InvalidValue: What came was not all, or was nothing.
        """

    def close(self) -> None:
        """Let go of everything. Harmless if repeated."""


Stored: TypeAlias = object
"""A component's value as a session keeps it: plain data, a `Packet`, a `Blob`, a `WebLink`, any object for `State`."""
