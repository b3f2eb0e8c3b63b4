import warnings

import numpy as np
import pytest

import millstream as gr
from millstream.errors import DeclarationError
from millstream.testing import TestPage


def shapes(tree: dict) -> object:
    children = tree.get("children")
    return tree["type"] if not children else {tree["type"]: [shapes(child) for child in children]}


def test_inputs_on_the_left_and_outputs_on_the_right() -> None:
    demo = gr.Interface(lambda name, size: name, ["text", gr.Slider(0, 10)], "text", title="Hi", description="*a*")
    manifest = demo.freeze()
    assert manifest.title == "Hi"
    assert shapes(manifest.page()["root"]) == {
        "blocks": [
            "markdown",
            "markdown",
            {"row": [{"column": ["textbox", "slider", {"row": ["button", "button"]}]}, {"column": ["textbox"]}]},
        ]
    }
    name, size = demo.input_components
    (output,) = demo.output_components
    assert (name.label, size.label, output.label) == ("name", "size", "output")
    assert (name.props()["interactive"], output.props()["interactive"]) == (True, False)
    clear, run = manifest.bindings
    assert run.inputs == (name.id, size.id)
    assert run.outputs == (output.id,)
    assert [event for _, event in run.targets] == ["click", "submit"]
    assert clear.outputs == (name.id, size.id, output.id)


def test_labels_that_were_given_stay() -> None:
    demo = gr.Interface(lambda name: (name, name), gr.Textbox(label="Name"), ["text", gr.Textbox(label="Out")])
    assert demo.input_components[0].label == "Name"
    assert [output.label for output in demo.output_components] == ["output 0", "Out"]


def test_a_live_camera_is_streamed() -> None:
    camera = gr.Image(sources=["webcam"], streaming=True)
    demo = gr.Interface(np.flipud, camera, "image", live=True)
    manifest = demo.freeze()
    stream = next(binding for binding in manifest.bindings if binding.is_stream)
    assert (stream.time_limit, stream.stream_every, stream.stream) == (30, 0.5, camera.id)
    assert len(manifest.bindings) == 2  # the other one clears
    assert camera.props()["streaming"] is True


def test_time_limit_and_interval_can_be_chosen() -> None:
    camera = gr.Image(sources=["webcam"], streaming=True)
    demo = gr.Interface(np.flipud, camera, "image", live=True, time_limit=None, stream_every=0.1, clear_btn=None)
    (stream,) = demo.freeze().bindings
    assert (stream.time_limit, stream.stream_every) == (None, 0.1)


def test_a_memory_is_one_state_and_begins_with_the_parameters_default() -> None:
    def transcribe(memory=("hello",), chunk=None): ...

    microphone = gr.Audio(sources=["microphone"], streaming=True)
    demo = gr.Interface(transcribe, ["state", microphone], ["state", "text"], live=True)
    state = demo.input_components[0]
    assert demo.output_components[0] is state
    assert state.initial() == ("hello",)
    stream = next(binding for binding in demo.freeze().bindings if binding.is_stream)
    assert stream.inputs == (state.id, microphone.id)
    assert stream.outputs == (state.id, demo.output_components[1].id)
    assert stream.keep == "all"


def test_live_without_a_stream_runs_on_every_change() -> None:
    demo = gr.Interface(lambda a, b: a + b, ["number", "number"], "number", live=True, clear_btn=None)
    (binding,) = demo.freeze().bindings
    a, b = demo.input_components
    assert binding.targets == ((a.id, "change"), (b.id, "change"), (None, "load"))


def test_a_generator_can_be_stopped() -> None:
    def count(n):
        yield from range(int(n))

    demo = gr.Interface(count, "number", "number")
    manifest = demo.freeze()
    _clear, turn, run, back, stop = manifest.bindings
    assert run.handler.fn is count
    assert turn.targets == run.targets
    assert back.after == (run.number, "then")
    assert stop.cancels == (run.number,)
    submit_button, stop_button = (manifest.elements[number] for number in turn.outputs)
    assert (submit_button.visible, stop_button.visible) == (True, False)
    hide, show = turn.handler.fn()
    assert (hide.changes, show.changes) == ({"visible": False}, {"visible": True})
    assert back.outputs == (stop_button.id, submit_button.id)


def test_buttons_of_ones_own() -> None:
    mine = gr.Button("Do it")
    demo = gr.Interface(lambda x: x, "text", "text", submit_btn=mine, clear_btn="Away")
    labels = [element.value for element in demo.freeze().elements.values() if isinstance(element, gr.Button)]
    assert labels == ["Away", "Do it"]


def test_an_article_stands_below() -> None:
    page = gr.Interface(lambda x: x, "text", "text", article="*end*").freeze().page()
    assert page["root"]["children"][-1]["type"] == "markdown"


def test_a_clear_button_of_ones_own() -> None:
    mine = gr.Button("Wipe", key="x")
    wiping = gr.Interface(lambda x: x, "text", "text", clear_btn=mine)
    assert wiping.freeze().bindings[0].targets[0][1] == "click"
    assert "Wipe" in [getattr(element, "value", None) for element in wiping.elements.values()]
    own = gr.ClearButton(value="Off")
    assert own in gr.Interface(lambda x: x, "text", "text", clear_btn=own).elements.values()


