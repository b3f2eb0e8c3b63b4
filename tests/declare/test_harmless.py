"""What programs for Gradio do that is not quite right and harms nobody: they run, with one warning or none."""

import enum
import json
import math
import sys
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream import errors as gr_errors


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


def prop(name: str) -> Callable[[Any], object]:
    return lambda component: component.props()[name]


def first(component: Any) -> object:
    return component.initial()


WARNED: dict[str, tuple[Callable[[], Any], str, Callable[[Any], object], object]] = {
    "a fast timer": (lambda: gr.Timer(0.001), "Timer ticks every", first, 0.01),
    "a timer of nothing": (lambda: gr.Timer(0), "Timer ticks every", first, 0.01),
    "a state of no time": (
        lambda: gr.State(1, time_to_live=1e-9),
        "State: time_to_live=1e-09 is too short",
        lambda state: state.time_to_live,
        0.01,
    ),
    "every too fast": (lambda: gr.Number(lambda: 1, every=0.001), "every=0.001", lambda one: one.interval_s(1), 0.01),
    "every without a function": (lambda: gr.Number(1, every=1), "every= does nothing", first, 1),
    "a negative step": (lambda: gr.Slider(0, 10, step=-2), "Slider 'Slider': step=-2", prop("step"), 2),
    "no step": (lambda: gr.Slider(0, 10, step=0), "Slider 'Slider': step=0", prop("step"), 0.1),
    "a negative step of a field": (lambda: gr.Number(step=-1), "Number 'Number': step=-1", prop("step"), 1),
    "beyond the end": (lambda: gr.Slider(0, 10, 20), "Slider 'Slider' takes numbers from 0 to 10", first, 10),
    "no such choice": (lambda: gr.Radio(["a"], value="z"), "Radio 'Radio' has no choice str 'z'", first, None),
    "no such choices": (lambda: gr.CheckboxGroup(["a"], value=["z"]), "has no choice", first, []),
    "no lines": (lambda: gr.Textbox(lines=0), "Textbox 'Textbox': lines=0", prop("lines"), 1),
    "centred": (lambda: gr.Textbox(text_align="center"), "text_align='center'", prop("text_align"), None),
    "a variant": (lambda: gr.Button(variant="danger"), "Button 'Run': variant='danger'", prop("variant"), "secondary"),
    "a size": (lambda: gr.Button(size="xl"), "Button 'Run': size='xl'", prop("size"), "lg"),
    "a pause": (
        lambda: gr.Audio().pause_recording,
        "pause_recording never happens",
        lambda one: one.name,
        "pause_recording",
    ),
    "buttons": (lambda: gr.Chatbot(buttons=["undo", "copy"]), "there is no 'undo'", prop("buttons"), ["copy"]),
    "a timer that goes back": (lambda: gr.Timer(-1), "Timer ticks every", first, 0.01),
    "every below 0": (lambda: gr.Number(lambda: 1, every=-1), "every=-1", lambda one: one.interval_s(1), 0.01),
    "a number above": (lambda: gr.Number(5, maximum=3), "Number 'Number': value=5 is not within", first, 3),
    "a number below": (lambda: gr.Number(1, minimum=3), "Number 'Number': value=1 is not within", first, 3),
    "no characters": (lambda: gr.Textbox(max_length=0), "lets nobody enter anything", prop("max_length"), 0),
    "less than none": (lambda: gr.Textbox(max_length=-1), "max_length=-1 is less than 0", prop("max_length"), None),
    "no text with files": (lambda: gr.MultimodalTextbox(max_length=0), "max_length=0", prop("max_length"), 0),
    "no classes": (lambda: gr.Label(num_top_classes=0), "num_top_classes=0", lambda one: one.num_top_classes, None),
    "no height": (lambda: gr.Image(height=0), "Image 'Image': height=0 is not a CSS size", prop("height"), None),
    "a height in words": (lambda: gr.Video(width="wide"), "Video 'Video': width='wide'", prop("width"), None),
    "a file without height": (lambda: gr.File(height=-1), "File 'File': height=-1", prop("height"), None),
    "types without a dot": (lambda: gr.File(file_types=["pdf"]), "'.pdf' is taken", prop("accept"), [".pdf"]),
    "no type": (lambda: gr.File(file_types=["pictures"]), "no file is of that type", prop("accept"), []),
    "types with a star": (lambda: gr.File(file_types=["*.csv"]), "'.csv' is taken", prop("accept"), [".csv"]),
    "no sources": (lambda: gr.Audio(sources=[]), "sources=[] is empty", prop("sources"), ["microphone", "upload"]),
    "no length": (lambda: gr.Audio(max_length=0), "Audio 'Audio': max_length=0", lambda one: one.longest_s, math.inf),
    "no lines of a chat": (lambda: gr.MultimodalTextbox(lines=0), "lines=0 is less than 1", prop("lines"), 1),
    "no choices allowed": (
        lambda: gr.Dropdown(["a"], max_choices=0, multiselect=True),
        "Dropdown 'Dropdown': max_choices=0",
        prop("max_choices"),
        None,
    ),
    "too many choices": (
        lambda: gr.Dropdown(["a", "b"], value=["a", "b"], max_choices=1, multiselect=True),
        "is more than max_choices=1",
        first,
        ["a"],
    ),
    "no examples on a page": (
        lambda: gr.Examples(["a"], gr.Textbox(), examples_per_page=0),
        "Examples 'Examples': examples_per_page=0",
        prop("per_page"),
        10,
    ),
    **{
        f"the format of {kind.__name__}": (
            lambda kind=kind: kind(format="gif"),
            f"{kind.__name__} '{kind.__name__}': format='gif' is not one of",
            lambda one: one.format,
            default,
        )
        for default, kinds in (
            ("webp", (gr.Image, gr.Gallery, gr.AnnotatedImage, gr.ImageSlider, gr.ImageEditor)),
            ("png", (gr.Plot,)),
        )
        for kind in kinds
    },
    "a number for a variant": (lambda: gr.Button(variant=3), "variant=3 is not one of", prop("variant"), "secondary"),
    "a layout": (lambda: gr.Chatbot(layout="x"), "Chatbot 'Chatbot': layout='x'", prop("layout"), "bubble"),
}

