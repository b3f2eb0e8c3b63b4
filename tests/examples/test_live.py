"""The examples as their visitors see them: a page is opened, a device is switched on, and the result is looked at."""

import io
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

from answers import Assistant
from answers.numbers import split_words
from answers.quiz import numbers_in
from millstream.testing import TestPage
from models import ModelError, Resampler, SpeakingVoice, StreamingRecogniser, VideoFile

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and those of examples may sleep
MEDIA = Path(__file__).parents[2] / "examples" / "media"
VOICE = SpeakingVoice()


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
def test_the_image_comes_straight_back(page: TestPage) -> None:
    from tests.browser.media import draw_counter

    recording = page.stream("Input", [draw_counter(number) for number in range(12)])

    assert recording.results
    assert read_counter(page.value("Output")) in range(12)


@example("inspect_frame")
def test_a_frame_is_measured_and_described(page: TestPage) -> None:
    page.stream("Camera", film(draw_halves()))

    data = page.value("Measured")
    assert data["size"] == [640, 480]
    assert sum(data["histogram"]) == pytest.approx(1, abs=0.01)
    said = "".join(stretch["token"] for stretch in page.value("In words"))
    assert said.startswith("The frame is ")


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
def test_the_result_replaces_the_camera(page: TestPage) -> None:
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
def test_the_recording_is_played_back_and_wiped(page: TestPage) -> None:
    page.stream("Microphone", (8000, np.arange(20_000, dtype=np.int16)))
    rate, samples = page.value("Recording")
    page.click("Clear")

    assert rate == 8000
    assert np.array_equal(samples, np.arange(20_000, dtype=np.int16))
    assert page.value("Recording") is None
    assert page.value("Status") == "Nothing recorded"


@example("talking_echo")
def test_a_voice_is_disguised_without_a_seam_and_a_tune_is_stopped(page: TestPage) -> None:
    said = np.full(48_000, 10_000, np.int16)
    page.set("Remove the noise", False)
    page.stream("Microphone", (48_000, said))
    page.advance(2.0)
    rate, answer = page.value("Echo")
    tone = 10_000 * np.cos(2 * np.pi * 55 * np.arange(48_000) / 48_000)
    assert rate == 48_000
    assert np.abs(answer - tone).max() <= 2

    runs = page.click("Play a tune", wait=False)
    page.advance(1.0)
    page.click("Stop")
    page.wait_for(lambda: all(run.is_over for run in runs))
    assert 5 * 48_000 <= len(page.value("Echo")[1]) <= 7 * 48_000


@example("talking_echo")
def test_an_echo_that_had_to_wait_is_not_late_for_ever(page: TestPage) -> None:
    echo = sys.modules["talking_echo"]
    (_, heard), _ = echo.answer((48_000, np.full(96_000, 100, np.int16)), "your own", False, echo.Echo())
    assert len(heard) == 48_000 * 0.04


@example("talking_echo")
def test_a_cave_answers_a_moment_later_and_more_softly(page: TestPage) -> None:
    clap = np.zeros(48_000, np.int16)
    clap[4_000:4_010] = 16_000
    page.set("Remove the noise", False)
    page.set("Voice", "cave")

    page.stream("Microphone", (48_000, clap))
    page.advance(2.0)

    _, answer = page.value("Echo")
    wall = round(0.28 * 48_000)
    assert [int(answer[4_005 + times * wall]) for times in range(3)] == [16_000, 8_000, 4_000]


@pytest.mark.slow
@example("talking_echo")
def test_the_noise_of_a_room_is_taken_out_of_the_echo(page: TestPage) -> None:
    noise = (np.random.default_rng(0).standard_normal(96_000) * 1_000).astype(np.int16)
    page.set("Voice", "your own")

    page.stream("Microphone", (48_000, noise))
    page.advance(3.0)

    _, answer = page.value("Echo")
    assert len(answer) == len(noise)
    assert answer[48_000:].std() < noise.std() / 10


