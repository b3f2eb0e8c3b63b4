import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import millstream as gr
from millstream.codecs import pcm16
from millstream.components.values.samples import BLOCK, Loudness, UnfitAudio, to_samples
from millstream.errors import DeclarationError, InvalidValue
from millstream.frames import Chunk
from millstream.media import wav
from millstream.testing import TestPage
from millstream.types import Blob
from millstream.wire.limits import MAX_MESSAGE_BYTES

TONE = (np.sin(np.arange(800) / 10) * 20_000).astype(np.int16)


def audio(**arguments: object) -> gr.Audio:
    with gr.Blocks():
        return gr.Audio(**arguments)


def test_one_channel_is_flat_and_more_are_not() -> None:
    rate, samples = audio().preprocess(Chunk(TONE[:, None], 16_000), None)
    assert (rate, samples.shape, samples.dtype) == (16_000, (800,), np.int16)
    rate, samples = audio().preprocess(Chunk(np.stack([TONE, TONE], axis=1), 48_000), None)
    assert (rate, samples.shape) == (48_000, (800, 2))


def test_file_paths(files) -> None:
    path = audio(type="filepath").preprocess(Chunk(TONE[:, None], 16_000), files)
    assert path.endswith(".wav")
    assert np.array_equal(wav.decode(Path(path).read_bytes()).samples[:, 0], TONE)


def upload(seconds: float = 0.05) -> Blob:
    return Blob("a.wav", "audio/wav", data=wav.encode(Chunk(np.zeros((int(16_000 * seconds), 1), np.int16), 16_000)))


def test_an_upload_that_is_cut_off_is_refused_at_once(files) -> None:
    whole = upload(1.0)
    cut = Blob("speech.wav", "audio/wav", data=whole.data[:20_000])
    assert audio(label="Voice").inspect(whole, files).mime == "audio/wav"
    with pytest.raises(InvalidValue, match=r"Audio 'Voice' cannot read speech\.wav: the WAV file is cut off: 19956 of"):
        audio(label="Voice").inspect(cut, files)


def test_uploads(files) -> None:
    rate, samples = audio().preprocess(upload(), files)
    assert (rate, len(samples)) == (16_000, 800)
    path = audio(type="filepath").preprocess(upload(), files)
    assert Path(path).read_bytes() == upload().data
    stored = files.path / "b.mp3"
    stored.write_bytes(b"ID3")
    assert audio(type="filepath").preprocess(Blob("b.mp3", "audio/mpeg", path=stored), files) == str(stored)


def test_what_cannot_be_decoded_says_what_to_do() -> None:
    with pytest.raises(InvalidValue, match=r"Audio 'Audio' cannot read b.mp3.*type=\"filepath\""):
        audio().preprocess(Blob("b.mp3", "audio/mpeg", data=b"ID3"), None)


def test_length_of_recordings(files) -> None:
    limited = audio(min_length=0.1, max_length=0.2)
    limited.preprocess(upload(0.15), files)
    with pytest.raises(InvalidValue, match=r"takes at least 0\.1 s of audio, but got"):
        limited.preprocess(upload(0.05), files)
    with pytest.raises(InvalidValue, match=r"at most 0\.2 s"):
        limited.preprocess(upload(0.5), files)
    assert Path(audio(type="filepath", max_length=1).preprocess(upload(), files)).exists()


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (TONE, TONE),
        ((TONE / 32767).astype(np.float32), TONE),
        (TONE / 32767, TONE),
        (TONE / 32767 * 4, TONE * (32767 / np.abs(TONE).max())),
        (TONE.astype(np.int32) << 16, TONE),
        (TONE.astype(np.int64), TONE),
        (((TONE >> 8) + 128).astype(np.uint8), TONE >> 8 << 8),
    ],
)
def test_what_handlers_may_return(array: np.ndarray, expected: np.ndarray) -> None:
    blob = audio().postprocess((16_000, array), None)
    assert (blob.name, blob.mime) == ("audio.wav", "audio/wav")
    chunk = wav.decode(blob.data)
    assert chunk.sample_rate == 16_000
    assert np.abs(chunk.samples[:, 0].astype(int) - expected).max() <= 1


