"""The one way to open video and audio that others made: with the reader of its kind, which opens nothing else.

Left to itself FFmpeg asks all its readers who knows a file, and some of them (playlists, scripts, descriptions of
sessions) open every file and address that they find in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from millstream import installation
from millstream.errors import MediaError
from millstream.media.budget import BUDGET, MEBIBYTE, Budget, CostMeter, audio_of, over, video_of
from millstream.media.channel_order import check_channels
from millstream.media.file_kinds import AUDIO, AUDIO_NAMES, KINDS, VIDEO, VIDEO_NAMES, FileKind, Source, probe, reading
from millstream.media.mp4_tables import check_tables

if TYPE_CHECKING:
    from av.codec.context import CodecContext
    from av.container import InputContainer

OPENING_MIB: Final = 8
"""Bytes that may be read of any file until it is open."""

OPENING_STEPS: Final = 100_000
"""Reads and seeks until it is open."""

FRAMES_ALONE: Final = frozenset({"aac", "mp3", "flac"})
"""Readers of audio files whose first frames say what they are."""

PROBED_BYTES: Final = 512 * 1024
"""Bytes of frames in which FFmpeg looks for what such a file is: in 5 MB of empty ones it does for two seconds."""


class Media(NamedTuple):
    """A file that is open.

    Attributes:
        reader: PyAV's container, for reading.
        kind: What it is.
        meter: Counts what it costs: packets and frames go through it.
    """

    reader: InputContainer
    kind: FileKind
    meter: CostMeter


@contextmanager
def open_media(source: Source, allowed: frozenset[str] = VIDEO, budget: Budget = BUDGET) -> Iterator[Media]:
    """Open a file of video or audio that may be anybody's: a path, or its bytes.

    What it is its content decides. It is read through a file object by the one reader of that kind, which cannot open
    anything else, whatever the file says. What it costs is bounded, and it ends when nobody waits for it any more.

    Args:
        source: The bytes of a file, or its path; the name means nothing.
        allowed: Kinds that are read, by their names in `kinds.KINDS`.
        budget: What it may cost.

    Raises:
        MediaError: It is of no allowed kind, broken (also while it is read), or beyond the budget; or PyAV is not
            installed.
        Unwanted: Nobody waits for it any more.
    """
    kind = recognised(source, allowed)
    what = "video" if allowed == VIDEO else "audio"
    av = library()
    meter = CostMeter(budget)
    try:
        with reading(source) as file:
            if kind.demuxer == "mov":
                check_tables(file, budget)
            guarded = _Guarded(file, meter)
            with av.open(
                guarded,
                format=kind.demuxer,
                options=_options(kind, budget),
                metadata_errors="replace",
                io_open=_open_nothing,
            ) as reader:
                guarded.is_open = True
                check_channels(reader)
                meter.check_said(reader)
                for stream in (*video_of(reader), *audio_of(reader)):
                    _bound(stream.codec_context, budget)
                yield Media(reader, kind, meter)
    except MediaError:
        raise
    except (av.FFmpegError, EOFError, ValueError, ArithmeticError) as error:
        raise MediaError(f"it is broken, or no {what}: {getattr(error, 'strerror', None) or error}") from error


def recognised(source: Source, allowed: frozenset[str] = VIDEO) -> FileKind:
    """Tell what kind of file something is, by its content.

    Raises:
        MediaError: It is of no allowed kind.
    """
    name = probe(source)
    if name is None or name not in allowed:
        what = "video" if allowed == VIDEO else "audio" if allowed == AUDIO else "video or audio"
        known = VIDEO_NAMES if allowed == VIDEO else AUDIO_NAMES if allowed == AUDIO else ", ".join(sorted(allowed))
        raise MediaError(f"it is broken, or no {what}: its content is of no kind that is read here ({known})")
    return KINDS[name]


def needs_pyav(what: str) -> MediaError:
    """Make the error for a server without PyAV. Visitors do not see the remedy: it may name a folder of the server."""
    error = MediaError(f"{what} needs PyAV, which comes with the extra [video]")
    error.add_note(f"Install it: {installation.extra_command('video')}")
    return error


def pyav_lacks(what: str) -> MediaError:
    """Make the error for a PyAV that was built without something that its wheels have."""
    command = installation.package_command("--force-reinstall", "av")
    return MediaError(f"this PyAV has no {what}: {command} gives one that has")


def is_installed() -> bool:
    """Tell whether PyAV is there."""
    return find_spec("av") is not None


def library() -> ModuleType:
    """Give PyAV.

    Raises:
        MediaError: It is not installed; the message names the command.
    """
    try:
        import av
    except ImportError as error:
        raise needs_pyav("this") from error
    return av


def _options(kind: FileKind, budget: Budget) -> dict[str, str]:
    """Of the reader, and of the decoders with which it looks into the first frames."""
    options = {
        "protocol_whitelist": "",
        "format_whitelist": kind.demuxer,
        "max_streams": str(budget.streams + 1),
        "max_pixels": str(budget.pixels),
        "threads": "1",
    }
    if kind.demuxer in FRAMES_ALONE:
        options["probesize"] = str(PROBED_BYTES)
    if kind.demuxer == "mov":
        options |= {"enable_drefs": "0", "use_absolute_path": "0"}
    return options


def _bound(context: CodecContext, budget: Budget) -> None:
    """Have a decoder refuse frames that are too large, and do its work in the thread that is measured."""
    context.options = {"max_pixels": str(budget.pixels)}
    context.thread_count = 1


def _open_nothing(url: str, flags: int, options: object) -> object:
    """Refuse what a reader would open besides the file that it was given."""
    raise MediaError("it refers to other files or addresses, which are not opened")


class _Guarded:
    """A file as FFmpeg reads it: between two reads it is asked whether that may go on.

    Args:
        file: What is read.
        meter: Is asked.

    Attributes:
        is_open: Whether its header has been read; until then it may be read a few times over and no more, for an
            index may lead in circles.
    """

    def __init__(self, file: BinaryIO, meter: CostMeter) -> None:
        self._file = file
        self._meter = meter
        self._size = file.seek(0, 2)
        self._most = self._size * meter.budget.opening_reads + OPENING_MIB * MEBIBYTE
        file.seek(0)
        self._read = self._steps = 0
        self.is_open = self._has_failed = False

    def read(self, size: int) -> bytes:
        if self._is_over():
            return b""
        data = self._file.read(size)
        self._read += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place; one that is none becomes the end, for a broken file may name any."""
        if self._is_over():
            return self._size
        place = offset + (0, self._file.tell(), self._size)[whence]
        return self._file.seek(min(place, self._size) if place >= 0 else self._size)

    def tell(self) -> int:
        return self._file.tell()

    def _is_over(self) -> bool:
        """Tell whether the file ends here for who reads it: an error is raised once, and PyAV raises it in the end."""
        if not self._has_failed:
            self._has_failed = True
            self._check()
            self._has_failed = False
        return self._has_failed

    def _check(self) -> None:
        self._steps += 1
        if self.is_open:
            self._meter.check()
            return
        self._meter.check_opening()
        if self._read > self._most:
            raise over("is read", self._meter.budget.opening_reads, "times before its first frame")
        if self._steps > OPENING_STEPS:
            raise over("has", OPENING_STEPS, "parts before its first frame")
