"""What the page promises to users and their scripts, seen in a browser; LOOK and BEHAVIOUR section 4 are the law."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser import scenes
from tests.browser.conftest import Browsers
from tests.browser.stage import ADDRESS, Stage, stages

import millstream as gr

pytestmark = pytest.mark.browser

WIDTHS = [390, 820, 1440]
WINDOWS = [(1440, 800), (1280, 720), (390, 844)]
TWO_CAMERAS = """() => {
    const devices = ["Front", "Rear"].map((label) => ({id: label, label}));
    for (const menu of document.querySelectorAll("ms-devices")) menu.devices = devices;
}"""
LINE = """(element) => {
    const frame = element.querySelector(".ms-frame").getBoundingClientRect();
    const bar = element.querySelector(".ms-bar");
    const record = bar.querySelector(".ms-record").getBoundingClientRect();
    if (record.width === frame.width) return "one line"; // the whole frame is the button
    const words = bar.querySelector(".ms-record > span");
    if (words.getClientRects().length > 1 || words.offsetHeight > 30) return "words in several lines";
    const boxes = [...bar.querySelectorAll("button")].map((button) => button.getBoundingClientRect());
    boxes.sort((one, other) => one.left - other.left);
    const middles = boxes.map(({ top, bottom }) => (top + bottom) / 2);
    if (Math.max(...middles) - Math.min(...middles) > 1) return "several lines";
    if (boxes.some(({ left }, at) => at > 0 && left < boxes[at - 1].right - 0.5)) return "overlapping";
    return boxes[0].left < frame.left || boxes.at(-1).right > frame.right ? "cut off" : "one line";
}"""
"""How the buttons of a bar are laid out."""

REFUSED = {"code": "refused", "message": "The camera is blocked. Allow it in the site settings, then press Record."}


@pytest.fixture
def stage(browsers: Browsers) -> Iterator[Any]:
    """Open a scene: `stage(scenes.camera, viewport=…)`."""
    yield from stages(browsers)


@pytest.fixture
def camera(stage: Any) -> Stage:
    opened: Stage = stage(scenes.camera)
    return opened


@pytest.fixture
def forms(stage: Any) -> Stage:
    opened: Stage = stage(scenes.forms)
    return opened


def hold_clock(stage: Stage) -> None:
    """Let the page's time pass only where the test says so, once the timers that run by its own are over."""
    expect(stage.element("inp")).to_have_attribute("data-quiet", "")
    stage.page.clock.install(time=0)
    stage.page.clock.pause_at(1_000)


