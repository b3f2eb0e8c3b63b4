"""Pages that come back by another gateway than the one that has their session."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.client.media import endless
from tests.server.gateways.pair import Member, pair
from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.typing import Subprotocol

import millstream as ms
from millstream.client.client import Client
from millstream.errors import Closed
from millstream.runtime.state.owned import new_secret, owner_of
from millstream.server.gateways.relay import Relay
from millstream.server.gateways.siblings import FolderSiblings
from millstream.testing.link import Link
from millstream.transports.memory import connect
from millstream.wire.messages import Hello
from millstream.wire.packet import SUBPROTOCOL


def declare() -> ms.Blocks:
    def count(state: int) -> tuple[int, int]:
        return state + 1, state + 1

    with ms.Blocks() as demo:
        state, total = ms.State(0), ms.Number(label="Total")
        ms.Button("Count").click(count, state, [state, total])
        picture = ms.Image(label="Camera", sources="webcam", streaming=True)
        picture.stream(lambda frame: frame, picture, ms.Image(label="Shown"), stream_every=0.03)
    return demo


class Way:
    """The way of a page to its server: where its next connection ends."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def aim(self, to: Member) -> None:
        parts = urlsplit(to.url)
        self._link._far = (str(parts.hostname), int(parts.port or 0))

    def move(self, page: Client, to: Member) -> None:
        self.aim(to)
        token = page.page.link.welcome.resume
        self._link.cut(0.0)
        page.wait_for(lambda: page.page.link.welcome.resume != token, 10)


@contextmanager
def opened(transport: str = "websocket", **options: object) -> Iterator[tuple[Member, Member, Client, Way]]:
    """A page whose session is at `a`."""
    with pair(declare, **options) as (a, b), Link(a.url) as link, Client(link.url, transport=transport) as page:  # type: ignore[arg-type]
        yield a, b, page, Way(link)


@pytest.mark.parametrize("transport", ["websocket", "http"])
def test_a_page_that_comes_back_by_another_gateway_goes_on_at_its_own(transport: str) -> None:
    with opened(transport) as (a, b, page, way):
        page.click("Count")
        for count in (2, 3):
            way.move(page, b)
            page.click("Count")
            assert page.value("Total") == count
        assert (a.app.host.totals.sessions, b.app.host.totals.sessions) == (1, 0)
        assert owner_of(page.page.link.welcome.resume) == "a"
        way.move(page, a)
        page.click("Count")
        assert page.value("Total") == 4


def test_frames_go_on_over_the_relay() -> None:
    with opened() as (_, b, page, way):
        recording = page.record("Camera")
        recording.wait_for_state("running")
        recording.feed_in_background(endless(), 30)
        page.wait_for(lambda: recording.summary().results > 5)
        way.move(page, b)
        before = recording.summary().results
        page.wait_for(lambda: recording.summary().results > before + 20)
        recording.stop()
        assert len(b.app.host.sessions) == 0


def test_a_page_that_leaves_over_the_relay_ends_its_session() -> None:
    with opened() as (a, b, page, way):
        way.move(page, b)
        assert len(a.app.host.sessions) == 1
        page.close()
        wait_until(lambda: not a.app.host.sessions)


def test_what_the_owner_closes_with_is_passed_on() -> None:
    with opened() as (a, b, page, way):
        way.move(page, b)
        (session,) = a.app.host.sessions.values()
        session.link._loop.call_soon_threadsafe(session.end, 4321, "so it is")
        with pytest.raises(Closed, match="so it is"):
            page.wait_for(lambda: False, 10)


def test_a_page_whose_owner_has_gone_begins_anew() -> None:
    with opened() as (a, b, page, way):
        page.click("Count")
        way.aim(b)
        a.server.stop()
        with pytest.raises(Closed):
            page.wait_for(lambda: False, 10)
        assert b.app.host.totals.sessions == 1


def test_a_gateway_that_stops_sends_the_pages_of_others_away_at_once() -> None:
    with opened(drain=10.0) as (a, b, page, way):
        way.move(page, b)
        token = page.page.link.welcome.resume
        way.aim(a)
        stopping = threading.Thread(target=b.server.stop)
        stopping.start()
        page.wait_for(lambda: page.page.link.welcome.resume != token, 5)
        stopping.join()
        page.click("Count")
        assert page.value("Total") == 1
        assert a.app.host.totals.sessions == 1


@pytest.mark.anyio
async def test_a_relay_that_is_cancelled_lets_go_of_the_sibling(tmp_path: Path) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def mute(connection: ServerConnection) -> None:
        await connection.recv()
        asked.set()
        await connection.wait_closed()
        left.set()

    scope = {"type": "websocket", "scheme": "ws", "raw_path": b"/ws", "query_string": b"", "client": None}
    hello = Hello(1, "", 0, new_secret("b"))
    door = FolderSiblings(tmp_path, "b").listen()
    async with await unix_serve(mute, sock=door, subprotocols=[Subprotocol(SUBPROTOCOL)]):
        relay = Relay(FolderSiblings(tmp_path, "a"))
        page = asyncio.create_task(relay.serve({**scope, "headers": [(b"host", b"a")]}, connect()[0], "", hello))
        await asked.wait()
        page.cancel()
        await asyncio.wait_for(left.wait(), 5)


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come about")
