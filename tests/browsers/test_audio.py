"""Audio in Firefox and WebKit: what the microphone records and what the loudspeaker plays, sample by sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.browser.ear import faults, ramp
from tests.browser.glass import Notes
from tests.browser.test_streamed_audio import UNTOUCHED
from tests.browsers.conftest import Engine, OpenTab, only
from tests.browsers.ear import Ear, hear

import millstream as gr
from millstream.speech import PauseRules, TurnEvent

pytestmark = pytest.mark.browser

Launch = Callable[..., str]
Sound = tuple[int, NDArray[np.int16]]

RATE = 24_000
VOICE_RATE = 16_000


def microphone(chunks: Notes[Sound], **options: int) -> gr.Blocks:
    with gr.Blocks() as demo:
        mic = gr.Audio(label="Mic", elem_id="mic", sources="microphone", **options)
        mic.stream(chunks.add, mic, None, stream_every=0.25)
    return demo


def main_tone_hz(sounds: Sequence[Sound]) -> float:
    """The loudest frequency."""
    rate = sounds[0][0]
    samples = np.concatenate([chunk.reshape(len(chunk), -1)[:, 0] for _, chunk in sounds]).astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum[10:]) + 10) * rate / len(samples)


def test_the_microphone_records_at_its_own_rate_and_at_the_apps(launch: Launch, open_tab: OpenTab) -> None:
    tones = []
    for rate, options in ((0, {}), (VOICE_RATE, {"sample_rate": VOICE_RATE, "channels": 1})):
        chunks: Notes[Sound] = Notes()
        tab = open_tab(launch(microphone(chunks, **options)))
        tab.click("Record", "#mic")
        # WebKit's microphone beeps once a second.
        sounds = chunks.until(lambda heard: sum(np.abs(chunk).max() > 500 for _, chunk in heard) >= 4)
        tab.click("Stop", "#mic")
        tab.until("named('Record', '#mic')")
        for found, chunk in sounds:
            assert rate in (0, found)
            assert len(chunk) % (found // 4) == 0, "whole chunks, joined where the handler was late"
        tones.append(main_tone_hz([sound for sound in sounds if np.abs(sound[1]).max() > 500]))
    assert tones[0] == pytest.approx(tones[1], rel=0.02), "one microphone has one pitch, whatever the rate"


# ---- out ---------------------------------------------------------------------------------------------------------


def pieces(seconds: float) -> Iterator[Sound]:
    samples = ramp(round(seconds * RATE))
    for at in range(0, len(samples), 2_400):
        yield RATE, samples[at : at + 2_400]


def speaker(handler: Callable[[], Iterator[Sound]], events: Notes[str] | None = None) -> gr.Blocks:
    """A button that lets a handler speak, and notes of what the player tells."""
    with gr.Blocks() as demo:
        Ear()
        out = gr.Audio(label="Out", elem_id="out", streaming=True, autoplay=True)
        gr.Button("Speak").click(handler, None, out)
        for name in ("play", "stop") if events else ():
            getattr(out, name)(lambda name=name: events.add(name) if events else None)
    return demo


def test_streamed_audio_is_heard_without_a_gap(launch: Launch, open_tab: OpenTab) -> None:
    events: Notes[str] = Notes()
    tab = open_tab(launch(speaker(lambda: pieces(3), events)))
    tab.click("Speak")
    events.until(lambda told: "stop" in told)
    assert faults(hear(tab), ramp(3 * RATE), RATE) == []


# ---- turns -------------------------------------------------------------------------------------------------------


class Metronome:
    """Hears somebody speak in each second second, whatever the microphone records."""

    def __init__(self, rules: PauseRules) -> None:
        self._seconds = self._heard = 0

    def hear(self, samples: NDArray[np.float32]) -> Sequence[TurnEvent]:
        self._heard += len(samples)
        events = []
        while self._heard > (self._seconds + 1) * VOICE_RATE:
            self._seconds += 1
            events.append(TurnEvent("onset" if self._seconds % 2 else "end", self._seconds * VOICE_RATE))
        return events

    def close(self) -> None:
        pass


def test_a_conversation_has_turns_and_is_interrupted(launch: Launch, open_tab: OpenTab) -> None:
    closed: Notes[tuple[float, bool]] = Notes()

    def answer(sound: Sound, turn: gr.Turn) -> Iterator[Sound]:
        tone = (np.sin(np.arange(RATE // 10) / 6) * 8_000).astype(np.int16)
        try:
            while True:
                yield RATE, tone
        finally:
            closed.add((turn.heard, turn.interrupted))

    with gr.Blocks() as demo:
        Ear()
        mic = gr.Audio(label="You", elem_id="mic", sources="microphone")
        out = gr.Audio(label="Answer", elem_id="out", streaming=True, autoplay=True)
        mic.stream(gr.ReplyOnPause(answer, detector=Metronome), mic, out)
    tab = open_tab(launch(demo))
    tab.click("Record", "#mic")
    tab.until_text("Answering", "#mic .ms-turn-chip")
    turns = closed.wait(2, 30)
    assert all(was_interrupted and heard_s > 0.3 for heard_s, was_interrupted in turns), turns
    tab.click("Stop", "#mic")
    tab.until("named('Record', '#mic')")
    assert len(hear(tab)) > RATE


# ---- other machines and users -----------------------------------------------------------------------------------


@only("firefox")
def test_a_machine_without_a_loudspeaker_is_told_what_to_do(launch: Launch, open_tab: OpenTab) -> None:
    tab = open_tab(launch(microphone(Notes())), loudspeaker=False)
    tab.click("Record", "#mic")
    tab.until_text("This browser's audio does not start: connect a loudspeaker", "[role=alert]")
    tab.until("named('Record', '#mic')")
    tab.open(launch(speaker(lambda: iter(pieces(1)))))
    tab.click("Speak")
    tab.click("Tap to listen")
    tab.until_text("Connect a loudspeaker or headphones, then reload the page.")


def test_audio_that_the_browser_holds_back_begins_with_a_tap(launch: Launch, open_tab: OpenTab, engine: Engine) -> None:
    events: Notes[str] = Notes()
    with gr.Blocks() as demo:
        out = gr.Audio(label="Out", elem_id="out", streaming=True, autoplay=True)
        demo.load(lambda: pieces(1), None, out)
        out.play(lambda: events.add("play"))
    # Each look of the driver at the page counts as a touch in Firefox.
    head = f"<script>{UNTOUCHED}</script>" if engine.name == "firefox" else ""
    tab = open_tab(launch(demo, head=head), autoplay=False)
    tab.until("named('Tap to listen', '#out')")
    assert events.all == []
    tab.click("Tap to listen", "#out")
    assert events.wait() == ["play"]
