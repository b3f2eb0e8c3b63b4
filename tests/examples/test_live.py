"""The examples as their visitors see them: a page is opened, a device is switched on, and the result is looked at."""

import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.browser.media import RED, draw_halves, read_counter, read_halves, read_wav, speech_source

from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and those of examples may sleep
MEDIA = Path(__file__).parents[2] / "examples" / "media"


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Iterator[TestPage]:
    """The example that the test's `example` marker names, opened."""
    name = request.param
    sys.modules.pop(name, None)
    with TestPage(import_module(name).demo) as page:
        yield page


def example(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", [name], indirect=True)


def picture(name: str) -> NDArray[np.uint8]:
    return np.array(Image.open(MEDIA / name))


def film(frame: NDArray[np.uint8], count: int = 4) -> list[NDArray[np.uint8]]:
    return list(repeat(frame, count))


@example("simplest")
def test_the_picture_comes_straight_back(page: TestPage) -> None:
    from tests.browser.media import draw_counter

    recording = page.stream("Input", [draw_counter(number) for number in range(12)])

    assert recording.results
    assert read_counter(page.value("Output")) in range(12)


@example("filter")
def test_the_filter_can_be_changed_while_it_runs(page: TestPage) -> None:
    frame = draw_halves()
    frame[240:] = 255
    recording = page.record("Camera")
    recording.wait_for_state("running")

    recording.feed(film(frame))
    flipped = page.value("Filtered")
    page.set("Filter", "edges")
    recording.feed(film(frame, 12))
    recording.stop()

    assert read_halves(flipped[240:]) == ("red", "blue")
    assert flipped[:200].min() > 200
    assert page.value("Filtered").mean() < 20


@example("unified")
def test_the_result_takes_the_place_of_the_camera(page: TestPage) -> None:
    page.set("Warmth", 1.0)

    page.stream("Mirror", film(np.full((48, 64, 3), 100, np.uint8)))

    red, green, blue = page.value("Mirror").reshape(-1, 3).mean(axis=0)
    assert red > green + 20 > blue + 40


@example("interface_live")
def test_a_live_interface_streams(page: TestPage) -> None:
    camera, result = _images(page)

    page.stream(camera, film(picture("astronaut.jpg") // 4 + 90))

    assert page.value(result).std() > (picture("astronaut.jpg") // 4).std()


@example("interface_text")
def test_an_interface_answers_when_it_is_asked(page: TestPage) -> None:
    page.set("Message", "Meet me")
    page.set("Shift", 3)

    page.click("Submit")

    assert page.value("Secret") == "Phhw ph"


@example("clear_transcript")
def test_the_tape_is_played_back_and_wiped(page: TestPage) -> None:
    page.stream("Microphone", (8000, np.arange(20_000, dtype=np.int16)))
    rate, samples = page.value("Tape")
    page.click("Clear")

    assert rate == 8000
    assert np.array_equal(samples, np.arange(20_000, dtype=np.int16))
    assert page.value("Tape") is None
    assert page.value("Status") == "The tape is empty"


@example("spoken_echo")
def test_a_voice_is_disguised_without_a_seam_and_a_tune_is_stopped(page: TestPage) -> None:
    said = np.full(24_000, 10_000, np.int16)
    page.stream("Microphone", (24_000, said))
    page.advance(2.0)
    rate, answer = page.value("Answer")
    tone = 10_000 * np.cos(2 * np.pi * 55 * np.arange(24_000) / 24_000)
    assert rate == 24_000
    assert np.abs(answer - tone).max() <= 1

    runs = page.click("Play a tune", wait=False)
    page.advance(1.0)
    page.click("Stop")
    page.wait_for(lambda: all(run.is_over for run in runs))
    assert 5 * 24_000 <= len(page.value("Answer")[1]) <= 7 * 24_000


@example("generator")
def test_a_pattern_grows_until_it_is_stopped(page: TestPage) -> None:
    page.set("Steps per second", 30)
    runs = page.click("Start", wait=False)
    page.wait_for(lambda: str(page.page.values[page.page.find("Status")] or "").startswith("Generation 3 "))

    page.click("Stop")
    page.wait_for(lambda: all(run.is_over for run in runs))

    assert page.value("Life").shape == (480, 480, 3)


@example("many_inputs")
def test_one_colour_is_found_and_the_controls_are_set_back(page: TestPage) -> None:
    page.stream("Camera", film(draw_halves()))
    found = page.value("Found")
    page.set("Colour", "blue")
    page.set("Everything but this colour", True)
    page.stream("Camera", film(draw_halves()))

    assert np.abs(found[:, :300].reshape(-1, 3).mean(axis=0) - RED).max() < 12
    assert read_halves(found) == ("red", "other")
    assert page.value("Share of the picture") == "50 %"
    assert page.props("Reset")["visible"] is True

    page.click("Reset")

    assert page.value("Colour") == "red"
    assert page.value("Everything but this colour") is False


@pytest.mark.slow
@example("detect")
def test_things_are_named_above_the_confidence(page: TestPage) -> None:
    cup = picture("coffee.jpg")
    page.stream("Camera", film(cup))
    drawn = page.value("Camera")
    page.set("Confidence threshold", 0.95)
    page.stream("Camera", film(cup))

    assert np.abs(drawn.astype(int) - cup).max() > 100
    assert np.abs(page.value("Camera").astype(int) - cup).mean() < 6


@pytest.mark.slow
@example("transcribe")
def test_speech_is_written_down(page: TestPage) -> None:
    page.stream("Microphone", read_wav(speech_source()))

    assert "try again" in page.value("Transcript").lower().replace("\n", " ")

    page.click("Clear")

    assert page.value("Transcript") == ""


@pytest.mark.slow
@example("transcribe")
def test_two_visitors_have_a_transcript_each(page: TestPage) -> None:
    with page.another() as other:
        page.stream("Microphone", read_wav(speech_source()))
        other.stream("Microphone", (16_000, np.zeros(32_000, np.int16)))

        assert "try again" in page.value("Transcript").lower().replace("\n", " ")
        assert not other.value("Transcript")


@pytest.mark.slow
@example("hide_faces")
def test_a_face_is_hidden(page: TestPage) -> None:
    page.stream("Camera", film(picture("astronaut.jpg")))

    assert page.value("Camera")[120:200, 230:330].std() < picture("astronaut.jpg")[120:200, 230:330].std() * 0.8


@pytest.mark.slow
@example("blur_background")
def test_the_background_is_blurred(page: TestPage) -> None:
    page.stream("Camera", film(picture("astronaut.jpg")))

    rocket = (slice(100, 300), slice(440, 600))
    assert page.value("Camera")[rocket].std() < picture("astronaut.jpg")[rocket].std()


def _images(page: TestPage) -> tuple[int, int]:
    components = page.page.manifest["components"]
    first, second = sorted(int(number) for number, part in components.items() if part["type"] == "image")
    return first, second
