import asyncio
import warnings

import numpy as np
import pytest

import millstream as gr
from millstream.declare.binding import MAX_STREAMS
from millstream.declare.event import Event, StreamTrigger, Trigger
from millstream.errors import DeclarationError
from millstream.testing import TestPage


def echo(*values: object) -> object:
    return values[0] if values else None


def the_binding(demo: gr.Blocks):
    return demo.freeze().bindings[0]


def test_an_event_is_named_by_its_attribute() -> None:
    image = gr.Image()
    assert isinstance(gr.Image.upload, Event)
    assert image.upload.name == "upload"
    assert type(image.upload) is Trigger
    assert type(image.stream) is StreamTrigger
    assert repr(image.stream) == "<Image 'Image'.stream>"


def test_the_simplest_stream() -> None:
    with gr.Blocks() as demo:
        camera, out = gr.Image(label="Input", sources="webcam"), gr.Image(label="Output")
        camera.stream(echo, camera, out, time_limit=15, stream_every=0.1, concurrency_limit=30)
    binding = the_binding(demo)
    assert binding.targets == ((camera.id, "stream"),)
    assert (binding.inputs, binding.outputs, binding.stream) == ((camera.id,), (out.id,), camera.id)
    assert (binding.time_limit, binding.stream_every, binding.concurrency_limit) == (15, 0.1, 30)
    assert (binding.keep, binding.trigger_mode, binding.show_progress) == ("latest", "multiple", "minimal")
    assert binding.is_stream
    assert binding.name == "echo"


def test_defaults_of_a_stream_of_audio() -> None:
    with gr.Blocks() as demo:
        microphone = gr.Audio(sources="microphone")
        microphone.stream(echo, microphone)
    binding = the_binding(demo)
    assert (binding.keep, binding.max_backlog, binding.stream_every, binding.time_limit) == ("all", 30.0, 0.5, None)
    assert (binding.concurrency_limit, binding.queue, binding.outputs) == (1, True, ())


def test_keep_can_be_chosen() -> None:
    with gr.Blocks() as demo:
        camera = gr.Image()
        camera.stream(echo, camera, keep="all", max_backlog=5)
    assert (the_binding(demo).keep, the_binding(demo).max_backlog) == ("all", 5)


def test_defaults_of_ordinary_events() -> None:
    with gr.Blocks() as demo:
        button, box = gr.Button(), gr.Textbox()
        button.click(echo)
        box.change(echo)
        box.input(echo)
        demo.load(echo)
        gr.on([box.change, button.click], echo)
    click, change, typed, load, both = demo.freeze().bindings
    assert (click.trigger_mode, click.show_progress) == ("once", "full")
    assert change.trigger_mode == "always_last"
    assert typed.trigger_mode == "once"
    assert load.trigger_mode == "multiple"
    assert load.targets == ((None, "load"),)
    assert both.trigger_mode == "once"
    assert not click.is_stream


def test_an_event_is_a_decorator_too() -> None:
    with gr.Blocks() as demo:
        camera, out = gr.Image(), gr.Image()

        @camera.stream(inputs=camera, outputs=[out], stream_every=0.2)
        def double(x: int) -> int:
            return 2 * x

        @gr.on([out.change], inputs=[out])
        def triple(x: int) -> int:
            return 3 * x

    first, second = demo.freeze().bindings
    assert (first.name, first.stream_every, second.name) == ("double", 0.2, "triple")
    assert double(4) == 8
    assert double.fn(4) == 8
    assert repr(double) == "<Dependency Image 'Image'.stream → double>"


def test_inputs_as_a_set_give_one_dict() -> None:
    with gr.Blocks() as demo:
        a, b = gr.Number(), gr.Number()
        a.change(lambda values: values[a], {a, b}, {b})
    binding = the_binding(demo)
    assert binding.inputs_as_dict
    assert set(binding.inputs) == {a.id, b.id}
    assert binding.outputs == (b.id,)


def test_a_set_needs_a_handler_of_one_argument() -> None:
    with gr.Blocks():
        a, b = gr.Number(), gr.Number()
        with pytest.raises(DeclarationError, match="has 1 input, but"):
            a.change(lambda x, y: x, {a, b}, b)


def test_layouts_can_be_outputs_but_not_inputs() -> None:
    with gr.Blocks() as demo:
        button = gr.Button()
        with gr.Column() as column:
            pass
        button.click(lambda: gr.update(visible=False), None, column)
        with pytest.raises(DeclarationError, match="inputs must be components, but got <Column"):
            button.click(echo, column)
        with pytest.raises(DeclarationError, match="outputs must be components, but got 'text'"):
            button.click(echo, None, ["text"])
    assert the_binding(demo).outputs == (column.id,)


