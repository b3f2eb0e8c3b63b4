"""Parameters that are annotated with a component: they get its arguments, as they are now, along with its value."""

import pytest

import millstream as gr
from millstream.declare.handler import inspect_handler
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage the handler runs on the loop


def test_their_inputs_are_found_wherever_they_stand() -> None:
    def plain(a, b): ...
    def second(a, b: gr.Slider): ...
    def behind(request: gr.Request, a: gr.Number, *, progress=gr.Progress(), b: "gr.Image" = None): ...
    def others(a: gr.Number | None, b: int): ...

    assert inspect_handler(plain, "x").component_inputs(2) == set()
    assert inspect_handler(second, "x").component_inputs(2) == {1}
    assert inspect_handler(behind, "x").component_inputs(1) == {0}
    assert inspect_handler(others, "x").component_inputs(2) == set()


def app() -> gr.Blocks:
    with gr.Blocks() as demo:
        strength = gr.Slider(0, 10, value=4, label="Strength")
        name = gr.Dropdown(["a", "b"], label="Name")
        said = gr.Textbox(label="Said")

        def say(text: str, strength: gr.Slider, request: gr.Request, name: gr.Dropdown) -> str:
            return f"{text} {strength.value}/{strength.maximum} {strength.label} {name.value} of {len(name.choices)}"

        def widen(strength: gr.Slider) -> object:
            strength.maximum *= 2
            strength.value = strength.maximum - 1
            return strength

        gr.Button("Say").click(say, [said, strength, name], said)
        gr.Button("Widen").click(widen, strength, strength)
        gr.Button("Leave").click(lambda strength: strength, strength, strength)
    return demo


def test_arguments_and_value_are_attributes() -> None:
    with TestPage(app()) as page:
        page.set("Said", "Now")
        page.set("Strength", 7)
        page.click("Say")
        assert page.value("Said") == "Now 7/10 Strength a of 2"


def test_what_is_set_changes_the_component_that_it_is_returned_for() -> None:
    with TestPage(app()) as page:
        page.click("Widen")
        assert page.value("Strength") == 19
        page.set("Said", "Then")
        page.click("Say")
        assert page.value("Said") == "Then 19/20 Strength a of 2"


def test_one_that_nothing_was_set_in_changes_nothing_and_has_no_other_attributes() -> None:
    seen = []

    def look(number: gr.Number) -> object:
        with pytest.raises(AttributeError, match="wide"):
            number.wide  # noqa: B018
        seen.append(repr(number))
        return number

    with gr.Blocks() as demo:
        number = gr.Number(3, label="Number", interactive=True)
        gr.Button("Look").click(look, number, number)
    with TestPage(demo) as page:
        page.set("Number", 5)
        page.click("Look")
        assert page.value("Number") == 5
    assert seen == ["update()"]


def test_inputs_by_name_and_in_a_dict() -> None:
    def by_name(*, number: gr.Number) -> float:
        return number.value + number.step

    with gr.Blocks() as demo:
        number = gr.Number(3, step=2, label="Number")
        result = gr.Number(label="Result")
        gr.Button("Name").click(by_name, None, result, inputs_kwargs={"number": number})
        gr.Button("Dict").click(lambda given: given[number] * 10, {number}, result)
    with TestPage(demo) as page:
        page.click("Name")
        assert page.value("Result") == 5
        page.click("Dict")
        assert page.value("Result") == 30
