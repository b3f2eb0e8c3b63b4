"""The models of the examples see and hear what is there."""

import copy
import gc
import threading
import wave
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models import (
    Detection,
    Detector,
    FaceFinder,
    PeopleMask,
    StreamingRecogniser,
    blur_behind,
    blur_box,
    draw_detections,
)
from models import speech as speech_module
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
def test_a_plain_picture_holds_nothing(detector: Detector) -> None:
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


def test_the_anchors_cover_the_picture() -> None:
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


def test_a_box_at_the_edge_is_blurred_as_far_as_it_is_in_the_picture() -> None:
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