class TestPromises:
    def test_id_and_classes_are_on_the_outermost_element(self, camera: Stage) -> None:
        assert camera.element("inp").evaluate("(e) => [e.localName, e.className]") == ["ms-image", "mine"]

    def test_a_change_of_classes_leaves_our_own(self, camera: Stage) -> None:
        camera.change("inp", elem_classes=["other"])

        expect(camera.element("inp")).to_have_class("other")

    @pytest.mark.parametrize(
        ("state", "name", "kind", "action"),
        [("idle", "Record", "record-button", "start"), ("waiting", "Waiting", "stop-button", "stop"),
         ("running", "Stop", "stop-button", "stop")],
    )  # fmt: skip
    def test_the_record_button_says_what_it_does(
        self, camera: Stage, state: str, name: str, kind: str, action: str
    ) -> None:
        camera.stream("inp", state=state)
        button = camera.page.get_by_role("button", name=name, exact=True)
        button.click()

        assert kind in (button.get_attribute("class") or "")
        assert camera.heard() == [["ms-record", {"component": camera.number("inp"), "action": action}]]

    def test_remaining_time_is_a_progressbar_in_seconds(self, camera: Stage) -> None:
        camera.stream("inp", state="running", limitS=15, leftS=9.5)
        bar = camera.page.get_by_role("progressbar")

        assert bar.get_attribute("aria-valuemax") == "15"
        expect(bar).to_have_attribute("aria-valuenow", "9")

    @pytest.mark.parametrize("view", [{"state": "running"}, {"state": "waiting", "limitS": 15}, {"limitS": 15}])
    def test_there_is_no_progressbar_without_a_limit_or_a_slot(self, camera: Stage, view: Any) -> None:
        camera.stream("inp", **view)

        expect(camera.page.get_by_role("progressbar")).to_have_count(0)

    def test_preview_and_output_are_inside_the_component(self, camera: Stage) -> None:
        camera.stream("inp", state="running", camera=True)
        camera.show("out", 320, 240)

        expect(camera.element("inp").locator("video.ms-preview")).to_be_visible()
        assert camera.element("out").locator(".ms-output").evaluate("(e) => [e.width, e.height]") == [320, 240]

    def test_the_preview_is_mirrored_only_if_told(self, camera: Stage) -> None:
        camera.stream("inp", state="running", camera=True, mirrored=True)
        preview = camera.page.locator(".ms-preview")
        assert preview.evaluate("(e) => getComputedStyle(e).scale") == "-1 1"

        camera.stream("inp", state="running", camera=True, mirrored=False)
        assert preview.evaluate("(e) => getComputedStyle(e).scale") == "none"

    @pytest.mark.parametrize(
        ("label", "tag"), [("Name", "textarea"), ("Count", "input"), ("Threshold", "input"), ("Filter", "input")]
    )
    def test_labels_are_accessible_names(self, forms: Stage, label: str, tag: str) -> None:
        assert forms.page.get_by_label(label, exact=True).evaluate("(e) => e.localName") == tag

    @pytest.mark.parametrize(("level", "role"), [("error", "alert"), ("warning", "alert"), ("info", "status")])
    def test_toasts_have_a_role_and_can_be_closed(self, camera: Stage, level: str, role: Any) -> None:
        camera.say(type="toast", toast={"level": level, "title": "", "message": "It broke.", "duration_s": 0})
        toast = camera.page.get_by_role(role).filter(has_text="It broke.")
        toast.get_by_role("button", name="Close").click()

        expect(toast).to_have_count(0)

    def test_a_toast_goes_by_itself_unless_it_is_read(self, camera: Stage) -> None:
        camera.page.clock.install()
        toast = {"level": "info", "title": "", "message": "Loaded.", "duration_s": 5}
        camera.say(type="toast", toast=toast)
        shown = camera.page.get_by_text("Loaded.")
        shown.hover()
        camera.page.clock.run_for(20_000)
        expect(shown).to_be_visible()

        camera.page.mouse.move(5, 500)
        camera.page.clock.run_for(6_000)
        expect(shown).to_have_count(0)

    def test_the_apps_style_sheet_reaches_inside(self, stage: Any) -> None:
        opened = stage(scenes.unified, css=f"{scenes.CSS} #inp .ms-frame {{ border-radius: 30px; }}")
        frame = opened.page.locator(".ms-frame")

        assert frame.evaluate("(e) => getComputedStyle(e).borderRadius") == "30px"
        assert frame.bounding_box()["width"] <= 600

    def test_style_attributes_of_html_survive_the_strictest_policy(self, stage: Any) -> None:
        heading = stage(scenes.unified).page.get_by_role("heading")

        assert heading.evaluate("(e) => e.style.textAlign") == "center"

    def test_style_elements_of_html_count_and_scripts_do_not(self, stage: Any) -> None:
        opened = stage(scenes.unified)
        quoted = """<b title="a style='x'">bold</b><img src="data:," onerror="window.ran = 1">"""
        value = f"<style>#heading b {{ color: rgb(1, 2, 3) }}</style>{quoted}"
        opened.change("heading", value=value)
        bold = opened.page.get_by_text("bold")

        assert bold.evaluate("(e) => getComputedStyle(e).color") == "rgb(1, 2, 3)"
        assert bold.get_attribute("title") == "a style='x'"
        opened.complaints[:] = [line for line in opened.complaints if "inline event handler" not in line]
        assert opened.page.evaluate("() => window.ran") is None


