"""Live transcript.

Speak, and read along: a speech model on this machine writes while you talk, and corrects its last words as you go on.

Try: press Record and read a sentence aloud (in English); nothing that you say leaves the machine that runs the app.
"""

import numpy as np

import millstream as gr
from models import StreamingRecogniser


def transcribe(
    chunk: tuple[int, np.ndarray], recogniser: StreamingRecogniser, transcript: str
) -> tuple[StreamingRecogniser, str]:
    """Handle half a second of audio. Each visitor has a recogniser of their own, in a State."""
    sample_rate, samples = chunk
    heard = recogniser.hear(sample_rate, samples)
    return recogniser, heard or transcript


def finish(recogniser: StreamingRecogniser) -> tuple[StreamingRecogniser, str]:
    """Finish the last sentence when the visitor stops."""
    return recogniser, recogniser.finish()


def clear() -> tuple[StreamingRecogniser, str]:
    """Forget everything."""
    return StreamingRecogniser(), ""


with gr.Blocks() as demo:
    microphone = gr.Audio(sources="microphone", label="Microphone")
    transcript = gr.Textbox(label="Transcript", lines=6)
    clear_button = gr.Button("Clear")
    state = gr.State(value=StreamingRecogniser())  # copied for each visitor; a copy starts empty

    microphone.stream(transcribe, [microphone, state, transcript], [state, transcript], time_limit=30, stream_every=0.5)
    microphone.stop_recording(finish, state, [state, transcript])
    clear_button.click(clear, None, [state, transcript])

if __name__ == "__main__":
    demo.launch()
