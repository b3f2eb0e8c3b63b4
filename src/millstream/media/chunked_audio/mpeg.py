"""MP3 and AAC (ADTS) in chunks, cut anywhere. Needs PyAV.

Frames of MP3 by ISO/IEC 11172-3, 2.4.1, and 13818-3 for low sample rates; of AAC by ISO/IEC 13818-7, 6.2; tags before
them by ID3v2.4, section 3.1; the first frame of an MP3 that holds no audio but says how long the file is, and what
encoder and decoder add to it, by "VBR headers" of Xing and the "Info tag" of LAME 3.100, `doc` and `VbrTag.c`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from millstream.errors import MediaError
from millstream.frames import Chunk
from millstream.media.chunked_audio.base import MOST_PASSED, Extent, FalseStarts, Gathered, Window
from millstream.media.chunked_audio.decoder import PacketDecoder

NAME: Final = "an MP3 or AAC file"

HEADER_BYTES: Final = 6
"""Enough of a frame's header to know how long it is."""

TAG_BYTES: Final = 10

KBITS: Final = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates of layer III by their number: of version 1, and of the lower ones."""

RATES_HZ: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Sample rates of layer III by the number of the version."""

AAC_RATES: Final = 13
"""The number of sample rates that have an index."""

MOST_LOOKED_AT: Final = 200_000
"""Frames that are looked at to tell whether a file is whole: more than an hour."""

DECODER_DELAY: Final = 529
"""Samples that come out of every decoder of layer III before the first that was put in."""


_STARTS: Final = re.compile(rb"\xff[\xe2\xe3\xf0-\xf3\xf8-\xfb]|ID3|\xff\Z|ID?\Z")
"""The beginnings of a frame or a tag, also if not all of it is there."""


class MpegFrame(NamedTuple):
    """The header of a frame: its codec, its length in bytes and in samples, and where the audio begins.

    `side_bytes` is the length of what stands between the header of an MP3's frame and its audio.
    """

    codec: str
    size: int
    samples: int = 0
    side_bytes: int = 0


class EncoderPadding(NamedTuple):
    """The first frame of an MP3, which describes the file: its frames after this one, and the samples of padding.

    `frames` is 0 if it is not said.
    """

    frames: int
    delay: int
    padding: int


def is_ours(data: bytes) -> bool:
    """Tell whether a file of this kind begins so; `data` has 12 bytes or more."""
    return _tag_bytes(data) > 0 or frame_of(data) is not None


def extent_of(data: bytes) -> Extent:
    """Tell whether all frames are there. Few files say how many they are: of others only a cut frame can be seen."""
    at, frames, told = _tag_bytes(data), 0, None
    while frames < MOST_LOOKED_AT and (frame := frame_of(data[at : at + HEADER_BYTES])) is not None:
        if at + frame.size > len(data):
            return "cut"
        first = None if frames else told_by(data[at : at + frame.size], frame)
        told = told or first
        at, frames = at + frame.size, frames + (first is None)
    if frames >= MOST_LOOKED_AT:
        return "unknown"
    if told is not None and told.frames:
        return "whole" if frames >= told.frames else "cut"
    rest = len(data) - at
    if rest < 0 or 0 < rest < HEADER_BYTES or not (frames or rest):
        return "cut"
    return "unknown" if frames else "whole"


def _tag_bytes(data: bytes) -> int:
    """Give the size of the tag that begins so; 0 if none does."""
    if len(data) < TAG_BYTES or data[:3] != b"ID3" or not 2 <= data[3] <= 4:
        return 0
    size = 0
    for byte in data[6:TAG_BYTES]:  # seven bits of each
        size = size << 7 | byte & 0x7F
    return TAG_BYTES + size


def frame_of(header: bytes) -> MpegFrame | None:
    """Read the header of a frame; `None` if these bytes are none, or too few."""
    if len(header) < HEADER_BYTES or header[0] != 0xFF:
        return None
    if header[1] & 0xF6 == 0xF0:  # in step, and no layer
        size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
        return MpegFrame("aac", size) if header[2] >> 2 & 15 < AAC_RATES and size > HEADER_BYTES else None
    version, rate_at, rate_kbits = header[1] >> 3 & 3, header[2] >> 2 & 3, header[2] >> 4
    is_layer_3 = header[1] & 0xE6 == 0xE2
    if not is_layer_3 or version not in RATES_HZ or rate_at > 2 or not 0 < rate_kbits < 15:
        return None
    is_first_version, is_mono = version == 3, header[3] >> 6 == 3
    bytes_for = 144_000 if is_first_version else 72_000
    size = bytes_for * KBITS[is_first_version][rate_kbits] // RATES_HZ[version][rate_at] + (header[2] >> 1 & 1)
    side_bytes = (17 if is_mono else 32) if is_first_version else (9 if is_mono else 17)
    return MpegFrame("mp3", size, 1152 if is_first_version else 576, side_bytes)


