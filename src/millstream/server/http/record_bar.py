"""The developer's button that records a visit: a bar in the document, whose link begins a visit that is recorded."""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import Scope

from millstream.recording.recorder import Recorder
from millstream.runtime.state.owned import owner_of

RECORD: Final = "__record"
"""In the page's address: the name under which its visit is recorded, behind that of the gateway that has offered it."""

RECORDED: Final = "__recorded"
"""In the page's address: the name under which the visit before was recorded."""

BAR_CSS: Final = (
    ".ms-record-bar{position:fixed;inset:auto .75rem .75rem auto;z-index:1000;max-width:calc(100% - 1.5rem);"
    "font:500 .85rem system-ui,sans-serif;background:Canvas;color:CanvasText;border:1px solid #8888;"
    "border-radius:8px;padding:.25rem .75rem}"
    ".ms-record-bar code{overflow-wrap:anywhere}"
    ".ms-record-bar a,.ms-recorded a{display:inline-block;padding:.5rem .25rem;color:inherit;font-weight:600}"
    "@media (pointer:coarse){.ms-record-bar a,.ms-recorded a{padding:.9rem .5rem}}"
)

_NAME: Final = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")


class RecordBar:
    """Makes the bar for the page of a developer.

    Args:
        recorder: Writes the visits down.
        owner: The name of this gateway; empty if there is no other.
    """

    def __init__(self, recorder: Recorder, owner: str = "") -> None:
        self._recorder, self._owner = recorder, owner

    def redirect(self, request: Request) -> RedirectResponse | None:
        """Lead to a name that is still free, if the page is to be recorded under one that is not."""
        name = asked(request.scope["query_string"])
        if name is None or self._recorder.offers(name):
            return None
        return RedirectResponse(self._offer(request), 303, {"cache-control": "no-store"})

    def html(self, request: Request) -> str:
        """Make the bar: a button, what is being recorded, or where the recording is."""
        name = asked(request.scope["query_string"])
        if name is not None:
            stop = html.escape(_link(request, RECORDED, name))
            where = f"<code>{html.escape(str(self._recorder.path_of(name)))}</code>"
            return (
                f'<aside class="ms-recorded" role="status">This visit is being recorded to {where}. '
                f'<a href="{stop}">Stop</a></aside>\n'
            )
        begin = html.escape(self._offer(request))
        last = request.query_params.get(RECORDED, "")
        said = "Record a visit"
        before = ""
        if _NAME.fullmatch(last):
            before = f"Recorded to <code>{html.escape(str(self._recorder.path_of(last)))}</code> "
            said = "Record another"
        return f'<aside class="ms-record-bar">{before}<a href="{begin}">{said}</a></aside>\n'

    def _offer(self, request: Request) -> str:
        name = self._recorder.offer()
        return _link(request, RECORD, f"{self._owner}.{name}" if self._owner else name)


def asked(query: bytes) -> str | None:
    """Read from the query of a page's address the name under which it is to be recorded; `None` if it is not."""
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if RECORD not in given:
        return None
    name = given[RECORD].removeprefix(f"{owner_of(given[RECORD])}.")
    return name if _NAME.fullmatch(name) else ""


def offered_by(scope: Scope) -> str:
    """Find the gateway that has offered the name under which a page is to be recorded; empty if it is not."""
    given = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    return owner_of(given.get(RECORD, ""))


def _link(request: Request, key: str, name: str) -> str:
    """Make the address of the same page, to be recorded or after that: relative, so that it leads nowhere else."""
    kept = [(each, value) for each, value in request.query_params.multi_items() if each not in (RECORD, RECORDED)]
    return "?" + urlencode([*kept, (key, name)])
