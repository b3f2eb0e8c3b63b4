import numpy as np
import pytest

import millstream as gr
from millstream.errors import InvalidValue


@pytest.mark.parametrize(
    ("value", "stored"),
    [(True, True), (None, False), (1, True), (np.bool_(True), True), (np.int8(0), False), (2, True)],
)
def test_what_handlers_may_return(value: object, stored: bool) -> None:
    assert gr.Checkbox().postprocess(value, None) is stored


@pytest.mark.parametrize("value", ["yes", [], np.array([True])])
def test_what_is_neither_yes_nor_no(value: object) -> None:
    with pytest.raises(InvalidValue, match="Checkbox 'Checkbox' takes True or False"):
        gr.Checkbox().postprocess(value, None)
