"""All parts.

Every part that an app can have stands on this page once, with its usual values and states.

Try: switch your system between light and dark, make the window narrow, and go through it with the Tab key.
"""

import inspect
import sys
from importlib import import_module
from pathlib import Path

import millstream as gr

FOLDER = Path(__file__).parent
if str(FOLDER) not in sys.path:  # stories import their neighbours, also when this file is not run from its folder
    sys.path.insert(0, str(FOLDER))

STORIES = sorted(path.stem for path in (FOLDER / "stories").glob("[a-z]*.py"))
"""One file for each part: what it is in its docstring, and `story()`, which declares it."""


def tell(name: str) -> None:
    """Declare one story under its title and its sentence; it is found on the page by its file's name."""
    module = import_module(f"stories.{name}")
    title, sentence = inspect.getdoc(module).split("\n\n")
    with gr.Column(elem_id=f"story-{name}", elem_classes=["story"]):
        gr.Markdown(f"## {title.rstrip('.')}\n\n{sentence}")
        module.story()


with gr.Blocks(title="All parts") as demo:
    gr.Markdown("# All parts\nEvery part that an app can have, with its usual values and states.")
    for name in STORIES:
        tell(name)

if __name__ == "__main__":
    demo.launch()