def test_what_follows() -> None:
    with gr.Blocks() as demo:
        button = gr.Button()
        first = button.click(echo)
        first.then(echo)
        first.success(echo).failure(echo)
    manifest = demo.freeze()
    assert [binding.after for binding in manifest.bindings] == [None, (0, "then"), (0, "success"), (2, "failure")]
    assert all(binding.targets == () for binding in manifest.bindings[1:])
    assert manifest.bindings[1].trigger_mode == "multiple"
    ends = {end: [binding.number for binding in manifest.followers.get((0, end), ())] for end in (True, False, None)}
    assert ends == {True: [1, 2], False: [1], None: [1]}


def test_what_is_cancelled() -> None:
    with gr.Blocks() as demo:
        button, stop = gr.Button(), gr.Button("Stop")
        run = button.click(echo)
        other = button.click(echo)
        stop.click(None, cancels=[run, other])
        stop.click(None, cancels=run)
        with pytest.raises(DeclarationError, match="cancels takes what an event returned, but got <Button"):
            stop.click(None, cancels=[button])
    bindings = demo.freeze().bindings
    assert (bindings[2].cancels, bindings[3].cancels) == ((0, 1), (0,))
    assert bindings[2].handler is None
    assert bindings[2].name == "binding 2"


def test_an_event_of_the_page_comes_after_those_of_components() -> None:
    with gr.Blocks() as demo:
        button = gr.Button()
        gr.on([demo.load, button.click], echo)
    assert the_binding(demo).targets == ((button.id, "click"), (None, "load"))


def test_on_without_events_means_load_and_every_change() -> None:
    with gr.Blocks() as demo:
        a, b = gr.Number(), gr.Number()
        gr.on(fn=lambda x, y: x + y, inputs=[a, b], outputs=b)
    assert the_binding(demo).targets == ((a.id, "change"), (b.id, "change"), (None, "load"))


def test_a_change_while_a_page_loads_is_not_lost() -> None:
    """What `on()` binds by default runs once more for what changed during a run, as a change alone does."""
    began, may_end = asyncio.Event(), asyncio.Event()

    async def double(number: float) -> float:
        began.set()
        await may_end.wait()
        return number * 2

    with gr.Blocks() as demo:
        number = gr.Number(2, label="Number")
        gr.on(fn=double, inputs=number, outputs=gr.Number(label="Double"))
    with TestPage(demo) as page:
        page.wait_for(began.is_set)
        page.set("Number", 5)
        may_end.set()
        page.advance(1)
        assert page.value("Double") == 10


def test_on_takes_streams_and_other_events_at_once() -> None:
    with gr.Blocks() as demo:
        camera, button = gr.Image(), gr.Button()
        other = gr.on([camera.stream, button.click], echo, camera, camera, time_limit=5, stream_every=0.1)
        alone = gr.on([camera.stream])(echo)
    stream, click, last = demo.freeze().bindings
    assert (stream.stream, stream.time_limit, stream.stream_every) == (camera.id, 5, 0.1)
    assert (click.stream, click.targets) == (None, ((button.id, "click"),))
    assert click.concurrency_key != stream.concurrency_key  # or it would wait for the end of the stream
    assert last.is_stream
    assert [trigger.name for trigger in other.triggers] == ["click"]
    assert [trigger.name for trigger in alone.triggers] == ["stream"]


def test_on_takes_events() -> None:
    with gr.Blocks():
        camera = gr.Image()
        run = camera.change(echo)
        with pytest.raises(DeclarationError, match="cannot take"):
            gr.on([run.then], echo)
        with pytest.raises(DeclarationError, match=r"takes events such as `button\.click`"):
            gr.on([camera], echo)
        with pytest.raises(DeclarationError, match="at least one event"):
            gr.on([], echo)


@pytest.mark.parametrize("given", [5, echo, "Camera", True, gr.Image, [None]])
def test_what_is_no_component_or_event_is_called_by_name_wherever_it_is_given(given: object) -> None:
    with gr.Blocks():
        camera = gr.Image()
        for place in ("inputs", "outputs"):
            with pytest.raises(
                DeclarationError, match=rf"^Image 'Image'\.stream: {place} must be components, but got "
            ):
                camera.stream(echo, **{place: given})
        with pytest.raises(DeclarationError, match=r"^on\(\) takes events such as `button\.click`, but got "):
            gr.on(given, echo, camera)
        with pytest.raises(DeclarationError, match=r"^Textbox: inputs= takes components, but got "):
            gr.Textbox(echo, inputs=given)
        with pytest.raises(DeclarationError, match=r"make one, as Image\(\) does$"):
            camera.stream(echo, gr.Image)


