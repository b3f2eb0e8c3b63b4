"""MP3 that comes cut anywhere, as services of speech send it: one sound without a seam. Decoding needs PyAV.

Frames by ISO/IEC 11172-3, 2.4.1, and 13818-3 for low sample rates; the tag before them by ID3v2.4, section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from millstream.codecs.container import library
from millstream.errors import MediaError
from millstream.frames import Chunk

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.resampler import AudioResampler

MOST_PASSED: Final = 16 * 1024
"""Bytes between two frames that are passed over."""

HEADER_BYTES: Final = 4
TAG_BYTES: Final = 10

KBITS: Final = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates of layer III by their number: of version 1, and of the lower ones."""

RATES_HZ: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Sample rates by the number of the version."""


def is_cut(data: bytes) -> bool:
    """Tell whether an MP3 begins so that ends in the middle of a frame, not its first: it goes on in the next piece."""
    begin = at = _tag_end(data)
    while at < len(data):
        length = _frame_bytes(data[at : at + HEADER_BYTES])
        if length is None:
            return False  # a tag at the end, say
        if at + length > len(data):
            return at > begin
        at += length
    return False


def _tag_end(data: bytes) -> int:
    if not data.startswith(b"ID3"):
        return 0
    size = 0
    for byte in data[6:TAG_BYTES]:  # seven bits of each
        size = size << 7 | byte & 0x7F
    return TAG_BYTES + size


def _frame_bytes(header: bytes) -> int | None:
    """Give the length of the frame that begins so; `None` if none does. More than there is if the header is cut."""
    if len(header) < HEADER_BYTES:
        return HEADER_BYTES if b"\xff".startswith(header[:1]) else None
    version, rate_at, rate_kbits = header[1] >> 3 & 3, header[2] >> 2 & 3, header[2] >> 4
    is_frame = header[0] == 0xFF and header[1] & 0xE6 == 0xE2  # in step, and layer III
    if not is_frame or version not in RATES_HZ or rate_at > 2 or not 0 < rate_kbits < 15:
        return None
    bytes_for = 144_000 if version == 3 else 72_000
    return bytes_for * KBITS[version == 3][rate_kbits] // RATES_HZ[version][rate_at] + (header[2] >> 1 & 1)


class Mp3Run:
    """One sound, piece after piece.

    Raises:
        MediaError: PyAV is not installed.
    """

    def __init__(self) -> None:
        av = library()
        self._decoder: AudioCodecContext = av.CodecContext.create("mp3", "r")
        self._resampler: AudioResampler = av.AudioResampler(format="s16p")
        self._waiting = b""
        self._is_begun = False
        self._passed = 0

    def feed(self, data: bytes) -> Chunk | None:
        """Decode the frames that are whole by now; `None` if there are none.

        Raises:
            MediaError: They cannot be decoded, or there have been none for long.
        """
        av = library()
        try:
            decoded = [frame for whole in self._frames(data) for frame in self._decoder.decode(av.Packet(whole))]
            frames = [each for frame in decoded for each in self._resampler.resample(frame)]
        except av.FFmpegError as error:
            raise MediaError(f"this MP3 cannot be decoded: {error}") from error
        if not frames:
            return None
        samples = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
        return Chunk(np.ascontiguousarray(samples.T), frames[0].sample_rate)

    def _frames(self, data: bytes) -> Iterator[bytes]:
        """Cut off what is whole. What is no frame is passed over, and so is the tag, where some may seem to be."""
        data = self._waiting + data
        at = 0
        if not self._is_begun:
            at = _tag_end(data) if len(data) >= TAG_BYTES else len(data) + 1
            self._is_begun = at <= len(data)
        while self._is_begun and at < len(data):
            length = _frame_bytes(data[at : at + HEADER_BYTES])
            if length is None:
                at += 1
                self._passed += 1
            elif at + length > len(data):
                break
            else:
                yield data[at : at + length]
                at += length
                self._passed = 0
        if self._passed > MOST_PASSED:
            raise MediaError(f"{self._passed} bytes after the beginning of an MP3 are none")
        self._waiting = data[at:] if self._is_begun else data
