"""The renders of a session, put together: what they use, and who has to hear of what they declare."""

from __future__ import annotations

from millstream.declare.live_manifest import LiveManifest
from millstream.declare.manifest import Manifest
from millstream.runtime.calls import SessionCalls
from millstream.runtime.context import SessionContext
from millstream.runtime.events import Events
from millstream.runtime.page_info import PageInfo
from millstream.runtime.rendering.fragments import Fragments, RenderParts
from millstream.runtime.rendering.registry import RenderRegistry
from millstream.runtime.rendering.telling import RenderTeller
from millstream.runtime.reports import Reports
from millstream.runtime.send.sender import Sender
from millstream.runtime.state.expiry import ExpiringValues
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.reach import Reach
from millstream.runtime.state.timers import Timers
from millstream.runtime.state.values import Values
from millstream.runtime.streams import Streams


def new_fragments(
    manifest: Manifest,
    registry: RenderRegistry | None,
    values: Values,
    store: SessionFiles,
    told: tuple[Sender, PageInfo, Reports, SessionCalls],
) -> Fragments | None:
    """Make what holds the fragments of a session; `None` if its app has no renders."""
    if registry is None or not isinstance(manifest, LiveManifest):
        return None
    sender, page, reports, calls = told
    teller = RenderTeller(sender, page, values, store, reports, lambda: next(calls.numbers))
    return Fragments(manifest, registry, values, store, teller)


def begin_renders(
    context: SessionContext, reach: Reach, timers: Timers, expiry: ExpiringValues, streams: Streams, events: Events
) -> None:
    """Let renders run from now on, if there are any."""
    fragments = context.fragments
    if fragments is not None:
        begun = (events.runs, streams)
        fragments.attach(RenderParts(reach, timers, expiry, begun, events.begin, context.results.delete))
        context.calls.fragments = context.results.fragments = fragments