def test_a_stream_needs_a_function_to_call() -> None:
    with gr.Blocks():
        camera, button = gr.Image(sources="webcam"), gr.Button("Go")
        with pytest.raises(DeclarationError, match=r"Image 'Image'\.stream needs a function.*start_recording"):
            camera.stream(None, camera)
        with pytest.raises(DeclarationError, match=r"needs a function"):
            gr.on([camera.stream, button.click], None)


def test_js_needs_no_handler() -> None:
    with gr.Blocks() as demo:
        gr.Button().click(None, js="() => alert(1)")
    manifest = demo.freeze()
    assert manifest.scripts == {0: "() => alert(1)"}
    assert manifest.page()["bindings"][0]["js"] is True
    assert manifest.page()["bindings"][0]["handler"] is False


def test_a_binding_without_a_handler_cannot_be_called() -> None:
    with gr.Blocks():
        run = gr.Button().click(None)
        with pytest.raises(TypeError, match="no handler"):
            run()


def test_events_are_bound_inside_of_an_app() -> None:
    button = gr.Button("Go")
    with pytest.raises(DeclarationError, match=r"Button 'Go'\.click is bound outside of an app: move the line into"):
        button.click(echo)


def test_a_component_that_belongs_to_no_app() -> None:
    stray = gr.Number(label="Stray")
    with gr.Blocks():
        button = gr.Button()
        with pytest.raises(DeclarationError, match="names Number 'Stray', which belongs to no app: create it inside"):
            button.click(echo, stray)


def test_a_component_of_another_app() -> None:
    with gr.Blocks():
        other = gr.Number(label="Other")
    with gr.Blocks():
        button = gr.Button()
        with pytest.raises(DeclarationError, match="an app of its own"):
            button.click(echo, other)


def test_a_component_may_be_rendered_after_its_event() -> None:
    later = gr.Number(render=False)
    with gr.Blocks() as demo:
        gr.Button().click(echo, later)
        later.render()
    assert the_binding(demo).inputs == (later.id,)


def test_a_component_that_is_never_rendered() -> None:
    never = gr.Number(render=False, label="Never")
    with gr.Blocks() as demo:
        gr.Button().click(echo, never)
    with pytest.raises(DeclarationError, match="Number 'Never', which belongs to no app"):
        demo.freeze()


def test_a_binding_of_another_app_cannot_be_followed_here() -> None:
    with gr.Blocks():
        run = gr.Button().click(echo)
    with gr.Blocks():
        with pytest.raises(DeclarationError, match="bound in another app"):
            run.then(echo)
        with pytest.raises(DeclarationError, match="bound in another app"):
            gr.Button().click(None, cancels=run)


def test_streams_need_the_device_among_the_sources() -> None:
    with gr.Blocks():
        camera, sound = gr.Image(sources=["upload"]), gr.Audio(sources=["upload"])
        with pytest.raises(DeclarationError, match="cannot stream from upload: add 'webcam' to its sources"):
            camera.stream(echo, camera)
        with pytest.raises(DeclarationError, match="add 'microphone'"):
            sound.stream(echo, sound)


def test_a_component_drives_as_many_streams_as_a_page_may_have_open() -> None:
    with gr.Blocks() as demo:
        camera, other = gr.Image(sources=["webcam"], label="Camera"), gr.Image(sources=["webcam"])
        for _ in range(MAX_STREAMS):
            camera.stream(lambda frame: frame, camera, gr.Image())
        with pytest.raises(
            DeclarationError, match=r"one stream too many: Image 'Camera' may have 8; have one function"
        ):
            camera.stream(lambda frame: frame, camera, gr.Image())
        other.stream(lambda frame: frame, other, gr.Image())
        camera.start_recording(lambda: None)
    with TestPage(demo) as page:
        page.stream(camera.id, [np.zeros((8, 8, 3), np.uint8)])
        assert page.toasts == []


def test_camera_and_microphone_keep_all_audio_and_follow_it() -> None:
    with gr.Blocks() as demo:
        video = gr.Video(sources="webcam")
        video.stream(echo, video, stream_every=0)
        video.stream(echo, video, keep="latest", stream_every=1)
        gr.Video(sources="webcam", include_audio=False).stream(echo, video, stream_every=0)
    first, second, silent = demo.freeze().bindings
    assert (first.keep, first.stream_every) == ("all", pytest.approx(1 / 30))
    assert (second.keep, second.stream_every) == ("latest", 1)
    assert (silent.keep, silent.stream_every) == ("latest", 0)