@pytest.mark.slow
@example("captions")
def test_captions_are_drafts_first_and_settled_at_the_end(page: TestPage) -> None:
    recording = page.record("Microphone")
    recording.wait_for_state("running")
    recording.feed(speech("What is twelve"))
    draft = page.value("Captions")
    recording.feed(speech("times seven?"))
    recording.stop()
    page.wait_for(lambda: "draft" not in str(page.page.values[page.page.find("Captions")]))

    assert "final" in page.value("Captions")
    assert "twelve" in draft.lower()
    assert "seven" in page.value("Captions").lower()

    page.click("Clear")

    assert "Captions will appear here" in page.value("Captions")


@pytest.mark.slow
@example("wake_word")
def test_the_light_listens_to_its_name(page: TestPage) -> None:
    page.stream("Microphone", speech("What is twelve times seven?"))
    assert "The light is off" in page.value("Lamp")

    page.stream("Microphone", speech("Hey Jarvis."))
    assert "The light is on" in page.value("Lamp")

    page.set("Its name", "alexa")
    page.stream("Microphone", speech("Hey Jarvis."))
    assert "The light is on" in page.value("Lamp")
    page.stream("Microphone", speech("Alexa."))
    assert "The light is off" in page.value("Lamp")


@pytest.mark.slow
@example("conversation")
def test_a_conversation_is_spoken_and_written_down(page: TestPage) -> None:
    rate, first = speech("What is twelve times seven?", pause_s=4.0)
    _, second = speech("And divide that by three.", pause_s=4.0)

    page.stream("You", (rate, np.concatenate([first, second])))

    assert said(page) == [
        ("user", "What is twelve times seven?"),
        ("assistant", "That is 84."),
        ("user", "And divide that by three."),
        ("assistant", "That is 28."),
    ]
    assert is_heard(page.value("Answer"), "that is 28")


@pytest.mark.slow
@example("conversation")
def test_what_was_not_heard_of_an_answer_is_not_written_down_and_can_be_asked_for(page: TestPage) -> None:
    rate, question = speech("What can you do?", pause_s=4.0)
    _, interruption = speech("Go on.", pause_s=12.0)

    page.stream("You", (rate, np.concatenate([question, interruption])))

    (_, heard), (_, rest) = said(page)[1], said(page)[3]
    assert heard.startswith("Hello! I am a simple program")
    assert heard.endswith("…")
    assert rest.endswith("Or: ask me something.")
    assert heard.removesuffix("…").split()[-1] not in rest.split()[:1]


@pytest.mark.slow
@example("conversation")
def test_a_timer_rings_by_itself(page: TestPage, monkeypatch: pytest.MonkeyPatch) -> None:
    told = iter(["", "Your timer is over."])
    monkeypatch.setattr(Assistant, "remind", lambda self: next(told, ""))

    page.advance(1.5)
    assert said(page) == []
    page.advance(3.0)

    assert said(page) == [("assistant", "Your timer is over.")]
    assert is_heard(page.value("Answer"), "your timer is over")


@pytest.mark.slow
@example("conversation")
def test_a_voice_that_is_missing_is_told_in_the_page(page: TestPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: SpeakingVoice, text: str) -> None:
        raise ModelError("The Python package hibari is needed. Install it: pip install hibari-tts")

    question = speech("What is two plus two?", pause_s=4.0)
    monkeypatch.setattr(SpeakingVoice, "say", missing)
    page.stream("You", question)

    assert [toast.message for toast in page.toasts] == [
        "The Python package hibari is needed. Install it: pip install hibari-tts"
    ]


@pytest.mark.slow
@example("conversation")
def test_the_stop_button_ends_the_conversation_and_the_answer(page: TestPage) -> None:
    recording = page.record("You")
    recording.wait_for_state("running")
    recording.feed(speech("What can you do?", pause_s=2.0))

    page.click("End the conversation")
    recording.wait_for_state("ended")
    _, answer = page.value("Answer")
    page.advance(5.0)

    assert 0 < len(answer) == len(page.value("Answer")[1])


