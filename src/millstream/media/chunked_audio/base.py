"""The base of chunked audio of every kind: `ChunkedDecoder`, its probe, and the samples that it gathers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np

from millstream.cancellation import check_wanted
from millstream.errors import MediaError
from millstream.frames import Chunk, Samples

MOST_PASSED: Final = 16 * 1024
"""Bytes in a row that are passed over because they belong to nothing: tags between files, say."""

MOST_DECODED: Final = 512 * 1024 * 1024
"""Bytes of samples that one chunk may become; a few bytes of silence may stand for a second."""

MOST_FALSE_STARTS: Final = 4096
BYTES_A_FALSE_START: Final = 1024
"""So many bytes that are no header may look like one, and one more in each so many; by chance it is one in 6,000."""

Extent: TypeAlias = Literal["whole", "cut", "unknown"]
"""The completeness of a file: all of it is there, a part, or nobody can say."""


class ChunkedDecoder(Protocol):
    """One stream of audio, chunk after chunk; the chunks are cut anywhere."""

    def feed(self, data: bytes) -> Chunk | None:
        """Take the next bytes, any number of them, and give what can be heard by now.

        Raises:
            MediaError: They cannot be decoded, do not go on with what came before, or have long been no audio.
        """

    def end(self) -> Chunk | None:
        """Give what was held back; nothing is fed any more.

        Raises:
            MediaError: There was no audio in any of it, or it said itself that there is more.
        """


class ChunkedFormat(NamedTuple):
    """One kind of file.

    Attributes:
        name: As an error calls it.
        is_ours: Whether a file of this kind begins so; 12 bytes or more are looked at.
        extent_of: Whether a file that begins so is all there; what is broken is `"whole"`.
        open_run: Opens a run of it.
        needs_pyav: Whether that takes PyAV.
    """

    name: str
    is_ours: Callable[[bytes], bool]
    extent_of: Callable[[bytes], Extent]
    open_run: Callable[[], ChunkedDecoder]
    needs_pyav: bool = True


class Window:
    """Which of the samples that come out of a decoder are meant: all, but for `skip` of them, and no more than `most`.

    So the padding that an encoder put before and after the audio is left out.
    """

    def __init__(self, skip: int = 0, most: int | None = None) -> None:
        self._skip, self._left = skip, most

    def part(self, samples: Samples) -> Samples:
        """Take the next that came out, and give those that are meant."""
        if not self._skip and self._left is None:
            return samples
        skipped = min(self._skip, len(samples))
        self._skip -= skipped
        end = len(samples) if self._left is None else min(skipped + self._left, len(samples))
        if self._left is not None:
            self._left -= end - skipped
        return samples[skipped:end]


class FalseStarts:
    """Counts what looks like the header of a frame and is none: in audio that is rare, and each costs time.

    Args:
        kind: What an error calls their file.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._bytes = self._count = 0

    def feed(self, data: bytes) -> None:
        """Allow for more of them in more bytes."""
        self._bytes += len(data)

    def add(self) -> None:
        """Count one.

        Raises:
            MediaError: There are far more than in any audio.
        """
        self._count += 1
        if self._count > MOST_FALSE_STARTS + self._bytes // BYTES_A_FALSE_START:
            raise MediaError(f"{self._kind} is broken: {self._count} headers in {self._bytes} bytes begin no frame")


class Gathered:
    """The samples of one feed after the other, all of one format.

    Args:
        kind: What an error calls their file.

    Attributes:
        is_empty: Whether there have never been any.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._format: tuple[int, int] | None = None
        self._parts: list[Samples] = []
        self._bytes = 0
        self.is_empty = True

    def add(self, samples: Samples, sample_rate: int) -> None:
        """Put in what comes next, of shape `(n, channels)`.

        Raises:
            MediaError: Its rate or number of channels is another than before, or there are too many at once.
            Unwanted: Nobody waits for it any more.
        """
        check_wanted()
        if not len(samples):
            return
        self._bytes += samples.nbytes
        if self._bytes > MOST_DECODED:
            raise MediaError(
                f"one chunk of {self._kind} is more than the budget of {MOST_DECODED // 1024 // 1024} MiB of samples: "
                "yield shorter chunks"
            )
        found = sample_rate, samples.shape[1]
        if self._format is not None and found != self._format:
            (rate, channels), (new_rate, new_channels) = self._format, found
            raise MediaError(
                f"{self._kind} at {rate} Hz with {channels} channels goes on at {new_rate} Hz with {new_channels}: "
                "the format of streamed audio must not change on the way"
            )
        self._format, self.is_empty = found, False
        self._parts.append(samples)

    def take(self) -> Chunk | None:
        """Give what came since the last time."""
        if self._format is None or not self._parts:
            return None
        samples, self._parts, self._bytes = np.ascontiguousarray(np.concatenate(self._parts)), [], 0
        return Chunk(samples, self._format[0])

    def rest(self) -> Chunk | None:
        """Give the last of it.

        Raises:
            MediaError: There was never anything.
        """
        if self.is_empty:
            raise MediaError(f"{self._kind} ended before its audio had begun")
        return self.take()
