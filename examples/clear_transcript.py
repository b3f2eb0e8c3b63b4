"""Echo.

The microphone fills a tape that you can play back at once: a stream with a memory, and a button that wipes it.

Try: record a few words, press Play on the tape, then Clear, also in the middle of a recording.
"""

import numpy as np

import millstream as gr

TAPE_SECONDS = 30
Sound = tuple[int, np.ndarray]


def append(chunk: Sound, tape: Sound | None) -> tuple[Sound, Sound, str]:
    """Add a second of sound to the tape, which keeps the last half minute."""
    rate, samples = chunk
    if tape is not None and tape[0] == rate:
        samples = np.concatenate([tape[1], samples])[-TAPE_SECONDS * rate :]
    tape = (rate, samples)
    return tape, tape, f"{len(samples) / rate:.1f} s on the tape"


def wipe() -> tuple[None, None, str]:
    """Empty the tape; a recording that is under way goes on with a new one."""
    return None, None, "The tape is empty"


with gr.Blocks() as demo:
    with gr.Row():
        microphone = gr.Audio(sources=["microphone"], label="Microphone")
        player = gr.Audio(label="Tape")
    status = gr.Textbox(label="Status", value="The tape is empty", interactive=False)
    clear = gr.Button("Clear")
    tape = gr.State()

    microphone.stream(append, [microphone, tape], [tape, player, status], stream_every=1)
    clear.click(wipe, None, [tape, player, status])

if __name__ == "__main__":
    demo.launch()
