import numpy as np
import pytest

import millstream as gr
from millstream.errors import InvalidValue
from millstream.testing import TestPage


def number(**arguments: object) -> gr.Number:
    with gr.Blocks():
        return gr.Number(**arguments)


@pytest.mark.parametrize(
    ("precision", "value", "expected", "kind"), [(None, 1.26, 1.26, float), (0, 1.6, 2, int), (1, 1.26, 1.3, float)]
)
def test_precision(precision: int | None, value: float, expected: float, kind: type) -> None:
    component = number(precision=precision)
    for rounded in (component.validate(value, None), component.postprocess(value, None)):
        assert rounded == expected
        assert type(rounded) is kind


def test_bounds_are_the_users_only() -> None:
    component = number(minimum=0, maximum=5)
    with pytest.raises(InvalidValue, match="numbers from 0, but got -1"):
        component.validate(-1, None)
    with pytest.raises(InvalidValue, match="numbers up to 5, but got 6"):
        component.validate(6, None)
    assert component.postprocess(6, None) == 6


@pytest.mark.parametrize("value", [np.float32(1.5), np.float64(1.5), np.array(1.5)])
def test_numbers_of_numpy(value: object) -> None:
    stored = number().postprocess(value, None)
    assert (stored, type(stored)) == (1.5, float)


def test_numbers_too_large_to_be_exact_in_the_page() -> None:
    assert number().postprocess(2**53 + 1, None) == 2.0**53
    assert isinstance(number().postprocess(10**30, None), float)
    with pytest.raises(InvalidValue):
        number().postprocess(10**400, None)


@pytest.mark.parametrize("value", [float("nan"), -np.inf, np.float32("inf"), np.array(np.nan)])
def test_a_number_that_is_not_finite_is_shown_as_nothing(value: object) -> None:
    """As that of a level meter, which is the logarithm of 0 while nobody speaks."""
    with pytest.warns(UserWarning, match="Number 'Number' is empty for numbers that are not finite, such as"):
        assert number().postprocess(value, None) is None
    with pytest.raises(InvalidValue, match="a finite number or None"):
        number().postprocess("nan", None)


def test_properties() -> None:
    props = number(minimum=0, maximum=5, step=0.5, precision=2, placeholder="?").props()
    assert {"minimum": 0, "maximum": 5, "step": 0.5, "precision": 2, "placeholder": "?"}.items() <= props.items()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, 0),
        ({"value": None}, 0),
        ({"precision": 0}, 0),
        ({"precision": 2}, 0),
        ({"minimum": -1, "maximum": 1}, 0),
        ({"minimum": 0}, 0),
        ({"value": 3}, 3),
        ({"placeholder": "how many"}, None),
        ({"minimum": 1}, None),
        ({"maximum": -1}, None),
        ({"value": lambda: None}, None),
        ({"value": lambda: 2}, 2),
    ],
)
def test_what_a_number_begins_with(arguments: dict, expected: object) -> None:
    assert number(**arguments).initial() == expected


def test_what_is_emptied_stays_empty() -> None:
    seen: list[object] = []
    with gr.Blocks() as demo:
        count, other = gr.Number(label="Count"), gr.Number(label="Other")
        gr.Button("Note").click(lambda *values: seen.append(values), [count, other], None)
        gr.Button("Empty").click(lambda: None, None, other)
        gr.Button("Rename").click(lambda: gr.Number(label="Renamed"), None, count)
    with TestPage(demo) as page:
        page.click("Note")
        page.set("Count", None)
        page.click("Empty")
        page.click("Rename")
        page.click("Note")
    assert seen == [(0, 0), (None, None)]
