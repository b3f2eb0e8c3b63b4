"""The living sessions of one app, by their secrets and by their visitors."""

from __future__ import annotations

from collections.abc import Collection

from millstream.errors import InvalidValue
from millstream.runtime.session import Session
from millstream.types import Blob


class Sessions(dict[str, Session]):
    """Sessions by secret: the only map that is looked up with a client's text; its keys are made by the host."""

    def __init__(self) -> None:
        super().__init__()
        self._visitors: dict[str, dict[Session, None]] = {}

    def add(self, session: Session) -> None:
        """Take in a session that begins."""
        self[session.secret] = session
        self._visitors.setdefault(session.visitor, {})[session] = None

    def remove(self, session: Session) -> None:
        """Let go of one that has ended."""
        del self[session.secret]
        of_visitor = self._visitors[session.visitor]
        del of_visitor[session]
        if not of_visitor:
            del self._visitors[session.visitor]

    def find(self, secret: str, visitor: str) -> Session | None:
        """Find a session by its secret; that of another visitor is as good as none."""
        session = self.get(secret)
        return session if session is not None and session.visitor == visitor else None

    def of(self, visitor: str) -> Collection[Session]:
        """Give those of one visitor."""
        return self._visitors.get(visitor, {})

    def file(self, visitor: str, handle: str) -> Blob | None:
        """Find a file among the sessions of one visitor."""
        for session in self.of(visitor):
            try:
                return session.store.find(handle)
            except InvalidValue:
                continue
        return None
