"""What components look like while an event writes them, after it has failed, and while nobody may use them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser import scenes
from tests.browser.conftest import Browsers
from tests.browser.stage import Stage, stages

import millstream as gr
from millstream import Blocks

pytestmark = pytest.mark.browser

LEVEL = {"desc": "Reading", "index": 3, "length": 10, "fraction": 0.3, "unit": "pages"}
ADVANCE = {"levels": [LEVEL], "fraction": 0.3, "leftS": 20}
FIELDS = ["name", "message", "count", "filter", "many", "mode", "draw", "verdict"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
FILM = Path(__file__).parents[2] / "examples" / "media" / "astronaut.mp4"
SOUND = {"name": "beep.wav", "type": "audio/wav"}

WORDS_OVER = """([id, selector]) => {
  const box = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return (element.matches(".ms-run-words, .ms-slim") ? element : range).getBoundingClientRect();
  };
  const [one, other] = [".ms-run-words", selector].map((each) => box(document.querySelector(`#${id} ${each}`)));
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}"""
"""Whether the words about a run cover something else of its component."""


PLACES = """() => [...document.querySelectorAll(".ms-page label, .ms-page input, .ms-page .ms-info")]
  .map((element) => element.getBoundingClientRect().toJSON())"""


@pytest.fixture
def stage(browsers: Browsers) -> Iterator[Any]:
    """Open a scene: `stage(scenes.camera, viewport=…)`."""
    yield from stages(browsers)


class TestRunning:
    @pytest.mark.parametrize("width", [390, 1440])
    def test_the_words_leave_the_label_in_sight(self, stage: Any, width: int) -> None:
        opened = stage(scenes.forms, viewport={"width": width, "height": 1600})
        for name in FIELDS:
            opened.run(name, "running", progress="full", advance=ADVANCE)

        covered = [name for name in FIELDS if opened.page.evaluate(WORDS_OVER, [name, ".ms-caption, legend"])]
        assert covered == []

    @pytest.mark.parametrize("state", ["waiting", "running"])
    def test_nothing_moves(self, stage: Any, state: str) -> None:
        opened = stage(scenes.forms, viewport={"width": 1280, "height": 1600})
        before = opened.page.evaluate(PLACES)
        for name in [*FIELDS, "threshold", "mirror"]:
            opened.run(name, state, progress="full", position=2, advance=ADVANCE)

        assert opened.page.evaluate(PLACES) == before

    @pytest.mark.parametrize("width", [390, 1280])
    def test_the_words_leave_the_tools_of_a_video_free(self, stage: Any, width: int) -> None:
        files = {"film.mp4": (FILM.read_bytes(), "video/mp4")}
        opened = stage(scenes.videos, files=files, viewport={"width": width, "height": 900})
        opened.change("out", value={"file": "film.mp4", "name": "film.mp4", "type": "video/mp4"})
        opened.run("out", "running", progress="full", advance=ADVANCE)
        opened.element("out").get_by_role("button", name="Download").wait_for()

        assert not opened.page.evaluate(WORDS_OVER, ["out", ".ms-slim"])

    def test_audio_that_grows_does_not_flicker(self, stage: Any) -> None:
        beep = scenes.beep()
        sounds = {"silence": beep[:44] + bytes(len(beep) - 44), "one": beep, "two": beep}
        opened = stage(scenes.sound, files={f"{name}.wav": (sound, "audio/wav") for name, sound in sounds.items()})
        opened.change("echo", value={"file": "silence.wav", **SOUND})
        opened.element("echo").get_by_text("0:04").wait_for()
        silent = opened.element("echo").locator("path").first.get_attribute("d")
        opened.change("echo", value={"file": "one.wav", **SOUND})
        opened.page.wait_for_function("(d) => document.querySelector('#echo path').getAttribute('d') !== d", arg=silent)
        opened.page.evaluate(
            """() => {
                stage.drawn = [];
                const path = document.querySelector("#echo path");
                new MutationObserver(() => stage.drawn.push(path.getAttribute("d"))).observe(path, {attributes: true});
            }"""
        )
        opened.change("echo", value={"file": "two.wav", **SOUND})
        opened.page.wait_for_function("() => stage.drawn.length > 0")

        assert silent not in opened.page.evaluate("() => stage.drawn")

    def test_streamed_audio_fits_above_the_record_button(self, stage: Any) -> None:
        opened = stage(scenes.sound)
        opened.hear("mic", "playing")
        live, frame = opened.element("mic").locator("ms-live"), opened.element("mic").locator(".ms-body")

        inside = "(e) => { const box = e.getBoundingClientRect(); return [box.top, box.bottom]; }"
        top, bottom = frame.evaluate(inside)
        for part in ("ms-level", ".ms-play"):
            above, below = live.locator(part).evaluate(inside)
            assert (top <= above, below <= bottom) == (True, True)


class TestFailed:
    def test_an_image_behind_an_error_can_be_cleared_but_not_downloaded(self, stage: Any) -> None:
        opened = stage(scenes.forms)
        opened.page.get_by_role("tab", name="Picture").click()
        opened.show("photo")
        opened.run("photo", "failed", message="It broke.")
        photo = opened.element("photo")

        expect(photo.get_by_text("It broke.")).to_be_visible()
        expect(photo.get_by_role("button", name="Download")).to_have_count(0)
        expect(photo.get_by_role("button", name="Clear")).to_be_visible()

    def test_another_value_takes_the_error_away(self, stage: Any) -> None:
        opened = stage(scenes.forms)
        for name in ("name", "count"):
            opened.run(name, "failed", message="It broke.")
        opened.page.get_by_label("Name", exact=True).fill("Grace")
        expect(opened.element("name").get_by_text("It broke.")).to_have_count(0)
        opened.change("count", label="Number")
        expect(opened.element("count").get_by_text("Number")).to_be_visible()
        expect(opened.element("count").get_by_text("It broke.")).to_be_visible()
        opened.change("count", value=4)
        expect(opened.element("count").get_by_text("It broke.")).to_have_count(0)


def wordy() -> Blocks:
    """Long names and long words, side by side."""
    word = "Donaudampfschifffahrtsgesellschaft" * 4
    with Blocks(title=word) as demo:
        with gr.Row():
            gr.Image(label=word, sources="webcam", streaming=True, elem_id="picture")
            gr.Audio(label=word, sources="microphone", elem_id="voice")
            gr.Video(label=word, sources="webcam", elem_id="film")
        with gr.Row():
            gr.Textbox(label=word, info=word, elem_id="text")
            gr.Radio([word], label=word)
            gr.Label({word: 0.7}, label=word)
        with gr.Row():
            gr.Button(word)
            gr.Slider(-1_000_000, 1_000_000, label="Height", elem_id="height")
    return demo


class TestLong:
    @pytest.mark.parametrize("width", [390, 1280])
    def test_words_stay_in_position(self, stage: Any, width: int) -> None:
        opened = stage(wordy, viewport={"width": width, "height": 900})
        for name in ("picture", "voice", "film", "text"):
            opened.run(name, "failed", message="https://example.org/" + "long" * 60)

        assert opened.page.evaluate("() => document.documentElement.scrollWidth") == width
        fits = "(e) => e.scrollWidth <= e.clientWidth"
        assert opened.page.locator(".ms-button, .ms-option, .ms-card").evaluate_all(f"(all) => all.every({fits})")
        assert opened.element("height").get_by_role("spinbutton").evaluate(fits)

    @pytest.mark.parametrize("name", ["picture", "voice", "film"])
    def test_an_error_stays_between_label_and_button(self, stage: Any, name: str) -> None:
        opened = stage(wordy, viewport={"width": 1280, "height": 900})
        opened.run(name, "failed", message="The model could not be loaded. " * 20)
        component = opened.element(name)
        words = component.locator(".ms-trouble p").bounding_box()
        label, button = component.locator(".ms-chip").bounding_box(), component.locator(".ms-record").bounding_box()

        assert label["y"] + label["height"] <= words["y"]
        assert words["y"] + words["height"] <= button["y"]
        component.locator(".ms-trouble p").focus()
        opened.page.keyboard.press("End")
        opened.page.wait_for_function("(id) => document.querySelector(`#${id} .ms-trouble p`).scrollTop > 0", arg=name)


class TestOff:
    def test_what_cannot_be_used_does_not_look_alive(self, stage: Any) -> None:
        opened = stage(scenes.forms)
        border = "(e) => getComputedStyle(e.closest('.ms-option')).borderColor"
        chosen = opened.element("mode").get_by_role("radio", name="fast")
        alive = chosen.evaluate(border)
        for name in ("message", "mode"):
            opened.change(name, interactive=False)

        expect(opened.element("message").get_by_role("button", name="Submit")).to_be_disabled()
        expect(chosen).to_be_disabled()
        opened.page.wait_for_function("() => document.getAnimations().length === 0")
        assert chosen.evaluate(border) != alive


def picture_and_voice() -> Blocks:
    with Blocks() as demo, gr.Row():
        gr.Image(label="Picture", interactive=True)
        gr.Audio(label="Voice", streaming=True, autoplay=True, elem_id="voice")
    return demo


def test_small_buttons_are_large_enough_for_a_thumb(stage: Any) -> None:
    opened: Stage = stage(picture_and_voice, **PHONE)
    opened.hear("voice", "locked")
    sizes = opened.page.locator(".ms-button").evaluate_all("(all) => all.map((e) => e.offsetHeight)")

    assert len(sizes) >= 2
    assert min(sizes) >= 44


def source() -> Blocks:
    with Blocks() as demo:
        gr.Markdown("```python\nreturn 84\n```")
    return demo


def test_code_in_a_text_is_copied(stage: Any) -> None:
    opened = stage(source, permissions=["clipboard-read", "clipboard-write"])
    opened.page.get_by_role("button", name="Copy").click()

    expect(opened.page.get_by_role("button", name="Copied")).to_be_visible()
    assert opened.page.evaluate("() => navigator.clipboard.readText()") == "return 84\n"
