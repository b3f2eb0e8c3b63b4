"""Audio.

A microphone, a player with its waveform, and a place for audio that is still to come.
"""

import numpy as np

import millstream as gr

RATE_HZ = 16_000
TIME_S = np.arange(2 * RATE_HZ) / RATE_HZ
CHIRP = (np.sin(2 * np.pi * (220 + 110 * TIME_S) * TIME_S) * np.sin(np.pi * TIME_S / 2) * 20_000).astype(np.int16)


def story() -> None:
    with gr.Row():
        microphone = gr.Audio(label="Microphone", sources=["microphone"])
        gr.Audio((RATE_HZ, CHIRP), label="A rising tone", interactive=False)
        result = gr.Audio(label="Echo")
    microphone.change(lambda heard: heard, microphone, result)