@example("camera_and_microphone")
def test_audio_is_drawn_onto_the_image(page: TestPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["camera_and_microphone"], "find_faces", lambda picture: [(200, 100, 300, 200)])
    loud = (8_000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)).astype(np.int16)

    page.stream("Camera and microphone", (film(np.zeros((480, 640, 3), np.uint8), 30), (24_000, loud)))
    shown = page.value("Voices")

    assert shown.shape == (480, 640, 3)
    red, _, blue = shown[100:200, 170:200].reshape(-1, 3).mean(axis=0)
    assert red > blue + 20  # the frame is in the colour of a voice
    assert shown[440, ::4].max() > 100  # the wave
    assert (shown[405].min(axis=1) > 200).any()  # the moment of the image


@pytest.mark.slow
@example("video_filter")
def test_a_video_gets_another_look(page: TestPage, tmp_path: Path) -> None:
    page.set("Look", "heat camera")
    runs = page.click("Start")

    assert [run.error for run in runs] == [""]
    made = tmp_path / "made.mp4"
    made.write_bytes(page.value("Result"))
    pieces = list(VideoFile(str(made)).segments())
    assert sum(len(pictures) for pictures, _ in pieces) == pytest.approx(150, abs=2)
    red, green, _ = pieces[10][0][0].reshape(-1, 3).mean(axis=0)
    assert red > green + 20
    sound = np.concatenate([samples for _, (_, samples) in pieces])
    assert is_heard((48_000, sound), "out of one picture")


@pytest.mark.slow
@example("chat")
def test_a_chat_works_sums_out_and_looks_at_images(page: TestPage) -> None:
    cup = page.run(page.upload("cup.jpg", "image/jpeg", (MEDIA / "coffee.jpg").read_bytes()))
    page.set("Message", {"text": "What is 15 percent of 80?", "files": [cup]})

    page.fire("Message", "submit")
    page.wait_for(lambda: "That is 12." in str(page.page.values[sole(page, "chatbot")]))

    *_, seen, shown, last = page.value(sole(page, "chatbot"))
    assert {message["role"] for message in (seen, shown, last)} == {"assistant"}
    assert seen["content"][0]["text"].startswith("I see: **coffee cup**")
    assert "text" not in shown["content"][0]
    assert last["content"][0]["text"] == "That is 12."


@example("generator")
def test_a_pattern_grows_until_it_is_stopped(page: TestPage) -> None:
    page.set("Steps per second", 30)
    runs = page.click("Start", wait=False)
    page.wait_for(lambda: str(page.page.values[page.page.find("Status")] or "").startswith("Generation 3 "))

    page.click("Stop")
    page.wait_for(lambda: all(run.is_over for run in runs))

    assert page.value("Life").shape == (480, 480, 3)


@example("find_colours")
def test_colours_are_boxed_in_the_frames_of_the_camera(page: TestPage) -> None:
    page.stream("Camera", film(draw_halves()))
    [boxes] = page.value("Camera")

    assert sorted(boxes.labels) == ["blue", "red"]


@example("many_inputs")
def test_one_colour_is_found_and_the_controls_are_set_back(page: TestPage) -> None:
    page.stream("Camera", film(draw_halves()))
    found = page.value("Found")
    page.set("Colour", "blue")
    page.set("Everything but this colour", True)
    page.stream("Camera", film(draw_halves()))

    assert np.abs(found[:, :300].reshape(-1, 3).mean(axis=0) - RED).max() < 12
    assert read_halves(found) == ("red", "other")
    assert page.value("Share of the frame") == "50 %"
    assert page.props("Reset")["visible"] is True

    page.click("Reset")

    assert page.value("Colour") == "red"
    assert page.value("Everything but this colour") is False


@example("table")
def test_each_frame_becomes_a_row(page: TestPage) -> None:
    page.stream("Camera", film(draw_halves()))
    value = page.value("Frames")

    assert value["headers"] == ["frame", "brightness", "contrast", "colour"]
    assert value["data"][0][0] == 1
    assert value["data"][0][3] in ("red", "blue")


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


