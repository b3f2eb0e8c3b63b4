"""The models of the examples see and hear what is there."""

import copy
import gc
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from models import (
    NOISE_RATE_HZ,
    VOICE_RATE_HZ,
    WAKE_WORDS,
    Detection,
    Detector,
    FaceFinder,
    ModelError,
    NoiseFilter,
    PeopleMask,
    Resampler,
    SpeakingVoice,
    StreamingRecogniser,
    UnreadableVideo,
    VideoFile,
    WakeWord,
    blur_behind,
    blur_box,
    draw_detections,
    sentences,
    to_mono,
)
from models import speech as speech_module
from models.noise import DELAY, FRAME
from models.objects import _ANCHORS, _suppress

MEDIA = Path(__file__).parents[2] / "examples" / "media"


def picture(name: str) -> NDArray[np.uint8]:
    return np.array(Image.open(MEDIA / name))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.fixture(scope="module")
def spoken() -> tuple[int, NDArray[np.int16]]:
    """Ten seconds at 16 kHz: "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."."""
    package = find_spec("moonshine_voice")
    assert package is not None
    assert package.origin is not None
    with wave.open(str(Path(package.origin).parent / "assets" / "beckett.wav")) as source:
        return source.getframerate(), np.frombuffer(source.readframes(source.getnframes()), np.int16)


@pytest.fixture(scope="module")
def voice() -> SpeakingVoice:
    return SpeakingVoice()


def words(text: str) -> str:
    return " ".join("".join(letter for letter in text.lower() if letter.isalpha() or letter.isspace()).split())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "label"), [("astronaut.jpg", "Person"), ("coffee.jpg", "Coffee cup")])
def test_the_detector_finds_what_is_there(detector: Detector, name: str, label: str) -> None:
    found = detector(picture(name), threshold=0.4)

    assert [detection.label for detection in found] == [label]
    left, top, right, bottom = found[0].box
    assert 0 <= left < 320 < right <= 640
    assert 0 <= top < 240 < bottom <= 480


@pytest.mark.slow
def test_the_threshold_is_obeyed_and_the_best_comes_first(detector: Detector) -> None:
    rgb = picture("astronaut.jpg")

    many, few = detector(rgb, threshold=0.05), detector(rgb, threshold=0.99)

    assert len(many) > 3
    assert few == []
    assert all(first.score >= second.score >= 0.05 for first, second in pairwise(many))


@pytest.mark.slow
def test_a_plain_image_holds_nothing(detector: Detector) -> None:
    assert detector(np.full((90, 160, 3), 127, np.uint8)) == []


