"""The tokens by which pages come back to their sessions. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from millstream.runtime.state.owned import new_secret

SessionT = TypeVar("SessionT")


class _Issued(NamedTuple):
    """The tokens of a session: the newest, the one that its page came with, and how far it had been heard then."""

    newest: bytes
    used: bytes | None
    seen: int


class ResumeTokens(Generic[SessionT]):
    """Gives each session a token for the next return of its page, and finds the session by it.

    A token is good for one return: it is used up as soon as anything is heard of a page that has the next one. Until
    then it stays good, since the welcome with the next one may never have arrived. Only hashes are kept, so that
    neither a leak of memory nor the time of a look-up tells a token.

    Args:
        heard: Gives the last sequence of a session's page that was acted upon.
        owner: The name of this gateway, with which tokens begin; empty if there is no other.
    """

    def __init__(self, heard: Callable[[SessionT], int], owner: str = "") -> None:
        self._heard = heard
        self._owner = owner
        self._sessions: dict[bytes, SessionT] = {}
        self._issued: dict[SessionT, _Issued] = {}

    def issue(self, session: SessionT, used: str = "") -> str:
        """Make the next token of a session whose page came with the token `used`; any other is void now."""
        if session in self._issued:
            self.revoke(session)
        token = new_secret(self._owner)
        issued = _Issued(digest_of(token), digest_of(used) if used else None, self._heard(session))
        self._issued[session] = issued
        self._sessions[issued.newest] = session
        if issued.used is not None:
            self._sessions[issued.used] = session
        return token

    def find(self, token: str) -> SessionT | None:
        """Find the session that a token is good for; `None` if it never was one, or is used up."""
        digest = digest_of(token)
        session = self._sessions.get(digest)
        if session is None:
            return None
        return session if digest in self.digests(session) else None

    def digests(self, session: SessionT) -> tuple[bytes, ...]:
        """Give the hashes of the tokens that are good for a session now, the newest first; none if it has none."""
        issued = self._issued.get(session)
        if issued is None:
            return ()
        is_needed = issued.used is not None and self._heard(session) == issued.seen
        return (issued.newest, issued.used) if is_needed and issued.used is not None else (issued.newest,)

    def revoke(self, session: SessionT) -> None:
        """Make the tokens of a session void: it is over. Harmless if it has none."""
        issued = self._issued.pop(session, None)
        for digest in issued[:2] if issued is not None else ():
            if digest is not None:
                del self._sessions[digest]

    def __len__(self) -> int:
        return len(self._sessions)


def digest_of(token: str) -> bytes:
    """Give the SHA-256 of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
