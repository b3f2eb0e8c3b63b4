"""Events look at what is on its way to what they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Error, Page, Route, expect
from tests.browser.cable import Cable
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, until
from tests.browser.media import Clips
from tests.browser.test_axe import AXE, LOOKS, RUN

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Images that are as wide as their name says."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = {str(width): folder / f"{width}.png" for width in (20, 30, 40)}
    for name, path in paths.items():
        Image.new("RGB", (int(name), 10)).save(path)
    return paths


ATTEMPTS = 5
"""So often the page sends a file whose connection breaks."""


class Gate:
    """Holds uploads on their way to the server back until they are let through, in any order."""

    made: ClassVar[list[Gate]] = []

    def __init__(self, page: Page) -> None:
        self.routes: list[Route] = []
        self._held: list[Route] = []
        self._page = page
        self.made.append(self)
        page.route("**/upload?*", self._keep)

    def wait(self, count: int = 1) -> None:
        for _ in range(1000):
            if len(self.routes) >= count:
                return
            self._page.wait_for_timeout(10)
        raise TimeoutError(f"{len(self.routes)} uploads")

    def open(self, number: int = 0) -> None:
        self._held.remove(self.routes[number])
        self.routes[number].continue_()

    def refuse(self) -> None:
        """Break an upload off as often as the page tries it."""
        for attempt in range(ATTEMPTS):
            self.wait(attempt + 1)
            self._held.remove(self.routes[attempt])
            self.routes[attempt].abort()

    def close(self) -> None:
        """Break off what is held, and hold nothing more: Playwright has a coroutine for each, which has to end."""
        with suppress(Error):  # the page may be closed
            self._page.unroute("**/upload?*", self._keep)  # it tries again what is broken off
        for route in self._held:
            try:
                route.abort()
            except Error:  # its connection was cut, and the coroutine still waits for a decision
                route.fallback()

    def _keep(self, route: Route) -> None:
        self.routes.append(route)
        self._held.append(route)


@pytest.fixture(autouse=True)
def gates_are_closed(launch: Launch, open_page: OpenPage) -> Iterator[None]:  # and before its pages are, and its server
    del launch, open_page
    yield
    for gate in Gate.made:
        gate.close()
    Gate.made.clear()


def choose(page: Page, path: Path, name: str = "Picture") -> None:
    page.get_by_label(f"{name}: upload").set_input_files(path)


def width(picture: np.ndarray | None) -> int:
    return 0 if picture is None else picture.shape[1]


@pytest.fixture
def seen() -> Notes[Any]:
    return Notes()


def reader(seen: Notes[Any], examples: list[Path] | None = None, **options: Any) -> gr.Blocks:
    """A button that reads two images, one that does not, one that empties them, and examples of the first."""
    with gr.Blocks() as demo:
        with gr.Row():
            first = gr.Image(label="Picture", sources=["upload"], height=200, elem_id="first")
            second = gr.Image(label="Second", sources=["upload"], height=200)
        text, out = gr.Textbox(label="Text", value="a"), gr.Textbox(label="Out")
        run, other = gr.Button("Run"), gr.Button("Other")
        gr.ClearButton([first, second], value="Empty")
        run.click(
            lambda one, two, text: seen.add((width(one), width(two), text)) or "ran",
            [first, second, text],
            out,
            **options,
        )
        other.click(seen.add, text, None)
        gr.Button("Chain").click(lambda: seen.add("first"), None, None).then(
            lambda one: seen.add(width(one)), first, None
        )
        gr.Button("Away").click(lambda: gr.Button(visible=False), None, run)
        if examples:
            gr.Examples([[str(path)] for path in examples], first)
    return demo


WAITING = "Waiting for the upload of 20.png"


def test_an_event_waits_for_the_upload_that_it_reads_and_no_other_does(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any]
) -> None:
    page = open_page(launch(reader(seen)))
    gate = Gate(page)
    choose(page, pictures["20"])
    gate.wait()
    button(page, "Run").click()
    button(page, "Run").click()
    expect(page.get_by_text(WAITING).first).to_be_visible()
    button(page, "Other").click()
    assert seen.wait(1) == ["a"]
    button(page, "Away").click()
    expect(button(page, "Run")).to_be_hidden()
    gate.open()
    expect(page.get_by_label("Out")).to_have_value("ran")
    expect(page.get_by_text(WAITING)).to_have_count(0)
    assert seen.all == ["a", (20, 0, "a")], "pressed twice, and hidden meanwhile"


def test_each_press_counts_where_it_should(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any]
) -> None:
    page = open_page(launch(reader(seen, trigger_mode="multiple")))
    gate = Gate(page)
    choose(page, pictures["20"])
    choose(page, pictures["30"], "Second")
    gate.wait(2)
    button(page, "Run").click()
    button(page, "Run").press("Enter")
    gate.open(1)
    expect(page.get_by_text(WAITING).first).to_be_visible()
    assert seen.all == [], "the other one is still on its way"
    gate.open(0)
    assert seen.wait(2) == [(20, 30, "a")] * 2


def test_an_event_whose_upload_fails_says_so(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any]
) -> None:
    page = open_page(launch(reader(seen)))
    open_page.expected.append("Failed to load resource")  # type: ignore[attr-defined]
    gate = Gate(page)
    choose(page, pictures["20"])
    gate.wait()
    button(page, "Run").click()
    gate.refuse()
    expect(page.get_by_text("This did not run: 20.png could not be sent: the connection broke.")).to_be_visible()
    expect(page.get_by_text("the connection broke")).to_have_count(1)
    assert seen.all == []
    page.unroute_all()
    choose(page, pictures["30"])
    button(page, "Run").click()
    assert seen.wait(1) == [(30, 0, "a")]
    expect(page.get_by_text("This did not run")).to_have_count(0)


@pytest.mark.parametrize("is_awaited", [True, False])
def test_files_for_what_was_hidden_meanwhile_are_refused_once(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], is_awaited: bool
) -> None:
    with gr.Blocks() as demo:
        papers, out = gr.File(label="Papers", file_count="multiple"), gr.Textbox(label="Out")
        gr.Button("Run").click(str, papers, out)
        gr.Button("Away").click(lambda: gr.File(visible=False), None, papers)
    page = open_page(launch(demo))
    gate = Gate(page)
    page.get_by_label("Papers: upload").set_input_files([*pictures.values()])
    gate.wait()
    if is_awaited:
        button(page, "Run").click()
    button(page, "Away").click()
    expect(page.locator("ms-file")).to_be_hidden()
    gate.open()
    expect(page.get_by_text("20.png came too late: it is not wanted here any more.")).to_have_count(1)
    expect(page.locator(".ms-toast")).to_have_count(0 if is_awaited else 1)
    expect(page.get_by_text("This did not run")).to_have_count(1 if is_awaited else 0)
    assert len(gate.routes) == 1, "the other files are not sent at all"


def test_who_waits_can_cancel(launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any]) -> None:
    page = open_page(launch(reader(seen)))
    gate = Gate(page)
    choose(page, pictures["20"])
    gate.wait()
    button(page, "Run").click()
    button(page, "Cancel").first.click()
    expect(page.get_by_text(WAITING)).to_have_count(0)
    gate.open()
    expect(page.locator("#first img")).to_be_visible()
    button(page, "Run").click()
    assert seen.wait(1) == [(20, 0, "a")]


def test_a_newer_file_replaces_one_on_its_way(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any]
) -> None:
    page = open_page(launch(reader(seen)))
    open_page.expected.append("net::ERR")  # type: ignore[attr-defined]
    gate = Gate(page)
    choose(page, pictures["20"])
    gate.wait()
    button(page, "Run").click()
    page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(40, 10); canvas.getContext("2d").fillRect(0, 0, 9, 9);
            const file = new File([await canvas.convertToBlob()], "40.png", {type: "image/png"});
            const pasted = new DataTransfer(); pasted.items.add(file);
            document.querySelector("#first .ms-frame").dispatchEvent(new DragEvent("dragover", {dataTransfer: pasted}));
            document.querySelector("#first .ms-frame").dispatchEvent(new DragEvent("drop", {dataTransfer: pasted}));
        }"""
    )
    gate.wait(2)
    gate.open(1)
    assert seen.wait(1) == [(40, 0, "a")]


