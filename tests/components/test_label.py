import numpy as np
import pytest

import millstream as gr
from millstream.errors import InvalidValue


def test_confidences_are_ranked() -> None:
    label = gr.Label(num_top_classes=2)
    stored = label.postprocess({"cat": 0.2, "dog": np.float32(0.5), "cow": 0.3}, None)
    assert stored == {
        "label": "dog",
        "confidences": [{"label": "dog", "confidence": 0.5}, {"label": "cow", "confidence": 0.3}],
    }
    assert label.wire(stored) == stored
    assert label.preprocess(stored, None) == {"dog": 0.5, "cow": 0.3}


@pytest.mark.parametrize(("value", "label"), [("cat", "cat"), (5, "5"), (0.5, "0.5")])
def test_one_label(value: object, label: str) -> None:
    stored = gr.Label().postprocess(value, None)
    assert stored == {"label": label, "confidences": None}
    assert gr.Label().preprocess(stored, None) == label


def test_nothing() -> None:
    assert gr.Label().postprocess(None, None) is None
    assert gr.Label().postprocess({}, None) is None
    assert gr.Label().preprocess(None, None) is None


@pytest.mark.parametrize(
    "value", [{"a": "b"}, {"a": float("nan")}, {"a": None}, ["a"], {"path": "/etc/passwd"}, np.zeros(2)]
)
def test_what_is_not_a_label(value: object) -> None:
    with pytest.raises(InvalidValue, match="Label 'Label' takes a dict"):
        gr.Label().postprocess(value, None)


def test_properties() -> None:
    with gr.Blocks():
        props = gr.Label(num_top_classes=3, show_heading=False, color="red").props()
    assert (props["num_top_classes"], props["show_heading"], props["color"]) == (3, False, "red")
