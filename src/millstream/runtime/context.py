"""The parts of one session that its streams, runs and events share."""

from __future__ import annotations

from dataclasses import dataclass

from millstream.declare.manifest import Manifest
from millstream.runtime.audio.players import Players
from millstream.runtime.background import Background
from millstream.runtime.calls import Results, SessionCalls
from millstream.runtime.clock import SessionClock
from millstream.runtime.journal import Journal
from millstream.runtime.metrics import Totals
from millstream.runtime.page_info import PageInfo
from millstream.runtime.queue import SlotQueue
from millstream.runtime.rendering.fragments import Fragments
from millstream.runtime.reports import Reports
from millstream.runtime.send.sender import Sender
from millstream.runtime.settings import Settings
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.values import Values


@dataclass(frozen=True, kw_only=True)
class SessionContext:
    """The parts of one session, each for a purpose of its own; it does nothing itself, and never changes.

    Attributes:
        manifest, settings, queue, totals: Those of the app.
        page: What is known of the page.
        values, store: What the session holds.
        sender, players: The way to the page.
        clock: Stands still while the page cannot be reached.
        background: Runs what ends with the session at the latest.
        calls: Begins calls.
        results: Delivers what comes of them.
        reports: Says what went wrong.
        journal: Writes the session down; `None` if nobody could go on with it.
        fragments: What its renders have declared; `None` if the app has no renders.
    """

    manifest: Manifest
    settings: Settings
    queue: SlotQueue
    totals: Totals
    page: PageInfo
    values: Values
    store: SessionFiles
    sender: Sender
    players: Players
    clock: SessionClock
    background: Background
    calls: SessionCalls
    results: Results
    reports: Reports
    journal: Journal | None = None
    fragments: Fragments | None = None
