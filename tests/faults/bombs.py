"""Small files of video and audio that cost much to believe: for the tests of budgets."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Final

import av
import numpy as np
from tests.browser.videos import piece


def box(kind: bytes, *content: bytes) -> bytes:
    """Make a box of an MP4."""
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full(kind: bytes, *content: bytes) -> bytes:
    """Make a box with version and flags of zero."""
    return box(kind, bytes(4), *content)


def tables(sizes: bytes, times: bytes, chunks: bytes, edits: bytes = b"", handler: bytes = b"vide") -> bytes:
    """Make an MP4 of one track with these tables, and no frames."""
    entry = box(b"avc1", bytes(6), b"\0\1", bytes(16), struct.pack(">HH", 64, 64), bytes(50))
    if handler == b"soun":
        entry = box(b"sowt", bytes(6), b"\0\1", bytes(8), struct.pack(">HHHHI", 1, 16, 0, 0, 48_000 << 16))
    table = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), entry),
        times,
        full(b"stsc", struct.pack(">4I", 1, 1, 0x7FFFFFFF, 1)),
        sizes,
        chunks,
    )
    header = full(b"mdhd", struct.pack(">IIIII", 0, 0, 1000, 1000, 0))
    media = box(b"mdia", header, full(b"hdlr", bytes(4), handler, bytes(13)), box(b"minf", table))
    track = box(b"trak", full(b"tkhd", struct.pack(">III", 0, 0, 1), bytes(68)), edits, media)
    movie = full(b"mvhd", struct.pack(">IIII", 0, 0, 1000, 1000), bytes(80))
    return box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", movie, track) + box(b"mdat", bytes(64))


ONE_CHUNK: Final = full(b"stco", struct.pack(">II", 1, 48))
MANY: Final = 170_000_000


def frames_of_one_size() -> bytes:
    """170 million frames, all of one byte, in a table of 20 bytes."""
    times = full(b"stts", struct.pack(">III", 1, MANY, 2))
    return tables(full(b"stsz", struct.pack(">II", 1, MANY)), times, ONE_CHUNK)


def times_without_end() -> bytes:
    """One frame, and a time for each of 170 million."""
    times = full(b"stts", struct.pack(">III", 1, 1, 2)) + full(b"ctts", struct.pack(">III", 1, MANY, 2))
    return tables(full(b"stsz", struct.pack(">II", 1, MANY)), times, ONE_CHUNK)


def plain_sound() -> bytes:
    """Audio without a codec, of one chunk that has two billion samples, named a thousand times."""
    times = full(b"stts", struct.pack(">III", 1, 0x7FFFFFFF, 1))
    chunks = full(b"stco", struct.pack(">I", 1000), struct.pack(">I", 48) * 1000)
    return tables(full(b"stsz", struct.pack(">II", 2, 0x7FFFFFFF)), times, chunks, handler=b"soun")


def edits_over_edits() -> bytes:
    """A list of 50,000 edits, each of which shows all 50,000 frames."""
    count = 50_000
    times = full(b"stts", struct.pack(">III", 1, count, 2))
    edits = box(b"edts", full(b"elst", struct.pack(">I", count), struct.pack(">IiI", 1000, 0, 0x10000) * count))
    chunks = full(b"stco", struct.pack(">I", count), struct.pack(">I", 48) * count)
    return tables(full(b"stsz", struct.pack(">II", 1, count)), times, chunks, edits)


def fragments_without_end(claims: int = MANY) -> bytes:
    """A video in fragments whose last one claims 170 million frames, without a byte for each."""
    film = piece(0, frames=3, sound=False, muxing={"movflags": "frag_keyframe+empty_moov+default_base_moof"})
    run = full(b"trun", struct.pack(">I", claims))
    head = box(b"tfhd", struct.pack(">II", 0x020000, 1))
    return film + box(b"moof", full(b"mfhd", struct.pack(">I", 2)), box(b"traf", head, run)) + box(b"mdat", bytes(8))


def table_in_a_codec() -> bytes:
    """A table of frames where the description of a codec belongs."""
    film = bytearray(frames_of_one_size())
    film[film.index(b"avc1") + 82 : film.index(b"avc1") + 86] = b"stsz"
    return bytes(film)


def packed_header() -> bytes:
    """A header that is packed, as QuickTime did once."""
    inner = box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", 0xFFFFFFF), bytes(64))
    return box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"cmov", inner))


def image_items() -> bytes:
    """A list of four billion parts of an image, which a video has none of."""
    items = box(b"iloc", b"\2\0\0\0", bytes(2), struct.pack(">I", 0xFFFFFFF0))
    head = full(b"hdlr", bytes(4), b"pict", bytes(13))
    return box(b"ftyp", b"isom\0\0\0\0isom") + box(b"meta", bytes(4), head, items) + box(b"moov", bytes(8))


def chunk(name: bytes, body: bytes) -> bytes:
    """Make a chunk of an AVI."""
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def avi(width: int, height: int, codec: bytes, frames: bytes, index: bytes = b"", extra: bytes = b"") -> bytes:
    """Make an AVI of one track."""
    main = chunk(b"avih", struct.pack("<14I", 40_000, 0, 0, 0x10, 1000, 0, 1, 0, width, height, 0, 0, 0, 0))
    rate = struct.pack("<IIIIIIIIII", 0, 0, 0, 1, 25, 0, 1000, 0, 0, 0)
    head = chunk(b"strh", b"vids" + codec + rate + bytes(8))
    form = chunk(b"strf", struct.pack("<IiiHH4sIIIII", 40, width, height, 1, 24, codec, 0, 0, 0, 0, 0))
    headers = chunk(b"LIST", b"hdrl" + main + chunk(b"LIST", b"strl" + head + form + extra))
    return chunk(b"RIFF", b"AVI " + headers + chunk(b"LIST", b"movi" + frames) + index)


def huge_frames(side: int = 16_000) -> bytes:
    """An AVI of 400 kB, each of whose frames has 256 million pixels."""
    return avi(side, side, b"MJPG", chunk(b"00dc", _jpeg(side)) * 40)


def _jpeg(side: int) -> bytes:
    """Make a JPEG that claims a size and holds one grey block."""
    image = io.BytesIO()
    from PIL import Image

    Image.new("L", (16, 16), 99).save(image, "JPEG")
    data = bytearray(image.getvalue())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", side, side)
    return bytes(data).ljust(10_000, b"\0")


def raw_frames_that_are_missing() -> bytes:
    """An AVI that says its frames are not packed, and has a few bytes of each."""
    return avi(4096, 2304, bytes(4), chunk(b"00db", bytes(500)) * 1000)


def indices_in_circles() -> bytes:
    """An AVI of half a megabyte with 5,000 indices, all of them the same one of 40,000 entries."""
    entries = struct.pack("<II", 8, 8) * 40_000
    inner = chunk(b"ix00", struct.pack("<HBBI4sQI", 2, 0, 1, 40_000, b"00dc", 0, 0) + entries)
    frames = chunk(b"00dc", bytes(8)) + inner
    at = 5000 * 16 + 400
    outer = struct.pack("<HBBI4s12x", 4, 0, 0, 5000, b"00dc") + struct.pack("<QII", at, len(inner), 1) * 5000
    film = avi(64, 64, b"MJPG", frames, extra=chunk(b"indx", outer))
    real = film.index(b"ix00")
    return film.replace(struct.pack("<Q", at), struct.pack("<Q", real))


def many_streams(count: int = 500) -> bytes:
    """An MP4 of 500 tracks."""
    film = frames_of_one_size()
    at = film.index(b"moov") + 4
    inside = film[at : film.index(b"mdat") - 4]
    track = inside[inside.index(b"trak") - 4 :]
    return film[: at - 8] + box(b"moov", inside, track * count) + box(b"mdat", bytes(8))


def many_programmes() -> bytes:
    """A transport stream whose table names 8,000 tracks."""
    packets = [_section(0, 0, b"\0\1\xe1\0")]
    for group in range(200):
        rows = b"".join(struct.pack(">BHH", 0x1B, 0xE000 | 0x200 + group * 40 + row, 0xF000) for row in range(30))
        packets.append(_section(0x100, 2, b"\xe2\0\xf0\0" + rows, version=group % 32))
    return b"".join(packets)


def _section(pid: int, table: int, body: bytes, version: int = 0) -> bytes:
    head = struct.pack(">BHHBBB", table, 0xB000 | len(body) + 9, 1, 0xC1 | version << 1, 0, 0) + body
    data = b"\0" + head + struct.pack(">I", _crc(head))
    return (b"\x47" + struct.pack(">H", 0x4000 | pid) + b"\x10" + data).ljust(188, b"\xff")


def _crc(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 1 << 31 else 0)) & 0xFFFFFFFF
    return value


def _golomb(value: int) -> str:
    text = f"{value + 1:b}"
    return "0" * (len(text) - 1) + text


def _sps(blocks: int) -> bytes:
    """Make a parameter set of H.264 for frames of so many blocks of 16 pixels each way."""
    bits = "".join(_golomb(each) for each in (0, 0, 0, 0, 0)) + "0"  # id, frame numbers, order, references
    bits = _golomb(0) + _golomb(0) + _golomb(0) + _golomb(0) + _golomb(16) + "0"
    bits += _golomb(blocks - 1) * 2 + "1" + "1" + "0" + "0" + "1"
    bits += "0" * (-len(bits) % 8)
    body = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    return b"\0\0\0\1\x67\x42\x00\x33" + body.replace(b"\0\0\0", b"\0\0\3\0").replace(b"\0\0\1", b"\0\0\3\1")


def huge_pictures_in_a_stream() -> bytes:
    """A transport stream of H.264 whose parameter sets are replaced by some of 16,000 pixels each way."""
    film = piece(0, frames=12, sound=False, container="mpegts", options={"profile": "baseline"})
    elementary = io.BytesIO()
    with av.open(io.BytesIO(film)) as reader:
        for packet in reader.demux(video=0):
            elementary.write(bytes(packet))
    units = elementary.getvalue().split(b"\0\0\1")
    changed = b"\0\0\1".join(_sps(1000)[4:] if unit[:1] == b"\x67" else unit for unit in units)
    target = io.BytesIO()
    with av.open(target, "w", format="mpegts") as writer:
        track = writer.add_stream("libx264", rate=25)
        track.width, track.height, track.pix_fmt = 320, 240, "yuv420p"
        for number in range(12):
            packet = av.Packet(changed)
            packet.pts = packet.dts = number * 3600
            packet.stream = track
            writer.mux(packet)
    return target.getvalue()


def slow_sound() -> bytes:
    """A WAV of one sample a second, and 5,000 of them."""
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, 1, 2, 2, 16, b"data", 10_000)
    return head + bytes(10_000)


def a_late_frame() -> bytes:
    """Two frames with audio, the second of which is shown after a year."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as writer:
        video = writer.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        sound = writer.add_stream("aac", rate=48_000)
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.int16), "s16", "mono")
        heard.sample_rate, heard.pts = 48_000, 0
        writer.mux(sound.encode(heard))
        writer.mux(sound.encode(None))
        for at in (0, 1):
            shown = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
            for packet in video.encode(shown):
                packet.pts = packet.dts = at * 365 * 86_400 * 1000
                writer.mux(packet)
        for packet in video.encode(None):
            packet.pts = packet.dts = 365 * 86_400 * 1000
            writer.mux(packet)
    return file.getvalue()