def test_an_image_that_was_taken_back_does_not_come_back(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any]
) -> None:
    page = open_page(launch(reader(seen)))
    gate = Gate(page)
    choose(page, pictures["20"])
    gate.wait()
    button(page, "Run").click()
    button(page, "Empty").click()
    expect(page.get_by_text("This did not run: what it waited for was taken back.").first).to_be_visible()
    expect(page.locator("#first .ms-uploading")).to_have_count(0)
    page.unroute_all()
    button(page, "Run").click()
    assert seen.wait(1) == [(0, 0, "a")]
    expect(page.locator("#first img")).to_have_count(0)


@pytest.mark.parametrize("is_late", [False, True])
def test_the_newest_choice_wins(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any], is_late: bool
) -> None:
    page = open_page(launch(reader(seen, [pictures["40"]])))
    gate = Gate(page)
    choose(page, pictures["20"])
    gate.wait()
    example = page.locator(".ms-example").first
    if is_late:
        example.click()
        expect(page.locator("#first img")).to_be_visible()
        page.unroute_all()
    else:
        gate.open()
        example.click()
    until(page, "document.querySelector('#first img')?.naturalWidth === 40")
    button(page, "Run").click()
    assert seen.wait(1) == [(40, 0, "a")]
    until(page, "document.querySelector('#first img')?.naturalWidth === 40")


