"""What a page does when something is missing, refused, broken or gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.cable import Cable
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, record, stop, until
from tests.browser.media import COUNTER_FRAMES, Clips, read_counter

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

HIDE = """
() => {
  Object.defineProperty(document, "hidden", {value: true, configurable: true});
  Object.defineProperty(document, "visibilityState", {value: "hidden", configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}
"""
SHOW = HIDE.replace("true, conf", "false, conf").replace('"hidden", conf', '"visible", conf')


def camera() -> gr.Blocks:
    with gr.Blocks() as demo:
        img, out = gr.Image(sources=["webcam"], label="Camera"), gr.Image(label="Result")
        img.stream(lambda frame: frame, img, out, stream_every=0.1)
    return demo


def microphone() -> gr.Blocks:
    with gr.Blocks() as demo:
        mic, out = gr.Audio(sources=["microphone"], label="Microphone"), gr.Textbox(label="Heard")
        mic.stream(lambda chunk: str(len(chunk[1])), mic, out, stream_every=0.25)
    return demo


def panel(page: Page) -> str:
    alert = page.get_by_role("alert").first
    expect(alert).to_be_visible()
    return alert.inner_text()


# ---- devices -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("app", "device"), [(camera, "camera"), (microphone, "microphone")])
def test_a_refusal_says_what_to_do(
    launch: Launch, open_page: OpenPage, app: Callable[[], gr.Blocks], device: str
) -> None:
    page = open_page(launch(app()), allowed=False)
    record(page)
    assert f"The {device} is blocked. Allow it in the site settings" in panel(page)
    expect(button(page, "Record")).to_be_visible()


@pytest.mark.parametrize(("app", "device"), [(camera, "camera"), (microphone, "microphone")])
def test_a_machine_without_a_device_is_told(
    launch: Launch, open_page: OpenPage, app: Callable[[], gr.Blocks], device: str
) -> None:
    page = open_page(launch(app()), devices=False)
    record(page)
    assert f"No matching {device} was found" in panel(page)
    expect(button(page, "Record")).to_be_visible()


def test_a_camera_that_cannot_do_what_the_app_wants_is_told(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    with gr.Blocks() as demo:
        img = gr.Image(sources=["webcam"], webcam_options=gr.WebcamOptions(constraints={"width": {"min": 9000}}))
        img.stream(lambda frame: frame, img, img)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    assert "No matching camera was found" in panel(page)


def test_a_visitor_who_has_logged_in_can_log_out(launch: Launch, open_page: OpenPage) -> None:
    page = open_page(launch(camera(), auth=("ada", "secret")))
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_an_insecure_page_says_so(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    url = launch(camera(), allowed_hosts=["app.test"])
    open_page.expected += ["Cross-Origin-Opener-Policy", "ERR_SSL"]  # type: ignore[attr-defined]
    page = open_page(url.replace("127.0.0.1", "app.test"), video=clips.counter)
    assert page.evaluate("isSecureContext") is False
    assert "needs a secure page" in panel(page)  # before anybody has pressed Record
    expect(page.get_by_role("link", name="https")).to_have_count(0)  # nothing answers there


def test_streamed_audio_plays_on_an_insecure_page(launch: Launch, open_page: OpenPage) -> None:
    def speak() -> Iterator[tuple[tuple[int, np.ndarray], str]]:
        for count in range(4):
            yield (16_000, np.full(8_000, 9_000, np.int16)), f"{count + 1} pieces"

    with gr.Blocks() as demo:
        sound, text, run = (
            gr.Audio(streaming=True, autoplay=True, label="Voice"),
            gr.Textbox(label="Made"),
            gr.Button("Run"),
        )
        run.click(speak, None, [sound, text])
    url = launch(demo, allowed_hosts=["app.test"])
    open_page.expected.append("Cross-Origin-Opener-Policy")  # type: ignore[attr-defined]  # means nothing here
    page = open_page(url.replace("127.0.0.1", "app.test"))
    button(page, "Run").click()
    expect(page.get_by_role("group", name="Voice").get_by_text("0:00 / 0:02")).to_be_visible()  # it was heard
    expect(page.get_by_role("textbox", name="Made")).to_have_value("4 pieces")


def test_a_trouble_is_gone_after_the_next_record(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    refuse_once = """
      const again = navigator.mediaDevices.getUserMedia;
      let isFirst = true;
      navigator.mediaDevices.getUserMedia = (wish) => {
        if (!isFirst) return again(wish);
        isFirst = false;
        return Promise.reject(new DOMException("no", "NotAllowedError"));
      };"""
    page = open_page(launch(camera()), video=clips.halves, script=refuse_once)
    record(page)
    assert "blocked" in panel(page)
    record(page)
    until(page, "eyes.colours('.ms-output') === 'blue red'")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_microphone_that_is_unplugged_is_told_and_the_rest_is_handled(
    launch: Launch, open_page: OpenPage, clips: Clips
) -> None:
    page = open_page(launch(microphone()), sound=clips.chirp)
    record(page)
    expect(page.get_by_role("textbox", name="Heard")).not_to_have_value("")
    page.evaluate("() => eyes.tracks.forEach((track) => track.dispatchEvent(new Event('ended')))")
    assert "The microphone was disconnected" in panel(page)
    expect(button(page, "Record")).to_be_visible()


# ---- messages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "role", "title"),
    [
        (gr.Info, "status", "Info"),
        (gr.Success, "status", "Success"),
        (gr.Warning, "alert", "Warning"),
    ],
)
def test_toasts_have_the_right_role(
    launch: Launch, open_page: OpenPage, say: Callable[..., None], role: str, title: str
) -> None:
    with gr.Blocks() as demo:
        gr.Button("Run").click(lambda: say("All is well", duration=None))
    page = open_page(launch(demo))
    button(page, "Run").click()
    toast = page.get_by_role(role).filter(has_text="All is well")  # type: ignore[arg-type]
    expect(toast).to_contain_text(title)
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)


def test_a_toast_goes_by_itself(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        gr.Button("Run").click(lambda: gr.Info("Short", duration=0.5))
    page = open_page(launch(demo))
    button(page, "Run").click()
    expect(page.get_by_text("Short")).to_be_visible()
    expect(page.get_by_text("Short")).to_have_count(0)


def test_a_warning_during_a_stream_lets_it_go_on(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    calls: Notes[int] = Notes()

    def handler(frame: np.ndarray) -> np.ndarray:
        calls.add(1)
        if len(calls.all) == 2:
            gr.Warning("Rather dark")
        return frame

    with gr.Blocks() as demo:
        img, out = gr.Image(sources=["webcam"]), gr.Image()
        img.stream(handler, img, out, stream_every=0.1)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    expect(page.get_by_role("alert").filter(has_text="Rather dark")).to_be_visible()
    calls.wait(8)
    expect(button(page, "Stop")).to_be_visible()


@pytest.mark.parametrize("text", ["<img src=x onerror='window.ran = true'>", "<b>bold</b>"])
def test_an_error_is_text(launch: Launch, open_page: OpenPage, text: str) -> None:
    def fail() -> None:
        raise gr.Error(text, print_exception=False)

    with gr.Blocks() as demo:
        gr.Button("Run").click(fail)
    page = open_page(launch(demo))
    button(page, "Run").click()
    expect(page.get_by_role("alert").first).to_contain_text(text)
    assert page.evaluate("window.ran") is None


def test_an_ordinary_error_shows_at_its_output_and_in_the_log(
    launch: Launch, open_page: OpenPage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    with gr.Blocks() as demo:
        text, run = gr.Textbox(label="Text"), gr.Button("Run")
        run.click(lambda: 1 / 0, None, text)
    page = open_page(launch(demo, show_error=False))
    button(page, "Run").click()
    expect(page.locator(".ms-failed")).to_be_visible()
    assert "division" not in page.locator("body").inner_text()
    assert sum(record.exc_info is not None for record in caplog.records) == 1


def test_the_developer_reads_where_a_handler_failed(launch: Launch, open_page: OpenPage) -> None:
    def divide() -> float:
        return 1 / 0

    with gr.Blocks() as demo:
        text, run = gr.Textbox(label="Text"), gr.Button("Run")
        run.click(divide, None, text)
    page = open_page(launch(demo))
    button(page, "Run").click()
    for place in (page.locator(".ms-failed"), page.get_by_role("alert")):
        expect(place).to_contain_text("ZeroDivisionError: division by zero")
        expect(place).to_contain_text("test_trouble.py, line")
    assert "Traceback" not in page.locator("body").inner_text()


def test_equal_toasts_are_one_with_a_count(launch: Launch, open_page: OpenPage) -> None:
    def warn() -> None:
        for _ in range(3):
            gr.Warning("Rather dark", duration=None)
        gr.Info("Done")

    with gr.Blocks() as demo:
        gr.Button("Run").click(warn)
    page = open_page(launch(demo))
    button(page, "Run").click()
    toast = page.get_by_role("alert")
    expect(toast).to_contain_text("×3")
    expect(toast).to_have_count(1)
    button(page, "Run").click()
    expect(toast).to_contain_text("×6")


def test_a_stream_that_warns_at_every_frame_is_one_toast(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    def warn(frame: np.ndarray) -> np.ndarray:
        gr.Warning("Rather dark")
        return frame

    with gr.Blocks() as demo:
        img, out = gr.Image(sources=["webcam"]), gr.Image()
        img.stream(warn, img, out, stream_every=0)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    until(page, "Number(document.querySelector('.ms-times i')?.textContent.slice(1)) > 100")
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(button(page, "Stop")).to_be_visible()


# ---- the link ----------------------------------------------------------------------------------------------------


def test_a_server_that_comes_back_is_found_again_and_the_recording_goes_on(
    launch: Launch, open_page: OpenPage, clips: Clips
) -> None:
    url = launch(camera())
    page = open_page(url, video=clips.halves)
    open_page.expected += ["WebSocket", "ERR_CONNECTION_REFUSED", "503"]  # type: ignore[attr-defined]
    record(page)
    page.locator(".ms-output").wait_for()
    _stop_server(launch)
    expect(page.locator(".ms-link")).to_be_visible()
    expect(page.locator(".ms-preview")).to_be_attached()
    assert page.evaluate("eyes.tracks[0].readyState") == "live"
    launch(camera(), server_port=int(url.rsplit(":", 1)[1].strip("/")))
    expect(page.locator(".ms-link")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="Your recording has started again.")).to_be_visible()
    expect(button(page, "Stop")).to_be_visible()
    shown = page.evaluate("document.querySelector('.ms-output').currentTime")
    until(page, "document.querySelector('.ms-output').currentTime > arg", shown)
    assert page.evaluate("eyes.tracks.length") == 1
    expect(page.get_by_role("alert")).to_have_count(0)


def _stop_server(launch: Launch) -> None:
    launch.apps[-1].close()  # type: ignore[attr-defined]


def test_a_login_that_has_ended_says_so_and_leads_back(launch: Launch, open_page: OpenPage) -> None:
    login = {"auth": ("ada", "secret")}
    url = launch(camera(), **login)
    page = open_page(url)
    open_page.expected += ["WebSocket", "ERR_CONNECTION_REFUSED", "503"]  # type: ignore[attr-defined]

    def log_in() -> None:
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("secret")
        button(page, "Log in").click()
        expect(button(page, "Record")).to_be_visible()

    log_in()
    _stop_server(launch)
    expect(page.locator(".ms-link")).to_be_visible()
    launch(camera(), server_port=int(url.rsplit(":", 1)[1].strip("/")), **login)
    expect(page.locator(".ms-link")).to_contain_text("You are logged out")
    button(page, "Reload").click()
    log_in()


def test_edits_survive_a_restart(launch: Launch, open_page: OpenPage) -> None:
    def app() -> gr.Blocks:
        with gr.Blocks() as demo:
            text, out, run = gr.Textbox(label="Text"), gr.Textbox(label="Out"), gr.Button("Run")
            run.click(lambda text: text.upper(), text, out)
        return demo

    url = launch(app())
    page = open_page(url)
    open_page.expected += ["WebSocket", "ERR_CONNECTION_REFUSED", "503"]  # type: ignore[attr-defined]
    page.get_by_role("textbox", name="Text").fill("hello")
    _stop_server(launch)
    expect(page.locator(".ms-link")).to_be_visible()
    launch(app(), server_port=int(url.rsplit(":", 1)[1].strip("/")))
    expect(page.locator(".ms-link")).to_have_count(0)
    button(page, "Run").click()
    expect(page.get_by_role("textbox", name="Out")).to_have_value("HELLO")


def test_a_dead_cable_frees_the_slot_in_time(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    url = launch(camera())
    with Cable(url) as cable:
        first, second = open_page(cable.url, video=clips.counter), open_page(url, video=clips.counter)
        open_page.expected += ["WebSocket", "ERR_"]  # type: ignore[attr-defined]
        record(first)
        first.locator(".ms-output").wait_for()
        record(second)
        expect(button(second, "Waiting")).to_be_visible()
        cable.freeze()
        at = time.monotonic()
        expect(button(second, "Stop")).to_be_visible()
        assert time.monotonic() - at < 12
        cable.thaw()
        expect(button(first, "Waiting")).to_be_visible()
        stop(second)
        expect(button(first, "Stop")).to_be_visible()


def test_going_back_to_a_page_opens_it_afresh(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    page = open_page(launch(camera()), video=clips.halves)
    record(page)
    page.locator(".ms-output").wait_for()
    page.goto("about:blank")
    page.go_back()
    record(page)
    until(page, "eyes.colours('.ms-output') === 'blue red'")


def test_a_reload_while_recording_frees_everything(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    demo = camera()
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    page.reload()
    expect(button(page, "Record")).to_be_visible()
    record(page)
    page.locator(".ms-output").wait_for()
    assert len(demo.app.host.sessions) == 1


def test_a_hidden_page_streams_on_and_is_fresh_when_it_comes_back(
    launch: Launch, open_page: OpenPage, clips: Clips
) -> None:
    calls: Notes[int | None] = Notes()

    def handler(frame: np.ndarray) -> tuple[np.ndarray, str]:
        calls.add(read_counter(frame))
        return frame, str(len(calls.all))

    with gr.Blocks() as demo:
        img, out, text = gr.Image(sources=["webcam"]), gr.Image(), gr.Textbox(label="Count")
        img.stream(handler, img, [out, text], stream_every=0.1)
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    until(page, "eyes.counter('.ms-output') >= 0")
    page.evaluate(HIDE)
    calls.wait(len(calls.all) + 3)
    frozen = page.evaluate("eyes.counter('.ms-output')")
    before = len(calls.all)
    until(page, "document.querySelector('textarea').value > arg", before + 10)
    assert page.evaluate("eyes.counter('.ms-output')") == frozen
    page.evaluate("""() => {
      window.shown = [];
      const look = () => { shown.push(eyes.counter('.ms-output')); requestAnimationFrame(look); };
      look();
    }""")
    newest = next(number for number in reversed(calls.all) if number is not None)
    page.evaluate(SHOW)
    until(page, "shown.some((number) => number >= 0 && number !== arg)", frozen)
    first = page.evaluate("(frozen) => shown.find((number) => number >= 0 && number !== frozen)", frozen)
    assert (first - (newest - 1)) % COUNTER_FRAMES < COUNTER_FRAMES / 2, "the first picture is fresh"


def test_a_hung_handler_holds_nobody_else_up(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    go = threading.Event()
    with gr.Blocks() as demo:
        text, hang, ask = gr.Textbox(label="Answer"), gr.Button("Hang"), gr.Button("Ask")
        hang.click(lambda: go.wait(20) and None)
        ask.click(lambda: "here", None, text)
    url = launch(demo)
    first, second = open_page(url), open_page(url)
    button(first, "Hang").click()
    at = time.monotonic()
    button(second, "Ask").click()
    expect(second.get_by_role("textbox", name="Answer")).to_have_value("here")
    assert time.monotonic() - at < 2
    go.set()


def test_a_value_that_does_not_fit_is_told(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        image, run = gr.Image(label="Image"), gr.Button("Run")
        run.click(lambda: np.zeros((2, 2, 7)), None, image)
    page = open_page(launch(demo))
    button(page, "Run").click()
    expect(page.get_by_text("InvalidValue: Image 'Image'").first).to_be_visible()


def test_a_page_stops_quietly(launch: Launch, open_page: OpenPage, clips: Clips) -> None:
    demo = camera()
    page = open_page(launch(demo), video=clips.counter)
    record(page)
    page.locator(".ms-output").wait_for()
    stop(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("status")).to_have_count(0)