class TestFrame:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_nothing_around_it_moves_before_the_first_image_or_after_it(self, stage: Any, width: int) -> None:
        opened = stage(scenes.camera, viewport={"width": width, "height": 900})
        opened.show("out")
        boxes = {True: [], False: []}
        for view in (
            {}, {"state": "starting"}, {"trouble": REFUSED},
            {"state": "waiting", "camera": True, "position": 2, "etaS": 18},
            {"state": "running", "camera": True, "limitS": 15, "leftS": 9}, {"trouble": REFUSED}, {},
        ):  # fmt: skip
            opened.stream("inp", **view)
            if "camera" in view:
                opened.page.wait_for_function("() => document.querySelector('.ms-preview').videoWidth > 0")
            shown = boxes[bool(boxes[True]) or "camera" in view]
            shown.append(opened.element("inp").bounding_box())

        assert boxes[False] == boxes[False][:1] * 3
        assert boxes[True] == boxes[True][:1] * 4
        assert boxes[True][0]["height"] == opened.element("out").bounding_box()["height"]

    def test_it_takes_the_ratio_of_the_image_and_leaves_the_rest_of_the_window(self, stage: Any) -> None:
        opened = stage(scenes.unified)
        opened.stream("inp", state="running", camera=True)
        for width, height in WINDOWS:
            opened.page.set_viewport_size({"width": width, "height": height})
            for size in ((640, 480), (1280, 720), (720, 1280)):
                opened.show("inp", *size)
                box = opened.page.locator(".ms-frame").bounding_box()
                assert box["height"] <= 0.6 * height + 1
                assert abs(box["width"] / box["height"] - size[0] / size[1]) < 0.02

    @pytest.mark.parametrize("scene", [scenes.camera, scenes.unified, scenes.sound])
    def test_record_is_in_the_window_and_the_whole_idle_frame_is_the_button(self, stage: Any, scene: Any) -> None:
        opened = stage(scene)
        button = opened.page.get_by_role("button", name="Record", exact=True).first
        for width, height in WINDOWS:
            opened.page.set_viewport_size({"width": width, "height": height})
            frame = opened.page.locator(".ms-frame").first.bounding_box()
            expect(button).to_be_in_viewport(ratio=1)
            expect(button).to_have_text("Record")
            assert button.bounding_box() == frame
            opened.page.mouse.click(frame["x"] + frame["width"] - 9, frame["y"] + 9)
            assert [(name, detail["action"]) for name, detail in opened.heard()] == [("ms-record", "start")]

    def test_controls_fade_after_two_seconds_and_cover_nothing(self, camera: Stage) -> None:
        hold_clock(camera)
        camera.stream("inp", state="running", camera=True)
        bar = camera.element("inp").locator(".ms-bar")
        # The frame takes the ratio of the camera: what moves under the pointer is a move of it.
        camera.page.wait_for_function("() => document.querySelector('.ms-frame').style.cssText.includes('640 / 480')")
        camera.element("inp").hover()
        camera.page.clock.run_for(1_900)
        expect(bar).to_have_css("opacity", "1")
        camera.page.clock.run_for(200)
        expect(bar).to_have_css("opacity", "0")

        camera.page.mouse.move(300, 300)
        expect(bar).to_have_css("opacity", "1")
        camera.page.clock.run_for(2_100)
        camera.page.keyboard.press("Tab")  # the focus that a key has put there keeps them
        camera.element("inp").get_by_role("button", name="Stop").focus()
        camera.page.clock.run_for(2_100)
        expect(bar).to_have_css("opacity", "1")

    def test_a_touch_brings_controls_back_before_it_presses_one(self, stage: Any) -> None:
        opened = stage(scenes.camera, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
        hold_clock(opened)
        opened.stream("inp", state="running", camera=True)
        opened.page.clock.run_for(2_100)
        bar, button = opened.element("inp").locator(".ms-bar"), opened.page.get_by_role("button", name="Stop")
        expect(bar).to_have_css("opacity", "0")
        button.tap()
        expect(bar).to_have_css("opacity", "1")
        assert opened.heard() == []

        button.tap()
        assert [detail["action"] for _, detail in opened.heard()] == ["stop"]

    def test_an_empty_output_says_what_will_be_there(self, stage: Any) -> None:
        opened = stage(scenes.camera)

        expect(opened.element("out")).to_contain_text("The image appears here when you press Record.")

    @pytest.mark.parametrize("width", WIDTHS)
    @pytest.mark.parametrize("scene", [scenes.camera, scenes.unified, scenes.sound, scenes.forms])
    def test_no_page_scrolls_sideways(self, stage: Any, scene: Any, width: int) -> None:
        page = stage(scene, viewport={"width": width, "height": 900}).page

        assert page.evaluate("() => document.documentElement.scrollWidth") == width

    @pytest.mark.parametrize("scene", [scenes.camera, scenes.videos])
    def test_two_in_a_row_share_its_width_and_stand_level(self, stage: Any, scene: Any) -> None:
        page = stage(scene, viewport={"width": 1440, "height": 900}).page
        first, second = [frame.bounding_box() for frame in page.locator(".ms-frame").all()]
        row = page.locator(".ms-row").first.bounding_box()

        assert (first["width"], first["height"]) == (second["width"], second["height"])
        assert first["width"] + second["width"] > row["width"] - 20

    def test_audio_has_one_height_whether_it_is_recorded_or_played(self, stage: Any) -> None:
        frames = stage(scenes.sound).page.locator(".ms-audio").all()

        assert {frame.bounding_box()["height"] for frame in frames} == {168}

    @pytest.mark.parametrize("width", WIDTHS)
    def test_what_went_wrong_stands_clear_of_the_record_button(self, stage: Any, width: int) -> None:
        opened = stage(scenes.camera, viewport={"width": width, "height": 900})
        opened.stream("inp", trouble=REFUSED)
        panel = opened.page.get_by_role("alert")
        words = panel.locator("p").bounding_box()
        button = opened.page.get_by_role("button", name="Record").bounding_box()

        expect(panel).to_contain_text(REFUSED["message"])
        assert words["y"] + words["height"] <= button["y"]

    def test_an_insecure_page_offers_the_secure_one_where_that_answers(self, camera: Stage) -> None:
        camera.page.route(ADDRESS.replace("http:", "https:") + "**", lambda route: route.fulfill(status=204))
        camera.stream("inp", trouble={"code": "insecure", "message": "The camera needs a secure page."})

        link = camera.page.get_by_role("alert").get_by_role("link")
        assert link.get_attribute("href") == ADDRESS.replace("http:", "https:")

    @pytest.mark.parametrize(
        ("position", "eta", "words"),
        [(2, 18, "2nd in line, about 20 s"), (1, None, "Next in line"), (11, 100, "11th in line, about 2 min")],
    )
    def test_waiting_shows_the_position_and_the_time(
        self, camera: Stage, position: int, eta: int | None, words: str
    ) -> None:
        camera.stream("inp", state="waiting", camera=True, position=position, etaS=eta)

        expect(camera.element("inp").get_by_role("status")).to_have_text(words)
        expect(camera.page.get_by_role("button", name="Waiting")).to_contain_text(str(position))
        camera.heard()
        camera.page.get_by_role("button", name="Leave the queue").click()
        assert [detail["action"] for _, detail in camera.heard()] == ["stop"]

    def test_buttons_are_large_enough_for_a_thumb(self, camera: Stage) -> None:
        camera.stream("inp", state="running", camera=True)
        camera.show("out")
        buttons = camera.page.locator(".ms-bar button")
        sizes = buttons.evaluate_all("(all) => all.map((e) => Math.min(e.offsetWidth, e.offsetHeight))")

        assert len(sizes) >= 4
        assert min(sizes) >= 44

    def test_a_result_replaces_the_preview(self, stage: Any) -> None:
        opened = stage(scenes.unified)
        opened.stream("inp", state="running", camera=True)
        opened.show("inp")

        expect(opened.page.locator(".ms-preview")).to_be_hidden()
        expect(opened.page.locator(".ms-output")).to_be_visible()
        expect(opened.page.get_by_role("button", name="Stop")).to_be_visible()

    def test_images_change_nothing_but_the_image(self, stage: Any) -> None:
        opened = stage(scenes.unified)
        opened.stream("inp", state="running", camera=True, limitS=10, leftS=9)
        opened.show("inp")
        changed = opened.page.evaluate(
            """async () => {
                const element = document.getElementById("inp");
                const seen = [];
                const note = (records) => seen.push(...records.map(({target}) => target.className));
                const what = {subtree: true, childList: true, attributes: true, attributeFilter: ["class", "style"]};
                new MutationObserver(note).observe(element, what);
                for (let picture = 0; picture < 20; picture += 1) {
                    element.place(stage.picture(640, 480));
                    await element.updateComplete;
                }
                await new Promise(requestAnimationFrame);
                return [...new Set(seen)];
            }"""
        )

        assert changed == ["ms-stage"]

    def test_the_same_surface_is_not_taken_out_and_put_back(self, camera: Stage) -> None:
        camera.show("out")
        moved = camera.page.evaluate(
            """async () => {
                const element = document.getElementById("out");
                const seen = [];
                const note = (records) => seen.push(...records);
                new MutationObserver(note).observe(element.querySelector(".ms-stage"), {childList: true});
                element.place(element.querySelector(".ms-output"));
                await Promise.resolve();
                return seen.length;
            }"""
        )

        assert moved == 0

    def test_the_camera_of_a_photo_is_opened_and_closed(self, forms: Stage) -> None:
        forms.page.get_by_role("tab", name="Picture").click()
        forms.heard()
        forms.page.get_by_role("button", name="Open the camera").click()
        forms.stream("photo", state="running", camera=True, mirrored=True)
        forms.page.get_by_role("button", name="Close the camera").click()
        forms.page.get_by_role("button", name="Take a photo").click()
        forms.show("photo")
        forms.page.get_by_role("button", name="Take another").click()
        expect(forms.element("photo").locator(".ms-preview")).to_be_visible()
        expect(forms.element("photo").locator(".ms-output")).to_be_hidden()
        forms.page.get_by_role("button", name="Take a photo").click()
        assert [detail["action"] for _, detail in forms.heard()] == ["start", "close", "take", "take"]

    @pytest.mark.parametrize("width", [360, 390, 820])
    @pytest.mark.parametrize("lang", ["en", "de"])
    def test_the_bar_of_a_camera_is_one_line_on_a_phone(self, stage: Any, width: int, lang: str) -> None:
        def cameras() -> gr.Blocks:
            with gr.Blocks() as demo:
                gr.Image(label="Photo", sources=["webcam"], elem_id="photo")
                gr.Video(label="Video", elem_id="video")
                gr.Image(label="Either", sources=["upload", "webcam"], elem_id="either")
                stream = gr.Image(label="Stream", sources=["webcam"], elem_id="stream")
                stream.stream(lambda frame: None, stream, None)
            return demo

        opened = stage(cameras, viewport={"width": width, "height": 800}, has_touch=True, is_mobile=True, locale=lang)
        opened.page.evaluate(TWO_CAMERAS)
        assert opened.element("video").evaluate(LINE) == "one line"
        for name in ("photo", "either", "stream"):
            for shown in (False, True):
                if shown:
                    opened.show(name)
                for state in ("idle", "running"):
                    opened.stream(name, state=state, camera=state == "running")
                    assert opened.element(name).evaluate(LINE) == "one line", (name, shown, state)
                opened.stream(name, state="idle")

    def test_an_image_is_chosen_from_a_file(self, forms: Stage) -> None:
        forms.page.get_by_role("tab", name="Picture").click()
        forms.heard()
        file = {"name": "cat.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
        with forms.page.expect_file_chooser() as chooser:
            forms.element("photo").get_by_role("button", name="Upload").click()
        chooser.value.set_files(file)

        expected = {"component": forms.number("photo"), "file": "cat.png", "type": "image/png", "size": 4}
        assert forms.heard() == [["ms-upload", expected]]

    @pytest.mark.parametrize(("kind", "name"), [("image/png", "cat.png"), ("text/plain", "cat.txt")])
    def test_an_image_is_dropped_and_anything_else_refused_in_words(self, forms: Stage, kind: str, name: str) -> None:
        forms.page.get_by_role("tab", name="Picture").click()
        forms.heard()
        forms.page.evaluate(
            """([kind, name]) => {
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File(["x"], name, {type: kind}));
                const frame = document.querySelector("#photo .ms-frame");
                const drag = {dataTransfer, bubbles: true, cancelable: true};
                for (const type of ["dragover", "drop"]) frame.dispatchEvent(new DragEvent(type, drag));
            }""",
            [kind, name],
        )

        if kind == "image/png":
            assert [event for event, _ in forms.heard()] == ["ms-upload"]
        else:
            expect(forms.element("photo").get_by_text("This is not an image.")).to_be_visible()
            assert forms.heard() == []

    def test_an_image_is_pasted(self, forms: Stage) -> None:
        forms.page.get_by_role("tab", name="Picture").click()
        forms.heard()
        forms.page.evaluate(
            """() => {
                const clipboardData = new DataTransfer();
                clipboardData.items.add(new File(["x"], "shot.png", {type: "image/png"}));
                const paste = new ClipboardEvent("paste", {clipboardData, bubbles: true});
                document.querySelector("#photo .ms-frame").dispatchEvent(paste);
            }"""
        )

        assert [detail.get("file") for _, detail in forms.heard()] == ["shot.png"]

    def test_a_frame_fills_the_screen(self, camera: Stage) -> None:
        camera.show("out")
        camera.element("out").get_by_role("button", name="Fullscreen").click()

        camera.page.wait_for_function("() => document.fullscreenElement?.matches('#out .ms-frame')")
        camera.page.get_by_role("button", name="Leave fullscreen").click()
        camera.page.wait_for_function("() => !document.fullscreenElement")
        expect(camera.page.get_by_role("button", name="Leave fullscreen")).to_have_count(0)

    def test_a_declared_height_is_kept(self, forms: Stage) -> None:
        forms.page.get_by_role("tab", name="Picture").click()
        forms.change("photo", height=300)

        expect(forms.element("photo").locator(".ms-frame")).to_have_css("height", "300px")

    def test_a_click_selects_a_pixel_of_the_image(self, forms: Stage) -> None:
        forms.page.get_by_role("tab", name="Picture").click()
        forms.show("photo", 200, 100)
        picture = forms.element("photo").locator(".ms-output")
        forms.heard()
        picture.click()

        ((_, detail),) = forms.heard()
        x, y = detail["data"]["index"]
        assert detail["event"] == "select"
        assert (abs(x - 100) <= 1, abs(y - 50) <= 1) == (True, True)

    def test_clear_and_download_are_offered_with_an_image(self, forms: Stage) -> None:
        forms.page.get_by_role("tab", name="Picture").click()
        forms.show("photo")
        frame = forms.element("photo")
        with forms.page.expect_download() as download:
            frame.get_by_role("button", name="Download").click()
        forms.heard()
        frame.get_by_role("button", name="Clear").click()

        assert download.value.suggested_filename == "image.png"
        assert forms.fired() == ["input", "clear"]


class TestTime:
    FILL = "document.querySelector('ms-time > i')"
    WIDTH = f"() => {FILL}.getBoundingClientRect().width / {FILL}.parentElement.getBoundingClientRect().width"

    def test_the_bar_moves_with_the_deadline(self, camera: Stage) -> None:
        camera.stream("inp", state="running", limitS=10, leftS=5)
        first = camera.page.evaluate(self.WIDTH)
        camera.page.wait_for_function(f"(first) => ({self.WIDTH})() < first - 0.02", arg=first)

        assert 0.4 < first <= 0.5

    def test_a_deadline_seen_again_does_not_move_it(self, camera: Stage) -> None:
        moved = camera.page.evaluate(
            """async () => {
                const element = document.getElementById("inp");
                const deadlineMs = performance.now() + 5000;
                const show = async (at) => {
                    element.stream = {...stage.idle, state: "running", limitS: 10, deadlineMs: at};
                    await element.updateComplete;
                    await document.querySelector("ms-time").updateComplete;
                    return document.querySelector("ms-time > i").getAnimations()[0];
                };
                const first = await show(deadlineMs);
                const again = await show(deadlineMs + 100);
                const fresh = await show(deadlineMs + 5000);
                return [first === again, first === fresh];
            }"""
        )

        assert moved == [True, False]

    @pytest.mark.parametrize(("motion", "easing", "count"), [("no-preference", "linear", 2), ("reduce", "steps(5)", 1)])
    def test_the_pulse_respects_reduced_motion(self, stage: Any, motion: str, easing: str, count: int) -> None:
        opened = stage(scenes.camera, reduced_motion=motion)
        opened.stream("inp", state="running", limitS=10, leftS=4.9)
        animations = opened.page.evaluate(f"() => {self.FILL}.getAnimations().map((a) => a.effect.getTiming().easing)")

        assert (animations[0], len(animations)) == (easing, count)

    def test_waiting_does_not_slot_with_reduced_motion(self, stage: Any) -> None:
        opened = stage(scenes.camera, reduced_motion="reduce")
        opened.stream("inp", state="waiting", position=3)
        running = opened.page.evaluate("() => document.getAnimations().filter((a) => a.playState === 'running').length")

        assert running == 0


class TestPage:
    def test_light_and_dark_follow_the_system(self, stage: Any) -> None:
        colours = [
            stage(scenes.camera, color_scheme=scheme).page.evaluate(
                "() => getComputedStyle(document.body).backgroundColor"
            )
            for scheme in ("light", "dark")
        ]

        assert colours == ["rgb(247, 247, 247)", "rgb(17, 18, 19)"]

    def test_a_lost_connection_is_told_quietly(self, camera: Stage) -> None:
        camera.say(type="lost", retryMs=1000)

        expect(camera.page.get_by_role("status").filter(has_text="Reconnecting…")).to_be_visible()

    def test_the_footer_is_the_apps_own_name(self, camera: Stage) -> None:
        expect(camera.page.get_by_role("contentinfo")).to_contain_text("Pencil camera")

    def test_the_latency_is_shown_where_it_is_switched_on(self, stage: Any) -> None:
        opened = stage(scenes.camera, latency=True)
        opened.age("out", p50Ms=34.2, fps=29.6, roundTripMs=3)

        expect(opened.page.get_by_role("contentinfo")).to_contain_text(
            "34 ms camera to screen · 30 fps · 3 ms round trip"
        )

    def test_everything_is_reached_with_the_tab_key(self, forms: Stage) -> None:
        reached = []
        for _ in range(18):
            forms.page.keyboard.press("Tab")
            reached.append(forms.page.evaluate("() => document.activeElement.closest('[id]:not([id$=control])')?.id"))

        wanted = ["name", "message", "count", "threshold", "filter", "many", "mode", "draw", "mirror", "run"]
        assert [each for each in dict.fromkeys(reached) if each in wanted] == wanted
