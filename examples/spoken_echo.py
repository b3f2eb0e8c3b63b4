"""Robot voice.

What you say comes back at once in another voice, while you go on speaking: sound in, sound out, without a gap.

Try: put headphones on, press Record and speak, change the voice on the way; or press Play a tune and then Stop it.
"""

from collections.abc import Iterator

import numpy as np

import millstream as gr

RATE = 24_000
VOICES = {"robot": 55.0, "alien": 170.0, "your own": 0.0}
TUNE_HZ = (262, 294, 330, 349, 392, 440, 494, 523)

Sound = tuple[int, np.ndarray]


def disguise(chunk: Sound, voice: str, heard: int) -> tuple[Sound, int]:
    """Ring modulation: the voice times a tone that goes on from chunk to chunk, so that no seam is heard."""
    rate, samples = chunk
    if VOICES[voice]:
        at = heard + np.arange(len(samples))
        samples = (samples * np.cos(2 * np.pi * VOICES[voice] * at / rate)).astype(np.int16)
    return (rate, samples), heard + len(samples)


def play() -> Iterator[Sound]:
    """Yield a tune in pieces of 20 ms, for ever: the listener's player says how fast."""
    piece = RATE // 50
    for number in range(10**9):
        at = number * piece + np.arange(piece)
        note = TUNE_HZ[at[0] * 4 // RATE % len(TUNE_HZ)]
        fade = np.sin(np.pi * (at % (RATE // 4)) / (RATE // 4))
        yield RATE, (0.3 * fade * np.sin(2 * np.pi * note * at / RATE)).astype(np.float32)


with gr.Blocks() as demo:
    with gr.Row():
        with gr.Column():
            microphone = gr.Audio(sources=["microphone"], label="Microphone", sample_rate=RATE, channels=1)
            voice = gr.Radio(choices=list(VOICES), value="robot", label="Voice")
        with gr.Column():
            speaker = gr.Audio(label="Answer", streaming=True, autoplay=True, sample_rate=RATE)
            tune, stop = gr.Button("Play a tune"), gr.Button("Stop")
    heard = gr.State(0)

    microphone.stream(disguise, [microphone, voice, heard], [speaker, heard], stream_every=0.1)
    playing = tune.click(play, None, speaker)
    stop.click(None, None, None, cancels=[playing])

if __name__ == "__main__":
    demo.launch()
