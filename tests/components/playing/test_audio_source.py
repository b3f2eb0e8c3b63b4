"""What a run or stream gives an `Audio`, value after value: samples, whole files, and files that come cut."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from tests.media.chunked_audio.chunked_files import heard, pieces, plain_tone, sound_file, tone

import millstream as gr
from millstream.components.playing.audio_source import AudioSource
from millstream.errors import InvalidValue
from millstream.frames import Chunk
from millstream.jobs import KEEP
from millstream.media import wav
from millstream.testing import TestPage
from millstream.types import Blob

TONE = (np.sin(np.arange(800) / 10) * 20_000).astype(np.int16)
MP3 = tone(24_000, 1)
FLAC = sound_file("flac", "flac", 24_000, 1)
OPUS = sound_file("ogg", "libopus", 24_000, 1)
AAC = sound_file("adts", "aac", 24_000, 1)
WAV = wav.encode(Chunk(TONE[:, None], 24_000))


@pytest.fixture
def source() -> AudioSource:
    with gr.Blocks():
        return AudioSource(gr.Audio(streaming=True))


def samples_of(played: tuple[object, object] | None) -> np.ndarray:
    assert played is not None
    stored, chunk = played
    assert isinstance(chunk, Chunk)
    assert isinstance(stored, Chunk)
    assert np.array_equal(stored.samples, chunk.samples)
    return chunk.samples


def test_a_component_opens_its_own() -> None:
    with gr.Blocks():
        assert isinstance(gr.Audio(streaming=True).source(), AudioSource)


def test_samples_are_kept_and_played(source: AudioSource, files) -> None:
    _, chunk = source.piece((16_000, TONE), files) or (None, None)
    assert isinstance(chunk, Chunk)
    assert chunk.sample_rate == 16_000
    assert samples_of(source.piece((np.int64(16_000), TONE), files))[:, 0].tolist() == TONE.tolist()
    assert source.end() == (None, None)


def test_what_is_too_loud_is_divided_by_the_largest_so_far(
    source: AudioSource, files, caplog: pytest.LogCaptureFixture
) -> None:
    def heard(*numbers: float) -> list[int]:
        return samples_of(source.piece((16_000, np.array(numbers, np.float32)), files))[:, 0].tolist()

    assert heard(0.5, 1.005) == [round(32767 * 0.5 / 1.005), 32767]
    assert caplog.text == ""
    assert heard(4.0, -0.5) == [32767, -4096]
    assert heard(2.0, -8.0) == [8192, -32767]
    assert heard(4.0, 2.0) == [16384, 8192]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Audio 'Audio': floats are audio from -1 to 1, but these reach 4" in caplog.text
    source.close()
    assert heard(1.0) == [32767]


def test_floats_in_the_range_of_int16_are_as_loud_as_they_were(
    source: AudioSource, files, caplog: pytest.LogCaptureFixture
) -> None:
    def heard(*numbers: float) -> list[int]:
        return samples_of(source.piece((16_000, np.array(numbers)), files))[:, 0].tolist()

    assert heard(0.0, 0.0) == [0, 0]
    assert heard(300.0, -150.0) == [300, -150]
    assert heard(3.0, 0.0) == [3, 0]
    assert heard(32767.0, -12000.0) == [32766, -12000]
    assert [record.getMessage() for record in caplog.records] == [
        "Audio 'Audio': floats are audio from -1 to 1, but these reach 300: they are divided by 32768, "
        "as samples of 16 bits"
    ]


def test_a_silent_chunk_that_is_divided_by_its_peak_is_silence(
    source: AudioSource, files, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        chunk = source.piece((16_000, np.array([np.nan, np.inf, -np.inf, 0.5], np.float32)), files)
        assert samples_of(chunk)[:, 0].tolist() == [0, 32767, -32767, 16384]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "some samples are NaN or infinite" in caplog.text


def test_what_is_too_large_is_refused(source: AudioSource, files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.components.playing.audio_source.MAX_PIECE_BYTES", 10)
    with pytest.raises(InvalidValue, match="of 20 bytes, a chunk may have 10"):
        source.piece(b"ID3" + bytes(17), files)
    path = files.path / "a.wav"
    path.write_bytes(WAV)
    with pytest.raises(InvalidValue, match=r"a.wav of \d+ bytes, a chunk may have 10"):
        source.piece(str(path), files)


@pytest.mark.parametrize("value", [None, "https://example.org/a.mp3"])
def test_what_is_not_audio_of_ours_ends_what_came_before(source: AudioSource, files, value: object) -> None:
    source.piece(MP3[:1_000], files)
    assert source.piece(value, files) is None
    assert source.end() == (None, None)
    assert source.piece(MP3[:1_000], files) is not None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((0, TONE), "Audio 'Audio' got .*sample rate between 1000 and 384000 Hz, got int 0"),
        ((float("nan"), TONE), "sample rate between 1000 and 384000 Hz, got float nan"),
        ((16_000, np.zeros((2, 3, 4))), "shape has to be"),
        (b"no sound at all", "bytes of a WAV, MP3"),
        (12, "takes .sample_rate, array., bytes, a path"),
    ],
)
def test_what_does_not_fit_says_why(source: AudioSource, files, value: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        source.piece(value, files)


def test_whole_files_are_left_to_the_page(source: AudioSource, files) -> None:
    assert [source.piece(MP3, files)[1] for _ in range(2)] == [MP3, MP3]
    path = files.path / "a.flac"
    path.write_bytes(FLAC)
    stored, data = source.piece(path, files) or (None, None)
    assert data == FLAC
    assert isinstance(stored, Blob)
    assert (stored.name, stored.data) == ("a.flac", FLAC)
    assert not path.exists()
    assert source.end() == (None, None)


def test_a_whole_wav_is_samples(source: AudioSource, files) -> None:
    assert samples_of(source.piece(WAV, files))[:, 0].tolist() == TONE.tolist()
    assert source.end() == (None, None)


def test_a_file_that_arrives_in_chunks_plays_as_one(source: AudioSource, files) -> None:
    played = [source.piece(piece, files) for piece in pieces(FLAC, [999])]
    rest = source.end()
    sound = np.concatenate([samples_of(each) for each in [*played, rest] if each and each[0] is not KEEP])
    assert np.array_equal(sound, heard(pieces(FLAC, [999]))[1])
    assert source.end() == (None, None)


def test_a_chunk_may_be_too_short_to_be_heard(source: AudioSource, files) -> None:
    assert source.piece(MP3[:1], files) == (KEEP, None)
    source.piece(MP3[1:1_000], files)
    assert source.piece(MP3[1_000:1_010], files) == (KEEP, None)


def test_what_is_held_back_comes_behind_what_was_not_played_yet(source: AudioSource, files) -> None:
    file = FLAC + FLAC[:-1] + FLAC[-1:]
    played = source.piece(file[:-1], files)
    assert played is not None
    source.piece(file[-1:], files)
    whole = source.end(played[1])
    assert np.array_equal(samples_of(whole), heard(pieces(file, [len(file) - 1]))[1])


def test_samples_come_behind_what_was_held_back(source: AudioSource, files) -> None:
    first = samples_of(source.piece(FLAC[:-1], files))
    source.piece(FLAC[-1:], files)
    then = samples_of(source.piece((24_000, TONE), files))
    assert np.array_equal(np.concatenate([first, then[: -len(TONE)]]), heard(pieces(FLAC, [999]))[1])
    assert then[-len(TONE) :, 0].tolist() == TONE.tolist()


def test_samples_of_another_format_do_not_come_behind_what_was_held_back(source: AudioSource, files) -> None:
    source.piece(FLAC[:-1], files)
    source.piece(FLAC[-1:], files)
    with pytest.raises(InvalidValue, match=r"does not go on like what came before, .* at 24000 Hz"):
        source.piece((16_000, TONE), files)


def test_a_whole_file_does_not_come_behind_what_was_held_back(source: AudioSource, files) -> None:
    path = files.path / "a.flac"
    path.write_bytes(FLAC)
    source.piece(FLAC[:-1], files)
    source.piece(FLAC[-1:], files)
    with pytest.raises(InvalidValue, match="a whole file cannot go on with the last samples of one that came cut"):
        source.piece(path, files)


def test_a_file_that_comes_cut_goes_on_behind_whole_ones_as_files(source: AudioSource, files) -> None:
    """A sentence of one word comes in one chunk, and the next sentence does not."""
    assert source.piece(MP3, files)[1] == MP3
    played = [source.piece(piece, files) for piece in pieces(MP3, [500])]
    given = [each[1] for each in [*played, source.end()] if each and each[0] is not KEEP]
    chunks = [wav.decode(each) for each in given]
    assert all(chunk.duration_s >= 0.5 for chunk in chunks[:-1])
    sound = np.concatenate([chunk.samples for chunk in chunks])
    assert np.array_equal(sound, heard(pieces(MP3, [500]))[1])


def test_what_does_not_go_on_is_an_error(source: AudioSource, files) -> None:
    source.piece(MP3[:1_000], files)
    with pytest.raises(InvalidValue, match=r"Audio 'Audio' cannot play bytes .* in an MP3 or AAC file are no audio"):
        source.piece(bytes(20_000), files)


def test_what_ends_too_soon_is_an_error_and_then_forgotten(source: AudioSource, files) -> None:
    source.piece(WAV[:700], files)
    with pytest.raises(InvalidValue, match=r"cannot play all of what it was given: .* cut off: 656 of 1600 bytes"):
        source.end()
    assert source.end() == (None, None)


@pytest.mark.parametrize("file", [MP3, FLAC, OPUS, AAC], ids=["MP3", "FLAC", "Opus", "AAC"])
def test_without_pyav_the_first_chunk_is_refused(source: AudioSource, files, file: bytes, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InvalidValue, match=r"cannot play bytes .* needs PyAV, which comes with"):
        source.piece(file[:1_000], files)


def test_without_pyav_frames_of_an_mp3_are_files(source: AudioSource, files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    file = plain_tone(24_000, 1)
    assert source.piece(file, files)[1] == file


def test_without_pyav_a_wav_comes_cut(source: AudioSource, files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    sound = [samples_of(source.piece(piece, files)) for piece in pieces(WAV, [700])]
    assert np.concatenate(sound)[:, 0].tolist() == TONE.tolist()
    assert source.end() == (None, None)


def test_what_no_loudspeaker_plays_is_refused(source: AudioSource, files) -> None:
    with pytest.raises(InvalidValue, match=r"cannot play audio at 2000 Hz.*; resample it first"):
        source.piece((2_000, TONE), files)


def test_samples_behind_files_are_left_to_who_knows_the_format_of_all(source: AudioSource, files) -> None:
    source.piece(MP3, files)
    assert samples_of(source.piece((24_000, TONE), files))[:, 0].tolist() == TONE.tolist()


@pytest.mark.blocking
@pytest.mark.parametrize("kind", ["numpy", "filepath"])
def test_another_handler_gets_what_was_played_last_for_itself(kind: Literal["numpy", "filepath"]) -> None:
    """It is kept as samples, and made a file of when somebody wants one."""
    given: list[np.ndarray] = []
    changed: list[int] = []

    def read(sound: tuple[int, np.ndarray] | str) -> None:
        samples = wav.decode(Path(sound).read_bytes()).samples if isinstance(sound, str) else sound[1]
        given.append(samples.reshape(-1).copy())
        samples[:] = 0

    with gr.Blocks() as demo:
        sound = gr.Audio(label="Sound", streaming=True, autoplay=True, type=kind)
        sound.change(lambda: changed.append(1), None, None)
        gr.Button("Play").click(lambda: (24_000, TONE), None, sound)
        gr.Button("Read").click(read, sound, None)
    with TestPage(demo) as page:
        page.click("Play")
        page.click("Play")
        page.click("Read")
        page.click("Read")
    assert [each.tolist() for each in given] == [TONE.tolist()] * 2
    assert changed == [1]
