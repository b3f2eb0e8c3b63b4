"""Tokens are good for one return, and for no other session; a welcome that never arrived costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from millstream.runtime.state.resume_tokens import ResumeTokens


@dataclass(eq=False)
class Session:
    seen: int = 1


def tokens() -> ResumeTokens[Session]:
    return ResumeTokens(lambda session: session.seen)


def test_a_token_finds_its_session_until_the_page_is_heard_with_the_next_one() -> None:
    issued, session = tokens(), Session()
    first = issued.issue(session)
    assert issued.find(first) is session
    second = issued.issue(session, first)
    assert issued.find(first) is session, "the welcome with the next one may never have arrived"
    assert issued.find(second) is session
    session.seen += 1
    assert issued.find(first) is None
    assert issued.find(second) is session


def test_a_welcome_that_never_arrived_voids_the_token_in_it_and_not_the_one_before() -> None:
    issued, session = tokens(), Session()
    first = issued.issue(session)
    for _ in range(5):
        lost = issued.issue(session, first)
        third = issued.issue(session, first)
        assert issued.find(lost) is None
        assert issued.find(first) is issued.find(third) is session
    assert len(issued) == 2


def test_nothing_but_hashes_is_kept_and_nothing_of_a_session_that_is_over() -> None:
    issued, session = tokens(), Session()
    first = issued.issue(session)
    second = issued.issue(session, first)
    assert first not in repr(vars(issued))
    assert len({first, second}) == 2
    assert min(len(first), len(second)) >= 43, "256 bits"
    issued.revoke(session)
    issued.revoke(session)
    assert issued.find(first) is issued.find(second) is issued.find("") is issued.find("\ud800") is None
    assert len(issued) == 0


class Returns(RuleBasedStateMachine):
    """Pages that come back, over links that may lose the welcome, and somebody who collects all tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.issued = tokens()
        self.sessions = [Session(), Session()]
        self.ever: dict[str, Session] = {}
        self.held: dict[Session, str] = {}
        self.linked: set[Session] = set()
        for session in self.sessions:
            self.welcome(session, self.issued.issue(session))

    def welcome(self, session: Session, token: str) -> None:
        self.ever[token], self.held[session] = session, token
        self.linked.add(session)

    @rule(which=st.integers(0, 1), arrives=st.booleans())
    def come_back(self, which: int, arrives: bool) -> None:
        session = self.sessions[which]
        token = self.issued.issue(session, self.held[session])
        self.ever[token] = session
        self.linked.discard(session)
        if arrives:
            self.welcome(session, token)

    @rule(which=st.integers(0, 1))
    def speak(self, which: int) -> None:
        session = self.sessions[which]
        if session in self.linked:  # else nothing that it says arrives
            session.seen += 1
            good = [token for token, owner in self.ever.items() if owner is session and self.issued.find(token)]
            assert good == [self.held[session]]

    @invariant()
    def a_page_can_always_come_back(self) -> None:
        assert all(self.issued.find(token) is session for session, token in self.held.items())

    @invariant()
    def no_token_finds_another_session_and_two_at_most_are_good(self) -> None:
        assert all(self.issued.find(token) in (None, session) for token, session in self.ever.items())
        assert len(self.issued) <= 2 * len(self.sessions)


TestReturns = Returns.TestCase
