"""Programs for frames as people write them for Gradio, with one line changed; the library never saw them.

Each test declares an app in the words of its users, drives one page of it, and says what they would expect to see.
"""

from __future__ import annotations

import functools
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage
from PIL import ImageOps
from tests.client.media import brightness, endless, picture, pictures

import millstream as gr
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and users' handlers do what they like


def test_an_interface_with_the_shortest_possible_stream() -> None:
    demo = gr.Interface(
        np.flipud, gr.Image(sources=["webcam"], streaming=True), "image", live=True, stream_every=0.1, time_limit=30
    )
    with TestPage(demo) as page:
        half = np.vstack([np.zeros((16, 32, 3), np.uint8), np.full((16, 32, 3), 255, np.uint8)])
        page.stream("m", [half] * 6)
        out = page.value("output")
        assert out[:8].mean() > 240
        assert out[-8:].mean() < 15


def test_a_lambda_that_makes_it_grey() -> None:
    with gr.Blocks() as demo:
        inp = gr.Image(sources="webcam", label="in")
        out = gr.Image(label="out")
        inp.stream(lambda im: im.mean(axis=2).astype(np.uint8), inp, out, stream_every=0.1)
    with TestPage(demo) as page:
        page.stream("in", [picture(90)] * 6)
        assert page.value("out").shape == (32, 32, 3)
        assert abs(brightness(page.value("out")) - 90) <= 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_filter_in_floats(dtype: type) -> None:
    with gr.Blocks() as demo:
        inp, out = gr.Image(sources="webcam", label="in"), gr.Image(label="out")
        inp.stream(lambda im: (im / 255.0 * 0.5).astype(dtype), inp, out, stream_every=0.1)
    with TestPage(demo) as page:
        page.stream("in", [picture(200)] * 6)
        assert abs(brightness(page.value("out")) - 100) <= 1


def test_pil_in_and_pil_out() -> None:
    def invert(image: PILImage.Image) -> PILImage.Image:
        assert isinstance(image, PILImage.Image)
        assert image.mode == "RGB"
        return ImageOps.invert(image)

    with gr.Blocks() as demo:
        inp = gr.Image(sources=["webcam"], type="pil", label="in")
        out = gr.Image(type="pil", label="out")
        inp.stream(invert, [inp], [out], stream_every=0.1)
    with TestPage(demo) as page:
        page.stream("in", [picture(55)] * 6)
        assert abs(brightness(page.value("out")) - 200) <= 1


def test_image_mode_l_gives_two_dimensions() -> None:
    shapes: list[tuple[int, ...]] = []

    def look(image: np.ndarray) -> np.ndarray:
        shapes.append(image.shape)
        return image

    with gr.Blocks() as demo:
        inp, out = gr.Image(sources="webcam", image_mode="L", label="in"), gr.Image(label="out", image_mode="L")
        inp.stream(look, inp, out, stream_every=0.1)
    with TestPage(demo) as page:
        page.stream("in", [picture(120)] * 4)
        assert abs(brightness(page.value("out")) - 120) <= 1
    assert set(shapes) == {(32, 32)}


def test_a_path_in_and_a_path_out() -> None:
    seen: list[Path] = []

    def process(path: str) -> str:
        seen.append(Path(path))
        with PILImage.open(path) as image:
            result = ImageOps.mirror(image)
        target = Path(path).with_name("result.png")
        result.save(target)
        return str(target)

    with gr.Blocks() as demo:
        inp = gr.Image(sources="webcam", type="filepath", label="in")
        out = gr.Image(label="out")
        inp.stream(process, inp, out, stream_every=0.5)
    with TestPage(demo) as page:
        page.stream("in", [picture(77)] * 31)
        assert abs(brightness(page.value("out")) - 77) <= 3
        assert len(seen) >= 2
        assert not any(path.exists() for path in seen), "a frame's file lives as long as its call"


