"""What users' scripts, style sheets and security rely on: names, roles, pixels, files, HTML, scripts."""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, see, until
from tests.browser.media import Clips, draw_halves, read_halves, read_wav

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

EVIL = "<img src=x onerror='window.ran = true'><script>window.ran = true</script>"

DROP = """
([selector, name, type, data, event]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, {type}));
  const target = document.querySelector(selector);
  const init = {bubbles: true, cancelable: true};
  if (event === "paste") {
    target.dispatchEvent(new ClipboardEvent("paste", {...init, clipboardData: transfer}));
  } else {
    for (const each of ["dragenter", "dragover", "drop"])
      target.dispatchEvent(new DragEvent(each, {...init, dataTransfer: transfer}));
  }
}
"""


def halves_png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(draw_halves()).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "halves.png"
    path.write_bytes(halves_png())
    return path


def field(page: Page, label: str) -> Any:
    return page.get_by_role("textbox", name=label, exact=True)


# ---- names, classes, style ---------------------------------------------------------------------------------------


def test_ids_and_classes_are_on_the_outermost_element(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        with gr.Row(elem_id="row", elem_classes="mine"), gr.Column(elem_id="column"), gr.Group(elem_id="group"):
            gr.Image(elem_id="image", elem_classes=["mine", "yours"])
            gr.Textbox(elem_id="text")
            gr.Button("Go", elem_id="go")
            gr.HTML("x", elem_id="html")
        with gr.Tabs(elem_id="tabs"), gr.Tab("One", elem_id="tab"), gr.Accordion("More", elem_id="accordion"):
            gr.Markdown("y", elem_id="markdown")
    page = open_page(launch(demo))
    for name in ("row", "column", "group", "image", "text", "go", "html", "tabs", "tab", "accordion", "markdown"):
        expect(page.locator(f"#{name}")).to_have_count(1)
    assert page.locator("#row.mine > #column > #group > #image.mine.yours").count() == 1


def test_a_script_presses_a_button_by_its_id(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        pressed = gr.Textbox(label="Pressed")
        gr.Button("Go", elem_id="go").click(lambda: "go", None, pressed)
        gr.Button("Off", elem_id="off", interactive=False).click(lambda: "off", None, pressed)
        gr.DownloadButton("Get", elem_id="get").click(lambda: "get", None, pressed)
        gr.UploadButton("Put", elem_id="put")
    page = open_page(launch(demo))
    field = page.get_by_role("textbox", name="Pressed")
    for name in ("off", "go", "get"):
        page.evaluate("id => document.getElementById(id).click()", name)
        expect(field).to_have_value("" if name == "off" else name)
    with page.expect_file_chooser():
        page.evaluate("() => document.getElementById('put').click()")


def test_an_empty_output_says_what_it_waits_for(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        out = gr.Image(elem_id="out")
        gr.ClearButton(out)
        gr.Button("Run").click(lambda: None, None, out)
        demo.load(lambda: None, None, out)
        loaded = gr.Textbox(label="Loaded")
        demo.load(lambda: "loaded", None, loaded)
    page = open_page(launch(demo))
    words, coming = page.locator("#out .ms-void"), "The image appears here when you press “Run”."
    expect(page.get_by_role("textbox", name="Loaded")).to_have_value("loaded")
    expect(words).to_have_text(coming)
    button(page, "Run").click()
    expect(words).to_have_text("The app gave no image.")
    button(page, "Clear").click()
    expect(words).to_have_text(coming)


def test_css_reaches_inside(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    css = """
      .mine .ms-output { outline: 3px solid rgb(1, 2, 3); }
      #go button, button#go { color: rgb(4, 5, 6); }
      #text textarea { font-size: 31px; }
    """
    with gr.Blocks(css="#text textarea { color: rgb(7, 8, 9); }") as demo:
        img = gr.Image(sources=["webcam"], elem_classes=["mine"])
        gr.Button("Go", elem_id="go")
        gr.Textbox("x", elem_id="text")
        img.stream(lambda frame: frame, img, img)
    page = open_page(launch(demo, css=css), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    style = "(element, name) => getComputedStyle(element)[name]"
    assert page.locator(".ms-output").evaluate(style, "outlineColor") == "rgb(1, 2, 3)"
    assert button(page, "Go").evaluate(style, "color") == "rgb(4, 5, 6)"
    assert page.locator("#text textarea").evaluate(style, "fontSize") == "31px"


def test_no_component_hides_in_a_shadow(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img = gr.Image(sources=["webcam"])
        gr.Audio(sources=["upload"])
        gr.Dropdown(["a"], label="d")
        gr.Label({"a": 1.0})
        img.stream(lambda frame: frame, img, img)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    assert page.evaluate("[...document.querySelectorAll('*')].filter((element) => element.shadowRoot).length") == 0


def test_output_and_preview_carry_their_classes_and_size(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img = gr.Image(sources=["webcam"], elem_id="in")
        out = gr.Image(elem_id="out")
        img.stream(lambda frame: frame[:100, :200], img, out)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    page.locator("#out .ms-output").wait_for()
    assert page.locator("#in video.ms-preview").count() == 1
    until(page, "String(eyes.size('#out .ms-output')) === '200,100'")


def test_texts_are_named_by_their_labels(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        gr.Textbox("a", label="First")
        gr.Textbox("b", label="Second", show_label=False)
        gr.Number(3, label="Third")
        gr.Slider(label="Fourth")
        gr.Checkbox(label="Fifth")
    page = open_page(launch(demo))
    expect(field(page, "First")).to_have_value("a")
    expect(field(page, "Second")).to_have_value("b")
    expect(page.get_by_role("spinbutton", name="Third")).to_have_value("3")
    expect(page.get_by_role("slider", name="Fourth")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Fifth")).to_be_visible()


# ---- scripts and HTML --------------------------------------------------------------------------------------------


def test_css_js_and_head_work_under_the_policy(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        gr.Markdown("x", elem_id="x")
    page = open_page(
        launch(
            demo,
            js="() => { window.loaded = document.querySelector('main') !== null; }",
            head="<meta name='mine' content='yes'><script>window.early = document.readyState;</script>"
            "<style>#x { color: rgb(9, 9, 9); }</style>",
        )
    )
    until(page, "window.loaded === true")
    assert page.evaluate("early") == "loading"
    assert page.locator("meta[name=mine]").get_attribute("content") == "yes"
    assert page.locator("#x").evaluate("(element) => getComputedStyle(element).color") == "rgb(9, 9, 9)"


def test_the_policy_forbids_what_it_should(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        gr.Markdown("x")
    url = launch(demo)
    page = open_page(url)
    open_page.expected += ["Content Security Policy"]  # type: ignore[attr-defined]
    policy = str(page.request.get(url).headers["content-security-policy"])
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      const image = document.createElement("img");
      image.setAttribute("onerror", "window.ran = true");
      image.src = "data:,";
      document.body.append(image);
    }""")
    assert page.evaluate("window.ran") is None


def test_a_binding_runs_its_script_in_the_page(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        a, b, out = gr.Textbox(label="a"), gr.Textbox(label="b"), gr.Textbox(label="Out")
        gr.Button("Local").click(None, [a, b], out, js="(a, b) => a + '-' + b")
        gr.Button("Both").click(lambda a, b: f"{a}+{b}", [a, b], out, js="(a, b) => [a.toUpperCase(), b]")
    page = open_page(launch(demo))
    field(page, "a").fill("x")
    field(page, "b").fill("y")
    button(page, "Local").click()
    expect(field(page, "Out")).to_have_value("x-y")
    button(page, "Both").click()
    expect(field(page, "Out")).to_have_value("X+y")


@pytest.mark.parametrize("component", [gr.HTML, gr.Markdown])
def test_html_of_run_time_is_cleaned(launch: Launch, open_page: OpenPage, component: type[gr.Component]) -> None:
    value = (
        f"{EVIL}<b id='kept' class='mine' style='color: rgb(3, 3, 3)' onclick='window.ran = true'>bold</b>"
        "<a id='link' href='javascript:window.ran = true'>link</a>"
        "<svg id='drawing' viewBox='0 0 1 1' onload='window.ran = true'><circle r='1'></circle></svg>"
    )
    with gr.Blocks() as demo:
        shown = component("declared")
        gr.Button("Run").click(lambda: value, None, shown)
    page = open_page(launch(demo))
    open_page.expected += ["404", "ERR_"]  # type: ignore[attr-defined]  # the image x, which there is not
    button(page, "Run").click()
    kept = page.locator("#kept.mine")
    expect(kept).to_be_visible()
    kept.click()
    page.locator("#link").click(force=True)
    assert kept.evaluate("(element) => getComputedStyle(element).color") == "rgb(3, 3, 3)"
    assert page.locator("#drawing circle").count() == 1
    assert page.locator("#kept[onclick], #drawing[onload], img[onerror], main script").count() == 0
    assert page.evaluate("window.ran") is None


def test_html_of_the_developer_is_shown_as_it_is(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        gr.HTML(
            "<details id='mine' open data-x='1'><summary>More</summary><iframe id='frame' srcdoc=''></iframe></details>"
        )
        gr.Markdown("# Title\n\n<kbd id='key'>Ctrl</kbd>")
    page = open_page(launch(demo))
    expect(page.locator("#mine[data-x='1'] #frame")).to_have_count(1)
    expect(page.locator("#key")).to_be_visible()
    expect(page.get_by_role("heading", name="Title")).to_be_visible()


def test_evil_texts_are_texts(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks(title=EVIL) as demo:
        gr.Textbox(EVIL, label=EVIL, info=EVIL, placeholder=EVIL)
        drop = gr.Dropdown([EVIL, "b"], value=EVIL, label=EVIL)
        gr.Radio([EVIL], label=EVIL)
        gr.CheckboxGroup([EVIL], label=EVIL)
        gr.Label({EVIL: 0.5, "b": 0.5}, label=EVIL)
        gr.Image(label=EVIL, placeholder=EVIL)
        gr.Button(EVIL)
        with gr.Accordion(EVIL):
            gr.Checkbox(label=EVIL)
        with gr.Tabs(), gr.Tab(EVIL):
            text = gr.Textbox(label="Text")
        drop.change(lambda value: gr.Textbox(value=value, label=value, info=value), drop, text)
    page = open_page(launch(demo))
    page.get_by_role("main").get_by_role("combobox").click()
    page.get_by_role("option", name="b", exact=True).click()
    expect(field(page, "b")).to_have_value("b")
    page.get_by_role("main").get_by_role("combobox").click()
    page.get_by_role("listbox").get_by_role("option").first.click()
    expect(page.locator("textarea").last).to_have_value(EVIL)
    assert page.title() == EVIL
    assert page.evaluate("window.ran") is None
    assert page.locator("main img[src=x]").count() == 0


def test_a_text_is_never_a_file(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        text, out = gr.Textbox(label="Text"), gr.Textbox(label="Out")
        text.submit(lambda text: text, text, out)
    page = open_page(launch(demo))
    field(page, "Text").fill("/etc/hostname")
    field(page, "Text").press("Enter")
    expect(field(page, "Out")).to_have_value("/etc/hostname")


# ---- values ------------------------------------------------------------------------------------------------------


def test_every_component_gives_its_value(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        parts = [
            gr.Textbox("t"),
            gr.Number(2.5),
            gr.Number(2, precision=0),
            gr.Slider(0, 10, value=4, step=1),
            gr.Slider(0, 1, value=0.3, step=0.05),
            gr.Checkbox(True),
            gr.CheckboxGroup(["a", "b"], value=["b"]),
            gr.Radio([("A", 1), ("B", 2)], value=2),
            gr.Dropdown(["x", "y"], value="y"),
            gr.Dropdown(["x", "y"], value=["x", "y"], multiselect=True),
            gr.Dropdown(["x", "y"], type="index", value="y"),
            gr.HTML("<i>h</i>"),
            gr.Markdown("m"),
            gr.Image(),
            gr.Audio(),
            gr.State({"s": 1}),
        ]
        out = gr.Textbox(label="Out")
        gr.Button("Run").click(lambda *values: json.dumps(values), parts, out)
    page = open_page(launch(demo))
    button(page, "Run").click()
    expect(field(page, "Out")).not_to_have_value("")
    assert json.loads(field(page, "Out").input_value()) == [
        "t", 2.5, 2, 4, 0.3, True, ["b"], 2, "y", ["x", "y"], 1, "<i>h</i>", "m", None, None, {"s": 1},
    ]  # fmt: skip


def test_every_component_takes_what_its_user_does(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        parts = [
            gr.Textbox(label="text"),
            gr.Number(label="number"),
            gr.Slider(0, 10, step=1, label="slider"),
            gr.Checkbox(label="check"),
            gr.CheckboxGroup(["a", "b"], label="group"),
            gr.Radio(["p", "q"], label="radio"),
            gr.Dropdown(["x", "y"], label="drop"),
            gr.Dropdown(["x", "y"], label="many", multiselect=True),
            gr.Dropdown(["x"], label="free", allow_custom_value=True),
        ]
        out = gr.Textbox(label="Out")
        gr.Button("Run").click(lambda *values: json.dumps(values), parts, out)
    page = open_page(launch(demo))
    field(page, "text").fill("hello")
    page.get_by_role("spinbutton", name="number").fill("1.5")
    page.get_by_role("slider", name="slider").fill("7")
    page.get_by_role("checkbox", name="check").check()
    page.get_by_role("checkbox", name="b", exact=True).check()
    page.get_by_role("radio", name="q").check()
    page.get_by_role("combobox", name="drop").click()
    page.get_by_role("option", name="y", exact=True).click()
    page.get_by_role("combobox", name="many").click()
    page.get_by_role("option", name="y", exact=True).click()
    page.get_by_role("option", name="x", exact=True).click()
    page.get_by_role("combobox", name="free").fill("own")
    button(page, "Run").click()
    expect(field(page, "Out")).not_to_have_value("")
    assert json.loads(field(page, "Out").input_value()) == [
        "hello", 1.5, 7, True, ["b"], "q", "y", ["y", "x"], "own",
    ]  # fmt: skip


def test_every_component_shows_what_it_is_given(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        parts = [
            gr.Textbox(label="text"),
            gr.Number(label="number"),
            gr.Slider(0, 10, label="slider"),
            gr.Checkbox(label="check"),
            gr.CheckboxGroup(["a", "b"], label="group"),
            gr.Radio(["p", "q"], label="radio"),
            gr.Dropdown(["x", "y"], label="drop"),
            gr.Label(label="verdict"),
            gr.HTML(elem_id="html"),
            gr.Markdown(elem_id="markdown"),
            gr.Button("Old"),
        ]
        values = ["t", 4, 6, True, ["a"], "q", "y", {"cat": 0.7, "dog": 0.3}, "<i>h</i>", "*m*", "New"]
        gr.Button("Run").click(lambda: values, None, parts)
    page = open_page(launch(demo))
    button(page, "Run").click()
    expect(field(page, "text")).to_have_value("t")
    expect(page.get_by_role("spinbutton", name="number")).to_have_value("4")
    expect(page.get_by_role("slider", name="slider")).to_have_value("6")
    expect(page.get_by_role("checkbox", name="check")).to_be_checked()
    expect(page.get_by_role("checkbox", name="a", exact=True)).to_be_checked()
    expect(page.get_by_role("radio", name="q")).to_be_checked()
    expect(page.get_by_role("combobox", name="drop")).to_have_value("y")
    expect(page.locator("ms-label")).to_contain_text("cat")
    expect(page.locator("#html i")).to_have_text("h")
    expect(page.locator("#markdown em")).to_have_text("m")
    expect(button(page, "New")).to_be_visible()


# ---- images ----------------------------------------------------------------------------------------------------


def describing() -> gr.Blocks:
    """An image that is described as soon as it changes."""
    with gr.Blocks() as demo:
        img, text = gr.Image(label="Photo", elem_id="photo"), gr.Textbox(label="Seen")

        def describe(picture: np.ndarray | None) -> str:
            return "nothing" if picture is None else f"{picture.shape} {' '.join(read_halves(picture))}"

        img.change(describe, img, text)
    return demo


def test_an_image_is_uploaded(launch: Launch, open_page: OpenPage, photo: Path) -> None:
    page = open_page(launch(describing()))
    page.locator("input[type=file]").set_input_files(photo)
    expect(field(page, "Seen")).to_have_value("(480, 640, 3) red blue")
    until(page, "eyes.colours('#photo .ms-output') === 'red blue'")
    page.locator("#photo").get_by_role("button", name="Clear").click()
    expect(field(page, "Seen")).to_have_value("nothing")
    expect(page.locator("#photo .ms-output")).to_have_count(0)


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_an_image_is_dropped_or_pasted(launch: Launch, open_page: OpenPage, event: str) -> None:
    page = open_page(launch(describing()))
    data = base64.b64encode(halves_png()).decode()
    page.evaluate(DROP, ["#photo .ms-frame", "halves.png", "image/png", data, event])
    expect(field(page, "Seen")).to_have_value("(480, 640, 3) red blue")


def test_what_is_not_an_image_is_refused(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    fake = tmp_path / "fake.png"
    fake.write_bytes(b"<svg onload='window.ran = true'>")
    page = open_page(launch(describing()))
    open_page.expected += ["415", "400", "422"]  # type: ignore[attr-defined]
    page.locator("input[type=file]").set_input_files(fake)
    expect(page.get_by_role("alert").first).to_be_visible()
    assert page.evaluate("window.ran") is None


def test_a_photo_is_taken_as_the_user_sees_it(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(describing()), video=clips.halves)
    button(page, "Open the camera").click()
    until(page, "document.querySelector('.ms-preview')?.videoWidth > 0")
    button(page, "Take a photo").click()
    expect(field(page, "Seen")).to_have_value("(480, 640, 3) blue red")
    button(page, "Take another").click()
    button(page, "Take a photo").click()
    button(page, "Take another").wait_for()
    assert page.evaluate("eyes.tracks.map((track) => track.readyState)") == ["live"]
    button(page, "Close the camera").click()
    until(page, "eyes.tracks[0].readyState === 'ended'")


def test_a_png_comes_back_without_loss(launch: Launch, open_page: OpenPage) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    with gr.Blocks() as demo:
        img = gr.Image(format="png", elem_id="img")
        gr.Button("Run").click(lambda: picture, None, img)
    page = open_page(launch(demo))
    button(page, "Run").click()
    page.locator("#img .ms-output").wait_for()
    assert np.array_equal(see(page), picture)


def test_an_image_is_downloaded(launch: Launch, open_page: OpenPage, photo: Path) -> None:
    with gr.Blocks() as demo:
        img = gr.Image(elem_id="img")
        gr.Button("Run").click(lambda: str(photo), None, img)
    page = open_page(launch(demo))
    button(page, "Run").click()
    with page.expect_download() as download:
        page.locator("#img").get_by_role("button", name="Download").click()
    assert download.value.path().read_bytes() == halves_png()
    assert download.value.suggested_filename == "halves.png"


def test_select_tells_the_pixel(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        img, text = gr.Image(draw_halves()[:240, :320], elem_id="img", format="png"), gr.Textbox(label="Where")

        def where(event: gr.SelectData) -> str:
            return f"{event.index[0]} {event.index[1]}"

        img.select(where, None, text)
    page = open_page(launch(demo))
    box = page.locator("#img .ms-output").bounding_box()
    assert box is not None
    scale = min(box["width"] / 320, box["height"] / 240)
    left = box["x"] + (box["width"] - 320 * scale) / 2
    top = box["y"] + (box["height"] - 240 * scale) / 2
    page.mouse.click(left + 80.5 * scale, top + 60.5 * scale)
    expect(field(page, "Where")).to_have_value("80 60")


def test_declared_values_are_there_at_once(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        gr.Image(draw_halves(), elem_id="img")
        gr.Audio((8_000, np.zeros(8_000, np.int16)))
        gr.Textbox(lambda: "computed", label="Text")
    page = open_page(launch(demo))
    until(page, "document.querySelector('audio')?.duration === 1")
    until(page, "eyes.colours('#img .ms-output') === 'red blue'")
    expect(field(page, "Text")).to_have_value("computed")


# ---- audio -------------------------------------------------------------------------------------------------------


def playing(notes: Notes[str] | None = None) -> gr.Blocks:
    notes = notes or Notes()
    tone = (np.sin(np.arange(2 * 16_000) / 8) * 9_000).astype(np.int16)
    with gr.Blocks() as demo:
        audio = gr.Audio(label="Sound", elem_id="sound")
        gr.Button("Run").click(lambda: (16_000, tone), None, audio)
        for name in ("play", "pause", "stop"):
            getattr(audio, name)(lambda name=name: notes.add(name))
    return demo


def test_audio_is_played_and_its_events_fire(launch: Launch, open_page: OpenPage) -> None:
    notes: Notes[str] = Notes()
    page = open_page(launch(playing(notes)))
    button(page, "Run").click()
    button(page, "Play").click()
    notes.wait(1)
    button(page, "Pause").click()
    notes.wait(2)
    page.get_by_role("slider", name="position").press("End")
    button(page, "Play").click()
    assert notes.until(lambda items: items[-1] == "stop")[:2] == ["play", "pause"]


def test_audio_is_sought(launch: Launch, open_page: OpenPage) -> None:
    page = open_page(launch(playing()))
    button(page, "Run").click()
    until(page, "document.querySelector('audio')?.duration === 2")
    wave = page.get_by_role("slider", name="position")
    wave.press("ArrowRight")
    until(page, "document.querySelector('audio').currentTime === 1")
    box = wave.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    until(page, "Math.abs(document.querySelector('audio').currentTime - 1.5) < 0.05")


def test_audio_is_downloaded(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(launch(playing()))
    button(page, "Run").click()
    with page.expect_download() as download:
        page.locator("#sound").get_by_role("button", name="Download").click()
    rate, samples = read_wav(download.value.path())
    assert (rate, len(samples)) == (16_000, 32_000)


def test_audio_is_uploaded(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        audio, text = gr.Audio(label="Sound"), gr.Textbox(label="Heard")
        audio.upload(lambda sound: f"{sound[0]} {len(sound[1])}", audio, text)
    page = open_page(launch(demo))
    page.locator("input[type=file]").set_input_files(clips.chirp)
    expect(field(page, "Heard")).to_have_value("48000 480000")


def test_an_upload_of_another_encoding_is_decoded_in_the_page(
    launch: Launch, open_page: OpenPage, clips: Clips, tmp_path: Path
) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-i", clips.chirp, "-t", "2", tmp_path / "two.mp3"], check=True)
    (tmp_path / "no.mp3").write_bytes(b"this is no sound")
    with gr.Blocks() as demo:
        audio, text = gr.Audio(label="Sound"), gr.Textbox(label="Heard")
        audio.upload(lambda sound: f"{sound[0]} {len(sound[1]) / sound[0]:.1f}", audio, text)
    page = open_page(launch(demo))
    page.locator("input[type=file]").set_input_files(tmp_path / "no.mp3")
    alert = page.get_by_role("alert")
    expect(alert.filter(has_text="no.mp3 is not audio that this browser can read")).to_be_visible()
    page.locator("input[type=file]").set_input_files(tmp_path / "two.mp3")
    expect(field(page, "Heard")).to_have_value(re.compile(r"48000 2\.[01]"))


# ---- layout ------------------------------------------------------------------------------------------------------


def test_tabs_and_accordions_tell_their_events(launch: Launch, open_page: OpenPage) -> None:
    notes: Notes[str] = Notes()
    with gr.Blocks() as demo:
        with gr.Tabs():
            with gr.Tab("One"):
                gr.Markdown("first")
            with gr.Tab("Two") as two:
                gr.Markdown("second")
        with gr.Accordion("More", open=False) as more:
            gr.Markdown("hidden")
        two.select(lambda: notes.add("two"))
        more.expand(lambda: notes.add("expand"))
        more.collapse(lambda: notes.add("collapse"))
    page = open_page(launch(demo))
    page.get_by_role("tab", name="Two").click()
    expect(page.get_by_text("second")).to_be_visible()
    page.get_by_text("More").click()
    expect(page.get_by_text("hidden")).to_be_visible()
    notes.wait(2)
    page.get_by_text("More").click()
    assert notes.wait(3) == ["two", "expand", "collapse"]


def test_an_accordion_that_the_app_opens_and_closes_tells_it(launch: Launch, open_page: OpenPage) -> None:
    notes: Notes[str] = Notes()
    with gr.Blocks() as demo:
        with gr.Accordion("Shown", open=True) as shown:
            gr.Markdown("inside")
        with gr.Accordion("Hidden", open=False, visible=False) as hidden:
            gr.Markdown("unseen")
        gr.Button("Swap").click(
            lambda: [gr.Accordion(open=False), gr.Accordion(open=True, visible=True)], None, [shown, hidden]
        )
        gr.Button("Same").click(lambda: gr.Accordion(open=False), None, shown).then(lambda: notes.add("same"))
        shown.expand(lambda: notes.add("shown expands"))
        shown.collapse(lambda: notes.add("shown collapses"))
        hidden.expand(lambda: notes.add("hidden expands"))
    page = open_page(launch(demo))
    button(page, "Swap").click()
    expect(page.get_by_text("unseen")).to_be_visible()
    assert sorted(notes.wait(2)) == ["hidden expands", "shown collapses"]
    button(page, "Same").click()
    assert notes.wait(3)[2:] == ["same"]


def test_html_of_a_largest_height_scrolls_and_follows_its_end(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        html = gr.HTML("<p>line</p>" * 50, max_height=200, autoscroll=True)
        gr.HTML("low", min_height=150)
        gr.Button("More").click(lambda: "<p>line</p>" * 60 + "<p>the end</p>", None, html)
    page = open_page(launch(demo))
    box = page.locator(".ms-html").first
    assert box.bounding_box()["height"] == 200  # type: ignore[index]
    assert page.locator(".ms-html").nth(1).bounding_box()["height"] == 150  # type: ignore[index]
    at_end = "(box) => box.scrollTop > 0 && box.scrollHeight - box.scrollTop - box.clientHeight < 4"
    assert box.evaluate(at_end)
    button(page, "More").click()
    expect(box.get_by_text("the end")).to_be_in_viewport()
    assert box.evaluate(at_end)


def test_a_camera_in_a_tab_goes_on_when_it_is_out_of_sight(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    calls: Notes[int] = Notes()
    with gr.Blocks() as demo:
        with gr.Tabs():
            with gr.Tab("Camera"):
                img = gr.Image(sources=["webcam"])
            with gr.Tab("Other"):
                out = gr.Image()
        img.stream(lambda frame: calls.add(1) or frame, img, out, stream_every=0.1)
    page = open_page(launch(demo), video=clips.halves)
    record(page)
    calls.wait(3)
    page.get_by_role("tab", name="Other").click()
    until(page, "eyes.colours('.ms-output') === 'blue red'")
    expect(page.locator(".ms-output")).to_be_visible()


# ---- files -------------------------------------------------------------------------------------------------------


def test_a_data_address_goes_to_the_page_as_it_is(launch: Launch, open_page: OpenPage) -> None:
    address = f"data:image/png;base64,{base64.b64encode(halves_png()).decode()}"
    with gr.Blocks() as demo:
        img = gr.Image(elem_id="img")
        gr.Button("Run").click(lambda: address, None, img)
    page = open_page(launch(demo))
    button(page, "Run").click()
    until(page, "eyes.colours('#img .ms-output') === 'red blue'")


@pytest.mark.parametrize("name", ["/etc/hostname", ".hidden.png"])
def test_a_file_that_is_nobodys_business_stays_where_it_is(
    launch: Launch, open_page: OpenPage, tmp_path: Path, name: str
) -> None:
    (tmp_path / ".hidden.png").write_bytes(halves_png())
    with gr.Blocks() as demo:
        img = gr.Image(elem_id="img")
        gr.Button("Run").click(lambda: str(tmp_path / name), None, img)
    page = open_page(launch(demo))
    button(page, "Run").click()
    expect(page.locator("#img .ms-trouble")).to_be_visible()
    assert page.locator("#img .ms-output").count() == 0


def test_an_upload_is_a_path_on_demand(launch: Launch, open_page: OpenPage, photo: Path) -> None:
    with gr.Blocks() as demo:
        img, text = gr.Image(type="filepath"), gr.Textbox(label="Size")
        img.upload(lambda path: f"{Path(path).stat().st_size} {Path(path).suffix}", img, text)
    page = open_page(launch(demo))
    page.locator("input[type=file]").set_input_files(photo)
    expect(field(page, "Size")).to_have_value(f"{photo.stat().st_size} .png")


def test_a_file_that_is_too_large_is_told(launch: Launch, open_page: OpenPage, photo: Path) -> None:
    page = open_page(launch(describing(), max_file_size=100))
    open_page.expected += ["413"]  # type: ignore[attr-defined]
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.get_by_role("alert")).to_be_visible()


def test_another_visitor_does_not_get_the_file(launch: Launch, open_page: OpenPage, photo: Path) -> None:
    page = open_page(url := launch(describing()))
    page.locator("input[type=file]").set_input_files(photo)
    page.locator("#photo .ms-output").wait_for()
    address = str(page.locator("#photo .ms-output").get_attribute("src"))
    assert page.request.get(url + address).status == 200
    assert open_page(url).request.get(url + address).status == 404


# ---- ways to serve -----------------------------------------------------------------------------------------------


def test_a_login_comes_first(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    def who(_: np.ndarray, request: gr.Request) -> str:
        return str(request.username)

    with gr.Blocks() as demo:
        img, text = gr.Image(sources=["webcam"]), gr.Textbox(label="User")
        img.stream(who, img, text)
    page = open_page(launch(demo, auth=("ada", "engine")), video=clips.counter)
    page.locator("input[name=username]").fill("ada")
    page.locator("input[type=password]").fill("engine")
    page.keyboard.press("Enter")
    record(page)
    expect(field(page, "User")).to_have_value("ada")


def test_it_works_below_a_path_of_another_app(open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img, out = gr.Image(sources=["webcam"]), gr.Image(draw_halves()[:, ::-1])
        img.stream(lambda frame: frame, img, out)
    site = FastAPI()
    site.mount("/live/demo", demo.app)
    with served(site) as address:
        page = open_page(f"{address}/live/demo/", video=clips.halves)
        until(page, "eyes.colours('.ms-output') === 'blue red'")
        record(page)
        until(page, "document.querySelector('video.ms-output')?.videoWidth === 640")
        page.close()


@contextmanager
def served(site: FastAPI) -> Iterator[str]:
    """Serve an ASGI app on a free port; gives its address."""
    server = uvicorn.Server(uvicorn.Config(site, port=0, log_level="error", ws="websockets-sansio"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
