"""Audio files of every kind: told by their content, decoded whole, and never a way to another file."""

from __future__ import annotations

import ctypes
import io
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.audio_kinds import KINDS, RATE, check_tone, encoded, made, tone

from millstream.errors import MediaError
from millstream.frames import Chunk
from millstream.media import audio_file as sound_file
from millstream.media import wav


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_told_by_its_content_and_decoded(name: str, channels: int, tmp_path: Path) -> None:
    data = made(name, channels)
    file = tmp_path / "SOUND.TXT"
    file.write_bytes(data)
    for source in (data, file):
        kind = sound_file.recognise(source)
        assert kind is not None
        assert (sound_file.media_type(kind), sound_file.is_played(source, kind)) == KINDS[name][2:]
        check_tone(sound_file.decode(source), channels)
        assert abs(sound_file.duration_s(source) - 1.0) < 0.15


def test_amr() -> None:
    data = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50
    assert sound_file.decode(data).samples.shape == (8_000, 1)


@pytest.mark.parametrize("name", ["MP3", "FLAC", "AAC"])
def test_a_tag_with_a_cover_comes_before_the_audio(name: str) -> None:
    size = 300_000
    tag = b"ID3\4\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + b"\1" * size
    kind = sound_file.recognise(tag + made(name))
    assert kind is not None
    assert sound_file.media_type(kind) == KINDS[name][2]
    if name != "FLAC":  # which FFmpeg does not look for behind a tag
        check_tone(sound_file.decode(tag + made(name)))


@pytest.mark.parametrize("name", [name for name in KINDS if KINDS[name][0] == "wav" and name != "ADPCM"])
def test_no_wav_but_a_compressed_one_needs_pyav(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = made(name)
    monkeypatch.setitem(sys.modules, "av", None)
    check_tone(sound_file.decode(data))


@pytest.mark.parametrize("name", ["MP3", "M4A", "WebM", "Opus", "FLAC", "AAC", "AIFF", "ADPCM"])
def test_without_pyav_the_remedy_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = made(name)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MediaError, match=r"this needs PyAV, which comes with the extra \[video\]"):
        sound_file.decode(data)


@pytest.mark.parametrize("name", ["MP3", "WebM", "FLAC", "ADPCM", "AIFF"])
def test_what_is_longer_than_the_budget_says_so(name: str) -> None:
    data = encoded(*KINDS[name][:2], seconds=3.0, rate=48_000 if name == "WebM" else RATE)
    with pytest.raises(
        MediaError, match=r"longer than the budget of 0 MiB of samples, [12] s at \d+ Hz and 2 channels"
    ):
        sound_file.decode(data, max_bytes=120_000)


def test_a_video_is_heard_and_a_silent_one_is_not_audio() -> None:
    def video(*, has_sound: bool) -> bytes:
        file = io.BytesIO()
        with av.open(file, "w", format="mp4") as writer:
            picture = writer.add_stream("mpeg4", rate=10)
            picture.width = picture.height = 32
            sound = writer.add_stream("aac", rate=RATE, layout="stereo") if has_sound else None
            for _ in range(10):
                writer.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
            writer.mux(picture.encode(None))
            if sound is not None:
                frame = av.AudioFrame.from_ndarray(tone().reshape(1, -1), format="s16", layout="stereo")
                frame.sample_rate = RATE
                for each in (frame, None):
                    writer.mux(sound.encode(each))
        return file.getvalue()

    check_tone(sound_file.decode(video(has_sound=True)))
    with pytest.raises(MediaError, match="has no audio"):
        sound_file.decode(video(has_sound=False))