def test_nothing_is_nothing() -> None:
    assert audio().preprocess(None, None) is None
    assert audio().postprocess(None, None) is None
    with pytest.raises(InvalidValue, match=r"the file a\.wav is gone"):
        audio().preprocess(Blob("a.wav", "audio/wav"), None)


def test_rates_of_numpy_and_channels() -> None:
    chunk = wav.decode(audio().postprocess((np.int64(8000), np.zeros((10, 2), np.int16)), None).data)
    assert (chunk.sample_rate, chunk.channels) == (8000, 2)
    assert len(wav.decode(audio().postprocess((8000, np.zeros(0, np.int16)), None).data).samples) == 0


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_one_channel_may_lie_in_a_row(dtype: type) -> None:
    row = np.linspace(-1, 1, 800).astype(dtype)[None, :]
    np.testing.assert_array_equal(to_samples(row), to_samples(row[0]))
    assert to_samples(np.zeros((1, 8), np.int16)).shape == (1, 8)  # one sample of eight channels


def test_what_is_not_a_number_is_silence() -> None:
    samples = to_samples(np.array([np.nan, np.inf, -np.inf, 0.5]))
    assert samples[:, 0].tolist() == [0, 32767, -32767, 16384]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ((16_000, np.zeros((2, 800))), "the wrong way round, return .T"),
        ((16_000, np.zeros((2, 2, 2))), r"the shape has to be \(samples,\)"),
        ((16_000, np.array([40_000])), "fit into 16 bits"),
        ((16_000, np.array(["a"])), "the type has to be int16"),
        ((0, TONE), "a sample rate between 1000 and 384000"),
        (("fast", TONE), "a sample rate"),
        ((16_000, [1, 2]), r"takes \(sample_rate, array\), bytes"),
        (TONE, r"takes \(sample_rate, array\)"),
        (b"nonsense", "bytes of a WAV, MP3"),
        (5, "but got int 5"),
        (24_000, r"each other output a value of its own, or skip\(\), but got int 24000"),
    ],
)
def test_what_is_not_audio(returned: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        audio().postprocess(returned, None)


def test_float_audio_beyond_one_is_divided_by_its_peak_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    with gr.Blocks() as demo:
        player = gr.Audio(label="Player")
        rename = gr.Audio(label="Other")
    for component in (player, player, player.updated({"autoplay": True})):
        for kind in (np.float32, np.float64, np.float16):
            wave = (TONE // 2).astype(kind)
            chunk = wav.decode(component.postprocess((16_000, wave), None).data)
            expected = wave.astype(float) / np.abs(wave).max() * 32767
            np.testing.assert_allclose(chunk.samples[:, 0], expected, atol=1)
    assert [record.getMessage() for record in caplog.records] == [
        "Audio 'Player': floats are audio from -1 to 1, but these reach 10000: they are divided by the largest"
    ]
    rename.postprocess((16_000, np.array([3.0])), None)
    assert len(caplog.records) == 2
    rename.postprocess((16_000, np.array([np.inf, 0.5])), None)
    assert demo


def test_hours_of_floats_take_no_more_memory_than_their_samples() -> None:
    wave = np.full((8 * BLOCK + 7, 2), 0.5, np.float32)
    wave[-1, 1] = 2.0
    loudness = Loudness(lambda about, message: None)
    loudness.to_chunk(16_000, wave[:10])  # what is imported by the first one does not count
    tracemalloc.start()
    chunk = loudness.to_chunk(16_000, wave)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * wave.nbytes
    assert (chunk.samples[0, 0], chunk.samples[-1, 1], chunk.samples.shape) == (8192, 32767, wave.shape)


def test_audio_that_is_not_finite_is_silence_or_as_loud_as_it_gets() -> None:
    wave = np.array([np.nan, np.inf, -np.inf, 20_000.0])
    chunk = wav.decode(audio().postprocess((16_000, wave), None).data)
    assert chunk.samples[:, 0].tolist() == [0, 32767, -32767, 32767]


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        (io.BytesIO(b"RIFF"), r"of a BytesIO its \.getvalue\(\)"),
        ((16_000, [0, 1, 2]), r"samples as np\.array\(samples\)"),
        (b"\0\0\1\0", r"samples without a header as \(sample_rate, np\.frombuffer\(data, np\.int16\)\), but got bytes"),
    ],
)
def test_what_is_often_given_in_another_form_is_told_how(value: object, remedy: str) -> None:
    with pytest.raises(InvalidValue, match=remedy):
        audio().postprocess(value, None)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.int32, np.float16, np.float32, np.float64])
