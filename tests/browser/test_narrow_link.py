"""Streamed audio over a link that cannot carry it as samples: it goes on as Opus, and then nothing is missing."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Page
from tests.browser.cable import Cable
from tests.browser.conftest import OpenPage
from tests.browser.ear import TAP, hear
from tests.browser.glass import button, until

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

RATE = 24_000
SECONDS = 6
LINK_BYTES_PER_S = 0.6 * 2 * RATE
"""Three fifths of what the samples take."""

WHOLE = "#out audio"


def tone() -> np.ndarray:
    return (8_000 * np.sin(2 * np.pi * 440 * np.arange(SECONDS * RATE) / RATE)).astype(np.int16)


def speak() -> Iterator[tuple[int, np.ndarray]]:
    samples = tone()
    for at in range(0, len(samples), RATE // 50):
        yield RATE, samples[at : at + RATE // 50]


def listen(page: Page) -> tuple[float, np.ndarray]:
    """Hear it once: gives the seconds of silence between the first and the last audio, and what was heard."""
    page.evaluate("ear.leave()")
    button(page, "Speak").click()
    until(page, "ear.seen.heardAt > 0")
    page.wait_for_selector(WHOLE, state="attached", timeout=60_000)
    rate, samples = hear(page)
    (loud,) = np.nonzero(np.abs(samples.astype(int)) > 500)
    pauses = np.diff(loud)
    return float(pauses[pauses > rate // 200].sum()) / rate, samples[loud[0] : loud[-1] + 1]


def whole(page: Page) -> np.ndarray:
    """Give what can be played again."""
    encoded = page.evaluate(
        """async (selector) => {
            const answer = await fetch(document.querySelector(selector).src);
            return [...new Uint8Array(await answer.arrayBuffer())];
        }""",
        WHOLE,
    )
    with wave.open(io.BytesIO(bytes(encoded))) as file:
        assert file.getframerate() == RATE
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def test_what_samples_cannot_do_opus_can(launch: Launch, open_page: OpenPage) -> None:
    with gr.Blocks() as demo:
        out = gr.Audio(label="Out", elem_id="out", streaming=True, autoplay=True, max_ahead=1.0)
        gr.Button("Speak").click(speak, None, out)
    with Cable(launch(demo)) as cable:
        page = open_page(cable.url, script=TAP, bypass_csp=True)
        cable.narrow(LINK_BYTES_PER_S)
        stalled_s, _ = listen(page)
        first = whole(page)
        smooth_s, heard = listen(page)
        second = whole(page)
    assert stalled_s > 0.5, "as samples it stands still until that is found out"
    assert smooth_s < min(0.3, stalled_s / 2), "less, if anything, is the work of who computes beside us"
    assert abs(len(heard) / RATE - SECONDS) < 0.3
    for samples in (first, second):
        assert len(samples) == SECONDS * RATE, "not a sample more or less, in spite of the change on the way"
        assert np.sqrt(np.mean((samples.astype(float) - tone()) ** 2)) < 300
