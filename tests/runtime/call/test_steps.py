"""What an async handler gives, step by step."""

from __future__ import annotations

import millstream as ms
from millstream.testing import TestPage


async def fetch() -> str:
    return "fetched"


async def forgetful() -> object:
    return fetch()


def test_a_handler_that_does_not_await_what_it_returns_is_told_so() -> None:
    with ms.Blocks() as demo:
        ms.Button("Go").click(forgetful, None, ms.Textbox(label="Out"))
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert run.state == "failed"
        assert "forgetful() returned a coroutine: await what it calls" in run.error
        assert page.value("Out") == ""
