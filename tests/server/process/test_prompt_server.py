"""The end of a server: it comes at once, and waits only for what is under way."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from tests.server.live import echo

from millstream.server.app import create_app
from millstream.server.launch import address
from millstream.server.options import ServerOptions
from millstream.server.process.network import listen
from millstream.server.serving import Server

AT_ONCE_S = 0.09
"""Less than the least that uvicorn itself takes, and more than a busy machine takes in the best of some tries."""


def served() -> tuple[Server, httpx.Client]:
    options = ServerOptions.resolve({"server_port": 0}, {})
    listener = listen(options.server_name, options.server_port, 1)
    server = Server(create_app(echo(), options), listener)
    server.run_in_thread()
    url = address(options, listener.getsockname()[1])
    return server, httpx.Client(base_url=url, trust_env=False)


def test_it_ends_at_once_although_browsers_keep_their_connections() -> None:
    took = []
    for _ in range(5):
        server, browser = served()
        with browser:
            assert browser.get("/healthz").headers["date"]
            began = time.monotonic()
            server.stop()
            took.append(time.monotonic() - began)
    assert min(took) < AT_ONCE_S


def answering(after: Callable[[], Any]) -> httpx.Response:
    """Give the answer to a request during which the server was stopped."""
    asked = threading.Event()

    async def answer(scope: object, receive: object, send: Callable[[dict[str, object]], Any]) -> None:
        asked.set()
        await after()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"late"})

    server, browser = served()
    server.config.loaded_app = answer  # type: ignore[assignment]  # an app of the least kind
    with browser, ThreadPoolExecutor() as threads:
        asking = threads.submit(browser.get, "/")
        assert asked.wait(10)
        server.stop(drain_s=0)
        return asking.result(10)


def test_an_answer_under_way_arrives() -> None:
    assert answering(lambda: asyncio.sleep(0.1)).text == "late"


def test_an_answer_that_never_comes_keeps_nobody() -> None:
    assert answering(lambda: asyncio.sleep(60)).status_code == 500