def test_every_kind_of_number_is_as_loud(kind: type) -> None:
    if np.issubdtype(kind, np.floating):
        wave = np.array([0.5, -0.5], kind)
    else:
        middle, whole = (128, 128) if kind is np.uint8 else (0, -int(np.iinfo(kind).min))
        wave = np.array([middle + whole // 2, middle - whole // 2], kind)
    assert np.abs(to_samples(wave)[:, 0] - np.array([16384, -16384])).max() <= 1
    for shape in ((0,), (0, 2), (1, 2), (2, 1)):
        assert len(to_samples(np.zeros(shape, kind))) == shape[0]
    assert to_samples(np.zeros((1, 0), kind)).shape == (0, 1)


@given(hnp.arrays(st.sampled_from([np.int8, np.int16, np.int32, np.uint8, np.float32]), hnp.array_shapes(max_dims=3)))
def test_every_array_is_audio_or_refused(array: np.ndarray) -> None:
    try:
        samples = to_samples(array)
    except UnfitAudio:
        return
    assert samples.shape[0] == array.shape[0]
    assert samples.dtype == np.int16
    assert samples.flags.c_contiguous


def test_encoded_audio_is_recognised() -> None:
    for data, mime in ((upload().data, "audio/wav"), (b"ID3...", "audio/mpeg"), (b"OggS..", "audio/ogg")):
        assert audio().postprocess(data, None) == Blob(f"audio.{mime[6:].replace('mpeg', 'mp3')}", mime, data=data)
    assert audio().postprocess(bytearray(b"fLaC"), None).mime == "audio/flac"
    assert audio().postprocess(b"\0\0\0\x1cftypM4A ", None).mime == "audio/mp4"
    assert audio().postprocess(b"\xff\xf1P@", None).mime == "audio/aac"


def test_paths_are_asked_for(files) -> None:
    sound = files.path / "a.wav"
    sound.write_bytes(upload().data)
    assert audio().postprocess(str(sound), files).path == sound
    with pytest.raises(InvalidValue, match="not allowed"):
        audio().postprocess("/etc/passwd", files)
    with pytest.raises(InvalidValue, match="http"):
        audio().postprocess("data:image/png;base64,AAAA", files)


def test_properties() -> None:
    props = audio(sources="microphone", sample_rate=16_000, channels=1, autoplay=True, loop=True).props()
    assert {
        "sources": ["microphone"],
        "streaming": False,
        "sample_rate": 16_000,
        "channels": 1,
        "decoded": True,
        "autoplay": True,
        "loop": True,
        "buttons": ["download"],
        "constraints": None,
    }.items() <= props.items()
    assert audio(show_download_button=False).buttons == []
    assert audio(streaming=True).sources == ["microphone"]


def test_another_format_than_wav_is_ignored_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="format='mp3'"):
        audio(format="mp3")


def test_recording_is_told_to_the_page() -> None:
    assert audio().props()["recording"] is False
    assert audio(recording=True).props()["recording"] is True
    assert audio(max_length=5).props()["max_length"] == 5
    assert audio(recording=True).patch(["recording"]) == {"recording": True}


def test_recording_as_an_update_leaves_all_else_alone() -> None:
    assert gr.Audio(recording=False).given == {"recording": False}


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        ({"recording": 2}, "recording=2 is not True or False"),
        ({"recording": True, "sources": "upload"}, "cannot record from upload: add 'microphone' to its sources"),
        ({"max_length": float("nan")}, "max_length=.* is not a finite number"),
        ({"min_length": 3, "max_length": 2}, "min_length=3 is above max_length=2"),
    ],
)
def test_recordings_that_cannot_be_are_refused(arguments: dict, remedy: str) -> None:
    with pytest.raises(DeclarationError, match=remedy):
        audio(**arguments)


def test_how_long_a_recording_may_last() -> None:
    assert audio().longest_s == float("inf")
    assert audio(max_length=2.5).longest_s == 2.5
    assert audio(max_length=86_400).props()["max_length"] == 86_400
    for beyond_timers in (30 * 86_400, 10**400, float("inf")):
        assert audio(max_length=beyond_timers).props()["max_length"] is None


