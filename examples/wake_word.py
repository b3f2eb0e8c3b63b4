"""Wake word.

A light that listens: say its name and it turns on, say it again and it turns off, while nothing is recorded anywhere.

Try: press Record, talk about something else for a while, and then say "hey Jarvis".
"""

import numpy as np

import millstream as gr
from models import WAKE_WORDS, ModelError, WakeWord

CSS = """
.lamp { display: grid; justify-items: center; gap: 1rem; padding: 2rem 1rem; }
.lamp svg { width: min(12rem, 50vw); }
.lamp .bulb { fill: var(--ms-quiet); stroke: var(--ms-edge); stroke-width: 2; transition: fill .12s; }
.lamp .base { fill: var(--ms-edge); }
.lamp .rays { stroke: transparent; stroke-width: 4; stroke-linecap: round; }
.lamp.on .bulb { fill: #ffc53d; stroke: #b87a00; }
.lamp.on .rays { stroke: #ffb000; }
.lamp p { margin: 0; color: var(--ms-muted); }
"""
RAYS = "M50 2v9M14 15l6 6M86 15l-6 6M2 50h9M98 50h-9M12 82l6-5M88 82l-6-5"
BULB = "M50 22a28 28 0 0 0-17 50c4 4 6 7 6 12h22c0-5 2-8 6-12a28 28 0 0 0-17-50z"


def draw(is_on: bool, word: str) -> str:
    """Draw the lamp."""
    return f"""<div class="lamp {"on" if is_on else "off"}">
        <svg viewBox="0 0 100 110" role="img" aria-label="The light is {"on" if is_on else "off"}">
        <path class="rays" d="{RAYS}"/><path class="bulb" d="{BULB}"/>
        <rect class="base" x="39" y="88" width="22" height="5" rx="2"/>
        <rect class="base" x="42" y="96" width="16" height="5" rx="2"/></svg>
        <p>Say “{word}” to turn it {"off" if is_on else "on"}.</p></div>"""


def listen(chunk: tuple[int, np.ndarray], listener: WakeWord, is_on: bool) -> list[object]:
    """Handle a chunk of audio. Most contain no wake word, and change nothing in the page."""
    try:
        is_called = listener.hear(*chunk)
    except ModelError as error:
        raise gr.Error(str(error)) from error
    if not is_called:
        return [listener, gr.skip(), gr.skip()]
    return [listener, not is_on, draw(not is_on, listener.word)]


def choose(word: str, is_on: bool) -> tuple[WakeWord, str]:
    """Switch to another word, also during a recording."""
    return WakeWord(word), draw(is_on, word)


with gr.Blocks() as demo:
    lamp = gr.HTML(draw(False, WAKE_WORDS[0]), label="Lamp")
    microphone = gr.Audio(sources=["microphone"], label="Microphone", sample_rate=16_000, channels=1)
    word = gr.Radio(choices=list(WAKE_WORDS), value=WAKE_WORDS[0], label="Its name")
    listener, is_on = gr.State(WakeWord()), gr.State(False)

    microphone.stream(listen, [microphone, listener, is_on], [listener, is_on, lamp], stream_every=0.1)
    word.change(choose, [word, is_on], [listener, lamp])

if __name__ == "__main__":
    demo.launch(css=CSS)
