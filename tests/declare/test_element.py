import warnings

import pytest

import millstream as gr
from millstream.declare.element import UNJOINED, Element, current_parent, detached
from millstream.errors import DeclarationError


def test_an_element_outside_of_any_layout_has_no_number() -> None:
    assert gr.Row().id == UNJOINED
    assert gr.Row().declaration is None


def test_classes_may_be_one_string_or_a_list() -> None:
    assert gr.Row(elem_classes="a b").elem_classes == ["a", "b"]
    assert gr.Row(elem_classes=["a", "b"]).elem_classes == ["a", "b"]
    assert gr.Row(elem_classes=["a b", "", " c ", b"d"]).elem_classes == ["a", "b", "c"]  # type: ignore[list-item]
    assert gr.Row().elem_classes == []


@pytest.mark.parametrize(("given", "shown"), [(True, True), (False, False), ("hidden", False)])
def test_hidden_is_as_good_as_invisible(given: object, shown: bool) -> None:
    with gr.Blocks():
        assert gr.Row(visible=given).props()["visible"] is shown


def test_another_word_for_visible_is_a_mistake() -> None:
    with gr.Blocks(), pytest.raises(DeclarationError, match="visible='no' is not one of True, False, 'hidden'"):
        gr.Row(visible="no")


def test_two_is_not_true_for_visible() -> None:
    with gr.Blocks(), pytest.raises(DeclarationError, match="Row: visible=2 is not one of True, False, 'hidden'"):
        gr.Row(visible=2)


def test_the_arguments_that_were_passed_are_remembered() -> None:
    assert gr.Slider(1, 9, step=2).given == {"minimum": 1, "maximum": 9, "step": 2}
    assert gr.Audio().given == {}
    assert gr.Textbox("a").given == {"value": "a"}


def test_a_subclass_remembers_its_own_arguments() -> None:
    class Percent(gr.Slider):
        def __init__(self, title: str, **more: object) -> None:
            super().__init__(0, 100, label=title, **more)

    percent = Percent("Share")
    assert percent.given == {"title": "Share"}
    assert percent.tag == "slider"
    assert percent.updated({"title": "Part"}).label == "Part"


def test_an_unknown_keyword_is_named_with_the_nearest_one() -> None:
    with pytest.raises(TypeError, match=r"Slider\(\) has no argument 'maximun'; did you mean 'maximum'\?"):
        gr.Slider(maximun=3)
    with pytest.raises(TypeError, match=r"Image\(\) has no argument 'xyz'$"):
        gr.Image(xyz=3)


@pytest.mark.parametrize("keyword", ["max_age", "validator"])
def test_what_is_not_there_yet_is_not_a_stub(keyword: str) -> None:
    with pytest.raises(TypeError, match=keyword):
        gr.Textbox(**{keyword: 1})


def test_keywords_without_meaning_are_ignored_with_one_warning_at_the_users_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gr.Image(key="a", show_share_button=True)
    assert [str(warning.message) for warning in caught] == [
        "Image() ignores show_share_button: no meaning in Millstream"
    ]
    assert caught[0].filename == __file__


def test_an_update_is_a_copy_that_keeps_number_and_parent() -> None:
    with gr.Blocks() as demo:
        slider = gr.Slider(0, 10, label="Size")
    changed = slider.updated({"maximum": 20, "value": 15})
    assert (changed.maximum, changed.label, changed.id, changed.parent) == (20, "Size", slider.id, demo)
    assert slider.maximum == 10
    assert len(demo.children) == 1


def test_an_update_is_checked() -> None:
    with gr.Blocks():
        slider = gr.Slider(0, 10)
    with pytest.raises(DeclarationError, match="minimum=11 is above maximum=10"):
        slider.updated({"minimum": 11})
    with pytest.raises(TypeError, match="nonsense"):
        slider.updated({"nonsense": 1})


def test_a_patch_holds_what_the_arguments_determine_and_never_the_value() -> None:
    with gr.Blocks():
        box = gr.Textbox("a", lines=3)
    assert box.updated({"lines": 5, "type": "email"}).patch(["lines", "type", "value"]) == {"lines": 5, "kind": "email"}


