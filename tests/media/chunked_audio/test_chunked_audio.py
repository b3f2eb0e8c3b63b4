"""Audio that comes cut anywhere: found to be so, and one audio stream however it is cut."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.chunked_audio.chunked_files import decoded, heard, pieces, plain_tone, sound_file

from millstream.errors import MediaError
from millstream.media import chunked_audio as cut

KINDS = {
    "MP3": ("mp3", "libmp3lame", 24_000, 1),
    "stereo MP3": ("mp3", "libmp3lame", 44_100, 2),
    "slow MP3": ("mp3", "libmp3lame", 16_000, 1),
    "AAC": ("adts", "aac", 24_000, 2),
    "Opus": ("ogg", "libopus", 48_000, 2),
    "slow Opus": ("ogg", "libopus", 16_000, 1),
    "FLAC in Ogg": ("ogg", "flac", 44_100, 2),
    "FLAC": ("flac", "flac", 44_100, 2),
    "mono FLAC": ("flac", "flac", 16_000, 1),
    "WAV": ("wav", "pcm_s16le", 44_100, 2),
    "WAV of bytes": ("wav", "pcm_u8", 16_000, 1),
    "fine WAV": ("wav", "pcm_s24le", 48_000, 2),
    "WAV of whole numbers": ("wav", "pcm_s32le", 48_000, 1),
    "WAV of floats": ("wav", "pcm_f32le", 24_000, 2),
}
BEGINNINGS = (b"ID3\x04\0\0\0\0\x7f\x7f", b"\xff\xf3\x44\xc4\0\0", b"fLaC\0\0\0\x22", b"OggS\0\2", b"RIFF\0\0\0\0WAVE")


@pytest.mark.parametrize("kind", KINDS)
def test_cut_into_small_chunks_it_is_what_the_whole_is(kind: str) -> None:
    file = sound_file(*KINDS[kind], seconds=0.7)
    rate, samples = heard(pieces(file, [700]))
    whole = decoded(file)
    assert rate == (48_000 if "Opus" in kind else KINDS[kind][2])
    assert samples.shape == whole.shape
    assert np.abs(samples.astype(int) - whole).max() <= (8 if "Opus" in kind else 1)  # of Opus there are two decoders


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.lists(st.integers(1, 3_000), min_size=1, max_size=5))
def test_however_it_is_cut_the_audio_is_the_same(kind: str, sizes: list[int]) -> None:
    file = sound_file(*KINDS[kind], seconds=0.3)
    sizes[0] = min(sizes[0], len(file) // 2)
    assert np.array_equal(heard(pieces(file, sizes))[1], heard(pieces(file, [len(file) // 2]))[1])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "AAC"])
def test_a_whole_file_is_one_of_its_own(kind: str) -> None:
    file = sound_file(*KINDS[kind])
    assert cut.begin(file) is None
    assert cut.begin(file[:-1]) is not None
    assert cut.begin(file[: len(file) // 2]) is not None


@pytest.mark.parametrize("file", [plain_tone(24_000, 1), sound_file("adts", "aac", 24_000, 1)], ids=["MP3", "AAC"])
def test_what_does_not_say_how_long_it_is_goes_on_if_it_can(file: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cut.begin(file) is not None
    monkeypatch.setitem(sys.modules, "av", None)
    assert cut.begin(file) is None


@pytest.mark.parametrize("kind", KINDS)
def test_without_pyav_the_first_chunk_names_the_remedy(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = sound_file(*KINDS[kind])
    monkeypatch.setitem(sys.modules, "av", None)
    if "WAV" in kind:
        assert len(heard(pieces(file, [700]))[1]) == KINDS[kind][2]
        return
    with pytest.raises(MediaError, match=r"goes on in the next chunk, unlike .*, needs PyAV"):
        cut.begin(file[:-1])
    early = cut.begin(file[:2])
    assert early is not None
    assert early.feed(file[:2]) is None
    with pytest.raises(MediaError, match="needs PyAV"):
        early.feed(file[2:])


@pytest.mark.parametrize(
    "data", [b"", b"no sound at all", b"R2D2", b"{}", b"ID3 a song, in short", b"\x1a\x45\xdf\xa3" + bytes(9)]
)
def test_what_is_none_of_ours_does_not_begin(data: bytes) -> None:
    assert cut.begin(data) is None


@pytest.mark.parametrize(
    "data", [b"RIFF\0\0\0\0AVI nothing", b"\xff\xff\xff\xffnothing at all", b"ID3 a song, in short"]
)
def test_what_only_looks_like_audio_for_some_bytes_is_an_error(data: bytes) -> None:
    run = cut.begin(data[:3])
    assert run is not None
    assert run.feed(data[:3]) is None
    with pytest.raises(MediaError, match="is not the beginning of an audio file"):
        run.feed(data[3:])


@pytest.mark.parametrize(
    ("first", "then"), [("WAV", "MP3 with words"), ("FLAC", "WAV"), ("Opus", "FLAC"), ("MP3", "Opus"), ("AAC", "WAV")]
)
def test_a_chunk_of_another_kind_is_an_error(first: str, then: str) -> None:
    files = {kind: sound_file(*form) for kind, form in KINDS.items()}
    files["MP3 with words"] = b"ID3\x04\0\0\0\0\0\0" + files["MP3"]
    run = cut.begin(files[first][:3_000])
    assert run is not None
    run.feed(files[first][:3_000])
    with pytest.raises(MediaError, match=r"an? .* file goes on with an? .* file: all chunks have to be of one format"):
        run.feed(files[then])


@pytest.mark.parametrize("data", [b"\xff", b"RIF", *BEGINNINGS])
def test_what_ends_before_it_has_begun_is_an_error(data: bytes) -> None:
    run = cut.begin(data)
    assert run is not None
    run.feed(data)
    with pytest.raises(
        MediaError, match=r"before its audio had begun|has no samples|not the beginning of an audio file"
    ):
        run.end()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*BEGINNINGS, b""]), st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_no_bytes_raise_anything_else(beginning: bytes, rest: list[bytes]) -> None:
    rest[0] = beginning + rest[0]
    try:
        run = cut.begin(rest[0])
        if run is not None:
            for data in rest:
                run.feed(data)
            run.end()
    except MediaError:
        pass


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(st.tuples(st.integers(12, 8_000), st.binary(min_size=1, max_size=30)), min_size=1, max_size=4),
)
def test_broken_bytes_in_the_middle_raise_nothing_else(kind: str, wounds: list[tuple[int, bytes]]) -> None:
    file = sound_file(*KINDS[kind])
    for at, wound in wounds:
        file = file[:at] + wound + file[at + len(wound) :]
    try:
        heard(pieces(file, [1_000]))
    except MediaError:
        pass


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "WAV" not in kind])
def test_what_is_not_audio_for_long_is_an_error(kind: str) -> None:
    file = sound_file(*KINDS[kind])
    run = cut.begin(file[:-1])
    assert run is not None
    run.feed(file)
    run.feed(bytes(10))
    with pytest.raises(MediaError, match=r"are no audio|is none"):
        run.feed(bytes(20_000))


@pytest.mark.parametrize("kind", KINDS)
def test_several_files_that_follow_each_other_play_as_one(kind: str) -> None:
    file = sound_file(*KINDS[kind], seconds=0.5)
    (_, once), (_, twice) = heard(pieces(file, [999])), heard([*pieces(file, [999]), *pieces(file, [1_234])])
    assert len(twice) == 2 * len(once)
    middle = len(once)
    if "AAC" not in kind and "MP3" not in kind:  # whose decoder goes on, and so remembers the end of the first
        assert np.array_equal(twice[middle:], once)
    assert np.array_equal(twice[:middle], once)
