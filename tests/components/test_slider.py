import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream as gr
from millstream.errors import InvalidValue


def slider(*arguments: object, **keywords: object) -> gr.Slider:
    with gr.Blocks():
        return gr.Slider(*arguments, **keywords)


@pytest.mark.parametrize(
    ("minimum", "maximum", "step"),
    [(0, 100, 1), (0, 1, 0.01), (0, 10, 0.1), (0, 5, 0.01), (0, 12345, 100), (-1, 1, 0.01)],
)
def test_the_default_step(minimum: float, maximum: float, step: float) -> None:
    assert slider(minimum, maximum).step == step


def test_it_starts_at_its_left_end() -> None:
    assert slider(3, 9).initial() == 3
    assert slider(3, 9, 5).initial() == 5
    assert slider().postprocess(None, None) == 0


@pytest.mark.parametrize(("value", "shown"), [(float("nan"), 1), (np.float32("-inf"), 1), (np.inf, 10)])
def test_a_number_that_is_not_finite_is_at_one_of_its_ends(value: float, shown: int) -> None:
    with pytest.warns(UserWarning, match="numbers from 1 to 10"):
        assert slider(1, 10).postprocess(value, None) == shown


def test_out_of_range() -> None:
    component = slider(0, 10)
    for value in (-1, 11):
        with pytest.raises(InvalidValue, match="numbers from 0 to 10"):
            component.validate(value, None)
        with pytest.warns(UserWarning, match="numbers from 0 to 10; others are brought back"):
            assert component.postprocess(value, None) == min(max(value, 0), 10)


def test_off_step() -> None:
    component = slider(0, 10, 3.3, step=2)
    with pytest.raises(InvalidValue, match="steps of 2 from 0"):
        component.validate(3, None)
    assert component.validate(3.3, None) == 3.3  # the value it starts with: "Reset" brings it back
    assert slider(0, 9, step=2).validate(9, None) == 9  # the right end
    assert component.postprocess(3, None) == 3
    assert slider(0, 10, lambda: 3.3, step=2).validate(3.3, None) == 3.3


@given(st.integers(0, 2000))
def test_floating_point_is_forgiven(steps: int) -> None:
    component = slider(-1, 1, step=0.001)
    assert component.validate(-1 + steps * 0.001, None) == pytest.approx(-1 + steps * 0.001)


def test_a_random_start_is_a_number_as_people_write_it() -> None:
    component = slider(-1, 1, step=0.05, randomize=True)
    assert all(len(str(abs(component.value()))) <= 4 for _ in range(200))
    assert isinstance(slider(0, 9, step=3, randomize=True).value(), int)
    assert 0 <= slider(0, 1e-12, step=1e-13, randomize=True).value() <= 1e-12


def test_a_random_start_is_on_a_step_and_differs() -> None:
    component = slider(0, 100, randomize=True)
    values = {component.initial() for _ in range(50)}
    assert len(values) > 1
    for value in values:
        component.validate(value, None)


def test_precision() -> None:
    assert type(slider(0, 10, step=1, precision=0).validate(3.0, None)) is int


def test_properties() -> None:
    props = slider(0, 1, step=0.05).props()
    assert {"minimum": 0, "maximum": 1, "step": 0.05, "buttons": ["reset"]}.items() <= props.items()
    assert slider(show_reset_button=False).buttons == []
    assert slider(buttons=[]).buttons == []