def speech(text: str, pause_s: float = 1.5) -> tuple[int, NDArray[np.int16]]:
    """Say a text as a visitor would, with half a second of silence before it: 16 kHz."""
    sound = Resampler(16_000).resample(*VOICE.say(text), last=True)
    padded = np.concatenate([np.zeros(8_000, np.float32), sound, np.zeros(round(pause_s * 16_000), np.float32)])
    return 16_000, (padded * 32_767).astype(np.int16)


def is_heard(sound: tuple[int, NDArray[np.int16]], words: str) -> bool:
    """Whether a recogniser hears the words, or their numbers, in audio."""
    recogniser = StreamingRecogniser()
    recogniser.hear(*sound)
    heard = " ".join(split_words(recogniser.finish()))
    return words in heard or numbers_in(words) == numbers_in(heard) != []


def said(page: TestPage) -> list[tuple[str, str]]:
    """What stands in the conversation: who, and what."""
    messages = page.value(sole(page, "chatbot"))
    return [(message["role"], "".join(part["text"] for part in message["content"])) for message in messages]


def sole(page: TestPage, kind: str) -> int:
    (number,) = (int(number) for number, part in page.page.manifest["components"].items() if part["type"] == kind)
    return number


def test_each_page_of_the_studio_has_its_own_stream() -> None:
    sys.modules.pop("pages", None)
    studio = import_module("pages")
    with TestPage(studio.demo, path="/sketch") as sketch, sketch.another("/loudness") as loudness:
        sketch.stream("Camera", film(picture("astronaut.jpg"), 2))
        loud = np.where(np.arange(24_000) % 60 < 30, 20_000, -20_000).astype(np.int16)
        loudness.stream("Microphone", (24_000, loud))

        drawing = sketch.value("Drawing")
        assert (drawing > 200).mean() > 0.5
        assert np.ptp(drawing) > 100
        assert -6 < loudness.value("Level in dB") < -3
        assert "dB" in loudness.value(studio.record)


@example("html_template")
def test_the_main_colours_of_a_frame_come_first_and_can_be_kept(page: TestPage) -> None:
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[:, :40], frame[:, 40:] = (200, 30, 40), (20, 60, 180)
    page.stream("Camera", film(frame, 2))
    colours = sys.modules["html_template"].colours

    found = [[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in page.value(colours)]
    assert np.abs(np.subtract(found[:2], [(200, 30, 40), (20, 60, 180)])).max() < 8
    page.fire(colours, "kept", {"colour": "#c81e28"})
    page.fire(colours, "kept", {"colour": "#143cb4"})
    assert page.value("Kept") == "#c81e28 #143cb4"


@example("validation")
def test_each_field_says_what_is_wrong_until_the_table_is_booked(page: TestPage) -> None:
    form = sys.modules["validation"]
    [run] = page.click("Book")
    assert sorted(run.problems) == sorted(field.id for field in form.fields)

    given = {"Name": "Ann", "E-mail": "ann@example.com", "Guests": 2, "When": "2999-12-31 19:30:00"}
    for label, value in given.items():
        page.set(label, value)
    page.set(form.terms, True)
    [run] = page.click("Book")
    assert run.problems == {}
    assert "A table for 2 on 31 December at 19:30" in page.value(form.booked)


@example("mask")
def test_what_is_painted_over_is_filled_in(page: TestPage) -> None:
    photo = np.full((48, 64, 3), 200, np.uint8)
    photo[20:26, 30:36] = (255, 0, 0)
    painted = np.zeros((48, 64, 4), np.uint8)
    painted[18:28, 28:38] = 255
    editor = page.page.find("Photo")
    files = [page.run(page.upload("a.png", "image/png", png(pixels), editor)) for pixels in (photo, painted)]
    [run] = page.click("Remove")
    assert "Take a photo first" in str(run.error)

    page.set("Photo", {"background": files[0], "layers": [files[1]], "canvas": [64, 48], "view": None})
    page.click("Remove")

    result = page.value("Without it")
    assert result.shape == photo.shape
    assert np.abs(result.astype(int) - 200).max() < 10


def png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
