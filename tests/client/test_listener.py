"""A listener hears in real time, and says what it heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

import millstream as gr
from millstream.client.listener import Listener
from millstream.testing.page import TestPage

RATE = 16_000
SECOND = RATE, np.ones(RATE, np.int16)


def speaker(handler: object) -> gr.Blocks:
    with gr.Blocks() as demo:
        out = gr.Audio(label="Out", streaming=True)
        speaking = gr.Button("Go").click(handler, None, out)
        gr.Button("Stop").click(None, cancels=[speaking])
    return demo


def listener(page: TestPage) -> Listener:
    page.wait_for(lambda: isinstance(page.page.values[page.page.find("Out")], Listener))
    found = page.page.values[page.page.find("Out")]
    assert isinstance(found, Listener)
    return found


def test_it_hears_a_second_in_a_second() -> None:
    with TestPage(speaker(lambda: SECOND)) as page:
        page.click("Go")
        page.advance(0.55)
        assert listener(page).played_s == pytest.approx(0.5)
        page.advance(1.0)
        assert (listener(page).played_s, listener(page).is_over) == (1.0, True)


def test_it_knows_how_long_it_waited_for_a_packet() -> None:
    async def hesitate() -> AsyncIterator[tuple[int, np.ndarray]]:
        for wait_s in (0.5, 0.1, 0.3):
            await asyncio.sleep(wait_s)
            yield RATE, np.ones(160, np.int16)

    with TestPage(speaker(hesitate)) as page:
        page.click("Go")
        assert listener(page).longest_wait_s == pytest.approx(0.3)


def test_it_says_how_much_it_had_heard_when_it_was_silenced() -> None:
    def endless() -> Iterator[tuple[int, np.ndarray]]:
        while True:
            yield SECOND

    with TestPage(speaker(endless)) as page:
        page.click("Go", wait=False)
        page.advance(1.05)
        page.click("Stop")
        page.advance(0.1)
        assert listener(page).is_over
        assert listener(page).played_s == pytest.approx(1.0)
        (session,) = page.host.statistics()["sessions"].values()  # type: ignore[attr-defined]
        assert session["playbacks"] == {}
