import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.broker import ended_logins as module
from millstream.broker.ended_logins import EARLIER, EndedLogins

ENDS = st.lists(st.tuples(st.integers(0, 40), st.floats(1, 100)), max_size=60)


@given(ENDS)
def test_what_has_ended_stays_so_however_many_there_are(ends: list[tuple[int, float]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_ENDED", 5)
        here, there = EndedLogins(), EndedLogins()
        for number, left_s in ends:
            here.add({bytes([number]): left_s}, 0.5)
        assert len(here) <= 5
        there.add(here.all(0.5), 0.5)
        first = dict(reversed(ends))
        for known in (here, there):
            assert all(known.has_ended(bytes([number]), 0.5 + left_s, 0.5) for number, left_s in first.items())


def test_what_would_have_ended_anyway_is_forgotten() -> None:
    ended = EndedLogins()
    assert ended.add({b"a": 10.0}, 0.0) == {b"a": 10.0}
    assert ended.add({b"a": 10.0, b"c": 0.0}, 0.0) == {}
    assert not ended.has_ended(b"b", 10.0, 0.0)
    assert ended.add({b"b": 9.0}, 11.0)
    assert ended.all(11.0) == {b"b": 9.0}
    assert ended.has_ended(b"a", 10.0, 11.0)


def test_of_too_many_the_one_that_ends_first_takes_those_before_it_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENDED", 2)
    ended = EndedLogins()
    ended.add({b"late": 30.0, b"early": 10.0, b"middle": 20.0}, 0.0)
    assert [ended.has_ended(b"other", until, 0.0) for until in (10.0, 11.0)] == [True, False]
    assert ended.all(1.0) == {b"late": 29.0, b"middle": 19.0, EARLIER: 9.0}
    assert EARLIER not in ended.all(10.0)
