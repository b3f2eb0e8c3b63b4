from hypothesis import given
from hypothesis import strategies as st

from millstream.client.splices import unspliced
from millstream.runtime.send.list_diff import ListDiff
from millstream.wire.messages import ALL, Outputs


def outputs(value: object, **others: object) -> Outputs:
    return Outputs(call=1, updates={7: {"value": value, **others}, 8: {"value": ["other"]}})


def tell(told: ListDiff, value: object, **others: object) -> dict[str, object]:
    given = outputs(value, **others)
    shortened = told.shortened(given, {7})
    told.note(given, {7})
    assert shortened.updates[8] == {"value": ["other"]}
    return shortened.updates[7]


def test_the_first_list_is_told_as_a_whole() -> None:
    assert tell(ListDiff(), ["a"]) == {"value": ["a"]}


def test_then_only_what_is_new_is_told() -> None:
    told = ListDiff()
    tell(told, ["a", "b"])
    assert tell(told, ["a", "b", "c"], label="L") == {"splice": [2, ["c"]], "label": "L"}
    assert tell(told, ["a", "x", "c"]) == {"splice": [1, ["x", "c"]]}
    assert tell(told, ["a"]) == {"splice": [1, []]}
    assert tell(told, []) == {"splice": [0, []]}


def test_of_a_list_in_data_what_else_has_changed_is_told_too() -> None:
    told, known = ListDiff(), {"data": [[1]], "headers": ["a"], "looks": 1}
    tell(told, known)
    update = tell(told, {"data": [[1], [2]], "headers": ["b"]}, label="L")
    assert update == {"splice": [1, [[2]], {"headers": ["b"], "looks": None}], "label": "L"}
    assert unspliced(update, known)["value"] == {"data": [[1], [2]], "headers": ["b"], "looks": None}
    assert tell(told, ["x"]) == {"value": ["x"]}, "it is no such value any more"


def test_what_another_stream_has_told_is_not_gone_on_with() -> None:
    told = ListDiff()
    tell(told, ["a"])
    other = Outputs(call=2, stream=3, updates={7: {"value": ["a", "b"]}})
    assert told.shortened(other, {7}).updates[7] == {"value": ["a", "b"]}


def test_after_it_was_forgotten_it_is_told_as_a_whole() -> None:
    told = ListDiff()
    tell(told, ["a"])
    told.forget(7)
    assert tell(told, ["a", "b"]) == {"value": ["a", "b"]}


def test_what_does_not_grow_is_left_alone() -> None:
    given = outputs(["a"])
    told = ListDiff()
    told.note(given, set())
    assert told.shortened(given, set()) is given


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=5), max_size=20))
def test_a_page_always_has_what_was_told(values: list[list[str]]) -> None:
    told, known = ListDiff(), list[object]()
    for value in values:
        known = unspliced(tell(told, list(value)), known)["value"]  # type: ignore[assignment]
        assert known == value


def test_a_page_knows_what_it_gets_at_once_it_shows_the_update_that_said_so() -> None:
    told = ListDiff()
    assert told.knows(7, 0), "as it was declared"
    told.owe([7])
    assert not told.knows(7, 100), "nothing was said so far"
    assert told.knows(8, 0)
    told.number([7], 5)
    assert [told.knows(7, seen) for seen in (0, 4, 5, 6)] == [False, False, True, True]


def test_a_page_that_does_not_say_what_it_shows_shows_all() -> None:
    told = ListDiff()
    told.owe([7])
    assert told.knows(7, ALL)


def test_of_two_updates_the_last_one_counts() -> None:
    told = ListDiff()
    for _ in range(2):
        told.owe([7])
    told.number([7], 3)
    assert not told.knows(7, 3)
    told.number([7], 9)
    assert not told.knows(7, 3)
    assert told.knows(7, 9)