SILENT: dict[str, tuple[Callable[[], Any], Callable[[Any], object], object]] = {
    "an array": (lambda: gr.Dropdown(np.unique([2002, 2001])), prop("choices"), [["2001", 2001], ["2002", 2002]]),
    "pairs": (lambda: gr.Radio(np.array([["A", "a"], ["B", "b"]])), prop("choices"), [["A", "a"], ["B", "b"]]),
    "a range": (lambda: gr.Radio(range(2)), prop("choices"), [["0", 0], ["1", 1]]),
    "a zip": (lambda: gr.Radio(zip("ab", [1, 2], strict=True)), prop("choices"), [["a", 1], ["b", 2]]),
    "keys": (lambda: gr.Radio({"a": 1}.keys()), prop("choices"), [["a", "a"]]),
    "a dict": (lambda: gr.Radio({"a": 1}), prop("choices"), [["a", "a"]]),
    "an enum": (lambda: gr.Radio(Colour, value=Colour.BLUE), prop("choices"), [["red", "red"], ["blue", "blue"]]),
    "yes and no": (lambda: gr.Radio([True, False], value=True), prop("choices"), [["True", True], ["False", False]]),
    "none": (lambda: gr.Dropdown([None, "a"]), prop("choices"), [["None", None], ["a", "a"]]),
    "a path": (lambda: gr.Dropdown([Path("a.txt")]), prop("choices"), [["a.txt", "a.txt"]]),
    "a decimal": (lambda: gr.Dropdown([Decimal("0.5")]), prop("choices"), [["0.5", 0.5]]),
    "a number as label": (lambda: gr.Dropdown([(1, "a")]), prop("choices"), [["1", "a"]]),
    "twice the same": (lambda: gr.CheckboxGroup(["a"], value=["a", "a"]), first, ["a"]),
    "a list for one": (lambda: gr.Dropdown(["a", "b"], value=["b"]), first, "b"),
    "an empty list for one": (lambda: gr.Dropdown(["a"], value=[]), first, None),
    "no number": (lambda: gr.Dropdown([math.nan, 1.0]), prop("choices"), [["nan", None], ["1.0", 1]]),
    "no choices": (lambda: gr.Radio([]), prop("choices"), []),
    "the same choice twice": (lambda: gr.Radio(["a", "a"], value="a"), first, "a"),
    "a number in a text": (lambda: gr.Number("3"), first, 3),
    "a text without a number": (lambda: gr.Number(""), first, None),
    "nothing to be ignored": (lambda: gr.Image(show_share_button=False, watermark=None), first, None),
    "a place in a text": (lambda: gr.Slider(0, 1, "0.5"), first, 0.5),
    "precision": (lambda: gr.Number(1.5, precision=np.float64(0)), first, 2),
    "no label": (lambda: gr.Textbox(label=None), prop("label"), "Textbox"),
    "no end of a recording": (lambda: gr.Audio(max_length=math.inf), lambda one: one.longest_s, math.inf),
    "no batches of examples": (
        lambda: gr.Examples(["a"], gr.Textbox(), batch=False, examples_per_page=np.int64(5)),
        prop("per_page"),
        5,
    ),
    "any file": (lambda: gr.File(file_types=["*"]), prop("accept"), []),
    "an example of a chat": (lambda: gr.Chatbot(examples=["Hi"]), lambda one: one.examples[0]["text"], "Hi"),
    "options of a camera": (
        lambda: gr.Image(webcam_options={"mirror": 0, "size": np.array([64.0, 48])}),
        lambda one: (one.webcam_options.mirror, one.webcam_options.size),
        (False, [64, 48]),
    ),
    "an end of its own": (lambda: gr.Slider(3, 3), first, 3),
    "decimals": (lambda: gr.Slider(0, 1, step=Decimal("0.5")), prop("step"), 0.5),
    "no end": (lambda: gr.Number(1, minimum=-math.inf, maximum=math.inf), prop("maximum"), None),
    "a width in a text": (lambda: gr.Textbox(min_width="160"), prop("min_width"), 160),
    "a width in pixels": (lambda: gr.File(height="100px"), prop("height"), 100),
    "a label that is a number": (lambda: gr.Textbox(label=np.int64(3)), prop("label"), "3"),
    "a table of examples": (
        lambda: gr.Examples(np.array([["a", "b"]]), [gr.Textbox(), gr.Textbox()]),
        lambda one: len(one.wire(one.initial())),
        1,
    ),
    "examples of a generator": (
        lambda: gr.Examples((each for each in "ab"), gr.Textbox()),
        lambda one: len(one.wire(one.initial())),
        2,
    ),
}


