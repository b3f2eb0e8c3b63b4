"""Talking echo.

What you say comes back at once in another voice and without the noise of your room, while you go on speaking.

Try: put headphones on, press Record and speak, change the voice on the way; then clap, and switch the noise filter on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

import millstream as gr
from models import NOISE_RATE_HZ as RATE
from models import ModelError, NoiseFilter, to_mono

VOICES = {"your own": 0.0, "robot": 55.0, "alien": 170.0, "cave": 0.0}
CAVE_S, CAVE_GAIN, EVERY_S, LATE_S = 0.28, 0.5, 0.04, 0.25
TUNE_HZ = (262, 294, 330, 349, 392, 440, 494, 523)


@dataclass
class Echo:
    """The state of one visitor's echo between chunks, so that no seam is heard."""

    quiet: NoiseFilter = field(default_factory=NoiseFilter)
    said: int = 0
    walls: np.ndarray = field(default_factory=lambda: np.zeros(round(CAVE_S * RATE), np.float32))


def answer(chunk: tuple[int, np.ndarray], voice: str, is_filtered: bool, echo: Echo) -> tuple[object, Echo]:
    """Process a chunk; filter and voice apply from the very next one."""
    sound = to_mono(chunk[1])
    sound = sound[-round(EVERY_S * RATE) :] if len(sound) > LATE_S * RATE else sound  # catch up, or it would stay late
    try:
        sound = echo.quiet(sound) if is_filtered else sound
    except ModelError as error:
        raise gr.Error(str(error)) from error
    if VOICES[voice]:  # ring modulation: the voice times a tone
        sound = sound * np.cos(2 * np.pi * VOICES[voice] * (echo.said + np.arange(len(sound))) / RATE)
    echo.said += len(sound)
    if voice == "cave":
        sound = reverberate(sound, echo)
    return (RATE, sound.astype(np.float32)), echo


def reverberate(sound: np.ndarray, echo: Echo) -> np.ndarray:
    """Add reflections from the walls: the audio of a moment ago, fainter each time."""
    heard, size = [sound[:0]], len(echo.walls)
    for part in (sound[at : at + size] for at in range(0, len(sound), size)):
        heard.append(part + CAVE_GAIN * echo.walls[: len(part)])
        echo.walls = np.concatenate([echo.walls[len(part) :], heard[-1]])
    return np.concatenate(heard)


def play() -> Iterator[tuple[int, np.ndarray]]:
    """Yield an endless tune in chunks of 20 ms: the listener's player sets the pace."""
    for number in range(10**9):
        at = number * RATE // 50 + np.arange(RATE // 50)
        fade = 0.3 * np.sin(np.pi * (at % (RATE // 4)) / (RATE // 4))
        yield RATE, (fade * np.sin(2 * np.pi * TUNE_HZ[at[0] * 4 // RATE % 8] * at / RATE)).astype(np.float32)


with gr.Blocks() as demo:
    with gr.Row():
        with gr.Column():
            microphone = gr.Audio(sources=["microphone"], label="Microphone", sample_rate=RATE, channels=1)
            voice = gr.Radio(choices=list(VOICES), value="robot", label="Voice")
            is_filtered = gr.Checkbox(label="Remove the noise", value=True)
        with gr.Column():
            speaker = gr.Audio(label="Echo", streaming=True, autoplay=True, sample_rate=RATE)
            with gr.Row():
                tune, stop = gr.Button("Play a tune"), gr.Button("Stop")
    echo = gr.State(Echo())

    microphone.stream(answer, [microphone, voice, is_filtered, echo], [speaker, echo], stream_every=EVERY_S)
    stop.click(None, cancels=[tune.click(play, None, speaker)])

if __name__ == "__main__":
    demo.launch()
