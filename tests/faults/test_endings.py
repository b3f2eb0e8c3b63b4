"""Whatever a user's function raises ends its own call, and neither a session nor the server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
from tests.server.live import cookies, open_socket, say_hello, serving, visit

import millstream as gr
from millstream.client import Client

ENDS: list[Callable[[], BaseException]] = [
    SystemExit,
    KeyboardInterrupt,
    GeneratorExit,
    StopIteration,
    StopAsyncIteration,
    asyncio.CancelledError,
    BaseException,
    MemoryError,
    RecursionError,
]


def app(make: Callable[[], BaseException], called: list[str]) -> gr.Blocks:
    def note(name: str) -> None:
        called.append(name)
        raise make()

    async def raises_async() -> str:
        await asyncio.sleep(0)
        raise make()

    def generates() -> Iterator[str]:
        yield "one"
        raise make()

    async def generates_async() -> AsyncIterator[str]:
        yield "one"
        raise make()

    with gr.Blocks() as demo:
        out = gr.Textbox(lambda: note("initial"), label="Out")
        gr.State(0, delete_callback=lambda value: note("delete"))
        for name, function in [("plain", lambda: note("plain")), ("async", raises_async)]:
            gr.Button(name).click(function, None, out)
        gr.Button("generator").click(generates, None, out)
        gr.Button("async generator").click(generates_async, None, out)
        gr.Button("fine").click(lambda: "fine", None, out)
        demo.load(lambda: note("load"), None, out)
        demo.unload(lambda: note("unload"))
    return demo


@pytest.mark.parametrize("make", ENDS, ids=lambda make: make.__name__)
def test_nothing_that_is_raised_ends_more_than_its_call(make: Callable[[], BaseException]) -> None:
    called: list[str] = []
    done = threading.Event()
    with serving(app(make, called)) as (url, served):
        with Client(url) as client:
            for name in ["plain", "async", "generator", "async generator"] * 2:
                [run] = client.click(name)
                assert run.state == "failed", name
            [run] = client.click("fine")
            assert (run.state, client.value("Out")) == ("done", "fine")
        for _ in range(500):
            if {"delete", "unload"} <= set(called) and not served.host.sessions:
                break
            done.wait(0.01)
        assert {"initial", "plain", "load", "delete", "unload"} <= set(called)
        with visit(url) as visitor, open_socket(url, cookies(visitor)) as page:
            say_hello(page, served.manifest.build)
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200


@pytest.mark.parametrize("make", ENDS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("is_async", [False, True])
def test_a_login_function_that_raises_anything_lets_nobody_in(
    make: Callable[[], BaseException], is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def check(name: str, password: str) -> bool:
        raise make()

    async def check_async(name: str, password: str) -> bool:
        raise make()

    with serving(auth=check_async if is_async else check) as (url, _), visit(url) as client:
        for _ in range(4):
            assert client.post("/login", data={"username": "ann", "password": "x"}).status_code == 401
    assert len([record for record in caplog.records if record.exc_info]) == 1
    assert all(len(record.getMessage()) <= 200 for record in caplog.records)