def test_what_follows_an_event_is_looked_at_too(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any]
) -> None:
    page = open_page(launch(reader(seen)))
    gate = Gate(page)
    choose(page, pictures["20"])
    gate.wait()
    button(page, "Chain").click()
    expect(page.get_by_text(WAITING).first).to_be_visible()
    gate.open()
    assert seen.wait(2) == ["first", 20]


def test_an_upload_goes_on_in_the_next_session(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any]
) -> None:
    with Cable(launch(reader(seen), grace=0)) as cable:
        page = open_page(cable.url)
        open_page.expected.extend(["WebSocket", "net::ERR"])  # type: ignore[attr-defined]
        gate = Gate(page)
        choose(page, pictures["20"])
        gate.wait()
        button(page, "Run").click()
        cable.cut()
        gate.wait(2)
        gate.open(1)
        assert seen.wait(1) == [(20, 0, "a")]


# ---- messages --------------------------------------------------------------------------------------------------


def test_a_message_is_sent_with_the_files_that_are_on_their_way(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any]
) -> None:
    with gr.Blocks() as demo:
        talk = gr.Chatbot(label="Talk")
        box = gr.MultimodalTextbox(label="Message", file_count="multiple")

        def add(message: dict[str, Any]) -> Any:
            seen.add((message["text"], len(message["files"])))
            return {"text": "", "files": []}, [{"role": "user", "content": message["text"]}]

        box.submit(add, box, [box, talk])
    page = open_page(launch(demo))
    gate = Gate(page)
    page.get_by_label("Message: attach").set_input_files([pictures["20"], pictures["30"]])
    gate.wait()
    field = page.get_by_role("textbox", name="Message")
    field.fill("look")
    field.press("Enter")
    field.press("Enter")
    expect(page.get_by_text("Waiting for the upload").first).to_be_visible()
    gate.open()
    gate.wait(2)
    assert seen.all == []
    gate.open(1)
    assert seen.wait(1) == [("look", 2)]
    expect(field).to_have_value("")
    expect(page.get_by_text("look")).to_be_visible()


# ---- recordings ------------------------------------------------------------------------------------------------


def press_both(page: Page) -> None:
    """Press Stop and Submit in one moment."""
    page.evaluate(
        """() => { document.querySelector("[data-state=running].ms-record").click();
                   [...document.querySelectorAll("button")].find((each) => each.innerText === "Submit").click(); }"""
    )


