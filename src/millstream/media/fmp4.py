"""Fragmented MP4 as a browser's `SourceBuffer` takes it: one track of H.264, and one of AAC if there is audio. Pure.

ISO/IEC 14496-12 names the boxes, 14496-15 how H.264 lies in them, 14496-14 how AAC does; what a browser wants of them
is in https://www.w3.org/TR/mse-byte-stream-format-isobmff/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from millstream.errors import MediaError

VIDEO_TICKS: Final = 90_000
"""Ticks a second of the video track: whole for every usual rate of frames."""

MOVIE_TICKS: Final = 1_000
VIDEO_ID, AUDIO_ID = 1, 2

_MATRIX: Final = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDEFINED_LANGUAGE: Final = 0x55C4

_KEY, _DELTA = 0x02000000, 0x01010000
"""`sample_flags`: depends on no other; depends on others, and nothing can begin here."""

_START_CODE: Final = b"\x00\x00\x01"
_TRAILING: Final = b"\x00"
"""The byte that may fill the room after a unit, which itself never ends so (ITU-T H.264, B.1.1 and 7.4.1)."""

MAX_SET: Final = 0xFFFF
"""Bytes of a parameter set; `avcC` has room for no more."""

_OUT_OF_BAND: Final = frozenset({7, 8, 9})
"""Parameter sets, which are in the beginning of the file, and delimiters, which a container does not need."""

_HIGH_PROFILES: Final = frozenset({100, 110, 122, 144})


class VideoTrack(NamedTuple):
    """The video track: its size in pixels, and the decoder's configuration (`avcC`).

    With a `delay`, in the track's ticks, all frames are presented so much earlier than their samples say: an edit list
    tells. So no offset has to be negative, which some readers take for a delay of the video.
    """

    width: int
    height: int
    configuration: bytes
    delay: int = 0


class AudioTrack(NamedTuple):
    """The audio track: samples a second, channels, and the decoder's configuration (`AudioSpecificConfig`)."""

    rate: int
    channels: int
    configuration: bytes


class Sample(NamedTuple):
    """One encoded frame of a track, in decoding order; times in the track's ticks.

    `offset` is how much later it is presented than decoded; it may be negative.
    """

    data: bytes
    start: int
    duration: int
    offset: int = 0
    is_key: bool = True


def media_type(video: VideoTrack, audio: AudioTrack | None) -> str:
    """Name the file's type and codecs (RFC 6381)."""
    codecs = f"avc1.{video.configuration[1:4].hex()}" + (", mp4a.40.2" if audio else "")
    return f'video/mp4; codecs="{codecs}"'


def initialisation(video: VideoTrack, audio: AudioTrack | None, duration_s: float = 0.0) -> bytes:
    """Begin the file: no frames yet, but all that a decoder has to know. A duration of 0 is an unknown one."""
    duration = round(duration_s * MOVIE_TICKS)
    head = struct.pack(">IIIIIH10x", 0, 0, MOVIE_TICKS, duration, 0x10000, 0x100)
    tracks = [_video_trak(video, duration)] + ([_audio_trak(audio, duration)] if audio else [])
    extends = [_full("trex", struct.pack(">5I", number + 1, 1, 0, 0, 0)) for number in range(len(tracks))]
    moov = [_full("mvhd", head, _MATRIX, bytes(24), struct.pack(">I", len(tracks) + 1)), *tracks]
    return _box("ftyp", b"iso6", bytes(4), b"iso6mp41avc1") + _box("moov", *moov, _box("mvex", *extends))


def fragment(number: int, video: Sequence[Sample], audio: Sequence[Sample]) -> bytes:
    """Go on with the file: frames of both tracks. `number` counts fragments from 1."""
    runs = [run for run in ((VIDEO_ID, video), (AUDIO_ID, audio)) if run[1]]
    # How long `moof` is does not depend on the offsets in it, so the first attempt measures it.
    moof = _moof(number, runs, 0)
    moof = _moof(number, runs, len(moof) + 8)
    return moof + _box("mdat", *(sample.data for _, samples in runs for sample in samples))


def configuration_of(parameters: bytes) -> bytes:
    """Make `avcC` of an encoder's parameter sets with start codes (ITU-T H.264 annex B); `avcC` stays as it is.

    Raises:
        MediaError: There are none, or they are broken.
    """
    if parameters[:1] == b"\x01":
        return parameters
    units = _units(parameters)
    sps = next((unit for unit in units if unit[0] & 31 == 7), b"")
    pps = next((unit for unit in units if unit[0] & 31 == 8), b"")
    if not 4 <= len(sps) <= MAX_SET or not 1 <= len(pps) <= MAX_SET:
        raise MediaError("its video has no parameter sets that a decoder could begin with")
    end = b"\xfd\xf8\xf8\x00" if sps[1] in _HIGH_PROFILES else b""  # 4:2:0, 8 bits
    sets = b"\xe1" + struct.pack(">H", len(sps)) + sps + b"\x01" + struct.pack(">H", len(pps)) + pps
    return b"\x01" + sps[1:4] + b"\xff" + sets + end


