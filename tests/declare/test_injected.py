import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream as gr
from millstream.declare.injected import Address
from millstream.errors import InvalidValue


def test_an_event_tells_what_the_page_said() -> None:
    event = gr.EventData(None, {"key": "a", "count": 3})
    assert (event.target, event.key, event.count) == (None, "a", 3)
    with pytest.raises(AttributeError, match="nothing of 'other'"):
        _ = event.other
    with pytest.raises(AttributeError):
        _ = gr.EventData(None).anything


def test_a_selection() -> None:
    row = gr.Row()
    chosen = gr.SelectData(row, {"index": 2, "value": "b", "selected": False})
    assert (chosen.target, chosen.index, chosen.value, chosen.selected) == (row, 2, "b", False)
    assert gr.SelectData(row, {"index": [3, 4]}).index == [3, 4]
    assert gr.SelectData(None).selected is True


def test_a_key() -> None:
    pressed = gr.KeyUpData(None, {"key": "a", "input_value": "ba"})
    assert (pressed.key, pressed.input_value) == ("a", "ba")
    assert gr.KeyUpData(None).key == ""


@pytest.mark.parametrize("data", [{"key": 1}, {"key": "a", "input_value": ["b"]}, {"key": "x" * 10_001}])
def test_what_no_key_is(data: object) -> None:
    with pytest.raises(InvalidValue, match="key"):
        gr.KeyUpData(None, data)


plain_index = st.none() | st.integers() | st.lists(st.integers(), min_size=1, max_size=2)
plain_value = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(plain_index, plain_value, st.booleans())
def test_every_selection_of_the_right_form_is_taken(index: object, value: object, selected: bool) -> None:
    gr.SelectData(None, {"index": index, "value": value, "selected": selected})


@pytest.mark.parametrize(
    "data",
    [
        {"index": "1"},
        {"index": 1.5},
        {"index": True},
        {"index": []},
        {"index": [1, 2, 3]},
        {"index": [1, "2"]},
        {"value": {"path": "/etc/passwd"}},
        {"value": "x" * 10_001},
        {"selected": "yes"},
    ],
)
def test_other_forms_are_refused(data: object) -> None:
    with pytest.raises(InvalidValue, match="selection"):
        gr.SelectData(None, data)


@given(anything)
def test_whatever_the_page_says_raises_nothing_else(data: object) -> None:
    gr.EventData(None, data)
    try:
        gr.SelectData(None, data)
    except InvalidValue:
        pass


def test_a_request_of_its_own() -> None:
    request = gr.Request(headers={"user-agent": "x"}, client=Address("127.0.0.1", 5000), username="ann")
    assert (request.headers["user-agent"], request.client.host, request.username) == ("x", "127.0.0.1", "ann")
    assert gr.Request().query_params == {}


@pytest.mark.parametrize("kind", [gr.RetryData, gr.UndoData, gr.CopyData, gr.EditData, gr.LikeData])
def test_what_happened_to_a_message(kind: type[gr.RetryData]) -> None:
    data = kind(None, {"index": 2, "value": "hi"})
    assert (data.index, data.value) == (2, "hi")
    assert kind(None).index == 0
    for bad in ({"index": -1}, {"index": True}, {"index": "0"}, {"value": 3}, {"value": "x" * 250_001}):
        with pytest.raises(InvalidValue, match="in a form that"):
            kind(None, bad)


def test_a_message_that_was_rewritten() -> None:
    assert gr.EditData(None, {"value": "b", "previous_value": "a"}).previous_value == "a"
    with pytest.raises(InvalidValue):
        gr.EditData(None, {"previous_value": 3})


def test_a_cell_that_was_edited_or_selected() -> None:
    edited = gr.EditData(None, {"index": [1, 2], "value": True, "previous_value": None})
    assert (edited.index, edited.value, edited.previous_value) == ([1, 2], True, None)
    selected = gr.SelectData(None, {"index": [0, 1], "value": 3, "row_value": ["a", 3], "col_value": None})
    assert (selected.row_value, selected.col_value) == (["a", 3], None)
    for bad in ({"index": [1]}, {"index": [1, -1]}, {"index": [1, 2], "value": [1]}, {"index": None}):
        with pytest.raises(InvalidValue, match="a cell"):
            gr.EditData(None, bad)
    for cells in ("ab", [[1]], [0] * 10_001):
        with pytest.raises(InvalidValue, match="selection"):
            gr.SelectData(None, {"row_value": cells})


def test_feedback() -> None:
    for liked in (True, False, None, "Wrong"):
        assert gr.LikeData(None, {"liked": liked}).liked is liked
    for liked in (3, [], "x" * 10_001):
        with pytest.raises(InvalidValue, match="no feedback has"):
            gr.LikeData(None, {"liked": liked})


def test_an_example_of_a_conversation_is_a_dict() -> None:
    assert gr.SelectData(None, {"index": 0, "value": {"text": "hi"}}).value["text"] == "hi"
    for bad in ({"text": 3}, {"text": "a", "files": ["/etc/passwd"]}, {}):
        with pytest.raises(InvalidValue):
            gr.SelectData(None, {"index": 0, "value": bad})
