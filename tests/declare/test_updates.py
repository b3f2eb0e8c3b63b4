import pytest

import millstream as gr
from millstream.declare.updates import changes_of
from millstream.errors import InvalidValue


def test_a_plain_value_is_not_an_update() -> None:
    for value in (None, 5, "text", {"visible": False}, [gr.skip()]):
        assert changes_of(value, gr.Textbox()) is None


def test_skip_changes_nothing() -> None:
    assert changes_of(gr.skip(), gr.Textbox()) == {}
    assert repr(gr.skip()) == "skip()"


def test_update_changes_what_it_names() -> None:
    assert changes_of(gr.update(visible=False, value=None), gr.Row()) == {"visible": False, "value": None}
    assert repr(gr.update(lines=3)) == "update(lines=3)"


def test_a_component_changes_what_was_passed() -> None:
    assert changes_of(gr.Audio(), gr.Audio(autoplay=True)) == {}
    assert changes_of(gr.Slider(0, value=5), gr.Slider()) == {"minimum": 0, "value": 5}
    assert changes_of(gr.Column(visible=False), gr.Column()) == {"visible": False}


def test_a_component_of_another_class_is_a_mistake() -> None:
    with pytest.raises(InvalidValue, match="Textbox 'Name' was updated with a Slider; return a Textbox or update"):
        changes_of(gr.Slider(value=3), gr.Textbox(label="Name"))


def test_relatives_may_update_each_other() -> None:
    assert changes_of(gr.Textbox(value="a"), gr.TextArea()) == {"value": "a"}
    assert changes_of(gr.ClearButton(value="a"), gr.Button()) == {"value": "a"}


def test_plots_may_update_each_other() -> None:
    assert changes_of(gr.LinePlot(x_lim=(1, 2)), gr.BarPlot()) == {"x_lim": (1, 2)}


def test_what_others_know_as_well_may_come_from_any_class() -> None:
    assert changes_of(gr.Textbox(visible=False), gr.Image()) == {"visible": False}
    assert changes_of(gr.Column(visible=True), gr.Row()) == {"visible": True}
    for mistaken in (gr.Textbox(), gr.Textbox("a", visible=False), gr.Slider(minimum=3)):
        with pytest.raises(InvalidValue, match="Image 'Image' was updated with a"):
            changes_of(mistaken, gr.Image())


def test_an_update_may_have_a_value_that_only_fits_the_declared_bounds() -> None:
    assert changes_of(gr.Slider(value=900), gr.Slider(0, 1000)) == {"value": 900}
    assert changes_of(gr.Dropdown(value="b"), gr.Dropdown(["a", "b"])) == {"value": "b"}


def test_an_update_may_be_the_dict_that_gradio_makes_of_it() -> None:
    assert changes_of({"__type__": "update", "value": "a", "visible": False}, gr.Textbox()) == {
        "value": "a",
        "visible": False,
    }
    assert changes_of({"value": "a"}, gr.Label()) is None
