"""The objects that handlers keep for the open pages, in this process."""

from __future__ import annotations

from millstream.declare.handler import HandlerSpec
from millstream.declare.injected import SessionObject


class SessionObjects:
    """Finds them by page and handler.

    They are looked up where calls are begun, never in the thread of a call: one that goes on when its page has ended
    keeps nothing alive but what it holds itself.
    """

    def __init__(self) -> None:
        self._by_session: dict[str, dict[int, SessionObject]] = {}

    def find(self, session: str, handler: HandlerSpec) -> SessionObject:
        """Give the object of a page; it is made when its value is asked for."""
        objects = self._by_session.setdefault(session, {})
        found = objects.get(id(handler.fn))
        if found is None:
            assert handler.make_session is not None
            found = objects[id(handler.fn)] = SessionObject(handler.make_session)
        return found

    def end(self, session: str) -> None:
        """Let go of the objects of a page that has ended."""
        self._by_session.pop(session, None)
