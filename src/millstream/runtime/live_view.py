"""The live view of an app for its operator: what each open page is doing just now, as plain data."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from millstream.runtime.app_metrics import plain_event
from millstream.runtime.run import Run
from millstream.runtime.session import Session
from millstream.runtime.stream.stream import Stream

MOST: Final = 200
"""So many pages are described: those that wait for a slot go first, the front of the queue at their head."""


def live_view(sessions: Collection[Session]) -> list[dict[str, object]]:
    """Describe open pages: who it is, whether its link is there, its streams and runs, and where these wait."""
    return [_session(session) for session in sorted(sessions, key=_rank)[:MOST]]


def _rank(session: Session) -> tuple[int, int]:
    """Order pages: those of which something waits, by its position, then those that stream, then all others."""
    parts: list[Stream | Run] = [*session.streams.values(), *session.events.runs.running.values()]
    if positions := [part.position for part in parts if part.position]:
        return 0, min(positions)
    return (1 if session.streams else 2), 0


def _session(session: Session) -> dict[str, object]:
    return {
        "tag": session.tag,
        "user": session.page.request.username or "",
        "is_attached": session.link.is_attached,
        "stored_bytes": session.store.used,
        "streams": [_stream(stream) for stream in session.streams.values()],
        "runs": [_run(run) for run in session.events.runs.running.values()],
    }


def _stream(stream: Stream) -> dict[str, object]:
    metrics = stream.statistics()
    state = "running" if metrics.has_slot else "ending" if stream.loop.lifecycle.is_ended else "waiting"
    return {
        "number": stream.number,
        "event": stream.binding.name,
        "state": state,
        "position": stream.position if state == "waiting" else 0,
        "rtt_s": metrics.rtt_s,
        **plain_event(metrics),
    }


def _run(run: Run) -> dict[str, object]:
    return {"event": run.binding.name, "state": "waiting" if run.position else "running", "position": run.position}