def test_declared_audio() -> None:
    assert audio(value=(16_000, TONE)).initial().mime == "audio/wav"


def settled(component: gr.Audio, *, drives_stream: bool = False, is_output: bool = True) -> gr.Audio:
    component.settle(component.interactive is not False, drives_stream, is_output)
    return component


def test_an_output_that_streams_is_a_player() -> None:
    player = settled(audio(streaming=True, max_ahead=2.5))
    assert player.plays_ahead_s == 2.5
    assert player.capabilities == {"captures_audio", "plays_audio", "takes_file"}
    assert player.props()["interactive"] is False
    assert player.updated({"label": "Other"}).plays_ahead_s == 2.5
    for other in (
        settled(audio(streaming=True), drives_stream=True),
        settled(audio(streaming=True), is_output=False),
        settled(audio(streaming=True, interactive=True)),
        settled(audio()),
    ):
        assert other.plays_ahead_s == 0
        assert other.capabilities == {"captures_audio", "takes_file"}


@pytest.mark.parametrize("seconds", [0, -1, 61, float("nan")])
def test_a_player_is_ahead_by_a_time_that_makes_sense(seconds: object) -> None:
    with pytest.raises(DeclarationError, match=r"max_ahead=.* is not (between 0 and 60|a number)"):
        audio(max_ahead=seconds)


def test_a_script_cannot_run_for_each_frame() -> None:
    with gr.Blocks():
        microphone = gr.Audio(sources="microphone")
        with pytest.raises(DeclarationError, match=r"js= cannot run for each frame"):
            microphone.stream(print, microphone, js="x => x")


@pytest.mark.parametrize(
    ("arguments", "most_s"),
    [
        ({}, 10.92),
        ({"sample_rate": 192_000, "channels": 8}, 0.68),
        ({"sample_rate": 16_000, "channels": 1}, 65.53),
        ({"channels": 1}, 21.84),
        ({"sample_rate": 8_000}, 65.53),
    ],
)
def test_a_chunk_fits_into_a_packet(arguments: dict, most_s: float) -> None:
    with gr.Blocks():
        microphone = gr.Audio(label="Voice", sources="microphone", **arguments)
        microphone.stream(len, microphone, stream_every=most_s)
        remedy = rf"Audio 'Voice'\.stream: stream_every=.* at most {most_s} seconds, or declare less"
        with pytest.raises(DeclarationError, match=remedy):
            microphone.stream(len, microphone, stream_every=most_s + 0.01)


def test_the_longest_chunk_can_be_decoded() -> None:
    samples = np.zeros((round(10.92 * 48_000), 2), np.int16)
    payload = pcm16.open_encoder(1.0).encode(Chunk(samples, 48_000)).payload
    assert len(pcm16.open_decoder().decode(payload).samples) == len(samples)
    assert len(payload) < MAX_MESSAGE_BYTES


def test_subtitles_stay_until_an_update_gives_others(tmp_path: Path) -> None:
    titles = tmp_path / "a.srt"
    titles.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    component = audio(subtitles=titles)
    titles.unlink()
    props = component.props()
    assert (props["addons"], "00:00:01.000" in props["subtitles"]) == (["audiosubtitles"], True)
    assert component.updated({"label": "A"}).props()["subtitles"] == props["subtitles"]
    assert component.updated({"subtitles": None}).patch(["subtitles"]) == {"subtitles": "", "addons": []}
    assert "subtitles" not in audio().props()
    with pytest.raises(DeclarationError, match=r"cannot be read: No such file or directory \(subtitles\)"):
        audio(subtitles=titles)


@pytest.mark.blocking  # in a TestPage the handler runs on the loop
def test_a_handlers_subtitles_are_read_during_its_call(tmp_path: Path) -> None:
    titles = tmp_path / "a.vtt"

    def speak(secret: str) -> object:
        titles.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n")
        return gr.Audio((16_000, TONE), subtitles=secret or str(titles))

    with gr.Blocks() as demo:
        name, sound = gr.Textbox(label="Name"), gr.Audio(label="Sound")
        gr.Button("Speak").click(speak, name, sound)
    with TestPage(demo) as page:
        page.click("Speak")
        assert "Hello" in page.props("Sound")["subtitles"]
        page.set("Name", "/etc/passwd")
        (run,) = page.click("Speak")
        assert "may not be shown" in run.error
