"""A conversation in a real browser: a microphone that speaks and pauses, answers that are interrupted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.ear import TAP
from tests.browser.glass import Notes, record, stop
from tests.browser.media import Clips
from tests.browser.talk import SPEECH_S, record_talk, watch

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]

RATE = 24_000
TURNS = 4


class Singer:
    """A handler that answers with a long tone, and says what it was told and what became of it."""

    def __init__(self) -> None:
        self.turns: Notes[tuple[float, gr.Turn]] = Notes()
        self.closed: Notes[tuple[float, bool]] = Notes()

    def __call__(self, sound: tuple[int, np.ndarray], turn: gr.Turn) -> Iterator[tuple[int, np.ndarray]]:
        self.turns.add((len(sound[1]) / sound[0], turn))
        tone = (np.sin(np.arange(RATE // 10) * 2 * np.pi * 440 / RATE) * 8_000).astype(np.int16)
        try:
            for _ in range(300):
                yield RATE, tone
        finally:
            self.closed.add((turn.heard, turn.interrupted))


def conversation(reply: Callable[..., object]) -> gr.Blocks:
    with gr.Blocks() as demo:
        mic = gr.Audio(label="You", sources="microphone", elem_id="mic")
        out = gr.Audio(label="Answer", streaming=True, autoplay=True, elem_id="out")
        mic.stream(gr.ReplyOnPause(reply), mic, out)
    return demo


@pytest.fixture
def talk(clips: Clips, tmp_path: Path) -> Path:
    return record_talk(clips.speech, 8, tmp_path / "talk.wav")


def test_who_pauses_is_answered_and_who_speaks_interrupts(launch: Launch, open_page: OpenPage, talk: Path) -> None:
    singer = Singer()
    page = open_page(launch(conversation(singer)), sound=talk, script=TAP, bypass_csp=True)
    chip = page.locator("#mic .ms-turn-chip")
    record(page)
    expect(chip).to_have_text("Listening")
    expect(chip).to_have_text("Hearing you")
    expect(chip).to_have_text("Answering")
    singer.turns.wait(TURNS, 30)
    stop(page)
    closed = singer.closed.wait(TURNS)
    expect(chip).to_have_count(0)
    speech_s = SPEECH_S[1] - SPEECH_S[0]
    for length_s, _ in singer.turns.all:
        assert length_s == pytest.approx(speech_s + 0.6, abs=0.35)  # with what came before and after
    assert all(was_interrupted for _, was_interrupted in closed)
    times = watch(page)
    heard_s = [end - begin for begin, end in times.heard][: TURNS - 1]
    assert [told for told, _ in closed][: TURNS - 1] == pytest.approx(heard_s, abs=0.25)
    barge_ins_s, replies_s = times.barge_ins_s(), times.replies_s()
    print("silent after", barge_ins_s, "answered after", replies_s)
    assert len(barge_ins_s) >= TURNS - 1
    assert np.median(barge_ins_s) < 0.5  # the promise is 0.2, which `benchmarks voice` holds on a quiet machine
    assert np.median(replies_s) < 1.5


def test_the_generator_is_closed_while_it_works(launch: Launch, open_page: OpenPage, talk: Path) -> None:
    """It computes in its own thread; silence does not wait for it, and the next turn is not lost."""
    closed: Notes[float] = Notes()

    def reply(sound: tuple[int, np.ndarray], turn: gr.Turn) -> Iterator[tuple[int, np.ndarray]]:
        try:
            yield RATE, np.full(RATE * 3, 3_000, np.int16)
            threading.Event().wait(3)
            yield RATE, np.full(RATE * 3, 3_000, np.int16)
        finally:
            closed.add(turn.heard)

    page = open_page(launch(conversation(reply)), sound=talk, script=TAP, bypass_csp=True)
    record(page)
    assert 0.5 < closed.wait(1, 20)[0] < 3.0
    closed.wait(2, 20)
    stop(page)


def test_it_thinks_until_the_reply_is_heard(launch: Launch, open_page: OpenPage, talk: Path) -> None:
    may_speak = threading.Event()

    def reply(sound: tuple[int, np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
        may_speak.wait(20)
        yield RATE, np.full((1, RATE), 3_000, np.int16)  # in a row, as other libraries have it

    with gr.Blocks() as demo:
        mic = gr.Audio(label="You", sources="microphone", elem_id="mic")
        out = gr.Audio(label="Answer", streaming=True, autoplay=True, elem_id="out")
        mic.stream(gr.ReplyOnPause(reply, can_interrupt=False), mic, out)
    page = open_page(launch(demo), sound=talk, bypass_csp=True)
    record(page)
    chip = page.locator("#mic .ms-turn-chip")
    expect(chip).to_have_text("Thinking")
    expect(page.locator("#out ms-live")).to_have_count(0)
    may_speak.set()
    expect(chip).to_have_text("Answering")
    expect(page.locator("#out ms-live")).to_be_visible()
    expect(chip).to_have_text("Listening")
    stop(page)


def test_stop_silences_the_answer(launch: Launch, open_page: OpenPage, talk: Path) -> None:
    singer = Singer()
    page: Page = open_page(launch(conversation(singer)), sound=talk, script=TAP, bypass_csp=True)
    record(page)
    expect(page.locator("#mic .ms-turn-chip")).to_have_text("Answering")
    expect(page.locator("#out ms-live")).to_be_visible()
    stop(page)
    assert singer.closed.wait(1)[0][1]
    expect(page.locator("#out ms-live")).to_have_count(0)