@pytest.mark.parametrize(("make", "words", "look", "expected"), WARNED.values(), ids=WARNED)
def test_one_warning_says_what_is_taken_instead(
    make: Callable[[], Any], words: str, look: Callable[[Any], object], expected: object
) -> None:
    with warnings.catch_warnings(record=True) as caught, gr.Blocks() as demo:
        warnings.simplefilter("always")
        made = make()
    assert [words in str(warning.message) for warning in caught] == [True]
    assert caught[0].filename == __file__
    assert look(made) == pytest.approx(expected)
    json.dumps(demo.freeze().page(), allow_nan=False)


@pytest.mark.parametrize(("make", "look", "expected"), SILENT.values(), ids=SILENT)
def test_what_loses_nothing_is_taken_without_a_word(
    make: Callable[[], Any], look: Callable[[Any], object], expected: object
) -> None:
    with gr.Blocks() as demo:
        made = make()
    assert look(made) == expected
    json.dumps(demo.freeze().page(), allow_nan=False)


def test_true_and_one_are_two_choices() -> None:
    with gr.Blocks():
        group = gr.CheckboxGroup([1, True, "1"], type="index")
    assert group.validate([True, 1.0], None) == [True, 1]
    assert group.preprocess([True, 1, "1"], None) == [1, 0, 2]


@pytest.mark.parametrize(
    "options",
    [
        *({"batch": False}, {"batch": np.bool_(False)}, {"every": None}, {"status_tracker": None}, {"queue": 1}),
        *({"queue": None}, {"show_progress": None}, {"concurrency_limit": np.int64(2)}, {"concurrency_id": 3}),
        *({"js": False}, {"preprocess": True}, {"validator": None}, {"batch": None}, {"batch": 0}),
        *({"max_batch_size": 4}, {"batch": False, "max_batch_size": np.int64(4)}, {"show_progress": 1}),
        *({"concurrency_limit": 2.0}, {"concurrency_id": 2.5}, {"scroll_to_output": False}, {"time_limit": None}),
    ],
    ids=str,
)
def test_options_that_ask_for_nothing(options: dict[str, Any]) -> None:
    with gr.Blocks() as demo:
        gr.Button().click(print, **options)
    assert len(demo.freeze().bindings) == 1