@pytest.mark.parametrize("name", KINDS)
def test_a_broken_file_is_an_error_or_shorter(name: str) -> None:
    data = made(name)
    for length in (0, 1, 3, 11, 40, 100, len(data) // 2, len(data) - 1):
        try:
            chunk = sound_file.decode(data[:length])
        except MediaError:
            continue
        assert chunk.duration_s < 1.2


@settings(deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_no_bytes_raise_anything_else(name: str, choose: st.DataObject) -> None:
    data = bytearray(made(name)[:6_000])
    for _ in range(choose.draw(st.integers(1, 6))):
        data[choose.draw(st.integers(0, len(data) - 1))] = choose.draw(st.integers(0, 255))
    for read in (sound_file.decode, sound_file.duration_s):
        try:
            read(bytes(data))
        except MediaError:
            pass


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def referring(path: str) -> bytes:
    """A QuickTime video whose samples are told to lie in another file."""
    where = path.encode()
    alias = struct.pack(">4sHH", bytes(4), 150 + 4 + len(where) + 2, 2) + bytes(142)
    alias += struct.pack(">hH", 2, len(where)) + where + bytes(len(where) % 2) + struct.pack(">hH", -1, 0)
    entry = box(b"sowt", bytes(6) + struct.pack(">HHHIHHHHI", 1, 0, 0, 0, 1, 16, 0, 0, 8_000 << 16))
    tables = box(
        b"stbl",
        box(b"stsd", bytes(4), struct.pack(">I", 1), entry),
        box(b"stts", bytes(4), struct.pack(">III", 1, 100, 1)),
        box(b"stsc", bytes(4), struct.pack(">IIII", 1, 1, 100, 1)),
        box(b"stsz", bytes(4), struct.pack(">II", 2, 100)),
        box(b"stco", bytes(4), struct.pack(">II", 1, 0)),
    )
    reference = box(b"dinf", box(b"dref", bytes(4), struct.pack(">I", 1), box(b"alis", bytes(4), alias)))
    media = box(
        b"mdia",
        box(b"mdhd", bytes(12), struct.pack(">IIHH", 8_000, 100, 0, 0)),
        box(b"hdlr", bytes(4), b"mhlrsoun", bytes(13)),
        box(b"minf", box(b"smhd", bytes(8)), reference, tables),
    )
    track = box(b"trak", box(b"tkhd", b"\0\0\0\1", bytes(8), struct.pack(">I", 1), bytes(68)), media)
    head = box(b"mvhd", bytes(12), struct.pack(">II", 8_000, 100), bytes(80))
    return box(b"ftyp", b"qt  ", bytes(4)) + box(b"moov", head, track)


HOSTILE: dict[str, Any] = {
    "HLS": lambda path: f"#EXTM3U\n#EXTINF:1,\nfile://{path}\n#EXT-X-ENDLIST\n".encode(),
    "HLS, relative": lambda path: f"#EXTM3U\n#EXTINF:1,\n{Path(path).name}\n#EXT-X-ENDLIST\n".encode(),
    "concat": lambda path: f"ffconcat version 1.0\nfile '{path}'\n".encode(),
    "DASH": lambda path: f'<?xml version="1.0"?><MPD><BaseURL>file://{path}</BaseURL></MPD>'.encode(),
    "SDP": lambda path: b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    "ASX": lambda path: f'<ASX><Entry><Ref href="file://{path}"/></Entry></ASX>'.encode(),
    "QuickTime, elsewhere": referring,
    "HLS in an ID3": lambda path: b"ID3\4\0\0\0\0\0\0" + f"#EXTM3U\n#EXTINF:1,\nfile://{path}\n".encode(),
    "HLS behind zeros": lambda path: bytes(64) + f"#EXTM3U\n#EXTINF:1,\nfile://{path}\n".encode(),
}


@contextmanager
def opened(path: Path) -> Iterator[list[int]]:
    """Note when anybody opens a file, also below Python."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert libc.inotify_add_watch(watch, bytes(path), IN_OPEN) >= 0
    found: list[int] = []
    try:
        yield found
        found.append(len(os.read(watch, 4096)))
    except BlockingIOError:
        pass
    finally:
        os.close(watch)


IN_OPEN = 0x20


def test_opening_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    with opened(file) as nothing:
        pass
    with opened(file) as something:
        file.read_bytes()
    assert (nothing, something) == ([], [16])


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_leads_to_another(name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav.encode(Chunk(tone(1), RATE)))
    seen: list[str] = []
    WATCHERS.append(lambda event, arguments: seen.append(f"{event} {arguments}"))
    with opened(secret) as found:
        for suffix in (".m3u8", ".mp3", ".wav", ".mov", ".txt"):
            file = tmp_path / f"hostile{suffix}"
            file.write_bytes(HOSTILE[name](str(secret)))
            for source in (file, file.read_bytes()):
                for read in (sound_file.decode, sound_file.duration_s):
                    try:
                        read(source)
                    except MediaError:
                        continue
                    assert name == "QuickTime, elsewhere"  # it plays its own first bytes
    WATCHERS.clear()
    assert not [event for event in seen if event.startswith("socket.")]
    assert found == []


WATCHERS: list[Any] = []
sys.addaudithook(lambda event, arguments: [watch(event, arguments) for watch in WATCHERS] and None)


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("codec", ["flac", "aac", "pcm_s24be"])
def test_every_number_of_channels(codec: str, channels: int) -> None:
    container = {"flac": "flac", "aac": "mp4", "pcm_s24be": "aiff"}[codec]
    try:
        chunk = sound_file.decode(encoded(container, codec, channels, seconds=0.2, rate=48_000))
    except MediaError as error:
        assert "its channels are in an order of their own, 8 channels (FL+FR+FC" in str(error)  # noqa: PT017 - AIFF
        assert (codec, channels) == ("pcm_s24be", 8)
        return
    assert (chunk.channels, chunk.sample_rate) == (channels, 48_000)


@pytest.mark.parametrize("order", [(2, 1), (1, 2), (3, 3), (9, 10), (38, 1), (0xFFFFFFFF, 0)])
@pytest.mark.parametrize("container", ["mov", "caf", "aiff"])
def test_channels_in_an_order_of_their_own_end_no_process(container: str, order: tuple[int, int]) -> None:
    """FFmpeg would free what PyAV has freed: in a process of its own, so that it is this one that goes on."""
    data = encoded(container, {"aiff": "pcm_s16be"}.get(container, "pcm_s16le"), 2, 0.2)
    described = struct.pack(">III", 0, 0, 2) + b"".join(struct.pack(">II3f", each, 0, 0, 0, 0) for each in order)
    if container == "caf":
        at = data.index(b"data", 60)
        data = data[:at] + b"chan" + struct.pack(">Q", len(described)) + described + data[at:]
    elif container == "aiff":
        at = data.index(b"SSND")
        data = data[:at] + b"CHAN" + struct.pack(">I", len(described)) + described + data[at:]
    else:
        old = data.index(b"chan") if b"chan" in data else -1
        assert old > 0
        size = int.from_bytes(data[old - 4 : old], "big")
        data = data[: old + 4] + (bytes(4) + described)[: size - 8].ljust(size - 8, b"\0") + data[old + size - 4 :]
    script = (
        "import sys; from millstream.media import audio_file as sound_file; from millstream.errors import MediaError\n"
        "data = sys.stdin.buffer.read()\n"
        "for _ in range(5):\n"
        "    for read in (sound_file.decode, sound_file.duration_s, sound_file.check):\n"
        "        try: read(data)\n"
        "        except MediaError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.parametrize("variant", [b"RF64", b"BW64"])
def test_wav_files_that_may_be_larger_than_4_gib(variant: bytes, tmp_path: Path) -> None:
    plain = made("WAV")
    at = plain.index(b"data") + 4
    size = len(plain) - at - 4
    sizes = b"ds64" + struct.pack("<IQQQI", 28, len(plain) + 28, size, size // 4, 0)
    large = (
        variant
        + b"\xff" * 4
        + b"WAVE"
        + sizes
        + plain[12:at]
        + b"\xff" * 4
        + plain[at + 4 :]
        + b"LIST\4\0\0\0\x7f\x7f\x7f\x7f"
    )
    path = tmp_path / "large.wav"
    path.write_bytes(large)
    sound_file.check(path)
    assert np.array_equal(sound_file.decode(path).samples, sound_file.decode(plain).samples)
    kind = sound_file.recognise(path)
    assert kind is not None
    assert not sound_file.is_played(path, kind)  # it is converted for browsers


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40_000), st.integers(45, 80_100))
def test_a_wav_file_that_is_cut_off_is_refused_before_it_is_decoded_if_decoding_would(frames: int, kept: int) -> None:
    whole = wav.encode(Chunk(np.zeros((frames, 1), np.int16), RATE))
    cut = whole[:kept]
    if len(cut) == len(whole):
        sound_file.check(cut)
        return
    with pytest.raises(MediaError, match="cut off: ") as refused:
        sound_file.check(cut)
    with pytest.raises(MediaError) as failed:
        sound_file.decode(cut)
    assert str(refused.value) == str(failed.value)


def test_a_wav_file_of_broken_samples_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    data = wav.encode(Chunk(np.zeros((40_000, 1), np.int16), RATE))
    odd = data[:40] + struct.pack("<I", 79_999) + data[44:]
    path = tmp_path / "odd.wav"
    path.write_bytes(odd)
    with pytest.raises(MediaError, match="does not hold whole samples"):
        sound_file.check(path)
