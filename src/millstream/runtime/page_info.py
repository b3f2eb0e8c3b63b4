"""The facts about the page of one session."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from millstream.declare.i18n import TEXTS, languages
from millstream.declare.injected import Request
from millstream.declare.languages import preferred, wanted
from millstream.declare.manifest import Manifest
from millstream.runtime.call.call_limits import CallOwner
from millstream.runtime.clock import PageClock
from millstream.runtime.settings import Settings


@dataclass(slots=True)
class PageInfo:
    """The facts about the page of one session.

    Attributes:
        request: What handlers see of the HTTP request that opened it.
        caller: For whom its calls are made.
        visitor: Tells browsers apart; empty for a program that keeps no cookies.
        clock: Translates the times of its clock.
        decodes: Numbers of the special codecs that it decodes and we encode: see `Hello.decodes`.
        encodes: Numbers of the special codecs in which it sends frames of a camera and that we decode: see `Encodes`.
        seen: The last sequence of its control messages that was acted upon.
        acted: The last one that another gateway had acted upon before the session came here: what is said again up to
            there is remembered, and causes nothing.
        is_developers: Whether it is the app's developer's, who reads why a handler fails.
        build: The build of its manifest.
        language: The language of the app's own texts for its visitor; empty for the first that there is.
    """

    request: Request
    caller: CallOwner
    visitor: str = ""
    clock: PageClock = field(default_factory=PageClock)
    decodes: frozenset[int] = frozenset()
    encodes: frozenset[int] = frozenset()
    seen: int = 0
    acted: int = 0
    is_developers: bool = False
    build: str = ""
    language: str = ""


def page_of(
    request: Request, visitor: str, manifest: Manifest, settings: Settings, *, is_developers: bool = False
) -> PageInfo:
    """Say what is known of a page before its hello.

    Args:
        request: The HTTP request that opened it.
        visitor: Tells browsers apart; a program that keeps no cookies is another visitor with each connection.
        manifest: What it shows.
        settings: Those of the app.
        is_developers: See `PageInfo`.
    """
    caller = CallOwner(visitor or request.session_hash, "" if request.client is None else request.client.host)
    language = settings.lang
    if TEXTS and not language:
        language = preferred(wanted(request.headers, request.query_params), languages(), "")
    address, mark, query = request.url.partition("?")
    if address:
        request = replace(request, url=f"{address}{manifest.path}{mark}{query}")
    return PageInfo(request, caller, visitor, is_developers=is_developers, build=manifest.build, language=language)
