"""The program that is served, and the posts of the gateways that serve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from millstream.supervisor.back_off import RestartDelay
from millstream.supervisor.child import GatewayProcess


@dataclass(frozen=True)
class ServedProgram:
    """The program whose app is served.

    Attributes:
        target: As in `millstream run`.
        arguments: Arguments for its `launch()`.
        inbrowser: Whether to open the page in the browser.
    """

    target: str
    arguments: Mapping[str, object]
    inbrowser: bool = False


@dataclass(eq=False)
class Post:
    """A gateway's post, which one process holds after the other.

    Attributes:
        number: From 1.
        child: The process that holds it.
        successor: The process that is to take over in a rolling restart.
        due: When it is to be filled, on the monotonic clock; `None` if it is not vacant.
        starts: How many processes were started for it.
        delay: The pause before the next.
    """

    number: int
    child: GatewayProcess | None = None
    successor: GatewayProcess | None = None
    due: float | None = None
    starts: int = 0
    delay: RestartDelay = field(default_factory=RestartDelay)