def test_a_video_is_not_shown_where_it_is_recorded() -> None:
    with gr.Blocks():
        video, image = gr.Video(sources="webcam"), gr.Image()
        with pytest.raises(
            DeclarationError, match="cannot write to Video 'Video', which it records: show the result in"
        ):
            video.stream(echo, video, [image, video])
        with pytest.raises(DeclarationError, match=r"Give at most 10\.92 seconds"):
            video.stream(echo, video, image, stream_every=20)


def test_only_some_components_stream() -> None:
    with (
        gr.Blocks(),
        pytest.raises(AttributeError, match="Textbox has no 'stream'; its events are blur, change, copy, focus"),
    ):
        gr.Textbox().stream(echo)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("time_limit", 0),
        ("time_limit", -1),
        ("time_limit", "long"),
        ("stream_every", False),
        ("stream_every", float("inf")),
        ("stream_every", float("nan")),
        ("keep", "some"),
        ("max_backlog", 0),
        ("max_age", 0),
        ("max_age", -0.5),
        ("max_age", float("inf")),
        ("max_age", float("nan")),
        ("max_age", "old"),
        ("concurrency_limit", 0),
        ("concurrency_limit", 1.5),
        ("concurrency_limit", True),
        ("concurrency_limit", "many"),
        ("trigger_mode", "twice"),
        ("queue", "yes"),
        ("js", 5),
    ],
)
def test_options_that_are_not_allowed(option: str, value: object) -> None:
    with gr.Blocks():
        camera = gr.Image()
        with pytest.raises(DeclarationError, match=rf"Image 'Image'.stream: {option}=.* is not allowed; give "):
            camera.stream(echo, camera, **{option: value})


@pytest.mark.parametrize("option", ["machine", "foo"])
def test_options_that_do_not_exist(option: str) -> None:
    with gr.Blocks():
        camera = gr.Image()
        with pytest.raises(TypeError, match=rf"stream\(\) has no argument '{option}'"):
            camera.stream(echo, camera, **{option: 5})


def test_a_stream_takes_no_validator() -> None:
    with gr.Blocks():
        camera = gr.Image()
        with pytest.raises(DeclarationError, match="validator= cannot be had here: a stream has no inputs"):
            camera.stream(echo, camera, validator=echo)


def test_options_that_ask_for_nothing_are_nothing() -> None:
    with gr.Blocks(), warnings.catch_warnings():
        warnings.simplefilter("error")
        gr.Button("Go").click(echo, batch=False, preprocess=True, postprocess=True, validator=None)


def test_a_greatest_age_is_for_frames_of_which_the_newest_wins() -> None:
    with gr.Blocks() as demo:
        camera, mic = gr.Image(sources="webcam"), gr.Audio(sources="microphone")
        camera.stream(echo, camera, max_age=0.25)
        camera.stream(echo, camera, max_age=None)
        for source, options in ((camera, {"keep": "all"}), (mic, {})):
            with pytest.raises(DeclarationError, match="max_age= is for streams of frames that keep the latest"):
                source.stream(echo, source, max_age=1, **options)
    assert [binding.max_age for binding in demo.freeze().bindings] == [0.25, None]


@pytest.mark.parametrize("option", ["keep", "max_backlog", "max_age"])
def test_options_of_streams_only(option: str) -> None:
    with gr.Blocks(), pytest.raises(TypeError, match=option):
        gr.Button().click(echo, **{option: "all"})


def test_options_without_meaning_are_ignored_with_one_warning() -> None:
    with gr.Blocks(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gr.Button("Go").click(echo, api_name="go", scroll_to_output=True, time_limit=5)
    assert [str(warning.message) for warning in caught] == [
        "Button 'Go'.click() ignores scroll_to_output, time_limit: no meaning in Millstream"
    ]
    assert caught[0].filename == __file__


def test_progress_is_shown_on_the_chosen_components() -> None:
    with gr.Blocks() as demo:
        text, other, button = gr.Textbox(), gr.Label(), gr.Button("Go")
        button.click(echo, text, text)
        button.click(echo, text, text, show_progress_on=other)
        button.click(echo, text, text, show_progress_on=[text, other])
        with pytest.raises(DeclarationError, match="show_progress_on must be components, but got 'other'"):
            button.click(echo, text, text, show_progress_on=["other"])
    on = [binding.get("progress_on") for binding in demo.freeze().page()["bindings"]]
    assert on == [None, [other.id], [text.id, other.id]]


def test_zero_stands_for_every_frame_and_none_for_no_limit() -> None:
    with gr.Blocks() as demo:
        camera = gr.Image()
        camera.stream(echo, camera, stream_every=0, time_limit=None, concurrency_limit=None)
    binding = the_binding(demo)
    assert (binding.stream_every, binding.time_limit, binding.concurrency_limit) == (0, None, None)
