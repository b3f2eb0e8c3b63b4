"""Echo.

The microphone's audio is kept for half a minute and can be played back at once: a stream with state, and a button that
clears it.

Try: record a few words, press Play, then Clear, also while you are recording.
"""

import numpy as np

import millstream as gr

MAX_SECONDS = 30
Chunk = tuple[int, np.ndarray]


def append(chunk: Chunk, recording: Chunk | None) -> tuple[Chunk, Chunk, str]:
    """Append a second of audio to the recording, which keeps the last half minute."""
    rate, samples = chunk
    if recording is not None and recording[0] == rate:
        samples = np.concatenate([recording[1], samples])[-MAX_SECONDS * rate :]
    recording = (rate, samples)
    return recording, recording, f"{len(samples) / rate:.1f} s recorded"


def wipe() -> tuple[None, None, str]:
    """Clear the recording; a running stream goes on with an empty one."""
    return None, None, "Nothing recorded"


with gr.Blocks() as demo:
    with gr.Row():
        microphone = gr.Audio(sources=["microphone"], label="Microphone")
        player = gr.Audio(label="Recording")
    status = gr.Textbox(label="Status", value="Nothing recorded", interactive=False)
    clear = gr.Button("Clear")
    recording = gr.State()

    microphone.stream(append, [microphone, recording], [recording, player, status], stream_every=1)
    clear.click(wipe, None, [recording, player, status])

if __name__ == "__main__":
    demo.launch()
