"""A run of an ordinary event, as the page sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

from millstream.client.result import StreamResult
from millstream.jobs import Level


@dataclass
class ClientRun:
    """One run of an ordinary event that this page began.

    Attributes:
        number: The page's number for it, from 1.
        binding: Number of its binding in the manifest.
        state: `waiting`, `running`, `done`, `failed` or `cancelled`.
        position: Position in the queue while it waits, from 1; else 0.
        eta_s: Expected wait in seconds, `None` if unknown.
        error: The message of a run that failed; else empty.
        problems: What a validator has refused, by the number of the component.
        answer: The return value of a server function that has been called; see `HTML`.
        results: What it changed in the page, oldest first; only the latest ones of a very long run.
        progress: What the page was told of how far it is, oldest first: levels, the outermost first, empty where the
            bar was taken away. At most ten a second, and only the latest ones of a very long run.
    """

    number: int
    binding: int
    state: str = "waiting"
    position: int = 0
    eta_s: float | None = None
    error: str = ""
    problems: dict[int, str] = field(default_factory=dict)
    answer: object = None
    results: list[StreamResult] = field(default_factory=list)
    progress: list[tuple[Level, ...]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """True if nothing more comes of it."""
        return self.state in ("done", "failed", "cancelled")