def much_silence() -> bytes:
    """A FLAC of 100 kB whose frames of 14 bytes are 65,535 samples of eight channels each."""
    from millstream.media.chunked_audio.flac import _CRC_8, _CRC_16, _checksum

    info = (
        struct.pack(">HH", 16, 65_535) + bytes(6) + (48_000 << 44 | 7 << 41 | 15 << 36).to_bytes(8, "big") + bytes(16)
    )
    frames = []
    for number in range(6000):
        coded = chr(number).encode("utf-8", "surrogatepass")
        head = b"\xff\xf8\x7a\x78" + coded + struct.pack(">H", 65_534)
        head += bytes([_checksum(head, _CRC_8, 8)])
        body = head + bytes(3) * 8
        frames.append(body + struct.pack(">H", _checksum(body, _CRC_16, 16)))
    return b"fLaC" + b"\x80\0\0\x22" + info + b"".join(frames)


VIDEOS: Final[dict[str, Callable[[], bytes]]] = {
    made.__name__: made
    for made in (
        frames_of_one_size,
        times_without_end,
        plain_sound,
        edits_over_edits,
        fragments_without_end,
        table_in_a_codec,
        packed_header,
        image_items,
        huge_frames,
        raw_frames_that_are_missing,
        indices_in_circles,
        many_streams,
        many_programmes,
        huge_pictures_in_a_stream,
        a_late_frame,
    )
}


def pictures_that_grow() -> bytes:
    """A transport stream that begins as one usually does, and goes on with frames of 16,000 pixels each way."""
    usual = piece(0, frames=50, sound=False, container="mpegts", options={"profile": "baseline"})
    return usual + huge_pictures_in_a_stream()


VIDEOS[pictures_that_grow.__name__] = pictures_that_grow
