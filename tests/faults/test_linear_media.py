"""Every parser of media takes time in proportion to the length of what it is given, and little of it.

Four times as long may take six times as long and no more, and four megabytes take less than a second. What counts is
the processor's time, of this thread or of all of them, and the least of several runs.
"""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from tests.faults.bombs import box, full
from tests.faults.timing import slowness

from millstream.components.playing.subtitles import to_webvtt
from millstream.errors import MediaError
from millstream.media import chunked_audio as cut
from millstream.media import container, fmp4, probe, wav
from millstream.media import file_kinds as kinds
from millstream.media import image_header as headers
from millstream.media.budget import BUDGET
from millstream.media.chunked_audio import flac, mpeg, ogg
from millstream.media.chunked_audio import wav as cut_wav
from millstream.media.chunked_audio.base import ChunkedDecoder
from millstream.media.mp4_tables import check_tables
from millstream.media.untrusted import open_media

BYTES: Final = 256 * 1024
MANY_BYTES: Final = 4 * 1024 * 1024
MOST_RATIO: Final = 6.0
MOST_S: Final = 1.0
RUNS: Final = 5
ATTEMPTS: Final = (2, RUNS, RUNS)
"""The runs of each attempt: few are enough for what is far from the bounds."""
SMALL_S: Final = 0.004
"""What takes less has no ratio: the clock and the machine are in it."""


def cpu_s(parse: Callable[[bytes], object], data: bytes, runs: int = RUNS) -> float:
    """Measure how long it takes, in seconds of this thread: the least of some runs."""
    taken = []
    for _ in range(runs):
        began = time.thread_time()
        with suppress(MediaError, ValueError):
            parse(data)
        taken.append(time.thread_time() - began)
        if taken[-1] < SMALL_S:
            break
    return min(taken)


def worst_s(parse: Callable[[bytes], object], data: bytes) -> float:
    """Measure how long it takes, in seconds of all threads, on the machine that the bounds were written for.

    What takes too long is tried again, on a warm machine.
    """
    taken = []
    for _ in range(RUNS):
        began = time.process_time()
        with suppress(MediaError, ValueError):
            parse(data)
        took = time.process_time() - began
        taken.append(took if took <= MOST_S else took / slowness())
        if taken[-1] <= MOST_S:
            break
    return min(taken)


# ---- what is parsed ------------------------------------------------------------------------------------------------

OPUS: Final = b"OpusHead\1\1\x38\1\x80\xbb\0\0\0\0\0"


def page(body: bytes, segments: bytes, flags: int = 0, number: int = 0) -> bytes:
    return ogg.HEAD.pack(b"OggS", flags, number, 1, number, 0, len(segments)) + segments + body


OGG: Final = page(OPUS, bytes([len(OPUS)]), flags=2) + page(b"OpusTags".ljust(60, b"\0"), b"\x3c")
INFO: Final = struct.pack(">HH", 4096, 4096) + bytes(6) + bytes.fromhex("0ac442f000000000") + bytes(16)
FLAC: Final = b"fLaC\x80\0\0\x22" + INFO
FLAC_HEAD: Final = b"\xff\xf8\xc9\x18\0"
FRAME: Final = FLAC_HEAD + bytes([flac._checksum(FLAC_HEAD, flac._CRC_8, 8)])
MP3: Final = b"\xff\xfb\x10\xc4".ljust(104, b"\0")
LAME: Final = (b"\xff\xfb\x10\xc4" + bytes(17) + b"Info\0\0\0\x0f\0\0\0\x01").ljust(104, b"L")
FORMAT: Final = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
TINY_WAV: Final = b"RIFF\x26\0\0\0WAVE" + FORMAT + b"data\2\0\0\0\0\0"
FTYP: Final = box(b"ftyp", b"isom\0\0\0\0isom")
MOVIE: Final = box(b"moov", full(b"mvhd", struct.pack(">IIII", 0, 0, 1000, 0), bytes(80)))
EBML: Final = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"
SPS: Final = b"\0\0\0\1\x67\x42\0\x1e\xf1\0\0\0\1\x68\xce\x3c\x80"