@pytest.mark.parametrize(
    "options",
    [
        *({"batch": False}, {"validator": None}, {"show_progress": True}, {"examples": []}),
        *({"batch": None}, {"batch": np.bool_(False), "max_batch_size": 4}, {"max_batch_size": None}),
        *({"title": np.int64(3)}, {"title": "\ud800"}, {"css": "\ud800"}, {"submit_btn": 3}),
    ],
)
def test_interfaces_that_ask_for_nothing(options: dict[str, Any]) -> None:
    assert gr.Interface(str, "text", "text", **options).freeze().bindings


def test_numbers_of_numpy_for_the_queue() -> None:
    with gr.Blocks() as demo:
        demo.queue(max_size=np.int64(3), default_concurrency_limit=np.int32(2))
    assert (demo.max_waiting, demo.default_concurrency_limit) == (3, 2)
    demo.queue(max_size="4", default_concurrency_limit=np.float64(3))  # type: ignore[arg-type]
    assert (demo.max_waiting, demo.default_concurrency_limit) == (4, 3)
    assert type(demo.default_concurrency_limit) is int


def test_an_app_that_asks_for_nothing() -> None:
    demo = gr.Blocks(analytics_enabled=False, delete_cache=None).queue(api_open=False)
    off = dict.fromkeys(("share", "show_api", "ssr_mode", "pwa", "mcp_server", "enable_monitoring"), False)
    demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, **off)
    demo.close()
    with pytest.warns(UserWarning, match=r"launch\(\) ignores strict_cors"):
        demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, strict_cors=False)
    demo.close()


def test_the_old_way_to_say_how_many_calls_run_at_once() -> None:
    with pytest.warns(UserWarning, match="queue\\(\\) ignores concurrency_count: say concurrency_limit="):
        assert gr.Blocks().queue(concurrency_count=3).default_concurrency_limit == 1


def test_what_lies_in_itself_is_refused_by_name_wherever_it_is_given() -> None:
    itself: list[Any] = []
    itself.append(itself)
    too_deep = "more than 64 lists or dicts lie within each other"
    with gr.Blocks():
        text, button = gr.Textbox(label="Text"), gr.Button("Go")
        with pytest.raises(gr.DeclarationError, match=f"example 0 .*Textbox 'Text' cannot take.*{too_deep}"):
            gr.Examples([itself], text)
        with pytest.raises(gr.DeclarationError, match=rf"click: concurrency_id= cannot be read.*{too_deep}"):
            button.click(str, None, text, concurrency_id=itself)  # type: ignore[call-overload]


def test_the_components_have_a_second_name() -> None:
    import millstream.components as components

    assert components.Textbox is gr.Textbox
    with pytest.raises(AttributeError, match="has no attribute 'Carousel', which is not there yet; instead"):
        components.Carousel  # noqa: B018  # looked up for its error


def test_options_take_numbers_of_numpy_too() -> None:
    size, rate = (np.int64(64), np.int16(48)), np.float32(0.5)
    assert gr.WebcamOptions(size=size, quality=rate).size == (64, 48)  # type: ignore[arg-type]
    assert gr.WaveformOptions(skip_length=np.int64(3)).skip_length == 3  # type: ignore[arg-type]
    assert gr.AlgoOptions(audio_chunk_duration=np.float64(0.5)).audio_chunk_duration == 0.5
    assert type(gr.ReplyOnPause(print, pause=np.float64(0.5)).pause) is float


@pytest.mark.parametrize(
    ("options", "name", "expected"),
    [
        ({"stream_every": np.float32(0.5)}, "stream_every", 0.5),
        ({"stream_every": "0.1"}, "stream_every", 0.1),
        ({"stream_every": Decimal("0.25")}, "stream_every", 0.25),
        ({"time_limit": np.int64(3)}, "time_limit", 3),
        ({"time_limit": "30"}, "time_limit", 30),
        ({"time_limit": math.inf}, "time_limit", None),
        ({"time_limit": sys.maxsize}, "time_limit", None),
        ({"time_limit": 10**400}, "time_limit", None),
        ({"max_backlog": np.int8(2)}, "max_backlog", 2),
    ],
)
def test_options_of_a_stream(options: dict[str, Any], name: str, expected: object) -> None:
    with gr.Blocks() as demo:
        camera = gr.Image(sources="webcam", streaming=True)
        gr.on([camera.stream], lambda frame: frame, camera, gr.Image(), **options)
    (binding,) = demo.freeze().bindings
    assert (binding.stream, getattr(binding, name)) == (camera.id, expected)
    assert type(getattr(binding, name)) in (int, float, type(None))


