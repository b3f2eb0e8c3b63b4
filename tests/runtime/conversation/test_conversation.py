"""Conversations under virtual time: who is heard, who is answered, who is interrupted, and what is left of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from copy import copy
from functools import partial
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.client.driver import DrivenRecording
from millstream.client.listener import Listener
from millstream.client.stream import ClientStream
from millstream.runtime.settings import Settings
from millstream.testing import LoudnessDetector, TestPage
from millstream.voice.utterances import Span

RATE = 16_000
ReplyOnPause = partial(gr.ReplyOnPause, detector=LoudnessDetector)
ReplyOnStopWords = partial(gr.ReplyOnStopWords, detector=LoudnessDetector)

Sound = tuple[int, np.ndarray]


def speech(seconds: float, number: int = 8_000) -> np.ndarray:
    return np.full(round(seconds * RATE), number, np.int16)


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.int16)


def talk(*parts: np.ndarray) -> Sound:
    return RATE, np.concatenate(parts)


class Talker:
    """A handler that says so many seconds, in chunks of a tenth, and notes what became of each answer."""

    def __init__(self, seconds: float = 10.0) -> None:
        self.seconds = seconds
        self.heard: list[Sound] = []
        self.turns: list[gr.Turn] = []
        self.closed: list[tuple[float, bool]] = []

    def __call__(self, sound: Sound, turn: gr.Turn) -> Iterator[Sound]:
        self.heard.append(sound)
        self.turns.append(turn)
        try:
            for _ in range(round(self.seconds * 10)):
                yield RATE, speech(0.1, len(self.heard))
        finally:
            self.closed.append((turn.heard, turn.interrupted))


def app(reply: Any, *, text: bool = False, **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        mic = gr.Audio(label="Mic", sources="microphone")
        out = gr.Textbox(label="Text") if text else gr.Audio(label="Out", streaming=True, autoplay=True)
        stream = mic.stream(reply, mic, out, **options)
        gr.Button("Cancel").click(None, None, None, cancels=[stream])
    return demo


def record(page: TestPage) -> DrivenRecording:
    recording = page.record("Mic")
    recording.wait_for_state("running")
    return recording


def stream_of(recording: DrivenRecording) -> ClientStream:
    return recording.streams[0]


def listener(page: TestPage) -> Listener:
    found = page.page.values[page.page.find("Out")]
    assert isinstance(found, Listener)
    return found


# ---- turns -----------------------------------------------------------------------------------------------------


def test_each_turn_is_answered_once_with_all_of_it_and_what_came_before() -> None:
    talker = Talker(0.3)
    with TestPage(app(ReplyOnPause(talker))) as page:
        recording = record(page)
        recording.feed(talk(quiet(1), speech(0.8, 3_000), quiet(2), speech(1.2, 4_000), quiet(2)))
        recording.stop()
    assert [rate for rate, _ in talker.heard] == [RATE, RATE]
    for (_, samples), number, seconds in zip(talker.heard, (3_000, 4_000), (0.8, 1.2), strict=True):
        assert set(np.unique(samples)) == {0, number}
        assert np.count_nonzero(samples) == round(seconds * RATE)
        before, after = np.flatnonzero(samples)[[0, -1]]
        assert before / RATE == pytest.approx(0.3, abs=0.033)
        assert (len(samples) - after) / RATE == pytest.approx(0.3, abs=0.033)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_the_handler_gets_the_microphones_own_samples(rate: int) -> None:
    talker = Talker(0.1)
    said = (np.arange(rate) % 9_000 + 4_000).astype(np.int16)
    with TestPage(app(ReplyOnPause(talker))) as page:
        recording = record(page)
        recording.feed((rate, np.concatenate([np.zeros(rate, np.int16), said, np.zeros(rate, np.int16)])))
        recording.stop()
    ((heard_rate, samples),) = talker.heard
    assert heard_rate == rate
    np.testing.assert_array_equal(samples[samples > 0], said)


def test_two_turns_right_after_each_other_share_no_sample() -> None:
    talker = Talker(0.0)
    talk_through = np.concatenate([speech(0.5, number) for number in range(2_000, 2_010)])
    pauses = ReplyOnPause(talker, pause=0.1, pre_roll=0.5)
    with TestPage(app(pauses)) as page:
        recording = record(page)
        sound = np.concatenate([np.concatenate([part, quiet(0.2)]) for part in np.split(talk_through, 10)])
        recording.feed((RATE, sound))
        recording.feed((RATE, quiet(1)))
        recording.stop()
    heard = np.concatenate([samples for _, samples in talker.heard])
    np.testing.assert_array_equal(heard[heard > 0], talk_through)


def test_a_noise_is_not_a_turn() -> None:
    talker = Talker()
    with TestPage(app(ReplyOnPause(talker, min_speech=0.2))) as page:
        recording = record(page)
        recording.feed(talk(*[quiet(0.3), speech(0.1)] * 10, quiet(1)))
        recording.stop()
    assert talker.heard == []


def test_a_turn_without_end_is_answered_in_parts() -> None:
    talker = Talker(0.0)
    with TestPage(app(ReplyOnPause(talker, max_turn=2.0, pre_roll=0.0))) as page:
        recording = record(page)
        recording.feed(talk(speech(5), quiet(1)))
        recording.stop()
    assert [len(samples) / RATE for _, samples in talker.heard] == [2.0, 2.0, pytest.approx(1.3, abs=0.04)]


def test_the_page_is_told_whose_turn_it_is() -> None:
    with TestPage(app(ReplyOnPause(Talker(0.5)))) as page:
        recording = record(page)
        recording.feed(talk(quiet(0.5), speech(0.5), quiet(3)))
        assert stream_of(recording).talk == ["listening", "hearing", "thinking", "answering", "listening"]
        recording.stop()


def test_an_answer_without_audio_is_answering_all_the_time() -> None:
    with TestPage(app(ReplyOnPause(lambda sound: "yes"), text=True), handler_time=0.5) as page:
        recording = record(page)
        recording.feed(talk(quiet(0.5), speech(0.5), quiet(3)))
        assert stream_of(recording).talk == ["listening", "hearing", "answering", "listening"]
        recording.stop()


def test_it_thinks_until_the_first_audio_and_can_be_interrupted_at_that() -> None:
    closed: list[float] = []

    async def reply(sound: Sound, turn: gr.Turn) -> AsyncIterator[Sound]:
        try:
            await asyncio.sleep(5)
            yield RATE, speech(0.5)
        finally:
            closed.append(turn.heard)

    with TestPage(app(ReplyOnPause(reply))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(3), speech(0.5)))
        assert stream_of(recording).talk == ["listening", "hearing", "thinking", "hearing"]
        assert closed == [0.0]
        recording.feed(talk(quiet(1)))
        page.advance(5)  # also while nothing comes from the microphone
        assert stream_of(recording).talk[3:] == ["hearing", "thinking", "answering"]
        recording.stop()


def test_other_inputs_are_read_when_the_answer_begins() -> None:
    seen: list[tuple[int, list[int]]] = []

    def reply(sound: Sound, level: int, state: list[int]) -> list[int]:
        seen.append((level, list(state)))
        return [*state, level]

    with gr.Blocks() as demo:
        mic, level, state = gr.Audio(label="Mic", sources="microphone"), gr.Slider(0, 10, label="Level"), gr.State([])
        mic.stream(ReplyOnPause(reply), [mic, level, state], state)
    with TestPage(demo) as page:
        page.set("Level", 1)
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(0.2)))
        page.set("Level", 7)
        recording.feed(talk(quiet(1), speech(0.5), quiet(1)))
        recording.stop()
    assert seen == [(7, []), (7, [7])]


@pytest.mark.parametrize("handler_time", [0.0, 0.5])
def test_plain_and_async_handlers_answer_too(handler_time: float) -> None:
    async def reply(sound: Sound) -> str:
        await asyncio.sleep(0.1)
        return f"{np.count_nonzero(sound[1]) / RATE:.1f}"

    with TestPage(app(ReplyOnPause(reply), text=True), handler_time=handler_time) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(3)))
        assert page.value("Text") == "0.5"
        recording.stop()


# ---- interruptions ---------------------------------------------------------------------------------------------


def test_speech_ends_the_answer_silences_it_and_tells_how_much_was_heard() -> None:
    talker = Talker()
    with TestPage(app(ReplyOnPause(talker))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(3.0)))
        first = listener(page)
        assert not first.is_over
        recording.feed(talk(speech(0.3)))
        assert first.is_over
        assert talker.closed == [(pytest.approx(first.played_s, abs=0.11), True)]
        # It began when the pause had been noticed, and ended when the second speech had been.
        assert first.played_s == pytest.approx(3.0 - 0.6, abs=0.2)
        recording.feed(talk(quiet(1)))
        assert stream_of(recording).talk == [
            *("listening", "hearing", "thinking", "answering"),
            *("hearing", "thinking", "answering"),
        ]
        previous = talker.turns[1].previous
        assert previous is talker.turns[0]
        assert previous.interrupted
        assert previous.heard == pytest.approx(first.played_s, abs=0.11)
        recording.stop()


def test_only_the_turn_before_is_remembered() -> None:
    talker = Talker(0.1)
    with TestPage(app(ReplyOnPause(talker))) as page:
        recording = record(page)
        recording.feed(talk(*[speech(0.5), quiet(1.5)] * 3))
        recording.stop()
    assert talker.turns[0].previous is None
    assert talker.turns[2].previous is talker.turns[1]
    assert talker.turns[1].previous is None
    assert [turn.interrupted for turn in talker.turns] == [False, False, False]
    assert [turn.heard for turn in talker.turns] == [pytest.approx(0.1)] * 3


def test_an_answer_that_has_been_made_can_still_be_interrupted_while_it_is_heard() -> None:
    talker = Talker(4.0)
    with TestPage(app(ReplyOnPause(talker))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(2)))
        assert talker.closed == [(pytest.approx(0, abs=0.5), False)]
        recording.feed(talk(speech(0.3)))
        assert listener(page).is_over
        assert talker.turns[0].interrupted
        assert talker.turns[0].heard == pytest.approx(1.5, abs=0.2)
        recording.stop()


def test_an_async_generator_is_closed_at_its_await() -> None:
    closed: list[float] = []

    async def reply(sound: Sound, turn: gr.Turn) -> AsyncIterator[Sound]:
        try:
            yield RATE, speech(0.5)
            await asyncio.sleep(100)
            yield RATE, speech(0.5)
        finally:
            closed.append(turn.heard)

    with TestPage(app(ReplyOnPause(reply))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(2), speech(0.5)))
        assert closed == [pytest.approx(0.5)]
        recording.stop()


def test_who_cannot_be_interrupted_is_heard_out_and_hears_nothing_meanwhile() -> None:
    talker = Talker(2.0)
    with TestPage(app(ReplyOnPause(talker, can_interrupt=False))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(1), speech(0.5, 9_000), quiet(3), speech(0.5, 5_000), quiet(1)))
        answered = ["listening", "hearing", "thinking", "answering"]
        assert stream_of(recording).talk == answered * 2
        recording.stop()
    assert [int(samples.max()) for _, samples in talker.heard] == [8_000, 5_000]
    assert talker.turns[0].heard == pytest.approx(2.0)
    assert not talker.turns[0].interrupted


def test_who_speaks_on_when_the_answer_has_ended_is_heard_from_then_on() -> None:
    talker = Talker(2.0)
    with TestPage(app(ReplyOnPause(talker, can_interrupt=False))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(1.5), speech(3, 9_000), quiet(1)))
        recording.stop()
    assert stream_of(recording).talk[-3:] == ["hearing", "thinking", "answering"]
    (_, samples) = talker.heard[1]
    assert set(np.unique(samples)) == {0, 9_000}
    assert np.count_nonzero(samples) / RATE == pytest.approx(0.5 + 1.5 + 3 - 1.1 - 2.0, abs=0.1)
    assert samples[0]  # nothing from before: that was said to nobody


def test_who_has_stopped_speaking_when_the_answer_ends_is_not_answered() -> None:
    talker = Talker(2.0)
    with TestPage(app(ReplyOnPause(talker, can_interrupt=False))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(1.5), speech(0.9, 9_000), quiet(2)))
        recording.stop()
    assert len(talker.heard) == 1


def test_no_two_handlers_run_at_once() -> None:
    running: list[int] = []

    async def slow(sound: Sound) -> AsyncIterator[str]:
        running.append(1)
        try:
            assert len(running) == 1
            yield "begun"
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(0.5)  # a slow farewell
            running.pop()

    with TestPage(app(ReplyOnPause(slow, pause=0.1, partial=slow, partial_every=0.1), text=True)) as page:
        recording = record(page)
        recording.feed(talk(*[speech(0.3), quiet(0.3)] * 10))
        assert page.toasts == []
        recording.stop()
    assert running == []


def test_state_stays_as_it_stood_when_the_answer_was_interrupted() -> None:
    def reply(sound: Sound, words: list[str]) -> Iterator[tuple[Sound, list[str]]]:
        for number in range(100):
            yield (RATE, speech(1.0)), [*words, str(number)]

    with gr.Blocks() as demo:
        mic, words = gr.Audio(label="Mic", sources="microphone"), gr.State([])
        out, text = gr.Audio(label="Out", streaming=True, max_ahead=0.5), gr.Textbox(label="Text")
        mic.stream(ReplyOnPause(reply), [mic, words], [out, words])
        words.change(" ".join, words, text, trigger_mode="multiple", concurrency_limit=None)
    with TestPage(demo) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(3)))
        recording.feed(talk(speech(0.5)))
        page.advance(0.1)
        said = page.value("Text")
        assert said in ("2", "3")
        recording.stop()
        assert page.value("Text") == said


# ---- captions and greetings ------------------------------------------------------------------------------------


def test_partial_sees_the_turn_grow() -> None:
    lengths: list[float] = []

    def caption(sound: Sound) -> str:
        lengths.append(len(sound[1]) / RATE)
        assert sound[1][-1] or len(lengths) > 3
        return f"… {np.count_nonzero(sound[1]) / RATE:.2f}"

    def reply(sound: Sound) -> str:
        return "all of it"

    with TestPage(app(ReplyOnPause(reply, partial=caption, partial_every=0.5), text=True)) as page:
        recording = record(page)
        recording.feed(talk(quiet(1), speech(1.9)))
        assert page.value("Text").startswith("… 1.")
        recording.feed(talk(quiet(1)))
        assert page.value("Text") == "all of it"
        recording.stop()
    assert lengths == sorted(lengths)
    assert np.diff(lengths) == pytest.approx([0.5] * (len(lengths) - 1), abs=0.04)
    assert 3 <= len(lengths) <= 5


def test_partial_that_fails_has_a_rest_until_the_next_turn() -> None:
    def caption(sound: Sound) -> str:
        raise gr.Error("no captions today", print_exception=False)

    with TestPage(app(ReplyOnPause(lambda sound: "all of it", partial=caption), text=True)) as page:
        recording = record(page)
        for turns in (1, 2):
            recording.feed(talk(speech(3), quiet(1)))
            assert [toast.message for toast in page.toasts] == ["no captions today"] * turns
            assert page.value("Text") == "all of it"
        recording.stop()


def test_partial_knows_what_became_of_the_answer_before() -> None:
    seen: list[tuple[float, bool]] = []

    def caption(sound: Sound, turn: gr.Turn) -> Any:
        if turn.previous is not None:
            seen.append((turn.previous.heard, turn.previous.interrupted))
        return gr.skip()

    with TestPage(app(ReplyOnPause(Talker(), partial=caption))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.7), quiet(2), speech(1)))
        recording.stop()
    assert seen
    assert seen[0] == (pytest.approx(1.4, abs=0.2), True)


def test_a_greeting_is_said_once_and_can_be_interrupted() -> None:
    seen: list[object] = []

    def greet(sound: Sound | None, turn: gr.Turn) -> Iterator[Sound]:
        seen.append(sound)
        for _ in range(50):
            yield RATE, speech(0.1)

    talker = Talker(0.1)
    with TestPage(app(ReplyOnPause(talker, startup_fn=greet))) as page:
        recording = record(page)
        recording.feed(talk(quiet(1)))
        assert stream_of(recording).talk == ["thinking", "answering"]
        first = listener(page)
        recording.feed(talk(speech(0.5), quiet(1)))
        assert first.is_over
        assert first.played_s < 1.5
        recording.stop()
    assert seen == [None]
    previous = talker.turns[0].previous
    assert previous is not None
    assert previous.interrupted


@pytest.mark.parametrize("inputs", ["one", "several", "several, and takes none", "a dict"])
def test_a_greeting_may_do_without_the_microphone(inputs: str) -> None:
    def greet() -> str:
        return "welcome"

    def greet_by(name: str) -> str:
        return f"welcome, {name}"

    with gr.Blocks() as demo:
        mic, name, text = gr.Audio(label="Mic", sources="microphone"), gr.State("Ann"), gr.Textbox(label="Text")
        if inputs == "one":
            mic.stream(ReplyOnPause(lambda sound: "", greet), mic, text)
        elif inputs == "a dict":
            mic.stream(ReplyOnPause(lambda given: "", greet), {mic, name}, text)
        else:
            mic.stream(
                ReplyOnPause(lambda name, sound: "", greet_by if inputs == "several" else greet), [name, mic], text
            )
    with TestPage(demo) as page:
        recording = record(page)
        recording.feed(talk(quiet(0.5)))
        assert page.value("Text") == ("welcome, Ann" if inputs == "several" else "welcome")
        recording.stop()


# ---- stop words ------------------------------------------------------------------------------------------------


def spoken(words: dict[int, str]) -> Callable[[Sound], str]:
    """Recognise by loudness."""
    return lambda sound: words[int(sound[1].max())]


def test_only_what_follows_a_stop_word_is_answered() -> None:
    talker = Talker(0.1)
    words = spoken({1_000: "nice weather", 2_000: "Computer, what time is it?", 3_000: "computer", 4_000: "and now?"})
    reply = ReplyOnStopWords(talker, stop_words=["computer"], recognise=words, awake=2.0)
    with TestPage(app(reply)) as page:
        recording = record(page)
        for number in (1_000, 2_000, 4_000, 3_000, 4_000, 4_000):
            recording.feed(talk(speech(0.5, number), quiet(1)))
        assert [int(samples.max()) for _, samples in talker.heard] == [2_000, 4_000]
        assert "awake" in stream_of(recording).talk
        recording.feed(talk(speech(0.5, 3_000), quiet(3), speech(0.5, 4_000), quiet(1)))
        assert len(talker.heard) == 2
        recording.stop()


def test_talk_between_others_does_not_interrupt_and_the_stop_word_does() -> None:
    talker = Talker()
    words = spoken({1_000: "nice weather", 2_000: "computer go on", 3_000: "Computer!"})
    with TestPage(app(ReplyOnStopWords(talker, stop_words="computer", recognise=words))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5, 2_000), quiet(1), speech(0.5, 1_000), quiet(1)))
        assert talker.closed == []
        recording.feed(talk(speech(0.5, 3_000), quiet(1)))
        assert len(talker.closed) == 1
        assert stream_of(recording).talk[-1] == "awake"
        recording.stop()


@pytest.mark.parametrize(("said", "message"), [(7, "must return what was said"), (ValueError("no ears"), "no ears")])
def test_a_recogniser_that_fails_says_so_and_the_stream_goes_on(
    said: object, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    def recognise(sound: Sound) -> object:
        if isinstance(said, Exception):
            raise copy(said)  # what is raised keeps all that it went through
        return said

    with TestPage(app(ReplyOnStopWords(Talker(), stop_words=["x"], recognise=recognise))) as page:
        recording = record(page)
        with caplog.at_level(logging.ERROR):
            recording.feed(talk(*[speech(0.5), quiet(1)] * 2))
        assert [message in toast.message for toast in page.toasts] == [True, True]
        assert recording.state == "running"
        recording.stop()


# ---- ends ------------------------------------------------------------------------------------------------------


def test_an_answer_that_fails_is_shown_and_the_next_turn_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def reply(sound: Sound) -> Iterator[Sound]:
        calls.append(1)
        yield RATE, speech(0.1)
        if len(calls) == 1:
            raise ValueError("lost for words")

    with TestPage(app(ReplyOnPause(reply))) as page:
        recording = record(page)
        with caplog.at_level(logging.ERROR):
            recording.feed(talk(speech(0.5), quiet(1), speech(0.5), quiet(1)))
        assert [toast.message for toast in page.toasts] == ["lost for words"]
        assert len(calls) == 2
        recording.stop()
    assert recording.error == ""


@pytest.mark.parametrize("way", ["stop", "cancel", "close"])
def test_the_end_of_the_stream_closes_the_answer(way: str) -> None:
    talker = Talker()
    with TestPage(app(ReplyOnPause(talker))) as page, page.another() as keeper:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(2)))
        heard = listener(page)
        if way == "stop":
            recording.stop()
        elif way == "cancel":
            page.click("Cancel")
            recording.wait_for_state("ended")
        else:
            page.close()
        keeper.advance(0.2)
        assert len(talker.closed) == 1
        if way != "close":
            assert heard.is_over
            assert talker.turns[0].interrupted
            assert heard.played_s == pytest.approx(1.4, abs=0.3)
        assert keeper.host.statistics()["engine"]["open"] == 0  # type: ignore[index]


def test_stop_in_the_middle_of_a_turn_answers_nothing() -> None:
    talker = Talker()
    with TestPage(app(ReplyOnPause(talker))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5)))
        recording.stop()
        page.advance(2)
    assert talker.heard == []


def test_when_the_time_is_up_the_answer_is_closed_and_what_was_said_is_heard() -> None:
    talker = Talker()
    with TestPage(app(ReplyOnPause(talker), time_limit=3.0)) as page, page.another() as other:
        recording = record(page)
        waiting = other.record("Mic")
        waiting.wait_for_state("waiting")
        recording.feed(talk(speech(0.5), quiet(3)))
        assert recording.state == "waiting"
        assert len(talker.closed) == 1
        heard = listener(page)
        page.wait_for(lambda: heard.is_over)
        assert heard.played_s > 5.0  # what was sent ahead
        waiting.wait_for_state("running")
        waiting.stop()
        recording.wait_for_state("running")
        recording.feed(talk(quiet(0.5), speech(0.5), quiet(1)))
        assert len(talker.heard) == 2
        recording.stop()


def test_somebody_elses_audio_in_the_player_ends_the_answer() -> None:
    talker = Talker()
    with gr.Blocks() as demo:
        mic, out = gr.Audio(label="Mic", sources="microphone"), gr.Audio(label="Out", streaming=True)
        mic.stream(ReplyOnPause(talker), mic, out)
        gr.Button("Jingle").click(lambda: (RATE, speech(0.5)), None, out)
    with TestPage(demo) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(2)))
        page.click("Jingle")
        page.advance(1)
        assert len(talker.closed) == 1
        recording.feed(talk(speech(0.5), quiet(1)))
        assert len(talker.heard) == 2
        recording.stop()


def test_a_paused_player_holds_the_answer_and_not_the_ear() -> None:
    talker = Talker(60)
    with TestPage(app(ReplyOnPause(talker)), settings=Settings(show_error=True, pause_s=100.0)) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5), quiet(2)))
        listener(page).is_paused = True
        recording.feed(talk(quiet(40)))
        assert recording.state == "running"
        assert talker.closed == []
        recording.feed(talk(speech(0.5), quiet(1)))
        assert len(talker.heard) == 2
        recording.stop()


def test_a_detector_that_cannot_be_closed_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn(LoudnessDetector):
        def close(self) -> None:
            raise RuntimeError("never")

    demo = app(gr.ReplyOnPause(lambda sound: "yes", detector=Stubborn), text=True)
    with TestPage(demo) as page, caplog.at_level(logging.ERROR):
        for _ in range(2):
            page.stream("Mic", talk(speech(0.5), quiet(1)))
            assert page.value("Text") == "yes"
    assert caplog.text.count("a turn detector cannot be closed") == 2


def test_a_detector_that_fails_ends_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    def broken(rules: object) -> LoudnessDetector:
        raise RuntimeError("no model")

    with TestPage(app(gr.ReplyOnPause(Talker(), detector=broken))) as page, caplog.at_level(logging.ERROR):
        recording = record(page)
        recording.feed(talk(speech(0.5)))
        recording.wait_for_state("ended")
        assert recording.error == "no model"


@pytest.mark.slow
def test_a_conversation_of_an_hour_keeps_nothing() -> None:
    talker = Talker(0.1)
    with TestPage(app(ReplyOnPause(talker))) as page:
        recording = record(page)
        for _ in range(60):
            recording.feed(talk(speech(0.5), quiet(1.5)))
            talker.heard.clear()
            talker.turns.clear()
        (session,) = page.host.sessions.values()
        (stream,) = session.streams.values()
        conversation = stream._conversation
        assert conversation is not None
        assert len(conversation._history.items(Span(0, 2**62))) < 60
        assert conversation._tasks == set()
        recording.stop()


def test_a_turn_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    # two seconds of one channel
    monkeypatch.setattr("millstream.runtime.conversation.conversation.MAX_TURN_BYTES", 2 * 2 * RATE)
    talker = Talker(0.0)
    with TestPage(app(ReplyOnPause(talker, pre_roll=0.0))) as page:
        recording = record(page)
        recording.feed((RATE, np.stack([speech(2.5)] * 2, axis=1)))
        recording.stop()
    assert [len(samples) / RATE for _, samples in talker.heard] == [pytest.approx(1.0, abs=0.02)] * 2


def test_another_microphone_in_the_middle_begins_anew() -> None:
    talker = Talker(0.0)
    with TestPage(app(ReplyOnPause(talker, pre_roll=0.0))) as page:
        recording = record(page)
        recording.feed(talk(speech(0.5)))
        recording.feed((48_000, np.concatenate([np.full(24_000, 9_000, np.int16), np.zeros(96_000, np.int16)])))
        recording.feed((48_000, np.concatenate([np.full(24_000, 7_000, np.int16), np.zeros(96_000, np.int16)])))
        assert recording.state == "running"
        recording.stop()
    rates = [rate for rate, _ in talker.heard]
    assert rates[-1] == 48_000
    assert int(talker.heard[-1][1].max()) == 7_000
