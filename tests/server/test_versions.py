"""The versions of an app that is edited, and what becomes of sessions that no page comes back to. On virtual time."""

from __future__ import annotations

import asyncio

from tests.runtime.test_host import virtual
from tests.server.live import echo

from millstream.client.page import Page
from millstream.declare.injected import Request
from millstream.server.options import ServerOptions
from millstream.server.versions import Versions
from millstream.snapshot_table import KEEP_S
from millstream.transports.memory import connect


def test_a_session_that_no_later_version_takes_over_is_forgotten() -> None:
    versions, options = Versions(), ServerOptions.resolve({"server_port": 0}, {})
    first, second = versions.begin(echo(), options), versions._made(echo(), options)

    async def scene() -> None:
        await first.start()
        near, far = connect()
        serving = asyncio.ensure_future(first.host.serve(far, Request(), "visitor"))
        page = Page(first.manifest.page(), near)
        await page.open()
        await page.drop()
        await versions._succeed(first, second)
        await serving
        await asyncio.sleep(10.0)
        assert not first.host.sessions
        assert versions._table.size > 0, "its page may still come"
        await asyncio.sleep(KEEP_S)
        assert (len(versions._table), versions._table.size) == (0, 0)
        await second.close(0)

    virtual(scene)()
