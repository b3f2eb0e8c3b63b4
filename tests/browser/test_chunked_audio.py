"""Audio files that arrive in small chunks, at the loudspeaker: one audio stream, and nothing of it lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage
from tests.browser.ear import TAP, faults, gap_ms, hear, ramp
from tests.browser.glass import button
from tests.media.chunked_audio.chunked_files import heard, pieces, sound_file

import millstream as gr
from millstream.frames import Chunk
from millstream.media import wav

pytestmark = pytest.mark.browser

RATE = 24_000
SECONDS = 3
WAV = wav.encode(Chunk(ramp(SECONDS * RATE)[:, None], RATE))
UNSIZED_WAV = WAV[:40] + b"\xff\xff\xff\xff" + WAV[44:]
OPUS = sound_file("ogg", "libopus", RATE, 1, float(SECONDS))


@pytest.mark.parametrize("file", [WAV, UNSIZED_WAV, OPUS], ids=["WAV", "WAV without a size", "Opus"])
def test_a_file_in_small_chunks_is_heard_whole(launch: Callable[..., str], open_page: OpenPage, file: bytes) -> None:
    def speak() -> object:
        yield from pieces(file, [700])

    with gr.Blocks() as demo:
        out = gr.Audio(label="Out", elem_id="out", streaming=True, autoplay=True)
        gr.Button("Speak").click(speak, None, out)
    page = open_page(launch(demo), script=TAP, bypass_csp=True)
    button(page, "Speak").click()
    page.wait_for_selector("#out audio", state="attached")
    rate, expected = heard(pieces(file, [700]))
    found_hz, samples = hear(page)
    assert found_hz == rate
    assert len(expected) == SECONDS * rate
    # A gap may come of who computes beside us; nothing else may be wrong.
    assert [fault for fault in faults(samples, expected[:, 0], rate) if not gap_ms(fault)] == []
    expect(page.get_by_role("alert")).to_have_count(0)
