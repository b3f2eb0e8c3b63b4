"""Ogg in chunks, cut anywhere, with Opus, Vorbis or FLAC in it. Needs PyAV.

Pages by RFC 3533, section 6; Opus in them by RFC 7845, Vorbis by the Vorbis I specification, appendix A, FLAC by
RFC 9639, section 10.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from millstream.errors import MediaError
from millstream.frames import Chunk, Samples
from millstream.media.chunked_audio.base import MOST_PASSED, Extent, Gathered, Window
from millstream.media.chunked_audio.decoder import PacketDecoder

NAME: Final = "an Ogg file"

HEAD: Final = struct.Struct("<4sxBqIIIB")
"""Of a page: what each begins with, flags, position, stream, number, checksum, segments."""

MOST_HEADERS: Final = 1024
"""Packets before those of audio, of FLAC."""

CONTINUED, FIRST, LAST = 1, 2, 4
FULL_SEGMENT: Final = 255
NOWHERE: Final = -1
"""The position of a page on which no packet ends."""

MOST_PACKET: Final = 16 * 1024 * 1024
"""Bytes of a packet, and of all headers of a stream: an image may be among them."""

HEADERS: Final = {"libopus": 2, "vorbis": 3}
"""Packets before those of audio. Of FLAC they are as many as there are that begin as no frame does."""


class OggPage(NamedTuple):
    """One page.

    Attributes:
        flags: Whether it continues a packet, and is the first or the last of its stream.
        position: How many samples of the stream there are when all packets that end on it are decoded.
        stream: Whose it is.
        segments: The lengths of what it is made of.
        body: That itself.
    """

    flags: int
    position: int
    stream: int
    segments: bytes
    body: bytes


def is_ours(data: bytes) -> bool:
    """Tell whether a file of this kind begins so; `data` has 12 bytes or more."""
    return data[:4] == b"OggS"


def extent_of(data: bytes) -> Extent:
    """Tell whether all pages are there: the last one says that it is (RFC 3533, section 4)."""
    at, is_over = 0, False
    while (page := page_at(data, at)) is not None:
        is_over, at = bool(page.flags & LAST), at + size_of(page)
    return "whole" if is_over and at == len(data) else "cut"


def page_at(data: bytes, at: int) -> OggPage | None:
    """Read the page that begins there; `None` if none does, or it is not all there."""
    if at + HEAD.size > len(data):
        return None
    mark, flags, position, stream, _, _, count = HEAD.unpack_from(data, at)
    at += HEAD.size
    segments = data[at : at + count]
    at += count
    body = data[at : at + sum(segments)]
    is_whole = mark == b"OggS" and len(segments) == count and len(body) == sum(segments)
    return OggPage(flags, position, stream, segments, body) if is_whole else None


def size_of(page: OggPage) -> int:
    """Give the bytes of a page."""
    return HEAD.size + len(page.segments) + len(page.body)


class OggDecoder:
    """The audio of one Ogg file, or of several that follow each other."""

    def __init__(self) -> None:
        self._sound = Gathered(NAME)
        self._waiting = b""
        self._passed = 0
        self._stream: OggStream | None = None

    def feed(self, data: bytes) -> Chunk | None:
        self._waiting += data
        for page in self._pages():
            if page.flags & FIRST and (codec := codec_of(page.body)):
                self._stream = OggStream(page.stream, codec)
            self._passed = 0 if self._stream is not None else self._passed + size_of(page)
            if self._stream is not None and page.stream == self._stream.number:
                for samples in self._stream.take(page):
                    self._sound.add(samples, self._stream.sample_rate)
        return self._sound.take()

    def end(self) -> Chunk | None:
        return self._sound.rest()

    def _pages(self) -> Iterator[OggPage]:
        """Cut off what is whole; what is no page is passed over."""
        data, at = self._waiting, 0
        while True:
            found = data.find(b"OggS", at)
            begin = found if found >= 0 else max(len(data) - 3, at)
            self._passed, at = self._passed + begin - at, begin
            if self._passed > MOST_PASSED:
                raise MediaError(f"{self._passed} bytes in {NAME} are no audio")
            page = page_at(data, at)
            if page is None:
                break
            yield page
            at += size_of(page)
        self._waiting = data[at:]


def codec_of(packet: bytes) -> str:
    """Give the name in FFmpeg of what a stream holds that begins with this packet; empty for what is not for us."""
    for beginning, codec in ((b"OpusHead", "libopus"), (b"\x01vorbis", "vorbis"), (b"\x7fFLAC", "flac")):
        if packet.startswith(beginning):
            return codec
    return ""


class OggStream:
    """One stream of packets, from its first page on.

    Args:
        number: Its number in the file.
        codec: What it holds, by its name in FFmpeg.
    """

    def __init__(self, number: int, codec: str) -> None:
        self.number = number
        self._codec = codec
        self._headers: list[bytes] = []
        self._decoding: PacketDecoder | None = None
        self._part = bytearray()
        self._header_bytes = 0
        self._position: int | None = None
        self._window = Window()

    @property
    def sample_rate(self) -> int:
        return self._decoding.sample_rate if self._decoding is not None else 0

    def take(self, page: OggPage) -> list[Samples]:
        """Decode a page, and give what of it is meant."""
        if not page.flags & CONTINUED:
            self._part = bytearray()
        decoded = [samples for packet in self._packets(page) for samples in self._decode(packet)]
        if self._decoding is None or page.position == NOWHERE:
            return []
        before, self._position = self._position, page.position
        count = sum(len(samples) for samples in decoded)
        spare = 0
        if page.flags & LAST:  # what it has too much, it has at its end
            count = min(count, max(page.position - (before or 0), 0))
        elif before is None:  # and the first page at its beginning
            spare = max(count - page.position, 0)
        page_window = Window(spare, count - spare)
        return [self._window.part(page_window.part(samples)) for samples in decoded]

    def _packets(self, page: OggPage) -> Iterator[bytes]:
        at = 0
        for size in page.segments:
            self._part += page.body[at : at + size]
            at += size
            if len(self._part) > MOST_PACKET:
                raise MediaError(f"a packet in {NAME} has more than {MOST_PACKET} bytes")
            if size < FULL_SEGMENT:
                packet, self._part = bytes(self._part), bytearray()
                yield packet

    def _decode(self, packet: bytes) -> list[Samples]:
        if self._decoding is None:
            is_header = len(self._headers) < HEADERS.get(self._codec, 0)
            if is_header or (self._codec == "flac" and packet[:1] != b"\xff"):
                self._headers.append(packet)
                self._header_bytes += len(packet)
                if self._header_bytes > MOST_PACKET or len(self._headers) > MOST_HEADERS:
                    raise MediaError(f"{NAME} has no audio in the first {self._header_bytes} bytes")
                return []
            self._decoding = self._opened()
        return self._decoding.decode(packet)

    def _opened(self) -> PacketDecoder:
        """Open the decoder with what the headers say."""
        first = self._headers[0]
        if self._codec == "libopus":
            # The samples to be left out are left out here, as at the end: positions count them too.
            self._window = Window(int.from_bytes(first[10:12], "little"))
            return PacketDecoder(self._codec, first[:10] + bytes(2) + first[12:])
        if self._codec == "flac":
            return PacketDecoder(self._codec, first[17:51])
        sizes = b"".join(bytes([255] * (len(each) // 255) + [len(each) % 255]) for each in self._headers[:2])
        return PacketDecoder(self._codec, b"\2" + sizes + b"".join(self._headers))
