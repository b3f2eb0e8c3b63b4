"""The live view of an app for its operator: what each open page is doing just now, as plain data."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain, islice
from typing import Final

from millstream.runtime.app_metrics import plain_event
from millstream.runtime.run import Run
from millstream.runtime.session import Session
from millstream.runtime.stream.stream import Stream

MOST: Final = 200
"""So many pages are described: those that stream go first."""


def live_view(sessions: Collection[Session]) -> list[dict[str, object]]:
    """Describe open pages: who it is, whether its link is there, its streams and runs, and where these wait."""
    streaming = (session for session in sessions if session.streams)
    others = (session for session in sessions if not session.streams)
    return [_session(session) for session in islice(chain(streaming, others), MOST)]


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
    state = "running" if metrics.has_slot else "waiting" if stream.position else "ending"
    return {
        "number": stream.number,
        "event": stream.binding.name,
        "state": state,
        "position": stream.position,
        "rtt_s": metrics.rtt_s,
        **plain_event(metrics),
    }


def _run(run: Run) -> dict[str, object]:
    return {"event": run.binding.name, "state": "waiting" if run.position else "running", "position": run.position}
