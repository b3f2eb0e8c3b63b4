"""Codes with which a connection is closed, as far as they decide what becomes of the session."""

from __future__ import annotations

from typing import Final

GOODBYES: Final = frozenset({1000, 1001})
"""The page ends its session; with any other code it gives up the connection alone, and may come back."""

LOSSES: Final = frozenset({1001, 1006, 1012})
"""The server has lost the link, or is being restarted: the page comes back; with any other code it does not."""

CLOSE_TAKEN_OVER: Final = 4409
"""The session goes on over another connection: whoever reads this is not to come back."""

CLOSE_LOGGED_OUT: Final = 4401
"""The login of the visitor has ended, and the session with it."""
