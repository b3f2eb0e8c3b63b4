"""The examples with audio in a real browser: somebody speaks into the microphone, and what comes of it is looked at."""

import sys
import wave
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import button, record, see, stop, until
from tests.browser.media import Clips
from tests.examples.conftest import EXAMPLES

from millstream import Blocks
from models import Resampler, SpeakingVoice, StreamingRecogniser

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
RATE_HZ = 48_000
VOICE = SpeakingVoice()
MODEL_MS = 30_000
"""The first answer of a model may wait for it to be loaded."""


def load(name: str) -> tuple[Blocks, dict[str, str]]:
    """Import an example afresh; gives its app, and what it wants to be launched with."""
    assert str(EXAMPLES) in sys.path
    sys.modules.pop(name, None)
    example = import_module(name)
    return example.demo, {"css": example.CSS} if hasattr(example, "CSS") else {}


def speech(folder: Path, *parts: str | float) -> Path:
    """Write what a visitor says, with pauses in seconds, into a file that a fake microphone plays."""
    sounds = [
        Resampler(RATE_HZ).resample(*VOICE.say(part), last=True)
        if isinstance(part, str)
        else np.zeros(round(part * RATE_HZ), np.float32)
        for part in parts
    ]
    path = folder / "speech.wav"
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(RATE_HZ)
        sink.writeframes((np.concatenate(sounds) * 32_767).astype("<i2").tobytes())
    return path


def test_a_question_is_answered_aloud_and_written_down(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    VOICE.load()
    StreamingRecogniser.load()
    said = speech(tmp_path, 1.0, "What is twelve times seven?", 6.0)
    page = open_page(launch(load("conversation")[0]), sound=said)

    record(page)

    expect(page.get_by_text("What is twelve times seven?").first).to_be_visible(timeout=MODEL_MS)
    expect(page.get_by_text("That is 84.").first).to_be_visible()
    expect(page.get_by_text("Answering")).to_be_visible()
    expect(page.get_by_text("Listening")).to_be_visible()  # the answer was heard to its end
    button(page, "End the conversation").click()
    expect(button(page, "Record")).to_be_visible()


def test_captions_become_solid(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    StreamingRecogniser.load()
    demo, options = load("captions")
    said = speech(tmp_path, 1.0, "What is twelve times seven?", 4.0)
    page = open_page(launch(demo, **options), sound=Path(f"{said}%noloop"))

    record(page)

    expect(page.locator(".captions .draft").filter(has_text="twelve")).to_be_visible(timeout=MODEL_MS)
    expect(page.locator(".captions .final").filter(has_text="seven")).to_be_visible()


def test_the_light_turns_on_when_it_is_called(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    demo, options = load("wake_word")
    page = open_page(launch(demo, **options), sound=Path(f"{speech(tmp_path, 2.0, 'Hey Jarvis.', 3.0)}%noloop"))
    expect(page.get_by_role("img", name="The light is off")).to_be_visible()

    record(page)

    expect(page.get_by_role("img", name="The light is on")).to_be_visible(timeout=MODEL_MS)


def test_the_audio_is_drawn_below_the_image_that_belongs_to_it(
    launch: Launch, open_page: OpenPage, clips: Clips, tmp_path: Path
) -> None:
    said = speech(tmp_path, "What is twelve times seven? What is twelve times seven? What is twelve times seven?")
    page = open_page(launch(load("camera_and_microphone")[0]), video=clips.astronaut, sound=said)

    record(page)

    expect(page.locator(".ms-output")).to_be_visible(timeout=MODEL_MS)
    shown = see(page)
    assert shown.shape == (480, 640, 3)
    assert shown[401:405].mean() < 0.5 * shown[395:399].mean()  # the edge of the strip that the audio is drawn on
    stop(page)


def test_a_video_plays_while_it_is_made(launch: Launch, open_page: OpenPage) -> None:
    page = open_page(launch(load("video_filter")[0]))

    page.get_by_role("button", name="Start").click()

    until(page, "[...document.querySelectorAll('video')].some((film) => film.currentTime > 1 && !film.paused)")
