"""Logins that have ended before their time, remembered for as long as they would have been good. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MAX_REVOKED: Final = 100_000
"""So many are remembered; of more, the half is forgotten that would have ended first."""


class EndedLogins:
    """Ended logins, and until when they would have been good."""

    def __init__(self) -> None:
        self._until: dict[bytes, float] = {}

    def add(self, logins: Mapping[bytes, float], now: float) -> dict[bytes, float]:
        """Note logins that have ended, by the seconds that they had left; gives those that were not known."""
        new = {login: left_s for login, left_s in logins.items() if left_s > 0 and login not in self._until}
        self._until |= {login: now + left_s for login, left_s in new.items()}
        if len(self._until) > MAX_REVOKED:
            latest = sorted(self._until.items(), key=lambda each: each[1], reverse=True)
            self._until = dict(latest[: MAX_REVOKED // 2])
        return new

    def all(self, now: float) -> dict[bytes, float]:
        """Give the seconds that each ended login would still be good for."""
        self._until = {login: until for login, until in self._until.items() if until > now}
        return {login: until - now for login, until in self._until.items()}