def repeated(unit: bytes, begin: bytes = b"", end: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: begin + unit * max((size - len(begin) - len(end)) // len(unit), 1) + end


def nested(size: int) -> bytes:
    """Boxes in boxes, as deep as there is room."""
    return FTYP + b"".join(struct.pack(">I4s", size - 8 * at, b"moov") for at in range(size // 8))


def runs(size: int) -> bytes:
    """Fragments whose runs claim to be as long as the rest of the file."""
    count = size // 60
    each = box(b"moof", box(b"traf", box(b"tfhd", bytes(8)), box(b"trun", struct.pack(">II", 0x100, size // 4))))
    return FTYP + MOVIE + each * count


def tag_of(size: int) -> bytes:
    """A tag that claims a quarter of a gigabyte."""
    return b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(size - 10)


def broken_pages(size: int) -> bytes:
    """Pages with a wrong checksum: each has 16 kB, and the next one seems to begin in it."""
    return repeated((b"OggS\0\0" + bytes(20) + b"\x40" + b"\xff" * 64).ljust(100, b"\0"))(size)


def blocks_of_opus(size: int) -> bytes:
    """Matroska with a track, and packets of one byte."""
    track = b"\xae\x9f\xd7\x81\1\x73\xc5\x81\1\x83\x81\2\x86\x86A_OPUS\xe1\x8a\xb5\x84\x47\x3b\x80\0\x9f\x81\1\xec\x80"
    head = EBML + b"\x15\x49\xa9\x66\x80" + b"\x16\x54\xae\x6b" + bytes([0x80 | len(track)]) + track
    return repeated(b"\xa3\x85\x81\0\0\x80\xfc", head + b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + b"\xe7\x81\0")(size)


def late_headers(size: int) -> bytes:
    """A FLAC whose only headers come long before its end, so all that follows them has to be summed up."""
    info = INFO[:7] + b"\xff\xff\xff" + INFO[10:]
    begin = b"fLaC\x80\0\0\x22" + info
    return begin + bytes(max(size // 2 - 42, 0)) + FRAME * 3 + bytes(size // 2)


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


GENERATORS: Final[dict[str, Callable[[int], bytes]]] = {
    "zeros": bytes,
    "ones": repeated(b"\xff"),
    "noise": noise,
    "lines": repeated(b"\n"),
    "start codes": repeated(b"\0\0\1"),
    "long start codes": repeated(b"\0\0\0\1\x65"),
    "zeros behind parameters": repeated(b"\0", SPS),
    "start codes behind parameters": repeated(b"\0\0\1\x67", SPS),
    "empty boxes": repeated(b"\0\0\0\x08free", FTYP),
    "boxes of no size": repeated(b"\0\0\0\0free", FTYP),
    "long boxes": repeated(b"\0\0\0\1free\0\0\0\0\0\0\0\x10", FTYP),
    "movies": repeated(MOVIE, FTYP),
    "tracks": repeated(box(b"trak"), FTYP + b"\x7f\xff\xff\xffmoov"),
    "metadata": repeated(b"\0\0\0\x0cmetahdlr", FTYP + MOVIE),
    "unaligned metadata": repeated(b"hdlr.", FTYP + b"\x7f\xff\xff\xffmeta."),
    "descriptions": repeated(b"stsd", FTYP + b"\x7f\xff\xff\xffstsd"),
    "nested boxes": nested,
    "fragments": runs,
    "empty runs": repeated(box(b"moof", box(b"traf", full(b"trun", bytes(4)))), FTYP + MOVIE),
    "elements": repeated(b"\xec\x80", EBML),
    "clusters": repeated(b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff", EBML),
    "blocks": repeated(b"\xa3\x84\x81\0\0\0", EBML),
    "packets of one byte": blocks_of_opus,
    "long numbers": repeated(b"\xe7\x88" + bytes(8), EBML),
    "a long number": lambda size: EBML + b"\x2a\xd7\xb1\x10" + struct.pack(">I", size)[1:] + b"\xff" * size,
    "RIFF": repeated(b"RIFF"),
    "wave files": repeated(TINY_WAV),
    "wave parts": repeated(b"junk\0\0\0\0", TINY_WAV[:12]),
    "wave parts behind a format": repeated(b"junk\0\0\0\0", TINY_WAV[:36]),
    "a wave and noise": lambda size: TINY_WAV + noise(size),
    "OggS": repeated(b"OggS"),
    "empty pages": repeated(page(b"", b""), OGG),
    "pages that go on": repeated(page(bytes(65_025), b"\xff" * 255, flags=1), OGG),
    "short pages that go on": repeated(page(bytes(255), b"\xff", flags=1), OGG),
    "broken pages": broken_pages,
    "first pages": repeated(OGG),
    "tiny packets": lambda size: repeated(page(b"\xfc" * 255, b"\1" * 255), OGG)(size // 8),  # they are decoded
    "fLaC": repeated(b"fLaC"),
    "fLaC behind a frame": repeated(b"fLaC", FLAC + FRAME),
    "blocks of FLAC": repeated(b"\1\0\0\0", b"fLaC\0\0\0\x22" + bytes(34)),
    "false frames of FLAC": repeated(b"\xff\xf8", FLAC + FRAME),
    "late headers of FLAC": late_headers,
    "headers of FLAC": repeated(FRAME, FLAC),
    "last headers of FLAC": repeated(b"\xff\xf9\xff", FLAC),
    "tags": repeated(b"ID3"),
    "empty tags": repeated(b"ID3\4\0\0\0\0\0\0"),
    "a large tag": tag_of,
    "frames of MP3": repeated(MP3),
    "LAME": repeated(LAME),
    "headers of MP3": repeated(MP3[:4]),
    "frames of AAC": repeated(b"\xff\xf1\x50\x80\0\xff\xfc"),
    "junk and frames": repeated(bytes(16_000) + MP3),
    "false frames of AAC": repeated(b"\xff\xf1\0\0" * 4_000 + MP3),
    "false frames of MP3": repeated(b"\xff\xfb\xf0" * 5_000 + MP3),
    "tags between frames": repeated(b"ID3" * 5_000 + MP3),
    "markers of JPEG": repeated(b"\xff\xfe\0\2", b"\xff\xd8"),
    "fill of JPEG": repeated(b"\xff", b"\xff\xd8"),
    "scans of JPEG": repeated(b"\xff\xda", b"\xff\xd8\xff\xc2\0\x11\x08\0\1\0\1"),
    "chunks of PNG": repeated(bytes(4) + b"tEXt" + bytes(4), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(17)),
    "frames of WebP": repeated(b"ANMF\0\0\0\0", b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\2" + bytes(9)),
    "frames of GIF": repeated(b"\x21\xf9\4", b"GIF89a" + bytes(7)),
    "transport packets": repeated(b"\x47\x1f\xff\x10".ljust(188, b"\xff")),
    "indices of AVI": repeated(b"00dc\0\0\0\0" + bytes(8), b"RIFF\xff\xff\xff\x7fAVI idx1\xff\xff\xff\x7f"),
    "lists of AVI": repeated(b"LIST\xff\xff\xff\x7fhdrl", b"RIFF\xff\xff\xff\x7fAVI "),
    "packs": repeated(b"\0\0\1\xba" + bytes(10)),
    "tags of FLV": repeated(b"\x12\0\0\0" + bytes(11), b"FLV\1\5\0\0\0\x09\0\0\0\0"),
    "objects of ASF": repeated(bytes(16) + b"\x18" + bytes(7), bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")),
    "arrows": repeated(b"-->\n"),
    "times": repeated(b"00:00:00,000 --> 00:00:01,000\n"),
    "digits and commas": repeated(b"00:00,"),
}


# ---- what parses it ------------------------------------------------------------------------------------------------


def at_path(parse: Callable[[Path], object]) -> Callable[[Path], Callable[[bytes], object]]:
    def with_folder(folder: Path) -> Callable[[bytes], object]:
        def write_and_parse(data: bytes) -> object:
            path = folder / "file.bin"
            path.write_bytes(data)
            return parse(path)

        return write_and_parse

    return with_folder


def opened(data: bytes) -> None:
    with open_media(data, kinds.AUDIO | kinds.VIDEO) as media:
        for _ in media.meter.packets(media.reader.demux()):
            pass


def whole(data: bytes) -> None:
    run = cut.begin(data)
    if run is not None:
        run.feed(data)
        run.end()


def in_pieces(data: bytes) -> None:
    run = cut.begin(data[:4096])
    for at in range(0, len(data) if run is not None else 0, 4096):
        run.feed(data[at : at + 4096])


def run_of(kind: Callable[[], ChunkedDecoder]) -> Callable[[bytes], object]:
    def parse(data: bytes) -> None:
        run = kind()
        run.feed(data)
        run.end()

    return parse


PARSERS: Final[dict[str, Callable[[bytes], object]]] = {
    "fmp4.configuration_of": fmp4.configuration_of,
    "fmp4.with_lengths": fmp4.with_lengths,
    "headers.check_budget": headers.check_budget,
    "kinds.probe": kinds.probe,
    "boxes.check_tables": lambda data: check_tables(BytesIO(data), BUDGET),
    "wav.decode": wav.decode,
    "cut.begin": cut.begin,
    "cut, whole": whole,
    "cut, in pieces": in_pieces,
    "cut.wav": run_of(cut_wav.WavDecoder),
    "cut.ogg": run_of(ogg.OggDecoder),
    "cut.flac": run_of(flac.FlacDecoder),
    "cut.mpeg": run_of(mpeg.MpegDecoder),
    "cut.wav.extent_of": cut_wav.extent_of,
    "cut.ogg.extent_of": ogg.extent_of,
    "cut.flac.extent_of": flac.extent_of,
    "cut.mpeg.extent_of": mpeg.extent_of,
    "foreign.open_media": opened,
    "subtitles.to_webvtt": to_webvtt,
}
ON_DISK: Final = {
    "outline.outline_of": at_path(probe.outline_of),
    "outline.has_sound": at_path(probe.has_sound),
    "container.duration_s": at_path(container.duration_s),
    "container.is_playable": at_path(container.is_playable),
}


@pytest.mark.parametrize("parser", [*PARSERS, *ON_DISK])
def test_four_times_as_long_takes_about_four_times_as_long(parser: str, tmp_path: Path) -> None:
    parse = PARSERS.get(parser) or ON_DISK[parser](tmp_path)
    slow = {name: complaint for name in GENERATORS if (complaint := complaint_about(parse, name))}
    assert not slow


DECODED: Final = {"frames of MP3", "LAME"}
"""Real audio all through, 17 minutes of it in 4 MB: the time is the decoder's, so half of that is enough here."""


@pytest.mark.slow  # and so without the coverage tracer, which multiplies what Python takes
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", GENERATORS)
def test_four_megabytes_take_less_than_a_second(name: str, tmp_path: Path) -> None:
    data = GENERATORS[name](MANY_BYTES // 2 if name in DECODED else MANY_BYTES)
    parsers = PARSERS | {parser: parse(tmp_path) for parser, parse in ON_DISK.items()}
    taken = {parser: worst_s(parse, data) for parser, parse in parsers.items()}
    assert {parser: round(seconds, 2) for parser, seconds in taken.items() if seconds > MOST_S} == {}


def complaint_about(parse: Callable[[bytes], object], name: str) -> str:
    """Say how much too long it takes; what seems to is measured again, for the machine has other things to do."""
    short, long = (GENERATORS[name](size) for size in (BYTES // 4, BYTES))
    complaint = ""
    for runs in ATTEMPTS:
        short_s, long_s = cpu_s(parse, short, runs), cpu_s(parse, long, runs)
        ratio = long_s / max(short_s, SMALL_S / 2)
        if long_s < SMALL_S or (long_s < MOST_S and ratio <= MOST_RATIO):
            return ""
        complaint = f"{short_s * 1000:.1f} ms, then {long_s * 1000:.1f} ms: {ratio:.1f} times"
    return complaint


def test_the_measure_detects_what_is_not_linear() -> None:
    def quadratic(data: bytes) -> None:
        rest = data
        while rest:
            rest = rest[16:]

    short, long = cpu_s(quadratic, bytes(BYTES // 2)), cpu_s(quadratic, bytes(BYTES * 2))
    assert long / short > MOST_RATIO