@pytest.mark.slow
def test_threads_may_share_a_detector(detector: Detector) -> None:
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        for _ in range(5):
            found[name] = [detection.label for detection in detector(picture(name))]

    threads = [threading.Thread(target=look, args=(name,)) for name in ("astronaut.jpg", "coffee.jpg")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {"astronaut.jpg": ["Person"], "coffee.jpg": ["Coffee cup"]}


def test_the_anchors_cover_the_image() -> None:
    assert _ANCHORS.shape == (1917, 4)
    assert _ANCHORS[:, :2].min() > 0
    assert _ANCHORS[:, :2].max() < 1


def test_of_overlapping_boxes_of_one_kind_the_best_is_kept() -> None:
    boxes = np.array([[0, 0, 0.5, 0.5], [0.02, 0, 0.5, 0.5], [0.02, 0, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]], np.float32)
    scores = np.array([0.7, 0.8, 0.6, 0.5], np.float32)

    assert _suppress(boxes, scores, np.array([1, 1, 2, 1])) == [1, 2, 3]
    assert _suppress(boxes[:0], scores[:0], np.array([], np.int64)) == []


def test_detections_are_drawn_on_a_copy() -> None:
    rgb = np.zeros((480, 640, 3), np.uint8)

    drawn = draw_detections(
        rgb, [Detection("Mug", 0.87, (100, 100, 300, 300)), Detection("Cat", 0.5, (0, 0, 640, 480))]
    )

    assert not rgb.any()
    assert drawn.shape == rgb.shape
    assert drawn[200, 100].any()
    assert not drawn[200, 200].any()


@pytest.mark.slow
def test_speech_is_written_down_while_it_is_spoken(spoken: tuple[int, NDArray[np.int16]]) -> None:
    rate, samples = spoken
    recogniser, texts = StreamingRecogniser(), []

    for start in range(0, len(samples), rate // 2):
        texts.append(recogniser.hear(rate, samples[start : start + rate // 2]))
    text = recogniser.finish()

    assert "ever tried" in words(texts[4])
    assert "try again" in words(text)
    assert "no matter" in words(text)
    assert recogniser.text == text


@pytest.mark.slow
@pytest.mark.parametrize("rate", [48_000, 44_100, 8_000])
def test_any_rate_and_several_channels_are_understood(spoken: tuple[int, NDArray[np.int16]], rate: int) -> None:
    import soxr

    sound = soxr.resample(spoken[1], spoken[0], rate)
    stereo = np.stack([sound, sound], axis=1)
    recogniser = StreamingRecogniser()

    for start in range(0, len(stereo), rate // 2):
        recogniser.hear(rate, stereo[start : start + rate // 2])

    assert "again" in words(recogniser.finish())


@pytest.mark.slow
def test_a_change_of_rate_keeps_what_was_heard(spoken: tuple[int, NDArray[np.int16]]) -> None:
    rate, samples = spoken
    recogniser = StreamingRecogniser()

    recogniser.hear(rate, samples[: 2 * rate])
    text = recogniser.hear(2 * rate, np.zeros(2 * rate, np.int16))

    assert "ever tried" in words(text)


@pytest.mark.slow
def test_speakers_do_not_hear_each_other_and_copies_start_empty(spoken: tuple[int, NDArray[np.int16]]) -> None:
    rate, samples = spoken
    first = StreamingRecogniser()
    first.hear(rate, samples[: 3 * rate])

    second = copy.deepcopy(first)
    second.hear(rate, np.zeros(rate, np.int16))

    assert "ever tried" in words(first.finish())
    assert second.finish() == ""


@pytest.mark.slow
def test_long_speech_does_not_pile_up(spoken: tuple[int, NDArray[np.int16]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_module, "LINES_PER_STREAM", 2)
    rate, samples = spoken
    recogniser, streams = StreamingRecogniser(), set()

    for start in range(0, len(samples), rate // 2):
        recogniser.hear(rate, samples[start : start + rate // 2])
        streams.add(id(recogniser._stream) if recogniser._stream else None)

    assert None in streams  # a stream was given back in a pause …
    assert "ever tried" in words(recogniser.finish())  # … and its lines were kept
    assert "try again" in words(recogniser.text)


@pytest.mark.slow
def test_a_forgotten_recogniser_gives_its_stream_back(spoken: tuple[int, NDArray[np.int16]]) -> None:
    rate, samples = spoken
    recogniser = StreamingRecogniser()
    recogniser.hear(rate, samples[:rate])
    stream = recogniser._stream
    assert stream is not None

    del recogniser
    gc.collect()
    assert stream in speech_module._abandoned
    StreamingRecogniser().hear(rate, samples[:0])

    assert stream not in speech_module._abandoned
    assert stream._handle is None


def test_nothing_said_is_nothing_heard() -> None:
    recogniser = StreamingRecogniser()

    assert recogniser.text == recogniser.finish() == ""
    recogniser.close()


@pytest.mark.slow
def test_a_face_is_found_and_can_be_hidden() -> None:
    finder, rgb = FaceFinder(), picture("astronaut.jpg")

    faces = finder(rgb)
    for face in faces:
        blur_box(rgb, face)

    assert len(faces) == 1
    left, top, right, bottom = faces[0]
    assert left < 280 < right
    assert top < 150 < bottom
    assert finder(rgb) == []


@pytest.mark.slow
def test_a_cup_has_no_face() -> None:
    assert FaceFinder()(picture("coffee.jpg")) == []


def test_a_box_at_the_edge_is_blurred_as_far_as_it_is_in_the_image() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)

    blur_box(rgb, (-10, 40, 90, 70))
    blur_box(rgb, (200, 200, 210, 210))

    assert rgb[50:].std() < 40 < rgb[:30].std()


@pytest.mark.slow
def test_the_background_is_blurred_and_the_person_is_not() -> None:
    rgb = picture("astronaut.jpg")

    mask = PeopleMask()(rgb)
    blurred = blur_behind(rgb, mask, strength=3.0)

    assert mask.shape == (480, 640)
    assert mask[150, 280] > 0.9 > 0.1 > mask[40, 600]
    assert np.array_equal(blur_behind(rgb, mask, strength=0.0), rgb)
    assert blurred.dtype == np.uint8
    face, rocket = (slice(120, 200), slice(250, 310)), (slice(100, 300), slice(440, 600))
    assert np.abs(blurred[face].astype(int) - rgb[face]).mean() < 2
    assert blurred[rocket].std() < 0.9 * rgb[rocket].std()


def test_sentences_are_cut_where_they_end() -> None:
    pieces = ["Hello Dr. Smith. How a", "re you", "? Fine, J. K. Rowling! ", "It is 3.5, isn", "'t it\n\nA", "nd more…"]

    assert list(sentences(pieces)) == [
        "Hello Dr. Smith.",
        "How are you?",
        "Fine, J. K. Rowling!",
        "It is 3.5, isn't it",
        "And more…",
    ]


def test_a_sentence_is_given_as_soon_as_its_end_is_known() -> None:
    asked = []

    def write() -> Iterator[str]:
        for piece in ("One. ", "Two"):
            asked.append(piece)
            yield piece

    assert next(sentences(write())) == "One."
    assert asked == ["One. "]


def test_a_text_without_an_end_is_cut_at_a_space() -> None:
    text = "word " * 100

    cut = list(sentences([text]))

    assert max(map(len, cut)) <= 300
    assert " ".join(cut) == text.strip()


@given(st.lists(st.text("ab .!?\n…", max_size=30), max_size=8))
def test_no_letter_is_lost_between_sentences(pieces: list[str]) -> None:
    assert "".join("".join(sentences(pieces)).split()) == "".join("".join(pieces).split())


@pytest.mark.slow
@pytest.mark.parametrize("text", ["What is twelve times seven?", "Set a timer for two minutes.", "Ask me something."])
def test_what_the_voice_says_is_understood(voice: SpeakingVoice, text: str) -> None:
    rate, samples = voice.say(text)
    recogniser = StreamingRecogniser()

    recogniser.hear(rate, to_int16(samples))

    assert words(recogniser.finish()) == words(text)
    assert rate == VOICE_RATE_HZ
    assert samples.dtype == np.float32
    assert np.abs(samples).max() == pytest.approx(0.6, abs=0.01)


@pytest.mark.slow
def test_the_voice_reads_sentence_by_sentence_and_is_silent_where_there_is_no_word(voice: SpeakingVoice) -> None:
    read = list(voice.read(["First. Sec", "ond. ", "。"]))

    assert [sentence for sentence, _ in read] == ["First.", "Second.", "。"]
    assert all(rate == VOICE_RATE_HZ and samples.size for _, (rate, samples) in read)
    assert not voice.say("")[1].any()


@pytest.mark.slow
def test_threads_take_turns_with_the_voice(voice: SpeakingVoice) -> None:
    expected, said = voice.say("Hello there.")[1], list[NDArray[np.float32]]()
    threads = [threading.Thread(target=lambda: said.append(voice.say("Hello there.")[1])) for _ in range(3)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(np.array_equal(sound, expected) for sound in said)


@pytest.mark.slow
@pytest.mark.parametrize("word", WAKE_WORDS)
def test_the_wake_word_is_heard_once_each_time_that_it_is_said(voice: SpeakingVoice, word: str) -> None:
    rate = VOICE_RATE_HZ
    pause = np.zeros(2 * rate, np.int16)
    said = np.concatenate([pause, to_int16(voice.say(f"{word.capitalize()}.")[1]), pause])
    other = np.concatenate([pause, to_int16(voice.say("What is twelve times seven?")[1]), pause])
    ear = WakeWord(word)

    def count(sound: NDArray[np.int16]) -> int:
        return sum(ear.hear(rate, sound[at : at + 1600]) for at in range(0, len(sound), 1600))

    assert [count(other), count(said), count(said)] == [0, 1, 1]
    assert not copy.deepcopy(ear).hear(rate, said[-rate:])
    assert copy.deepcopy(ear).word == word


def test_a_word_that_nobody_trained_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no network for 'hello'; there is one for each of hey jarvis"):
        WakeWord("hello")


@pytest.mark.slow
def test_noise_is_taken_away_and_the_voice_is_kept(voice: SpeakingVoice) -> None:
    clean = Resampler(NOISE_RATE_HZ).resample(*voice.say("Hello there, this is a test of the filter."), last=True)
    clean = np.concatenate([np.zeros(24_000, np.float32), clean, np.zeros(24_000, np.float32)])
    noise = 0.02 * np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32)
    quiet = NoiseFilter()

    heard = np.concatenate([quiet((clean + noise)[at : at + 1000]) for at in range(0, len(clean), 1000)])

    assert len(heard) == len(clean) // FRAME * FRAME
    assert heard[4_800:24_000].std() < 0.1 * noise.std()
    late = clean[: len(heard) - DELAY]
    assert np.corrcoef(heard[DELAY:], late)[0, 1] > 0.9
    assert np.corrcoef(heard[DELAY:], late)[0, 1] > np.corrcoef(heard[DELAY + 240 :], late[:-240])[0, 1]


@pytest.mark.slow
def test_filters_do_not_hear_each_other() -> None:
    noise = np.random.default_rng(0).standard_normal(NOISE_RATE_HZ).astype(np.float32) * 0.1
    first = NoiseFilter()
    first(noise)

    second = copy.deepcopy(first)

    expected = NoiseFilter()(noise)
    assert np.array_equal(second(noise), expected)
    assert not np.array_equal(first(noise), expected)


@pytest.mark.slow
def test_audio_that_is_given_from_its_beginning_is_heard_once(spoken: tuple[int, NDArray[np.int16]]) -> None:
    rate, samples = spoken
    recogniser = StreamingRecogniser()

    for end in range(rate, len(samples) + rate, rate):
        recogniser.catch_up(rate, samples[:end])
    text = recogniser.finish()
    recogniser.catch_up(rate, samples[: 3 * rate])

    assert words(text).count("ever tried") == 1
    assert words(recogniser.finish()).count("ever tried") == 2


@pytest.mark.slow
def test_the_last_sentence_is_settled_when_it_has_ended(spoken: tuple[int, NDArray[np.int16]]) -> None:
    rate, samples = spoken
    recogniser = StreamingRecogniser()

    recogniser.hear(rate, samples[: round(1.1 * rate)])
    assert [line.is_settled for line in recogniser.lines] == [False]
    recogniser.hear(rate, samples[round(1.1 * rate) :])
    recogniser.finish()

    assert all(line.is_settled for line in recogniser.lines)


def test_audio_is_mixed_and_brought_to_another_rate_without_a_seam() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    stereo = to_int16(np.stack([tone, tone], axis=1).astype(np.float32))
    resampler = Resampler(16_000)

    heard = [resampler.resample(48_000, stereo[at : at + 700], last=at + 700 >= 48_000) for at in range(0, 48_000, 700)]

    sound = np.concatenate(heard)
    assert len(sound) == 16_000
    assert np.abs(sound[200:-200] - np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)[200:-200]).max() < 0.01
    assert np.array_equal(resampler.resample(16_000, stereo[:100]), to_mono(stereo[:100]))


@pytest.mark.parametrize(
    ("module", "use", "remedy"),
    [
        ("hibari", lambda: SpeakingVoice().say("Hello"), "pip install hibari-tts"),
        ("pymicro_wakeword", lambda: WakeWord().hear(16_000, np.zeros(10, np.int16)), "pip install pymicro-wakeword"),
        ("soxr", lambda: Resampler(16_000).resample(8_000, np.zeros(10, np.int16)), "pip install soxr"),
        ("av", lambda: VideoFile("film.mp4"), "pip install av"),
    ],
)
def test_a_missing_package_is_named_with_what_to_do(
    module: str, use: Callable[[], object], remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ModelError, match=f"The Python package {module} is needed. Install it: {remedy}"):
        use()


def test_a_video_is_read_with_the_audio_that_belongs_to_each_image() -> None:
    film = VideoFile(str(MEDIA / "astronaut.mp4"), fps=10, width=320)

    pieces = list(film.segments(together=4))

    assert film.length == 60
    assert sum(len(pictures) for pictures, _ in pieces) == 60
    assert {picture.shape for pictures, _ in pieces for picture in pictures} == {(240, 320, 3)}
    assert all(len(sound) == len(pictures) * 4800 for pictures, (_, sound) in pieces)
    assert [round(float(np.abs(sound).max()) > 1000) for _, (_, sound) in (pieces[0], pieces[5])] == [0, 1]


def test_what_is_not_a_video_is_refused() -> None:
    with pytest.raises(UnreadableVideo, match="Invalid data"):
        VideoFile(str(MEDIA / "LICENCES.md"))


def to_int16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    return (samples * 32_767).astype(np.int16)
