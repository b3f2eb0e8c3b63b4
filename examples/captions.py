"""Live captions.

Large captions for whoever is speaking: words are grey while they may still change, and turn solid when they are final.

Try: press Record, turn the screen so that somebody else can read it, and speak (in English) with pauses.
"""

from html import escape

import numpy as np

import millstream as gr
from models import ModelError, StreamingRecogniser

SHOWN = 6  # sentences
CSS = """
.captions { min-height: 20rem; display: flex; flex-direction: column; justify-content: flex-end; gap: .35em;
    padding: 1.25rem; border: 1px solid var(--ms-border); border-radius: var(--ms-radius);
    background: var(--ms-surface); }
.captions p { margin: 0; font-size: clamp(1.5rem, 5vw, 2.75rem); line-height: 1.25; font-weight: 600; }
.captions .draft { color: var(--ms-muted); font-weight: 400; }
.captions .hint { color: var(--ms-muted); font-size: 1.25rem; font-weight: 400; }
"""
NOTHING = '<div class="captions"><p class="hint">Captions will appear here.</p></div>'


def caption(chunk: tuple[int, np.ndarray], recogniser: StreamingRecogniser) -> tuple[StreamingRecogniser, str]:
    """Handle a chunk of audio. Each visitor has a recogniser of their own, in a State."""
    try:
        recogniser.hear(*chunk)
    except ModelError as error:
        raise gr.Error(str(error)) from error
    return recogniser, show(recogniser)


def finish(recogniser: StreamingRecogniser) -> tuple[StreamingRecogniser, str]:
    """Finish the last sentence when the visitor stops."""
    recogniser.finish()
    return recogniser, show(recogniser)


def show(recogniser: StreamingRecogniser) -> str:
    """Lay out the last sentences, one below the other."""
    lines = recogniser.lines[-SHOWN:]
    if not lines:
        return NOTHING
    words = (f'<p class="{"final" if line.is_settled else "draft"}">{escape(line.text)}</p>' for line in lines)
    return f'<div class="captions">{"".join(words)}</div>'


with gr.Blocks() as demo:
    captions = gr.HTML(NOTHING, label="Captions")
    microphone = gr.Audio(sources=["microphone"], label="Microphone", sample_rate=16_000, channels=1)
    clear = gr.Button("Clear")
    state = gr.State(StreamingRecogniser())  # copied for each visitor; a copy starts empty

    microphone.stream(caption, [microphone, state], [state, captions], stream_every=0.3)
    microphone.stop_recording(finish, state, [state, captions])
    clear.click(lambda: (StreamingRecogniser(), NOTHING), None, [state, captions])

if __name__ == "__main__":
    demo.launch(css=CSS)