def test_render_puts_an_element_where_it_is_called() -> None:
    box = gr.Textbox(render=False)
    with gr.Blocks() as demo:
        with gr.Row() as row:
            assert box.render() is box
        assert box.parent is row
        assert box.declaration is demo
        with pytest.raises(DeclarationError, match="has one place"):
            box.render()


def test_render_needs_a_layout() -> None:
    with pytest.raises(DeclarationError, match="call render\\(\\) inside `with Blocks"):
        gr.Textbox(label="A").render()


def test_names_tell_elements_apart() -> None:
    with gr.Blocks():
        slider = gr.Slider(label="Size")
        row = gr.Row(elem_id="top")
        plain = gr.Group()
    assert slider.name == "Slider 'Size'"
    assert repr(slider) == "<Slider 1 'Size'>"
    assert row.name == "Row 'top'"
    assert plain.name == "Group"
    assert repr(gr.Group()) == "<Group>"


def test_detached_elements_join_nothing() -> None:
    with gr.Blocks() as demo:
        with detached():
            assert current_parent.get() is None
            gr.Row()
        assert demo.children == []


def test_what_is_made_in_the_context_of_a_launched_app_is_an_update() -> None:
    with gr.Blocks() as demo:
        demo.freeze()
        update = gr.Slider(value=900)
        assert update.parent is None
        assert update.given == {"value": 900}
    assert demo.children == []


def test_every_class_has_a_tag_of_its_own_name() -> None:
    for kind in (gr.Image, gr.CheckboxGroup, gr.HTML, gr.Row, gr.Tab):
        assert kind.tag == kind.__name__.lower()
    assert gr.TextArea.tag == "textbox"
    assert gr.ClearButton.tag == "button"
    assert issubclass(gr.Row, Element)


def test_a_missing_attribute_is_named_with_the_nearest_one() -> None:
    with pytest.raises(AttributeError, match="Button has no 'clik'; did you mean 'click'"):
        _ = gr.Button().clik
    assert not hasattr(gr.Row(), "label")


def test_each_argument_is_an_attribute_as_it_was_given_or_by_default() -> None:
    gallery = gr.Gallery(preview=True)
    assert (gallery.preview, gallery.rows, gallery.elem_id) == (True, None, None)
    assert (gr.Chatbot(placeholder="Hello").placeholder, gr.Row(max_height=5).max_height) == ("Hello", 5)
    chat = gr.ChatInterface(lambda message, history: message, description="Echo")
    assert (chat.description, chat.examples, chat.run_examples_on_click) == ("Echo", None, True)
    with pytest.raises(AttributeError, match="Gallery has no 'preveiw'; did you mean 'preview'"):
        _ = gallery.preveiw


def test_arguments_may_be_amended_until_an_element_is_in_the_tree() -> None:
    box = gr.Textbox("a", lines=3, render=False)
    box.amend(label="Name", visible=False)
    with gr.Blocks() as demo:
        box.render()
    assert (box.label, box.visible, box.lines) == ("Name", False, 3)
    assert box.updated({"lines": 4}).label == "Name"
    assert demo.children == [box]


def test_updates_do_not_warn_again() -> None:
    with gr.Blocks(), pytest.warns(UserWarning, match="lines=0"):
        box = gr.Textbox(lines=0)
    assert box.updated({"lines": 2}).lines == 2


def test_unrender_leaves_the_tree() -> None:
    with gr.Blocks() as demo:
        with gr.Row(elem_id="row") as row:
            box = gr.Textbox(elem_id="box")
        assert row.unrender() is row
        assert (row.id, row.parent, demo.children) == (UNJOINED, None, [])
        gr.Number(elem_id="box").unrender()
        row.render()
    assert demo.freeze().elements[box.id] is box
    with pytest.raises(DeclarationError, match="Row 'row' cannot leave"):
        row.unrender()
    assert gr.Textbox().unrender().parent is None