def with_lengths(frame: bytes) -> bytes:
    """Replace the start codes of a frame by lengths of four bytes."""
    units = [unit for unit in _units(frame) if unit[0] & 31 not in _OUT_OF_BAND]
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in units)


def _units(data: bytes) -> list[bytes]:
    return [stripped for unit in data.split(_START_CODE) if (stripped := unit.rstrip(_TRAILING))]


def _box(kind: str, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind.encode()) + body


def _full(kind: str, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *content)


def _video_trak(video: VideoTrack, duration: int) -> bytes:
    size = struct.pack(">HH", video.width, video.height)
    # 72 dpi, one frame a sample, no compressor name, 24 bits, no colour table.
    rest = struct.pack(">IIIH32xHh", 0x480000, 0x480000, 0, 1, 0x18, -1)
    entry = _box("avc1", bytes(6), b"\x00\x01", bytes(16), size, rest, _box("avcC", video.configuration))
    shown = struct.pack(">II", video.width << 16, video.height << 16)
    head = _tkhd(VIDEO_ID, duration, struct.pack(">4xHH", 0, 0) + _MATRIX + shown)
    media = _mdia("vide", VIDEO_TICKS, entry, _full("vmhd", bytes(8), flags=1))
    return _box("trak", head, *([_edts(video.delay)] if video.delay else []), media)


def _edts(delay: int) -> bytes:
    """Begin the presentation `delay` after the first sample; a duration of 0 is all that follows in fragments."""
    return _box("edts", _full("elst", struct.pack(">IIiI", 1, 0, delay, 0x10000)))


def _audio_trak(audio: AudioTrack, duration: int) -> bytes:
    shape = struct.pack(">8xHHHHI", audio.channels, 16, 0, 0, audio.rate << 16)
    entry = _box("mp4a", bytes(6), b"\x00\x01", shape, _esds(audio.configuration))
    head = _tkhd(AUDIO_ID, duration, struct.pack(">4xHH", 0x100, 0) + _MATRIX + bytes(8))
    return _box("trak", head, _mdia("soun", audio.rate, entry, _full("smhd", bytes(4))))


def _tkhd(number: int, duration: int, tail: bytes) -> bytes:
    return _full("tkhd", struct.pack(">IIIII8x", 0, 0, number, 0, duration), tail, flags=3)


def _mdia(handler: str, ticks: int, entry: bytes, media: bytes) -> bytes:
    here = _box("dinf", _full("dref", struct.pack(">I", 1), _full("url ", flags=1)))
    tables = [_full(kind, bytes(4)) for kind in ("stts", "stsc")] + [_full("stsz", bytes(8)), _full("stco", bytes(4))]
    table = _box("stbl", _full("stsd", struct.pack(">I", 1), entry), *tables)
    return _box(
        "mdia",
        _full("mdhd", struct.pack(">IIIIHH", 0, 0, ticks, 0, _UNDEFINED_LANGUAGE, 0)),
        _full("hdlr", bytes(4), handler.encode(), bytes(12), b"\x00"),
        _box("minf", media, here, table),
    )


def _esds(configuration: bytes) -> bytes:
    """ISO/IEC 14496-1, 7.2.6: descriptors in each other; 0x40 is AAC, 0x15 a stream of audio."""
    specific = _descriptor(5, configuration)
    decoder = _descriptor(4, struct.pack(">BB3xII", 0x40, 0x15, 0, 0), specific)
    return _full("esds", _descriptor(3, bytes(3), decoder, _descriptor(6, b"\x02")))


def _descriptor(tag: int, *content: bytes) -> bytes:
    body = b"".join(content)
    return bytes((tag, len(body))) + body


def _moof(number: int, runs: Iterable[tuple[int, Sequence[Sample]]], offset: int) -> bytes:
    content = [_full("mfhd", struct.pack(">I", number))]
    for track, samples in runs:
        head = _full("tfhd", struct.pack(">I", track), flags=0x020000)  # offsets count from this `moof`
        time = _full("tfdt", struct.pack(">Q", samples[0].start), version=1)
        # Data offset; duration, size, flags and composition offset of every sample.
        listed = b"".join(
            struct.pack(">IIIi", each.duration, len(each.data), _KEY if each.is_key else _DELTA, each.offset)
            for each in samples
        )
        run = _full("trun", struct.pack(">Ii", len(samples), offset), listed, version=1, flags=0xF01)
        content.append(_box("traf", head, time, run))
        offset += sum(len(each.data) for each in samples)
    return _box("moof", *content)