@pytest.mark.parametrize(
    ("options", "words", "name", "expected"),
    [
        ({"stream_every": -1}, "Image 'Image'.stream: stream_every=-1", "stream_every", 0),
        (
            {"time_limit": 1e-9},
            "Image 'Image'.stream: time_limit=1e-09 is too short; 0.01 is taken",
            "time_limit",
            0.01,
        ),
        ({"show_progress": "some"}, "Image 'Image'.stream: show_progress='some'", "show_progress", "minimal"),
    ],
)
def test_options_that_are_put_right(options: dict[str, Any], words: str, name: str, expected: object) -> None:
    with gr.Blocks() as demo:
        camera, shown = gr.Image(sources="webcam", streaming=True), gr.Image()
        with pytest.warns(UserWarning, match=words):
            camera.stream(lambda frame: frame, camera, shown, **options)
    assert getattr(demo.freeze().bindings[0], name) == expected


def test_a_camera_that_nobody_can_use_is_told_when_its_stream_is_declared() -> None:
    with gr.Blocks() as demo:
        camera, shown = gr.Image(sources="webcam", interactive=False, label="Cam"), gr.Image()
        with pytest.warns(UserWarning, match="Image 'Cam' has interactive=False: nobody can record with it"):
            camera.stream(lambda frame: frame, camera, shown)
    assert demo.freeze().bindings[0].stream == camera.id


def test_options_objects_warn_of_what_they_put_right() -> None:
    with pytest.warns(UserWarning, match=r"WebcamOptions: size=\(5000, 300\) is more than 4096 pixels"):
        assert gr.WebcamOptions(size=(5000, 300)).size == (4096, 300)
    with pytest.warns(UserWarning, match="WaveformOptions: skip_length=0"):
        assert gr.WaveformOptions(skip_length=0).skip_length is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: gr.WebcamOptions(size="large"), "WebcamOptions: size="),  # type: ignore[arg-type]
        (lambda: gr.WebcamOptions(size=640), "WebcamOptions: size=.640. is not"),  # type: ignore[arg-type]
        (lambda: gr.Image(webcam_options=3), "webcam_options=3"),
        (lambda: gr.Audio(waveform_options=3), "waveform_options=3"),
        (lambda: gr.ReplyOnPause(print, algo_options=3), "ReplyOnPause: algo_options=3"),  # type: ignore[arg-type]
        (lambda: gr.ReplyOnPause(print, model_options=3), "ReplyOnPause: model_options=3"),  # type: ignore[arg-type]
        (lambda: gr.ReplyOnPause(print, pause="long"), "ReplyOnPause: pause='long'"),  # type: ignore[arg-type]
        (lambda: gr.ClearButton(3), "components must be components, but got 3"),
        (lambda: gr.Button(icon=object()), "Button: icon="),
        (lambda: gr.Blocks(css=["a", "b"]), "Blocks: css="),  # type: ignore[arg-type]
        (lambda: gr.Blocks(theme=3), "theme=3"),  # type: ignore[arg-type]
        (lambda: gr.Blocks(theme={3: "x"}), "the theme sets 3"),  # type: ignore[dict-item]
        (lambda: gr.Tab(["a"]), r"Tab: label=\['a'\]"),  # type: ignore[arg-type]
        (lambda: gr.Interface(str, "text", "text", title=object()), "Interface: title="),
    ],
)
def test_errors_name_component_and_argument(make: Callable[[], Any], words: str) -> None:
    with gr.Blocks(), pytest.raises(gr_errors.DeclarationError, match=words):
        make()


def test_any_object_that_names_a_path_is_a_path(tmp_path: Path) -> None:
    class Named:
        def __fspath__(self) -> str:
            return str(tmp_path / "style.css")

    (tmp_path / "style.css").write_text("body { color: red }")
    assert gr.Blocks(css=Named()).look.css == "body { color: red }"  # type: ignore[arg-type]
