import pytest

import millstream as gr
from millstream.declare.declaration import Declaration
from millstream.declare.tree import PageEvent
from millstream.errors import DeclarationError


def test_the_root_is_number_zero() -> None:
    with Declaration(title="A") as declaration:
        row = gr.Row()
    assert (declaration.id, row.id) == (0, 1)
    assert declaration.declaration is declaration
    assert row.declaration is declaration
    assert repr(declaration) == "<Declaration 0>"


def test_elem_ids_should_be_unique() -> None:
    with gr.Blocks() as demo:
        gr.Textbox(elem_id="a", label="One")
        with pytest.warns(UserWarning, match="Number 'Two' and Textbox 'One' have the same elem_id 'a': rename"):
            gr.Number(elem_id="a", label="Two")
    assert len(demo.children) == 2


def test_events_of_the_page() -> None:
    assert isinstance(Declaration.load, PageEvent)
    with gr.Blocks() as demo:
        demo.load(lambda: None)
        demo.unload(lambda: None)
    assert [binding.targets for binding in demo.freeze().bindings] == [((None, "load"),), ((None, "unload"),)]


def test_nothing_can_be_added_to_a_frozen_app() -> None:
    with gr.Blocks() as demo:
        button = gr.Button("Go")
    demo.freeze()
    with demo:
        with pytest.raises(DeclarationError, match=r"Button 'Go'.click comes too late: the app is launched already"):
            button.click(lambda: None)
        with pytest.raises(DeclarationError, match="comes too late"):
            gr.Number().render()


def app(label: str, css: str = "") -> gr.Blocks:
    with gr.Blocks(css=css) as inner:
        box = gr.Textbox(label=label)
        box.change(lambda x: x, box, box)
    return inner


def test_an_app_can_be_a_part_of_another() -> None:
    first, second = app("A", "a {}"), app("B", "b {}")
    with gr.Blocks(css="o {}") as outer:
        with gr.Tab("One"):
            first.render()
        with gr.Tab("Two"):
            second.render()
    manifest = outer.freeze()
    assert [component.label for component in manifest.components.values()] == ["A", "B"]
    tabs = manifest.page()["root"]["children"][0]["children"]
    assert [tab["children"][0]["type"] for tab in tabs] == ["column", "column"]
    assert [binding.inputs for binding in manifest.bindings] == [(number,) for number in manifest.components]
    assert manifest.look.css == "o {}\na {}\nb {}"
    assert first.id != second.id
    with pytest.raises(DeclarationError, match="is a part of another app: launch that one"):
        first.freeze()


def test_an_app_declared_inside_of_another_is_a_part_of_it() -> None:
    with gr.Blocks() as outer:
        with gr.Blocks() as inner:
            box = gr.Textbox()
            box.change(lambda x: x, box)
        after = gr.Number()
    assert inner.parent is outer
    assert after.parent is outer
    assert outer.freeze().bindings[0].inputs == (box.id,)


def test_a_part_may_name_what_is_around_it() -> None:
    with gr.Blocks() as outer:
        box, button = gr.Textbox(), gr.Button()
        with gr.Row():
            run = button.click(lambda x: x, box, box)
            with gr.Blocks(), gr.Blocks():
                number = gr.Number()
                number.change(lambda x, y: x, [number, box], box, cancels=run)
    assert outer.freeze().bindings[1].inputs == (number.id, box.id)


def test_a_part_may_not_name_what_is_in_another_app() -> None:
    with gr.Blocks():
        box = gr.Textbox()
    with gr.Blocks(), pytest.raises(DeclarationError, match="belongs to an app of its own"), gr.Blocks():
        gr.Number().change(lambda x: x, box)


def test_a_part_that_failed_is_not_joined() -> None:
    with gr.Blocks() as outer, pytest.raises(RuntimeError), gr.Blocks():
        raise RuntimeError
    assert outer.children == []
