"""Millstream's gallery.

Every example of this folder, live on one page, with its whole program below it.

Try: press Record in any of them; each tab is a complete program that you can copy into a file and run.
"""

import inspect
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import millstream as gr

GALLERY = {
    "See": (
        "detect",
        "filter",
        "find_colours",
        "blur_background",
        "hide_faces",
        "many_inputs",
        "unified",
        "gallery_of_moments",
    ),
    "Speak": ("conversation", "captions", "talking_echo", "wake_word", "transcribe", "clear_transcript"),
    "Both": ("camera_and_microphone", "video_filter"),
    "Write": ("chat", "generator", "interface_text"),
}

FOLDER = str(Path(__file__).parent)
if FOLDER not in sys.path:  # the examples import their neighbours, also when this file is not run from its folder
    sys.path.insert(0, FOLDER)


def show(example: ModuleType) -> None:
    """Add one example as a tab: its description, something to try, the running app, and its source."""
    title, promise, *rest = inspect.getdoc(example).split("\n\n")
    with gr.Tab(title.rstrip(".")):
        gr.Markdown(f"**{promise}**\n\n{' '.join(rest)}")
        example.demo.render()
        with gr.Accordion(f"The whole program: {example.__name__}.py", open=False):
            gr.Markdown(f"```python\n{inspect.getsource(example)}\n```")


examples = {name: import_module(name) for names in GALLERY.values() for name in names}

with gr.Blocks(title="Millstream", css="\n".join(getattr(each, "CSS", "") for each in examples.values())) as demo:
    gr.Markdown("# Millstream\nOne Python function, live: your camera and microphone go in, the results come back.")
    with gr.Tabs():
        for group, names in GALLERY.items():
            with gr.Tab(group), gr.Tabs():
                for name in names:
                    show(examples[name])


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
