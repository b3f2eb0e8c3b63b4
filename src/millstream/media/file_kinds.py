"""Which kind of video or audio file something is: by its content alone, never by its name or by what is said of it.

A kind that is not in the table here is not read: its parser would be one more that a visitor could feed, and several
of FFmpeg's (playlists, scripts, descriptions of sessions) open other files and addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Source: TypeAlias = bytes | Path

HEAD_BYTES: Final = 1024
"""Bytes of the beginning that are looked at."""

TAG_BYTES: Final = 10
"""Of the header of an ID3 tag (ID3v2.4, 3.1)."""


class FileKind(NamedTuple):
    """A kind of file.

    Attributes:
        name: The usual end of its files' names, without a dot.
        demuxer: What FFmpeg calls its reader.
        video: Its media type as a video; empty if it holds none.
        audio: Its media type as audio; empty if nobody keeps audio alone in it.
        aliases: Further ends of names that mean it.
    """

    name: str
    demuxer: str
    video: str = ""
    audio: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def suffixes(self) -> frozenset[str]:
        """Ends of names that mean it, with their dot."""
        return frozenset(f".{name}" for name in (self.name, *self.aliases))


KINDS: Final = {
    kind.name: kind
    for kind in (
        FileKind("mp4", "mov", "video/mp4", "audio/mp4", ("m4v", "m4a", "m4b", "3gp", "3g2", "f4v", "mov")),
        FileKind("mov", "mov", "video/quicktime", "", ("qt", "mp4", "m4v")),
        FileKind("webm", "matroska", "video/webm", "audio/webm", ("weba",)),
        FileKind("mkv", "matroska", "video/x-matroska", "audio/x-matroska", ("mka", "mk3d", "webm")),
        FileKind("avi", "avi", "video/x-msvideo"),
        FileKind("ogg", "ogg", "video/ogg", "audio/ogg", ("ogv", "oga", "opus", "spx", "ogx")),
        FileKind("ts", "mpegts", "video/mp2t", "", ("mts", "m2ts", "m2t")),
        FileKind("mpg", "mpeg", "video/mpeg", "", ("mpeg", "vob", "m2p", "mod", "ps")),
        FileKind("flv", "flv", "video/x-flv"),
        FileKind("asf", "asf", "video/x-ms-wmv", "audio/x-ms-wma", ("wmv", "wma")),
        FileKind("wav", "wav", "", "audio/wav", ("wave", "bwf", "rf64")),
        FileKind("w64", "w64", "", "audio/x-w64"),
        FileKind("aiff", "aiff", "", "audio/x-aiff", ("aif", "aifc")),
        FileKind("mp3", "mp3", "", "audio/mpeg", ("mp2", "mpga")),
        FileKind("aac", "aac", "", "audio/aac", ("adts",)),
        FileKind("flac", "flac", "", "audio/flac"),
        FileKind("amr", "amr", "", "audio/amr", ("awb",)),
        FileKind("caf", "caf", "", "audio/x-caf"),
        FileKind("au", "au", "", "audio/basic", ("snd",)),
    )
}
"""All kinds that are read, by name."""

VIDEO: Final = frozenset(name for name, kind in KINDS.items() if kind.video)
AUDIO: Final = frozenset(name for name, kind in KINDS.items() if kind.audio)
"""Containers of the one and the other; only opening a file tells what it holds."""

VIDEO_NAMES: Final = "MP4, WebM, MOV, Matroska, AVI, Ogg, MPEG-TS, MPEG-PS, FLV or WMV"
AUDIO_NAMES: Final = "WAV, MP3, Ogg, FLAC, AAC, M4A, WebM, AIFF, WMA, AMR, CAF or AU"

_EBML: Final = b"\x1a\x45\xdf\xa3"
_ASF: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_W64: Final = bytes.fromhex("726966662e91cf11a5d628db04c10000")

_IMAGE_BRANDS: Final = frozenset(b"avif avis heic heix heim heis hevc hevx mif1 msf1".split())
_ATOMS: Final = frozenset(b"moov mdat wide free skip pnot".split())
"""The atoms with which a QuickTime file may begin that is older than the brand at the beginning."""

_BEGINNINGS: Final = (
    (b"OggS", "ogg"),
    (b"\x00\x00\x01\xba", "mpg"),
    (b"FLV\x01", "flv"),
    (_ASF, "asf"),
    (b"RF64", "wav"),
    (b"BW64", "wav"),
    (b"RIFX", "wav"),
    (_W64, "w64"),
    (b"fLaC", "flac"),
    (b"#!AMR\n", "amr"),
    (b"#!AMR-WB\n", "amr"),
    (b"caff", "caf"),
    (b".snd", "au"),
)


def probe(source: Source) -> str | None:
    """Tell by its content what kind of file something is: a name of `KINDS`, or `None`. Reads two short stretches.

    Args:
        source: The bytes of a file, or its path.

    Raises:
        OSError: The file cannot be read.
    """
    with reading(source) as file:
        head = file.read(HEAD_BYTES)
        if head.startswith(b"ID3") and len(head) >= TAG_BYTES:
            return _tagged(file, head)
    return kind_of(head)


def kind_of(head: bytes) -> str | None:
    """Tell by the first `HEAD_BYTES` of a file, which has no tag before them, what `probe` tells."""
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    return next((name for name in (look(head) for look in _LOOKS) if name is not None), None)


@contextmanager
def reading(source: Source) -> Iterator[BinaryIO]:
    """Open a file, or the bytes of one, for reading."""
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        yield file


def _tagged(file: BinaryIO, head: bytes) -> str:
    """Tell what follows an ID3 tag: MP3, unless it is something else that is known to come behind one."""
    size = 0
    for byte in head[6:TAG_BYTES]:  # seven bits of each
        size = size << 7 | byte & 0x7F
    file.seek(TAG_BYTES + size + (TAG_BYTES if head[5] & 0x10 else 0))
    behind = file.read(HEAD_BYTES).lstrip(b"\0")
    return "flac" if behind.startswith(b"fLaC") else "aac" if _of_mpeg_audio(behind) == "aac" else "mp3"


def _of_boxes(head: bytes) -> str | None:
    """MP4 and QuickTime: ISO/IEC 14496-12, 4.2 and 4.3."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return None if brand in _IMAGE_BRANDS else "mov" if brand == b"qt  " else "mp4"
    size = int.from_bytes(head[:4], "big")
    return "mov" if head[4:8] in _ATOMS and (size >= 8 or size <= 1) else None


