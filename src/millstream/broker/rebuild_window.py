"""The first moments of a broker that was started again: gateways enrol, and their other messages wait. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from millstream.broker.messages import Enrol, GatewayMessage

REBUILD_S: Final = 1.0
"""How long nobody is admitted after a broker was started again, unless all gateways have enrolled before."""


class RebuildWindow:
    """Collects what is needed before anybody can be admitted.

    Args:
        now: The time.
        expected: The names of the gateways that should enrol; if none are known, all of the time is waited.

    Attributes:
        ends: The time at which it is over at the latest.
        enrolments: The last of each gateway, by its name.
        postponed: Their messages about tickets after that, in order; `None` if a gateway was lost.
    """

    def __init__(self, now: float, expected: Iterable[str]) -> None:
        self.ends = now + REBUILD_S
        self.enrolments: dict[str, Enrol] = {}
        self.postponed: list[tuple[str, GatewayMessage | None]] = []
        self._missing = set(expected)
        self._is_open_ended = not self._missing

    def enrol(self, enrol: Enrol) -> None:
        """Note the enrolment of a gateway, which replaces all that it sent before."""
        self.enrolments[enrol.gateway] = enrol
        self.postponed = [each for each in self.postponed if each[0] != enrol.gateway]
        self._missing.discard(enrol.gateway)

    def postpone(self, gateway: str, message: GatewayMessage | None) -> None:
        if gateway in self.enrolments:
            self.postponed.append((gateway, message))

    def is_over(self, now: float) -> bool:
        return now >= self.ends or not (self._is_open_ended or self._missing)
