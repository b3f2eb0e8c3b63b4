from typing import Any

import pytest

import millstream as gr
from millstream.errors import DeclarationError, InvalidValue
from millstream.testing import TestPage

TEXT = "Ada met Babbage"


def entity(start: int, end: int, label: str, key: str = "entity") -> dict[str, object]:
    return {key: label, "start": start, "end": end, "score": 0.9}


@pytest.mark.parametrize(
    ("value", "stretches"),
    [
        ([("a", "x"), ["b", None], ("c", 0.5)], [("a", "x"), ("b", None), ("c", 0.5)]),
        ({"text": TEXT, "entities": []}, [(TEXT, None)]),
        (
            {"text": TEXT, "entities": [entity(8, 15, "PER"), entity(0, 3, "PER", "entity_group")]},
            [("Ada", "PER"), (" met ", None), ("Babbage", "PER")],
        ),
        ({"text": TEXT, "entities": [entity(0, 7, "A"), entity(4, 99, "B")]}, [("Ada met", "A"), (" Babbage", "B")]),
        ({"text": TEXT, "entities": [entity(0, 7, "A"), entity(4, 6, "B")]}, [("Ada met", "A"), (" Babbage", None)]),
        ({"text": "", "entities": []}, []),
        (None, None),
    ],
)
def test_texts_and_their_labels(value: object, stretches: Any) -> None:
    text = gr.HighlightedText()
    stored = text.postprocess(value, None)
    assert stored == stretches
    assert text.preprocess(stored, None) == stretches
    if stretches:
        assert text.wire(stored) == [{"token": one, "class_or_confidence": label} for one, label in stretches]


def test_neighbours_with_the_same_label_become_one() -> None:
    text = gr.HighlightedText(combine_adjacent=True, adjacent_separator=" ", show_whitespaces=False)
    given = [("a ", "x"), ("", None), ("b", "x"), (" c ", None), ("d", 1)]
    assert text.postprocess(given, None) == [("a  b", "x"), ("c", None), ("d", 1)]


@pytest.mark.parametrize(
    "wrong",
    ["text", 5, [("a",)], ["ab"], [("a", ["b"])], [("a", float("nan"))], {"text": "a"}, {"text": 1, "entities": []},
     {"text": "a", "entities": [{"entity": "x", "start": -1, "end": 1}]}, {"text": "a", "entities": ["x"]},
     [("a", None)] * 20_001],
)  # fmt: skip
def test_what_is_no_labelled_text(wrong: object) -> None:
    with pytest.raises(InvalidValue, match="HighlightedText 'HighlightedText' takes"):
        gr.HighlightedText().postprocess(wrong, None)


@pytest.mark.parametrize(
    "wrong", ["a", [["a", None]], [{"token": 1, "class_or_confidence": None}], [{"token": "a"}],
              [{"token": "a", "class_or_confidence": {}}], [{"token": "a", "class_or_confidence": None, "x": 1}]],
)  # fmt: skip
def test_what_no_page_gets_away_with(wrong: Any) -> None:
    with pytest.raises(InvalidValue, match="HighlightedText"):
        gr.HighlightedText().validate(wrong, None)


def test_a_handler_hears_which_stretch_was_selected_and_what_was_labelled() -> None:
    seen: list[object] = []

    def select(event: gr.SelectData) -> None:
        seen.append((event.index, event.value))

    with gr.Blocks() as demo:
        text = gr.HighlightedText([("Ada", "person"), (" met", None)], label="Text", interactive=True)
        text.select(select, None, None)
        text.input(seen.append, text, None)
    with TestPage(demo) as page:
        page.fire("Text", "select", {"index": 0, "value": ["Ada", "person"], "selected": True})
        page.set("Text", [{"token": "Ada met", "class_or_confidence": "x"}])
        page.fire("Text", "input")
    assert seen == [(0, ["Ada", "person"]), [("Ada met", "x")]]


def test_colours_of_labels_are_checked_while_the_app_is_declared() -> None:
    with gr.Blocks():
        props = gr.HighlightedText(color_map={"a": "red", "b": "#12f"}, rtl=True).props()
    assert props["color_map"] == {"a": "#ff0000", "b": "#1122ff"}
    with pytest.raises(DeclarationError, match=r"color_map\['a'\]='url\(x\)' is not a colour"), gr.Blocks():
        gr.HighlightedText(color_map={"a": "url(x)"})