def told_by(data: bytes, frame: MpegFrame) -> EncoderPadding | None:
    """Read a frame that speaks of the file; `None` if it is one of audio."""
    at = 4 + frame.side_bytes
    if frame.codec != "mp3" or data[at : at + 4] not in (b"Xing", b"Info"):
        return None
    has = int.from_bytes(data[at + 4 : at + 8], "big")
    frames = int.from_bytes(data[at + 8 : at + 12], "big") if has & 1 else 0
    at += 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if has & bit)
    # The program's name is followed by this at a fixed place; one that does not know it leaves zeros.
    said = int.from_bytes(data[at + 21 : at + 24], "big") if data[at : at + 1] == b"L" else 0
    return EncoderPadding(frames, said >> 12, said & 0xFFF) if said else EncoderPadding(frames, 0, 0)


class MpegDecoder:
    """Frames of MP3, or of AAC, as they become whole: of one file, or of several that follow each other."""

    def __init__(self) -> None:
        self._sound = Gathered(NAME)
        self._decoding: PacketDecoder | None = None
        self._false_starts = FalseStarts(NAME)
        self._codec = ""
        self._window = Window()
        self._waiting = b""
        self._to_skip = self._left_frames = self._passed = 0

    def feed(self, data: bytes) -> Chunk | None:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        self._false_starts.feed(data)
        self._waiting += data[skipped:]
        for frame, whole in self._frames():
            self._play(frame, whole)
        return self._sound.take()

    def end(self) -> Chunk | None:
        if self._decoding is not None:
            self._decode(self._decoding, None)
        return self._sound.rest()

    def _frames(self) -> Iterator[tuple[MpegFrame, bytes]]:
        """Cut off what is whole. Tags are passed over, where frames may seem to be, and so is what is no frame."""
        data, at = self._waiting, 0
        while at + HEADER_BYTES <= len(data) and self._passed <= MOST_PASSED:
            frame = frame_of(data[at : at + HEADER_BYTES])
            if data.startswith(b"ID3", at):
                if at + TAG_BYTES > len(data):
                    break
                tag = _tag_bytes(data[at : at + TAG_BYTES])
                if not tag:
                    self._false_starts.add()
                at, self._passed = at + (tag or 1), self._passed + (0 if tag > TAG_BYTES else 1)
            elif frame is None or frame.codec != (self._codec or frame.codec):
                if _STARTS.match(data, at):
                    self._false_starts.add()
                end = min(at + MOST_PASSED + 2, len(data))
                found = _STARTS.search(data, at + 1, end)
                begin = found.start() if found is not None else end
                at, self._passed = begin, self._passed + begin - at
            elif at + frame.size > len(data):
                break
            else:
                yield frame, data[at : at + frame.size]
                at, self._passed = at + frame.size, 0
        if self._passed > MOST_PASSED:
            raise MediaError(f"{self._passed} bytes in {NAME} are no audio")
        self._waiting = data[at:]
        self._to_skip += max(at - len(data), 0)

    def _play(self, frame: MpegFrame, whole: bytes) -> None:
        told = told_by(whole, frame)
        if self._decoding is None:
            self._codec, self._decoding = frame.codec, PacketDecoder(frame.codec)
        if told is not None:
            skip = told.delay + DECODER_DELAY if told.delay or told.padding else 0
            count = told.frames * frame.samples - told.delay - told.padding
            self._window, self._left_frames = Window(skip, count if told.frames else None), told.frames
            return
        self._decode(self._decoding, whole)
        self._left_frames -= 1
        if not self._left_frames:  # what follows is another file
            self._window = Window()

    def _decode(self, decoding: PacketDecoder, packet: bytes | None) -> None:
        for samples in decoding.decode(packet):
            self._sound.add(self._window.part(samples), decoding.sample_rate)