@pytest.mark.parametrize("kind", ["clip", "stream", "photo", "film"])
def test_submit_in_the_moment_of_stop_has_the_whole_recording(
    launch: Launch, open_page: OpenPage, clips: Clips, seen: Notes[Any], kind: str
) -> None:
    with gr.Blocks() as demo:
        source: gr.Component
        if kind == "photo":
            source = gr.Image(label="Source", sources=["webcam"], elem_id="source")
        elif kind == "film":
            source = gr.Video(label="Source", sources=["webcam"], elem_id="source")
        else:
            source = gr.Audio(label="Source", sources=["microphone"], elem_id="source")
        if kind == "stream":
            source.stream(lambda _: None, source, None, stream_every=0.2)
        gr.Button("Submit").click(seen.add, source, None)
    page = open_page(launch(demo), video=clips.counter)
    if kind == "photo":
        button(page, "Open the camera").click()
        page.wait_for_function("() => document.querySelector('.ms-preview')?.videoWidth > 0")
    else:
        record(page)
        until(page, "performance.now() - (window.began ??= performance.now()) > 1500")
    press_both(page)
    (value,) = seen.wait(1)
    assert value is not None
    if kind in ("clip", "stream"):
        rate, samples = value
        assert len(samples) > rate
    page.wait_for_timeout(0)
    assert len(seen.all) == 1


def recorders() -> gr.Blocks:
    """A camera in a tab and an accordion, a microphone far down, and buttons that hide and show the camera."""
    with gr.Blocks(title="Studio") as demo:
        with gr.Tabs():
            with gr.Tab("Film"), gr.Accordion("Devices"), gr.Column() as column:
                camera = gr.Image(label="Front", sources=["webcam"], elem_id="camera")
            with gr.Tab("Notes"):
                gr.Textbox(label="Note")
        count, frames = gr.Textbox(label="Count", elem_id="count"), gr.State(0)
        camera.stream(lambda _, n: (str(n + 1), n + 1), [camera, frames], [count, frames], stream_every=0.1)
        gr.Button("Hide").click(lambda: gr.Column(visible=False), None, column)
        gr.Button("Show").click(lambda: gr.Column(visible=True), None, column)
        gr.HTML("<div style='height: 1500px'></div>", elem_id="long")
        sound = gr.Audio(label="Voice", sources=["microphone"], elem_id="voice")
        sound.change(lambda _: None, sound, None)
    return demo


OPENED = "eyes.tracks.filter((track) => track.readyState === 'live').length"


def test_a_recording_that_cannot_be_seen_shows_itself(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(recorders()), video=clips.counter)
    sign = page.get_by_role("group", name="Recording: Front")
    record(page.locator("#camera"))
    expect(page).to_have_title("● Studio")
    expect(sign).to_have_count(0)
    page.get_by_role("tab", name="Notes").click()
    expect(sign).to_be_visible()
    expect(page.get_by_role("tab", name="Film")).to_have_attribute("data-recording", "")
    button(sign, "Recording Front").press("Enter")
    expect(page.locator("#camera .ms-preview")).to_be_in_viewport()
    expect(sign).to_have_count(0)
    page.get_by_text("Devices").click()
    expect(sign).to_be_visible()
    button(sign, "Recording Front").click()
    expect(page.locator("#camera .stop-button")).to_be_focused()
    page.mouse.wheel(0, 3000)
    expect(sign).to_be_visible()
    page.mouse.wheel(0, -3000)
    expect(sign).to_have_count(0)
    button(page, "Hide").click()
    expect(sign).to_be_visible()
    expect(button(sign, "Recording Front")).to_have_count(0)
    assert page.evaluate(OPENED) == 1, "it goes on"
    sign.get_by_role("button", name="Stop recording Front").press("Enter")
    until(page, f"{OPENED} === 0")
    expect(sign).to_have_count(0)
    expect(page).to_have_title("Studio")
    button(page, "Show").click()
    expect(page.locator("#camera").get_by_role("button", name="Record")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_signs_have_no_serious_violation(
    launch: Launch, open_page: OpenPage, pictures: dict[str, Path], seen: Notes[Any], look: str
) -> None:
    page = open_page(launch(recorders()), **LOOKS[look])
    record(page.locator("#camera"))
    page.get_by_role("tab", name="Notes").click()
    expect(page.get_by_role("group", name="Recording: Front")).to_be_visible()
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page = open_page(launch(reader(seen)), **LOOKS[look])
    gate = Gate(page)
    choose(page, pictures["20"])
    gate.wait()
    button(page, "Run").click()
    expect(page.get_by_text(WAITING).first).to_be_visible()
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN) == []
    open_page.expected.append("Failed to load resource")  # type: ignore[attr-defined]
    gate.refuse()
    expect(page.get_by_text("This did not run").first).to_be_visible()
    assert page.evaluate(RUN) == []
