"""What is typed, chosen and heard: every field by mouse and keyboard, text that streams, audio that is seen."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser import scenes
from tests.browser.conftest import Browsers
from tests.browser.stage import Stage, stages

import millstream as gr

pytestmark = pytest.mark.browser

LONG = "\n".join(f"line {number}" for number in range(40))
ECHO = {"file": "beep.wav", "name": "beep.wav", "type": "audio/wav"}

IS_AT_END = "(e) => e.scrollTop > 0 && e.scrollHeight - e.scrollTop - e.clientHeight < 2"


@pytest.fixture
def stage(browsers: Browsers) -> Iterator[Any]:
    """Open a scene: `stage(scenes.forms, files=…)`."""
    yield from stages(browsers)


@pytest.fixture
def forms(stage: Any) -> Stage:
    opened: Stage = stage(scenes.forms)
    return opened


class TestText:
    def test_the_view_follows_a_reader_at_the_end(self, stage: Any) -> None:
        opened = stage(scenes.sound)
        opened.change("text", value=LONG)
        box = opened.page.get_by_label("Transcript")
        expect(box).to_have_value(LONG)

        opened.page.wait_for_function(IS_AT_END, arg=box.element_handle())

    def test_the_view_stays_with_a_reader_above(self, stage: Any) -> None:
        opened = stage(scenes.sound)
        opened.change("text", value=LONG)
        box = opened.page.get_by_label("Transcript")
        opened.page.wait_for_function(IS_AT_END, arg=box.element_handle())
        box.evaluate("(e) => { e.scrollTop = 20; e.setSelectionRange(2, 5); }")
        opened.change("text", value=f"{LONG}\nmore")
        expect(box).to_have_value(f"{LONG}\nmore")
        opened.page.evaluate("() => new Promise(requestAnimationFrame)")

        assert box.evaluate("(e) => [e.scrollTop, e.selectionStart, e.selectionEnd]") == [20, 2, 5]

    def test_a_field_grows_by_whole_lines_up_to_its_limit(self, stage: Any) -> None:
        opened = stage(scenes.sound)
        heights = []
        for count in (1, 4, 5, 6, 40):
            opened.change("text", value="\n".join(["x"] * count))
            expect(opened.page.get_by_label("Transcript")).to_have_value("\n".join(["x"] * count))
            heights.append(opened.page.get_by_label("Transcript").evaluate("(e) => e.offsetHeight"))

        assert [height - heights[0] for height in heights] == [0, 0, 22, 44, 44]

    def test_typing_is_sent_at_once_and_enter_submits(self, forms: Stage) -> None:
        field = forms.page.get_by_label("Name")
        field.press_sequentially("Al")
        field.press("Enter")
        heard = forms.heard()

        assert [detail["value"] for name, detail in heard if name == "ms-edit"] == ["A", "Al"]
        assert [detail["event"] for name, detail in heard if name == "ms-fire"] == ["focus", "input", "input", "submit"]

    def test_enter_breaks_the_line_where_there_are_several(self, forms: Stage) -> None:
        field = forms.page.get_by_label("Message")
        field.press("End")
        field.press("Enter")
        assert field.input_value() == "Dear reader\n"

        forms.heard()
        field.press("Shift+Enter")
        assert forms.fired() == ["submit"]

    def test_a_failed_run_is_told_beside_the_field(self, forms: Stage) -> None:
        forms.run("answer", "failed", message="It broke.")

        expect(forms.element("answer").get_by_text("It broke.")).to_be_visible()

    def test_a_run_that_waits_can_be_cancelled_and_moves_nothing(self, forms: Stage) -> None:
        before = forms.element("answer").bounding_box()
        forms.run("answer", "waiting", progress="full", position=2)
        after = forms.element("answer").bounding_box()
        expect(forms.element("answer")).to_contain_text("2nd in line")
        forms.element("answer").get_by_role("button", name="Cancel").click()

        assert before == after
        assert forms.heard()[-1] == ["ms-cancel", {"run": 1}]


class TestFields:
    def test_a_number_out_of_bounds_is_explained_and_not_sent(self, forms: Stage) -> None:
        field = forms.page.get_by_label("Count")
        field.fill("12")
        expect(forms.page.get_by_text("Give a number from 0 to 10.")).to_be_visible()
        assert field.get_attribute("aria-invalid") == "true"
        assert forms.fired() == ["focus"]

        forms.change("count", value=5)
        expect(field).to_have_value("5")
        expect(forms.page.get_by_text("Give a number from 0 to 10.")).to_have_count(0)

        field.fill("7")
        assert [detail.get("value") for name, detail in forms.heard() if name == "ms-edit"] == [7]

    def test_a_slider_is_dragged_typed_and_reset(self, forms: Stage) -> None:
        slider = forms.page.get_by_role("slider", name="Threshold")
        slider.press("ArrowRight")
        typed = forms.element("threshold").get_by_role("spinbutton")
        typed.fill("73")
        typed.press("Enter")
        forms.element("threshold").get_by_role("button", name="Reset").click()
        heard = forms.heard()

        assert [detail["value"] for name, detail in heard if name == "ms-edit"] == [45, 75, 40]
        assert [detail["event"] for name, detail in heard if name == "ms-fire"] == ["input", "release"] * 3

    def test_a_dropdown_filters_and_is_worked_by_keys(self, forms: Stage) -> None:
        field = forms.page.get_by_role("combobox", name="Filter")
        field.focus()
        field.press("ArrowDown")
        expect(forms.page.get_by_role("listbox", name="Choices").get_by_role("option")).to_have_count(
            len(scenes.FILTERS)
        )
        field.press_sequentially("p")
        expect(forms.page.get_by_role("listbox", name="Choices").get_by_role("option")).to_have_text(
            ["pencil", "flip", "sepia"]
        )
        field.press("ArrowDown")
        field.press("Enter")

        expect(field).to_have_value("flip")
        assert [detail["value"] for name, detail in forms.heard() if name == "ms-edit"] == ["flip"]

    def test_escape_leaves_a_dropdown_as_it_was(self, forms: Stage) -> None:
        field = forms.page.get_by_role("combobox", name="Filter")
        field.click()
        field.press_sequentially("sep")
        field.press("Escape")

        expect(field).to_have_value("edges")
        expect(field).to_have_attribute("aria-expanded", "false")

    def test_a_click_picks_an_option(self, forms: Stage) -> None:
        forms.page.get_by_label("Filter").click()
        forms.page.get_by_role("option", name="sepia").click()

        expect(forms.page.get_by_label("Filter")).to_have_value("sepia")
        assert forms.fired() == ["focus", "input", "select"]

    def test_several_are_chosen_and_taken_back(self, forms: Stage) -> None:
        field = forms.page.get_by_role("combobox", name="Classes")
        field.click()
        forms.page.get_by_role("option", name="car").click()
        field.press("Escape")
        field.press("Backspace")
        forms.element("many").get_by_role("button", name="Remove cat").click()

        assert [detail["value"] for name, detail in forms.heard() if name == "ms-edit"] == [["cat", "car"], ["cat"], []]

    def test_choices_keep_their_order(self, forms: Stage) -> None:
        group = forms.page.get_by_role("group", name="Draw")
        group.get_by_label("boxes").uncheck()
        group.get_by_label("labels").check()
        group.get_by_label("boxes").check()
        forms.page.get_by_role("radio", name="accurate").check()
        forms.page.get_by_label("Mirror").uncheck()
        values = [detail["value"] for name, detail in forms.heard() if name == "ms-edit"]

        assert values == [[], ["labels"], ["boxes", "labels"], "accurate", False]

    def test_tabs_go_on_in_further_rows_where_the_app_says_so(self, stage: Any) -> None:
        def many() -> gr.Blocks:
            with gr.Blocks() as demo, gr.Tabs(overflow_behavior="wrap"):
                for number in range(12):
                    with gr.Tab(f"Tab number {number}"):
                        gr.Markdown("Text")
            return demo

        page = stage(many).page
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.get_by_role("tab").evaluate_all("tabs => new Set(tabs.map(tab => tab.offsetTop)).size") > 1
        assert page.get_by_role("tablist").evaluate("strip => strip.scrollWidth <= strip.clientWidth")

    def test_tabs_are_worked_by_arrows(self, forms: Stage) -> None:
        forms.page.get_by_role("tab", name="Text").press("ArrowRight")
        panel = forms.page.get_by_role("tabpanel")

        expect(forms.page.get_by_role("tab", name="Picture")).to_be_focused()
        expect(panel).to_have_count(1)
        expect(panel).to_have_accessible_name("Picture")
        assert forms.fired() == ["select", "select", "change"]  # of the tab, and of all of them

    def test_an_accordion_tells_that_it_was_closed(self, forms: Stage) -> None:
        forms.page.get_by_text("Advanced").click()

        assert forms.fired() == ["collapse"]
        expect(forms.page.get_by_role("table")).to_be_hidden()

    def test_a_press_of_a_button_is_a_click(self, forms: Stage) -> None:
        forms.page.get_by_role("button", name="Run").press("Enter")

        assert forms.fired() == ["click"]


class TestSound:
    @pytest.fixture
    def sound(self, stage: Any) -> Stage:
        opened: Stage = stage(scenes.sound, files={"beep.wav": (scenes.beep(), "audio/wav")})
        return opened

    def test_a_player_seeks_by_keys(self, sound: Stage) -> None:
        sound.change("echo", value=ECHO)
        sound.page.get_by_text("/ 0:04").wait_for()
        seek = sound.page.get_by_role("slider", name="Echo: position")
        seek.press("ArrowRight")
        expect(seek).to_have_attribute("aria-valuetext", "0:01 of 0:04")
        seek.press("End")
        expect(seek).to_have_attribute("aria-valuenow", "4")

    def test_the_waveform_is_that_of_the_audio(self, sound: Stage) -> None:
        sound.change("echo", value=ECHO)
        path = sound.page.locator("#echo .ms-wave path").first
        sound.page.wait_for_function(
            "() => document.querySelector('#echo path').getAttribute('d').split('V').some((y) => parseFloat(y) > 50)"
        )
        bars = [float(part.split("M")[0]) for part in (path.get_attribute("d") or "").split("V")[1:]]

        assert max(bars[:60]) < 30  # silence: dots around the middle line
        assert min(bars[70:]) > 50

    def test_playing_fires_and_ends(self, sound: Stage) -> None:
        sound.change("echo", value=ECHO)
        sound.page.get_by_text("/ 0:04").wait_for()
        sound.page.get_by_role("slider", name="Echo: position").press("End")
        sound.page.get_by_role("slider", name="Echo: position").press("ArrowLeft")
        sound.page.get_by_role("button", name="Play").click()
        sound.page.wait_for_function("() => stage.heard.some(([, {event}]) => event === 'stop')")

        assert sound.fired() == ["play", "stop"]

    def test_a_microphone_that_hears_nothing_says_so(self, sound: Stage) -> None:
        sound.stream("mic", state="running")
        number = sound.number("mic")
        for _ in range(60):
            sound.say(type="level", component=number, level={"rms": 0, "peak": 0})
        hint = sound.page.get_by_text("Silence. Is the microphone muted?")
        expect(hint).to_be_visible()

        sound.say(type="level", component=number, level={"rms": 0.1, "peak": 0.4})
        expect(hint).to_have_count(0)

    def test_whose_turn_it_is_is_said_and_seen(self, sound: Stage) -> None:
        chip = sound.element("mic").locator(".ms-turn-chip")
        colours = {}
        for talk, words in (
            ("listening", "Listening"),
            ("awake", "Go ahead"),
            ("hearing", "Hearing you"),
            ("thinking", "Thinking"),
            ("answering", "Answering"),
        ):
            sound.stream("mic", state="running", turn=talk)
            expect(chip).to_have_text(words)
            wave = sound.element("mic").locator("ms-level .ms-wave")
            colours[talk] = wave.evaluate("(wave) => getComputedStyle(wave).stroke")
        assert colours["hearing"] not in (colours["listening"], colours["answering"])
        assert colours["thinking"] == colours["answering"] == colours["listening"]

    @pytest.mark.parametrize("talk", ["thinking", "answering"])
    def test_nobody_is_expected_to_speak_while_he_is_answered(self, sound: Stage, talk: str) -> None:
        hint = sound.page.get_by_text("Silence. Is the microphone muted?")
        number = sound.number("mic")
        sound.stream("mic", state="running", turn=talk)
        for _ in range(80):
            sound.say(type="level", component=number, level={"rms": 0, "peak": 0})
        sound.say(type="level", component=number, level={"rms": 0, "peak": 0})
        sound.stream("mic", state="running", turn="listening")
        expect(hint).to_have_count(0)

        for _ in range(60):
            sound.say(type="level", component=number, level={"rms": 0, "peak": 0})
        expect(hint).to_be_visible()

    def test_another_microphone_is_chosen_by_keys(self, sound: Stage) -> None:
        button = sound.element("mic").get_by_role("button", name="Choose a microphone")
        button.press("Enter")
        expect(sound.page.get_by_role("menuitemradio", checked=True)).to_be_focused()
        sound.page.keyboard.press("ArrowDown")
        sound.page.keyboard.press("Enter")

        expect(button).to_be_focused()
        ((name, detail),) = sound.heard()
        assert (name, bool(detail["device"])) == ("ms-device", True)

    def test_the_level_is_drawn(self, sound: Stage) -> None:
        sound.stream("mic", state="running")
        path = sound.page.locator("#mic ms-level path")
        before = path.get_attribute("d")
        sound.say(type="level", component=sound.number("mic"), level={"rms": 0.1, "peak": 0.4})

        expect(path).not_to_have_attribute("d", before or "")

    @pytest.mark.parametrize("view", [{"state": "running"}, {"state": "waiting", "position": 3, "again": True}])
    def test_its_height_never_changes(self, sound: Stage, view: Any) -> None:
        before = sound.element("mic").bounding_box()
        sound.stream("mic", **view)

        assert sound.element("mic").bounding_box() == before