def _of_matroska(head: bytes) -> str | None:
    if not head.startswith(_EBML):
        return None
    return "mkv" if b"matroska" in head[:64] else "webm"


def _of_riff(head: bytes) -> str | None:
    if head.startswith(b"FORM"):
        return "aiff" if head[8:12] in (b"AIFF", b"AIFC") else None
    return {b"AVI ": "avi", b"AVIX": "avi", b"WAVE": "wav"}.get(head[8:12]) if head.startswith(b"RIFF") else None


def _of_transport_stream(head: bytes) -> str | None:
    """MPEG-TS: a byte that comes every 188 bytes, or every 192 behind four of a time (ISO/IEC 13818-1, 2.4.3.2)."""
    for begin, step in ((0, 188), (4, 192)):
        marks = head[begin : begin + 4 * step + 1 : step]
        if len(marks) > 1 and marks.strip(b"\x47") == b"":
            return "ts"
    return None


def _of_mpeg_audio(head: bytes) -> str | None:
    """MP3 and AAC without a container: eleven bits that are set, and then numbers that mean something."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac" if head[2] >> 2 & 15 < 13 else None
    # Layer I is not read: nobody has it, and a text in UTF-16 would begin as it does.
    has_layer, has_version = head[1] & 0x06 in (0x02, 0x04), head[1] & 0x18 != 0x08
    is_sensible = head[1] & 0xE0 == 0xE0 and has_layer and has_version
    return "mp3" if is_sensible and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C else None


_LOOKS: Final[tuple[Callable[[bytes], str | None], ...]] = (
    _of_boxes,
    _of_matroska,
    _of_riff,
    _of_transport_stream,
    _of_mpeg_audio,
)
