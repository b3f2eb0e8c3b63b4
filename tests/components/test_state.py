import datetime as dt
import enum

import numpy as np
import pytest

import millstream as gr
from millstream.errors import DeclarationError
from millstream.testing import TestPage


def state(*arguments: object, **keywords: object) -> gr.State:
    with gr.Blocks():
        return gr.State(*arguments, **keywords)


class Model:
    """Can be called, and is a value all the same."""

    def __call__(self) -> str:
        raise AssertionError("a value is not called")


class Single:
    """Refuses to be copied, in its own way."""

    def __deepcopy__(self, memo: dict[int, object]) -> object:
        raise RuntimeError("there is only one")


def test_every_session_has_a_copy_of_its_own() -> None:
    value = {"list": [1]}
    component = state(value)
    first = component.initial()
    first["list"].append(2)
    assert component.initial() == {"list": [1]}
    value["list"].append(3)
    assert component.initial() == {"list": [1, 3]}


def test_functions_and_classes_make_the_value() -> None:
    assert state(list).initial() == []
    assert state(lambda: 5).initial() == 5


def test_objects_that_can_be_called_are_values() -> None:
    component = state(Model())
    assert isinstance(component.initial(), Model)
    assert component.initial() is not component.initial()


def test_what_cannot_be_copied_is_found_at_once() -> None:
    with pytest.raises(DeclarationError, match=r"State: its Single cannot be copied for each page \(there is only one"):
        state(Single())
    with pytest.raises(DeclarationError, match=r"State: its generator cannot be copied for each page.*give a function"):
        state(x for x in [1])


def test_the_second_argument_says_whether_it_is_rendered() -> None:
    with gr.Blocks() as demo:
        gr.State(1, False)
    assert demo.children == []


def test_handlers_get_the_very_object() -> None:
    value = [1]
    assert state().preprocess(value, None) is value
    assert state().postprocess(value, None) is value


class Mode(enum.Enum):
    IDLE = 1
    BUSY = 2


@pytest.mark.parametrize("value", [Mode.IDLE, np.float32(0.5), np.array(3), dt.date(2026, 1, 1), range(3)])
def test_a_value_stays_what_it_is(value: object) -> None:
    seen = []

    def keep(kept: object) -> object:
        seen.append(kept)
        return kept

    with gr.Blocks() as demo:
        kept, button = gr.State(value), gr.Button("Go")
        button.click(keep, kept, kept)
    with TestPage(demo) as page:
        page.click("Go")
        page.click("Go")
    assert [type(each) for each in seen] == [type(value)] * 2
    assert seen == [value] * 2


def test_options() -> None:
    deleted = []
    component = state(1, time_to_live=5, delete_callback=deleted.append)
    assert component.time_to_live == 5
    component.delete_callback("x")
    assert deleted == ["x"]
    assert state().time_to_live == float("inf")


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["list"].append(1),
        lambda value: value.update(new=1),
        lambda value: value["set"].add(9),
        lambda value: value["array"].__setitem__(0, 9),
        lambda value: value["nested"][0][0].append(1),
    ],
)
def test_marks_show_changes_in_place(change) -> None:
    component = state()
    value = {"list": [], "set": {1}, "array": np.zeros(3), "nested": [[[]]], "tuple": (1, "a")}
    before = component.mark(value)
    assert component.mark(value) == before
    change(value)
    assert component.mark(value) != before


def test_same_arrays_are_the_same() -> None:
    mark = state().mark
    assert mark(np.zeros(3)) == mark(np.zeros(3))
    assert mark(np.zeros(3)) != mark(np.ones(3))
    assert mark(np.zeros(3)) != mark(np.zeros((3, 1)))
    assert mark(1) != mark(True)
    assert mark((8000, np.zeros(2))) == mark((8000, np.zeros(2)))
    model = Model()
    assert mark(model) == mark(model)
    assert mark(model) != mark(Model())


class Counted:
    """Says by its hash what is in it, or refuses to."""

    def __init__(self, number: int | None) -> None:
        self.number = number

    def __hash__(self) -> int:
        if self.number is None:
            raise ValueError("not counted yet")
        return self.number


def test_an_object_with_a_hash_of_its_own_shows_changes_in_place() -> None:
    mark, counted = state().mark, Counted(5)
    before = mark(counted)
    assert mark(counted) == before
    counted.number = 10
    assert mark(counted) != before
    counted.number = None
    assert mark(counted) == mark(counted)


def test_marks_end_in_values_that_contain_themselves() -> None:
    value: list[object] = []
    value.append(value)
    assert state().mark(value) == state().mark(value)


def test_other_keywords() -> None:
    assert state(key="a").key == "a"
    with pytest.raises(TypeError, match="time_to_life"):
        state(time_to_life=4)
