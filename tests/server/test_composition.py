"""What a host is made of: the engine of each binding is the one that it names."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

import millstream as ms
from millstream.client.page import Page
from millstream.declare.injected import Request
from millstream.runtime.settings import Settings
from millstream.server.composition import compose_host
from millstream.transports.memory import connect


def thread_name() -> str:
    return threading.current_thread().name


@pytest.mark.anyio
async def test_a_running_app_uses_the_engine_that_a_binding_names() -> None:
    with ms.Blocks() as demo:
        ms.Button("Usual").click(thread_name, None, ms.Textbox(label="usual"))
        ms.Button("Named").click(thread_name, None, ms.Textbox(label="named"))
    manifest = demo.freeze()
    usual, named = manifest.bindings
    host = compose_host(replace(manifest, bindings=(usual, replace(named, engine="inline"))), Settings())
    await host.start()
    near, far = connect()
    serving = asyncio.ensure_future(host.serve(far, Request()))
    page = Page(manifest.page(), near)
    await page.open()
    for button in ("Usual", "Named"):
        (run,) = await page.fire(page.find(button), "click")
        await page.wait_for(lambda run=run: run.is_over)  # type: ignore[misc]
    where = [page.values[page.find(name)] for name in ("usual", "named")]
    assert where == ["millstream thread_name", threading.current_thread().name]
    await page.close()
    await host.close()
    await serving
