"""Programs as users of Gradio write them: nothing but the import is ours."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import Clips

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
Sound = tuple[int, np.ndarray]


def field(page: Page, label: str) -> Any:
    return page.get_by_role("textbox", name=label, exact=True)


def test_live_interface_of_an_image(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    demo = gr.Interface(np.flipud, gr.Image(sources=["webcam"], streaming=True), "image", live=True)
    page = open_page(launch(demo), video=clips.halves)
    record(page)
    until(page, "eyes.colours('.ms-output') === 'blue red'")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "30")
    expect(button(page, "Submit")).to_have_count(0)


def test_live_interface_of_audio_with_a_state(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    def transcribe(heard: int | None, chunk: Sound) -> tuple[int, str]:
        heard = (heard or 0) + len(chunk[1])
        return heard, f"{heard / chunk[0]:.1f} s"

    demo = gr.Interface(
        transcribe, ["state", gr.Audio(sources=["microphone"], streaming=True)], ["state", "text"], live=True
    )
    page = open_page(launch(demo), sound=clips.chirp)
    record(page)
    expect(page.get_by_role("textbox")).to_have_value("1.5 s")


def accumulator() -> gr.Blocks:
    def add_to_stream(audio: Sound, instream: Sound | None) -> tuple[Sound, Sound]:
        if instream is None:
            return audio, audio
        joined = (audio[0], np.concatenate((instream[1], audio[1])))
        return joined, joined

    with gr.Blocks() as demo:
        inp = gr.Audio(sources=["microphone"])
        out = gr.Audio(label="Tape", elem_id="tape")
        stream = gr.State()
        clear = gr.Button("Clear")
        inp.stream(add_to_stream, [inp, stream], [stream, out])
        clear.click(lambda: [None, None, None], None, [inp, out, stream])
    return demo


def test_a_microphone_that_accumulates_and_plays_back(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(accumulator()), sound=clips.chirp)
    record(page)
    until(page, "document.querySelector('#tape audio')?.duration >= 1.5")
    stop(page)
    page.locator("#tape").get_by_role("button", name="Play").click()
    until(page, "document.querySelector('#tape audio').currentTime > 0.3")


def test_clear_empties_the_recording(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(accumulator()), sound=clips.chirp)
    record(page)
    until(page, "document.querySelector('#tape audio')?.duration >= 1")
    stop(page)
    button(page, "Clear").first.click()
    expect(page.locator("#tape audio")).to_have_count(0)


def test_on_several_events(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        name = gr.Textbox(label="Name")
        output = gr.Textbox(label="Output Box")
        greet_btn = gr.Button("Greet")
        trigger = gr.Textbox(label="Trigger Box")

        def greet(name: str, event: gr.EventData) -> tuple[str, str]:
            return f"Hello {name}!", type(event.target).__name__

        gr.on(triggers=[name.submit, greet_btn.click], fn=greet, inputs=name, outputs=[output, trigger])
    page = open_page(launch(demo))
    field(page, "Name").fill("Ada")
    field(page, "Name").press("Enter")
    expect(field(page, "Output Box")).to_have_value("Hello Ada!")
    expect(field(page, "Trigger Box")).to_have_value("Textbox")
    button(page, "Greet").click()
    expect(field(page, "Trigger Box")).to_have_value("Button")


def test_on_as_a_decorator_without_events_follows_every_input(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        a = gr.Slider(1, 10, step=1, label="a", value=2)
        b = gr.Slider(1, 10, step=1, label="b", value=3)
        product = gr.Number(label="Product")

        @gr.on(inputs=[a, b], outputs=product)
        def get_product(a: int, b: int) -> int:
            return a * b

    page = open_page(launch(demo))
    product_field = page.get_by_role("spinbutton", name="Product")
    expect(product_field).to_have_value("6")
    page.get_by_role("slider", name="a").fill("5")
    expect(product_field).to_have_value("15")


def test_a_stream_as_a_decorator(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img = gr.Image(sources=["webcam"])
        out = gr.Textbox(label="Size")

        @img.stream(inputs=img, outputs=out)
        def size(frame: np.ndarray) -> str:
            return str(frame.shape)

    page = open_page(launch(demo), video=clips.counter)
    record(page)
    expect(field(page, "Size")).to_have_value("(480, 640, 3)")


def test_a_set_of_inputs_and_a_dict_of_outputs(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        a, b = gr.Number(label="a", value=3), gr.Number(label="b", value=4)
        add, sub = gr.Button("Add"), gr.Button("Subtract")
        total, note = gr.Number(label="sum"), gr.Textbox(label="note")
        add.click(lambda data: {total: data[a] + data[b]}, inputs={a, b}, outputs=[total, note])
        sub.click(lambda data: {note: f"{data[a] - data[b]:g}"}, inputs={a, b}, outputs=[total, note])
    page = open_page(launch(demo))
    button(page, "Add").click()
    expect(page.get_by_role("spinbutton", name="sum")).to_have_value("7")
    button(page, "Subtract").click()
    expect(field(page, "note")).to_have_value("-1")
    expect(page.get_by_role("spinbutton", name="sum")).to_have_value("7")


def test_skip_leaves_an_output_alone(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        kept, changed, run = gr.Textbox("old", label="Kept"), gr.Textbox("old", label="Changed"), gr.Button("Run")
        run.click(lambda: (gr.skip(), "new"), None, [kept, changed])
    page = open_page(launch(demo))
    button(page, "Run").click()
    expect(field(page, "Changed")).to_have_value("new")
    expect(field(page, "Kept")).to_have_value("old")


def test_updates_by_update_and_by_a_component(launch: Launch, open_page: OpenPage) -> None:
    def change_textbox(choice: str) -> Any:
        if choice == "short":
            return gr.Textbox(lines=2, visible=True, value="Short story: ")
        if choice == "long":
            return gr.update(lines=8, visible=True, value="Long story...")
        return gr.Textbox(visible=False)

    with gr.Blocks() as demo:
        radio = gr.Radio(["short", "long", "none"], label="Essay Length", value="short")
        text = gr.Textbox(lines=2, interactive=True, label="Essay", value="")
        radio.change(change_textbox, radio, text)
    page = open_page(launch(demo))
    page.get_by_label("long").check()
    expect(field(page, "Essay")).to_have_value("Long story...")
    expect(field(page, "Essay")).to_have_attribute("rows", "8")
    page.get_by_label("none").check()
    expect(field(page, "Essay")).to_be_hidden()
    page.get_by_label("short").check()
    expect(field(page, "Essay")).to_have_value("Short story: ")


def test_an_update_with_nothing_given_changes_nothing(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        text, done, run = gr.Textbox("here", label="Text"), gr.Textbox(label="Done"), gr.Button("Run")
        run.click(lambda: (gr.Textbox(), "yes"), None, [text, done])
    page = open_page(launch(demo))
    button(page, "Run").click()
    expect(field(page, "Done")).to_have_value("yes")
    expect(field(page, "Text")).to_have_value("here")


def test_choices_change_at_run_time(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        drop, run = gr.Dropdown(["a"], label="Drop"), gr.Button("Run")
        run.click(lambda: gr.Dropdown(choices=[("Bee", "b"), "c"], value="b"), None, drop)
    page = open_page(launch(demo))
    button(page, "Run").click()
    expect(page.get_by_role("combobox", name="Drop")).to_have_value("Bee")


def test_a_generator_on_an_ordinary_event(launch: Launch, open_page: OpenPage) -> None:
    go = threading.Semaphore(0)

    def count(upto: float) -> Iterator[str]:
        for number in range(int(upto)):
            yield f"step {number}"
            assert go.acquire(timeout=15)

    with gr.Blocks() as demo:
        upto, run, text = gr.Number(3, label="Up to"), gr.Button("Run"), gr.Textbox(label="Text")
        run.click(count, upto, text).then(lambda: "done", None, text)
    page = open_page(launch(demo))
    button(page, "Run").click()
    for number in range(3):
        expect(field(page, "Text")).to_have_value(f"step {number}")
        go.release()
    expect(field(page, "Text")).to_have_value("done")


def test_an_async_generator_of_images_shows_them_in_order(launch: Launch, open_page: OpenPage) -> None:
    async def fade() -> AsyncIterator[np.ndarray]:
        for level in range(0, 250, 10):
            yield np.full((60, 80, 3), level, np.uint8)
            await asyncio.sleep(0.02)

    with gr.Blocks() as demo:
        run, image = gr.Button("Run"), gr.Image(elem_id="image")
        run.click(fade, None, image)
    page = open_page(launch(demo))
    page.evaluate("""() => {
      window.seen = [];
      const look = () => { seen.push(Math.round(eyes.brightness('.ms-output'))); requestAnimationFrame(look); };
      look();
    }""")
    button(page, "Run").click()
    until(page, "Math.abs(eyes.brightness('.ms-output') - 240) < 4")
    seen = page.evaluate("seen.filter((level) => level >= 0)")
    assert seen == sorted(seen)
    assert len(set(seen)) > 8


def test_cancels_closes_a_generator(launch: Launch, open_page: OpenPage) -> None:
    notes: Notes[str] = Notes()

    def forever() -> Iterator[str]:
        try:
            for number in range(1_000_000):
                yield str(number)
                threading.Event().wait(0.01)
        finally:
            notes.add("closed")

    with gr.Blocks() as demo:
        start, halt, text = gr.Button("Start"), gr.Button("Halt"), gr.Textbox(label="Text")
        run = start.click(forever, None, text)
        halt.click(fn=None, inputs=None, outputs=None, cancels=[run])
    page = open_page(launch(demo))
    button(page, "Start").click()
    expect(field(page, "Text")).not_to_have_value("")
    button(page, "Halt").click()
    assert notes.wait(1) == ["closed"]


def test_several_outputs_of_a_stream_arrive_together(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    def handler(frame: np.ndarray, count: int) -> tuple[np.ndarray, int, str]:
        return np.full((60, 80, 3), count * 10 % 250, np.uint8), count + 1, str(count * 10 % 250)

    with gr.Blocks() as demo:
        img, count = gr.Image(sources="webcam", streaming=True), gr.State(0)
        out, text = gr.Image(streaming=True), gr.Textbox(label="Level")
        img.stream(handler, [img, count], [out, count, text], stream_every=0.2)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    expect(field(page, "Level")).not_to_have_value("")
    stop(page)
    until(page, "Math.abs(eyes.brightness('.ms-output') - document.querySelector('textarea').value) < 3")


def test_then_success_and_failure_follow_a_stream(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    notes: Notes[str] = Notes()
    with gr.Blocks() as demo:
        img, out = gr.Image(sources=["webcam"]), gr.Image()
        run = img.stream(lambda frame: frame, img, out, stream_every=0.1)
        run.then(lambda: notes.add("then"))
        run.success(lambda: notes.add("success"))
        run.failure(lambda: notes.add("failure"))
        img.start_recording(lambda: notes.add("start"))
        img.stop_recording(lambda: notes.add("stop"))
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    stop(page)
    assert sorted(notes.wait(4)) == ["start", "stop", "success", "then"]


def test_a_chain_of_events_passes_values_on(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        msg, log, clear = gr.Textbox(label="Message"), gr.Textbox(label="Log"), gr.ClearButton()
        clear.add([msg, log])

        def user(message: str, log: str) -> tuple[str, str]:
            return "", f"{log}[{message}]"

        msg.submit(user, [msg, log], [msg, log], queue=False).then(lambda log: log + "!", log, log)
    page = open_page(launch(demo))
    field(page, "Message").fill("hi")
    field(page, "Message").press("Enter")
    expect(field(page, "Log")).to_have_value("[hi]!")
    expect(field(page, "Message")).to_have_value("")
    button(page, "Clear").click()
    expect(field(page, "Log")).to_have_value("")
