import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream as gr
from millstream.errors import InvalidValue
from millstream.ui.special import Address


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
