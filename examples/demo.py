"""Millstream's gallery.

Every example of this folder, live, with its promise on a card and its whole program beside the running app.

Try: point at a card, open it, press Record; each example is a complete program that you can copy and run.
"""

import base64
import inspect
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import millstream as gr

GALLERY = {
    "strip": "detect filter hide_faces blur_background unified video_filter generator",
    "wave": "conversation captions talking_echo wake_word transcribe live_plot camera_and_microphone",
    "spots": "find_colours many_inputs table gallery_of_moments inspect_frame mask html_template",
    "talk": "chat interface_text clear_transcript validation",
}  # the examples, by what moves on their cards

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER))  # the examples import their neighbours, also when this file is not run from there


def words(example: ModuleType) -> list[str]:
    """Give an example's title, its promise, and something to try."""
    return [part.replace("\n", " ").removesuffix(".") for part in inspect.getdoc(example).split("\n\n")]


def card(name: str, example: ModuleType, look: str) -> str:
    """Draw the card of one example: a link to its page, with a picture that moves under the pointer."""
    strip = (FOLDER / "media/cards" / f"{name}.webp").read_bytes() if look == "strip" else b""
    address = f"data:image/webp;base64,{base64.b64encode(strip).decode()}"
    film = f'<div class="film {look}" style="background-image: url({address})">{"<i></i>" * 9}</div>'
    title, promise, _ = words(example)
    return f'<li><a class="card" href="#{name}">{film}<strong>{title}</strong><span>{promise}.</span></a></li>'


def show(name: str, example: ModuleType) -> None:
    """Add the page of one example: something to try, the running app, and its source beside it."""
    with gr.Tab(words(example)[0], id=name):
        gr.HTML('<a class="back" href="#">← All examples</a>')
        gr.Markdown("## {}\n\n{}.\n\n{}.".format(*words(example)))
        with gr.Row():
            with gr.Column(scale=3, min_width=480):
                example.demo.render()
            with gr.Column(scale=2, min_width=400, elem_classes=["source"]):
                gr.Markdown(f"```python\n{inspect.getsource(example)}\n```")


examples = {name: (import_module(name), look) for look, names in GALLERY.items() for name in names.split()}
CSS = "\n".join([(FOLDER / "gallery.css").read_text(), *(getattr(each, "CSS", "") for each, _ in examples.values())])

with gr.Blocks(title="Millstream", css=CSS) as demo, gr.Tabs(elem_classes=["gallery"]):
    with gr.Tab("All examples", id="all"):
        gr.Markdown("# Millstream\nOne Python function, live: your camera and microphone go in, the results come back.")
        gr.HTML(f"<ul class='cards'>{''.join(card(name, each, look) for name, (each, look) in examples.items())}</ul>")
    for name, (example, _) in examples.items():
        show(name, example)


def load_models() -> None:
    """Fetch and load the models of the first tabs, so that their first frame has a result at once."""
    from conversation import voice
    from detect import detector
    from models import ModelError, StreamingRecogniser

    for load in (detector.load, StreamingRecogniser.load, voice.load):
        try:
            load()
        except ModelError as error:
            print(f"{error}\nThe page opens all the same; examples that need this model say so.", file=sys.stderr)


if __name__ == "__main__":
    load_models()
    demo.launch()
