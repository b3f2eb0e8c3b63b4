"""Sessions are found by their secrets and by their visitors, and nobody else's are looked at."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from millstream.runtime.sessions import Sessions


def session(secret: str, visitor: str) -> Any:
    return cast("Any", SessionStub(secret, visitor))


class SessionStub:
    """The part of a session that it is found by."""

    def __init__(self, secret: str, visitor: str) -> None:
        self.secret, self.visitor = secret, visitor


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30))
def test_each_is_among_those_of_its_visitor_as_long_as_it_lives(steps: list[tuple[str, bool]]) -> None:
    sessions, living = Sessions(), list[Any]()
    for number, (visitor, begins) in enumerate(steps):
        if begins or not living:
            living.append(session(f"secret {number}", visitor))
            sessions.add(living[-1])
        else:
            sessions.remove(living.pop(0))
        for name in "abc":
            assert list(sessions.of(name)) == [each for each in living if each.visitor == name]
        assert list(sessions.values()) == living
    for each in living:
        assert sessions.find(each.secret, each.visitor) is each
        assert sessions.find(each.secret, "somebody else") is None
        sessions.remove(each)
    assert not sessions._visitors, "a visitor who has left is forgotten"
