"""The versions of an app that is edited, and what becomes of sessions that no page comes back to. On virtual time."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from tests.runtime.test_host import virtual
from tests.server.live import echo

import millstream as ms
from millstream.client.page import Page
from millstream.declare.injected import Request
from millstream.engines import thread
from millstream.server.app import App
from millstream.server.options import ServerOptions
from millstream.server.versions import Versions
from millstream.set_up_calls import SetUpFailed
from millstream.snapshot_table import KEEP_S
from millstream.transports.memory import connect


async def left(app: App) -> asyncio.Future[None]:
    """Start a version, and have a page open a session that it does not come back to; gives what serves it."""
    await app.start()
    near, far = connect()
    serving = asyncio.ensure_future(app.host.serve(far, Request(), "visitor"))
    page = Page(app.manifest.page(), near)
    await page.open()
    await page.drop()
    return serving


def test_a_session_that_no_later_version_takes_over_is_forgotten() -> None:
    versions, options = Versions(), ServerOptions.resolve({"server_port": 0}, {})
    first, second = versions.begin(echo(), options), versions._made(echo(), options)

    async def scene() -> None:
        serving = await left(first)
        await versions._succeed(first, second)
        await serving
        await asyncio.sleep(10.0)
        assert not first.host.sessions
        assert versions._table.size > 0, "its page may still come"
        await asyncio.sleep(KEEP_S)
        assert (len(versions._table), versions._table.size) == (0, 0)
        await second.close(0)

    virtual(scene)()


def test_a_version_that_cannot_be_closed_leaves_its_sessions_no_longer_than_any_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    versions, options = Versions(), ServerOptions.resolve({"server_port": 0}, {})
    first, second = versions.begin(echo(), options), versions._made(echo(), options)

    async def scene() -> None:
        serving = await left(first)
        close = first.host._engine.close

        async def fail() -> None:
            await close()
            raise RuntimeError("the model does not let go")

        monkeypatch.setattr(first.host._engine, "close", fail)
        await versions._succeed(first, second)
        await serving
        await asyncio.sleep(10.0)
        assert list(versions._stores) == [second]
        assert len(versions._table) == 1
        await asyncio.sleep(KEEP_S)
        assert len(versions._table) == 0
        await second.close(0)

    virtual(scene)()
    assert "could not be closed properly" in caplog.text
    assert "the model does not let go" in caplog.text


def test_of_a_version_that_does_not_start_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    closed: list[thread.Engine] = []

    async def close(engine: thread.Engine) -> None:
        closed.append(engine)

    monkeypatch.setattr(thread.Engine, "close", close)
    versions, options = Versions(), ServerOptions.resolve({"server_port": 0}, {})
    first, second = versions.begin(echo(), options), echo()
    with second:

        @ms.setup
        def load() -> None:
            raise RuntimeError("no weights")

    async def scene() -> None:
        await first.start()
        with pytest.raises(SetUpFailed, match="no weights"):
            await asyncio.to_thread(versions.replace, second, options)
        assert list(versions._stores) == [first]
        assert len(closed) == 1
        await first.close(0)

    asyncio.run(scene())
    assert list(tmp_path.iterdir()) == []