def test_no_inputs() -> None:
    demo = gr.Interface(lambda: "hello", None, "text", clear_btn=None)
    (binding,) = demo.freeze().bindings
    assert binding.inputs == ()


def test_an_input_that_is_also_the_output_is_shown_once() -> None:
    picture = gr.Image()
    manifest = gr.Interface(lambda x: x, picture, picture).freeze()
    assert len([element for element in manifest.elements.values() if isinstance(element, gr.Image)]) == 1


@pytest.mark.parametrize(
    "name",
    ["audio", "Image", "playable_video", "chatbot", "webcam", "mic", "label", "markdown", "html", "state", "textbox"],
)
def test_strings_stand_for_components(name: str) -> None:
    gr.Interface(lambda x: x, "text", name).freeze()


def test_an_unknown_string() -> None:
    with pytest.raises(DeclarationError, match="there is no component 'imge'; strings may be audio, barplot, chatbot"):
        gr.Interface(lambda x: x, "imge", "text")


def test_the_wrong_number_of_inputs() -> None:
    with pytest.raises(DeclarationError, match="2 inputs"):
        gr.Interface(lambda x: x, ["text", "text"], "text")


def test_keywords() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gr.Interface(lambda x: x, "text", "text", allow_duplication=True)
    assert ["allow_duplication" in str(warning.message) for warning in caught] == [True]
    assert caught[0].filename == __file__
    with pytest.raises(TypeError, match="exmples"):
        gr.Interface(lambda x: x, "text", "text", exmples=[["a"]])


def test_additional_inputs_are_in_a_fold_and_come_last() -> None:
    def said(word: str, times: float, memory: str = "m") -> str:
        return word * int(times) + memory

    demo = gr.Interface(said, "text", "text", additional_inputs=[gr.Slider(1, 9, 2), "state"])
    word, times, _ = demo.input_components
    fold = times.parent
    assert isinstance(fold, gr.Accordion)
    assert (fold.label, fold.open, times.label) == ("Additional inputs", False, "times")
    assert [child.tag for child in word.parent.children] == ["textbox", "accordion", "state", "row"]
    with TestPage(demo) as page:
        page.set(word, "a")
        page.click("Submit")
        page.advance(1)
        assert page.value(demo.output_components[0]) == "aam"


def test_the_fold_may_have_another_name_or_be_ones_own() -> None:
    def declare(accordion: object) -> gr.Interface:
        return gr.Interface(max, "text", "text", additional_inputs="text", additional_inputs_accordion=accordion)

    assert declare("More").input_components[1].parent.label == "More"
    mine = gr.Accordion("Mine", open=True)
    assert declare(mine).input_components[1].parent is mine


def test_what_the_outputs_show_of_a_run_can_be_chosen() -> None:
    def shown(**keywords: object) -> set[str]:
        demo = gr.Interface(lambda x: x, "text", "text", clear_btn=None, **keywords)
        return {binding.show_progress for binding in demo.freeze().bindings}

    assert (shown(), shown(show_progress="hidden")) == ({"full"}, {"hidden"})
    assert shown(live=True, show_progress="minimal") == {"minimal"}


def test_an_interface_can_be_a_part_of_an_app() -> None:
    with gr.Blocks() as demo:
        gr.Markdown("Above")
        with gr.Tab("One"):
            gr.Interface(lambda x: x, "text", "text").render()
    assert len(demo.freeze().bindings) == 2


def test_components_made_inside_of_an_app_move_into_the_interface() -> None:
    with gr.Blocks() as demo:
        gr.Interface(lambda x: x, gr.Textbox(), gr.Textbox(label="Out"), submit_btn=gr.Button("Go"))
        after = gr.Number()
    manifest = demo.freeze()
    assert [child["type"] for child in manifest.page()["root"]["children"]] == ["column", "number"]
    assert [component.name for component in manifest.components.values()] == [
        "Textbox 'x'", "Button 'Clear'", "Button 'Go'", "Textbox 'Out'", "Number 'Number'",
    ]  # fmt: skip
    assert manifest.elements[after.id] is after


def test_a_live_camera_asks_no_validator_and_says_so() -> None:
    camera = gr.Image(sources="webcam", streaming=True)
    with pytest.warns(UserWarning, match="validator= is not called for each frame"):
        gr.Interface(lambda picture: picture, camera, "image", live=True, validator=lambda picture: None)


def test_a_live_camera_runs_as_well_when_other_inputs_change() -> None:
    seen: list[tuple[bool, float]] = []

    def dim(picture: object, strength: float) -> object:
        seen.append((picture is None, strength))
        return picture

    app = gr.Interface(dim, [gr.Image(sources="webcam", streaming=True), gr.Slider(0, 10)], "image", live=True)
    _, stream, change = app.freeze().bindings
    assert stream.is_stream
    assert not change.is_stream
    assert stream.concurrency_key != change.concurrency_key  # the change does not wait for the end of the stream
    with TestPage(app) as page:
        page.set("strength", 3)
        page.advance(1)
        assert seen == [(True, 3)]
        page.stream("picture", [np.zeros((8, 8, 3), np.uint8)], rate_hz=10)
        page.set("strength", 4)
        page.advance(1)
        assert seen[1:] == [(False, 3), (False, 4)]