def test_the_handler_may_draw_into_its_frame() -> None:
    def draw(frame: np.ndarray) -> np.ndarray:
        frame[8:24, 8:24] = (255, 0, 0)
        return frame

    with gr.Blocks() as demo:
        img = gr.Image(sources=["webcam"], label="cam", type="numpy")
        img.stream(draw, [img], [img], time_limit=10, stream_every=0.1)
    with TestPage(demo) as page:
        page.stream("cam", [picture(0)] * 6)
        red = page.value("cam")[16, 16]
        assert red[0] > 200
        assert red[1] < 60


def test_motion_against_the_frame_before() -> None:
    """The frame before is kept in a State that is numpy from the second call on."""

    def diff(frame: np.ndarray, before: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        moved = np.zeros_like(frame) if before is None else np.abs(frame.astype(int) - before).astype(np.uint8)
        return moved, frame

    with gr.Blocks() as demo:
        with gr.Row():
            with gr.Column():
                cam = gr.Image(sources=["webcam"], label="cam")
            with gr.Column():
                out = gr.Image(label="motion")
        last = gr.State()
        cam.stream(diff, [cam, last], [out, last], stream_every=0.1, concurrency_limit=5)
    with TestPage(demo) as page:
        page.stream("cam", [picture(10), picture(10), picture(60)], rate_hz=5)
        assert abs(brightness(page.value("motion")) - 50) <= 2


def test_a_state_that_is_a_growing_deque_of_frames() -> None:
    def smooth(frame: np.ndarray, history: deque[np.ndarray]) -> tuple[np.ndarray, deque[np.ndarray], str]:
        history.append(frame)
        return np.mean(history, axis=0).astype(np.uint8), history, f"{len(history)} frames"

    with gr.Blocks() as demo:
        cam, out, text = gr.Image(sources="webcam", label="cam"), gr.Image(label="out"), gr.Textbox(label="n")
        history = gr.State(deque(maxlen=4))
        cam.stream(smooth, [cam, history], [out, history, text], stream_every=0.1)
    with TestPage(demo) as page, page.another() as other:
        page.stream("cam", [picture(100)] * 30)
        assert page.value("n") == "4 frames"
        other.stream("cam", [picture(100)], rate_hz=5)
        assert other.value("n") == "1 frames", "every session has a copy of its own"


class Tracker:
    """A callable object with a memory of its own, shared by all sessions, as people do it."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, frame: np.ndarray) -> tuple[np.ndarray, int]:
        self.calls += 1
        return frame, self.calls

    def method(self, frame: np.ndarray) -> tuple[np.ndarray, int]:
        return self(frame)


@pytest.mark.parametrize("kind", ["object", "method", "partial"])
def test_callable_objects_methods_and_partials(kind: str) -> None:
    tracker = Tracker()
    handler = {
        "object": tracker,
        "method": tracker.method,
        "partial": functools.partial(Tracker.method, tracker),
    }[kind]
    with gr.Blocks() as demo:
        cam, out, count = gr.Image(sources="webcam", label="cam"), gr.Image(), gr.Number(label="count")
        cam.stream(handler, cam, [out, count], stream_every=0.1)
    with TestPage(demo) as page:
        page.stream("cam", pictures(10), rate_hz=10)
        assert page.value("count") == tracker.calls > 5


def test_an_async_handler() -> None:
    async def slow(frame: np.ndarray) -> np.ndarray:
        import asyncio

        await asyncio.sleep(0.3)
        return frame

    with gr.Blocks() as demo:
        cam, out = gr.Image(sources="webcam", label="cam"), gr.Image(label="out")
        cam.stream(slow, cam, out, stream_every=0.1)
    with TestPage(demo) as page:
        recording = page.stream("cam", pictures(90))
        assert 8 <= recording.summary().results <= 11
        assert recording.summary().age_max_s < 0.45


@pytest.mark.parametrize("is_async", [False, True])
def test_a_generator_shows_every_step(is_async: bool) -> None:
    def steps(frame: np.ndarray) -> Iterator[tuple[np.ndarray, str]]:
        for step in range(3):
            yield np.clip(frame.astype(int) + 40 * step, 0, 255).astype(np.uint8), f"step {step}"

    async def async_steps(frame: np.ndarray) -> Any:
        for result in steps(frame):
            yield result

    with gr.Blocks() as demo:
        cam, out, text = gr.Image(sources="webcam", label="cam"), gr.Image(label="out"), gr.Textbox(label="text")
        cam.stream(async_steps if is_async else steps, cam, [out, text], stream_every=0.5)
    with TestPage(demo) as page:
        recording = page.stream("cam", [picture(50)] * 16)
        shown = [page.outputs(result) for result in recording.results]
        texts = [values[text.id] for values in shown]
        assert texts[:6] == ["step 0", "step 1", "step 2"] * 2
        assert [round(brightness(values[out.id]), -1) for values in shown[:3]] == [50, 90, 130]


def test_none_clears_and_an_empty_return_shows_nothing() -> None:
    with gr.Blocks() as demo:
        cam, out, text = gr.Image(sources="webcam", label="cam"), gr.Image(label="out"), gr.Textbox(label="text")
        bright = gr.State(0)
        cam.stream(
            lambda f, n: (f if n < 2 else None, None if n >= 2 else "seen", n + 1),
            [cam, bright],
            [out, text, bright],
            stream_every=0.1,
        )
    with TestPage(demo) as page:
        page.stream("cam", pictures(30))
        assert page.value("out") is None
        assert not page.value("text")


def test_early_returns_with_a_component_untouched() -> None:
    """`return gr.skip()`, `gr.update()` and a bare component all leave the output as it is."""
    calls = iter(range(100))

    def detect(frame: np.ndarray) -> Any:
        number = next(calls)
        return [(frame, "first"), gr.skip(), (gr.update(), gr.update()), (gr.Image(), gr.Textbox()), (gr.skip(), "x")][
            min(number, 4)
        ]

    with gr.Blocks() as demo:
        cam, out, text = gr.Image(sources="webcam", label="cam"), gr.Image(label="out"), gr.Textbox(label="text")
        cam.stream(detect, cam, [out, text], stream_every=0.1)
    with TestPage(demo) as page:
        recording = page.record("cam")
        recording.wait_for_state("running")
        recording.feed([picture(99)] * 4, rate_hz=10)
        assert abs(brightness(page.value("out")) - 99) <= 1
        assert page.value("text") == "first"
        recording.feed([picture(10)] * 2, rate_hz=10)
        recording.stop()
        assert page.value("text") == "x"
        assert abs(brightness(page.value("out")) - 99) <= 1


def test_properties_change_while_it_streams() -> None:
    """Choices, visibility, label and a slider's range are updated by the handler of the stream itself."""
    calls = iter(range(1000))

    def look(frame: np.ndarray, choice: str | None) -> Any:
        number = next(calls)
        return {
            menu: gr.Dropdown(choices=[f"thing {n}" for n in range(number + 1)], value=f"thing {number}"),
            box: gr.update(visible=number % 2 == 0, label=f"Box {number}"),
            slider: gr.Slider(minimum=0, maximum=10 + number, value=number),
            button: gr.Button(f"Pressed {number}", interactive=False),
            row: gr.Row(visible=number > 2),
        }

    with gr.Blocks() as demo:
        cam = gr.Image(sources="webcam", label="cam")
        menu = gr.Dropdown(["thing 0"], label="menu", elem_id="menu")
        box = gr.Textbox(label="box", elem_id="box")
        slider = gr.Slider(0, 10, 1, step=1, label="slider", elem_id="slider")
        button = gr.Button("Press", elem_id="button")
        with gr.Row(visible=False, elem_id="row") as row:
            gr.Markdown("# Later")
        cam.stream(look, [cam, menu], {menu, box, slider, button, row}, stream_every=0.1)
    with TestPage(demo) as page:
        recording = page.record("cam")
        recording.wait_for_state("running")
        recording.feed(pictures(5), rate_hz=10)
        last = recording.summary().results - 1
        assert page.value("menu") == f"thing {last}"
        assert len(page.props("menu")["choices"]) == last + 1
        assert page.props("box")["label"] == f"Box {last}"
        assert page.props("slider")["maximum"] == 10 + last
        assert page.value("button") == f"Pressed {last}"
        assert page.props("row")["visible"] is (last > 2)
        page.set("menu", "thing 1")
        page.set("slider", 10 + last)
        recording.feed(pictures(2), rate_hz=10)
        recording.stop()
        assert [toast for toast in page.toasts if toast.level == "error"] == []


def test_inputs_as_a_set_and_outputs_as_a_dict() -> None:
    with gr.Blocks() as demo:
        cam = gr.Image(sources="webcam", label="cam")
        gain = gr.Slider(0, 2, value=1, step=0.1, label="gain")
        flip = gr.Checkbox(label="flip")
        out, text = gr.Image(label="out"), gr.Label(label="label")

        @cam.stream(inputs={cam, gain, flip}, outputs=[out, text], stream_every=0.1, time_limit=30)
        def process(data: dict[Any, Any]) -> dict[Any, Any]:
            frame = data[cam] * data[gain]
            frame = np.fliplr(frame) if data[flip] else frame
            return {out: frame.clip(0, 255).astype(np.uint8), text: {"cat": 0.9, "dog": 0.1}}

    with TestPage(demo) as page:
        recording = page.record("cam")
        recording.wait_for_state("running")
        page.set("gain", 2)
        page.set("flip", True)
        recording.feed([picture(60)] * 3, rate_hz=10)
        recording.stop()
        assert abs(brightness(page.value("out")) - 120) <= 1
        assert page.value("label")["label"] == "cat"


def test_several_streams_from_one_camera_each_at_its_pace() -> None:
    with gr.Blocks() as demo:
        cam = gr.Image(sources="webcam", label="cam", streaming=True)
        fast, slow = gr.Number(0, label="fast"), gr.Number(0, label="slow")
        preview = gr.Image(label="preview")
        cam.stream(lambda f, n: (f, n + 1), [cam, fast], [preview, fast], stream_every=0.1, show_progress="hidden")
        cam.stream(lambda f, n: n + 1, [cam, slow], slow, stream_every=0.5, concurrency_limit=None)
    with TestPage(demo) as page:
        page.stream("cam", pictures(90))
        assert page.value("fast") == pytest.approx(30, abs=2)
        assert page.value("slow") == pytest.approx(6, abs=1)


def test_two_cameras_side_by_side() -> None:
    def both(left: np.ndarray, right: np.ndarray | None) -> np.ndarray:
        return left if right is None else np.hstack([left, right])

    with gr.Blocks() as demo:
        with gr.Row():
            left = gr.Image(sources=["webcam"], label="left")
            right = gr.Image(sources=["webcam"], label="right")
        out = gr.Image(label="out")
        left.stream(both, [left, right], out, stream_every=0.2)
        right.stream(lambda frame: None, right, None, stream_every=0.2)
    with TestPage(demo) as page:
        one, two = page.record("left"), page.record("right")
        one.wait_for_state("running")
        two.wait_for_state("running")
        feeding = two.feed_in_background([picture(200)] * 30)
        one.feed([picture(20)] * 30)
        feeding.result()
        one.stop()
        two.stop()
        out_value = page.value("out")
        assert out_value.shape == (32, 64, 3)
        assert out_value[:, 40:].mean() > 190


def test_the_same_function_for_two_cameras_shares_one_slot() -> None:
    def same(frame: np.ndarray) -> np.ndarray:
        return frame

    with gr.Blocks() as demo:
        one, two, out = gr.Image(sources="webcam", label="1"), gr.Image(sources="webcam", label="2"), gr.Image()
        one.stream(same, one, out)
        two.stream(same, two, out)
    with TestPage(demo) as page:
        first, second = page.record("1"), page.record("2")
        first.wait_for_state("running")
        second.wait_for_state("waiting")
        assert second.position == 1
        first.stop()
        second.wait_for_state("running")


def test_a_snapshot_button_takes_what_the_camera_sees() -> None:
    with gr.Blocks() as demo:
        cam = gr.Image(sources=["webcam"], label="cam")
        shown, shot = gr.Image(label="shown"), gr.Image(label="shot")
        cam.stream(lambda frame: 255 - frame, cam, shown, stream_every=0.1)
        gr.Button("Snap").click(lambda frame, result: frame if result is None else result, [cam, shown], shot)
    with TestPage(demo) as page:
        recording = page.record("cam")
        recording.wait_for_state("running")
        recording.feed([picture(55)] * 4, rate_hz=10)
        page.click("Snap")
        assert abs(brightness(page.value("shot")) - 200) <= 2
        recording.stop()


@pytest.mark.parametrize("is_interface", [True, False])
def test_a_camera_that_streams_for_a_button_alone(is_interface: bool) -> None:
    camera = gr.Image(sources=["webcam"], streaming=True, label="cam")
    if is_interface:
        demo: gr.Blocks = gr.Interface(brightness, camera, gr.Number(label="out"), submit_btn="Grab")
    else:
        with gr.Blocks() as demo:
            out = gr.Number(label="out")
            gr.Button("Grab").click(brightness, camera.render(), out)
            gr.ClearButton([camera, out])
    with TestPage(demo) as page:
        page.stream("cam", [picture(90)] * 6)
        page.click("Grab")
        assert abs(page.value("out") - 90) <= 1


def test_a_camera_that_is_listened_to_or_shows_a_result_streams_for_no_button() -> None:
    with gr.Blocks() as demo:
        photo, shown, fixed = (gr.Image(streaming=True, interactive=each) for each in (None, None, False))
        photo.change(lambda frame: frame, photo, shown)
        gr.Button("Save").click(lambda *frames: None, [photo, shown, fixed])
    assert not any(binding.is_stream for binding in demo.freeze().bindings)


def test_a_chain_after_the_end_of_a_stream() -> None:
    order: list[str] = []
    with gr.Blocks() as demo:
        cam, summary = gr.Image(sources="webcam", label="cam"), gr.Textbox(label="summary")
        count = gr.State(0)
        stream = cam.stream(lambda f, n: n + 1, [cam, count], count, stream_every=0.1)
        stream.then(lambda n: f"{n} frames", count, summary).then(lambda: order.append("after"))
        stream.success(lambda: order.append("success"))
        stream.failure(lambda: order.append("failure"))
        cam.stop_recording(lambda: order.append("stopped"))
        summary.change(lambda: order.append("changed"))
    with TestPage(demo) as page:
        recording = page.stream("cam", pictures(20))
        page.advance(1)
        assert page.value("summary") == f"{recording.summary().sent} frames"
    assert sorted(order) == ["after", "changed", "stopped", "success"]


def test_a_stop_button_that_cancels() -> None:
    with gr.Blocks() as demo:
        cam, out = gr.Image(sources="webcam", label="cam"), gr.Image()
        event = cam.stream(lambda f: f, cam, out, stream_every=0.1)
        status = gr.Textbox("on", label="status")
        gr.Button("Stop it").click(lambda: "off", None, status, cancels=[event])
    with TestPage(demo) as page:
        recording = page.record("cam")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(endless())
        page.advance(1)
        page.click("Stop it")
        recording.wait_for_state("ended")
        assert page.value("status") == "off"
        assert recording.streams[0].reason == "cancelled"
        feeding.result()


def test_a_fps_counter_with_timestamps_in_state() -> None:
    def fps(frame: np.ndarray, stamps: list[float]) -> tuple[np.ndarray, list[float], str]:
        stamps = [*stamps, time.perf_counter()][-30:]
        span = stamps[-1] - stamps[0]
        return frame, stamps, f"{len(stamps) / max(span, 1e-6):.1f} fps"

    with gr.Blocks(css=".big textarea {font-size: 2em}", title="FPS") as demo:
        gr.HTML("<h1 style='text-align:center'>FPS</h1>")
        with gr.Column(elem_classes=["my-column"]), gr.Group(elem_classes=["my-group"]):
            cam = gr.Image(sources=["webcam"], label="cam", elem_id="cam", mirror_webcam=False)
        text = gr.Textbox(label="rate", elem_classes="big", interactive=False, lines=1, max_lines=1)
        stamps = gr.State([])
        cam.stream(fps, [cam, stamps], [cam, stamps, text], stream_every=0.05, time_limit=60)
    with TestPage(demo) as page:
        page.stream("cam", pictures(10))
        assert page.value("rate").endswith("fps")


def test_transparent_frames_stay_transparent() -> None:
    def cut_out(frame: np.ndarray) -> np.ndarray:
        alpha = np.zeros(frame.shape[:2], np.uint8)
        alpha[:, 16:] = 255
        return np.dstack([frame, alpha])

    with gr.Blocks() as demo:
        cam, out = gr.Image(sources="webcam", label="cam"), gr.Image(label="out", image_mode="RGBA")
        cam.stream(cut_out, cam, out, stream_every=0.1)
    with TestPage(demo) as page:
        page.stream("cam", [picture(80)] * 4)
        value = page.value("out")
        assert value.shape == (32, 32, 4)
        assert set(np.unique(value[:, :, 3])) == {0, 255}


def test_warnings_every_so_often_and_an_error_at_last() -> None:
    def watch(frame: np.ndarray) -> np.ndarray:
        if frame.mean() < 20:
            gr.Warning("Too dark")
        if frame.mean() > 230:
            raise gr.Error("Too bright!", duration=5, print_exception=False)
        return frame

    with gr.Blocks() as demo:
        cam, out = gr.Image(sources="webcam", label="cam"), gr.Image(label="out")
        cam.stream(watch, cam, out, stream_every=0.1)
    with TestPage(demo) as page:
        recording = page.record("cam")
        recording.wait_for_state("running")
        recording.feed([picture(100), picture(5), picture(250), picture(100)], rate_hz=10)
        with pytest.raises(gr.Error, match="Too bright"):
            recording.stop()
        assert [toast.message for toast in page.toasts if toast.level == "warning"] == ["Too dark"]


def test_an_upload_instead_of_the_camera_runs_the_same_function() -> None:
    def process(image: np.ndarray | None) -> np.ndarray | None:
        return None if image is None else 255 - image

    with gr.Blocks() as demo:
        inp = gr.Image(sources=["upload", "webcam", "clipboard"], label="in")
        out = gr.Image(label="out", format="png")
        inp.stream(process, inp, out, stream_every=0.1)
        inp.upload(process, inp, out)
        inp.clear(lambda: None, None, out)
    with TestPage(demo) as page:
        page.set("in", picture(40))
        page.wait_for(lambda: page.page.values[out.id] is not None)
        assert brightness(page.value("out")) == 215
        page.set("in", None)
        page.advance(0.5)
        assert page.value("out") is None
        page.stream("in", [picture(100)] * 3, rate_hz=10)
        assert abs(brightness(page.value("out")) - 155) <= 1


def test_a_frame_of_another_size_every_time() -> None:
    sizes = iter([(8, 8), (64, 16), (1, 1), (200, 300), (33, 17)] * 20)
    with gr.Blocks() as demo:
        cam, out = gr.Image(sources="webcam", label="cam"), gr.Image(label="out", height=240, width="50%")
        cam.stream(lambda f: np.zeros((*next(sizes), 3), np.uint8), cam, out, stream_every=0.1)
    with TestPage(demo) as page:
        recording = page.stream("cam", pictures(30), rate_hz=10)
        shapes = [page.outputs(result)[out.id].shape[:2] for result in recording.results]
        assert shapes[:5] == [(8, 8), (64, 16), (1, 1), (200, 300), (33, 17)]


def test_arrays_that_are_views_and_of_other_layouts() -> None:
    returns = iter(
        [
            lambda f: f[::2, ::2],
            np.asfortranarray,
            lambda f: f.transpose(1, 0, 2),
            lambda f: f[:, :, :1],
            lambda f: f > 127,
            lambda f: f.astype(np.int64),
            lambda f: np.broadcast_to(f[:1, :1], f.shape),
        ]
        * 20
    )
    with gr.Blocks() as demo:
        cam, out = gr.Image(sources="webcam", label="cam"), gr.Image(label="out")

        @cam.stream(inputs=cam, outputs=out, stream_every=0.1)
        def reshape(frame: np.ndarray) -> Any:
            return next(returns)(frame)

    with TestPage(demo) as page:
        recording = page.stream("cam", [picture(200)] * 10, rate_hz=10)
        assert recording.summary().results >= 9
