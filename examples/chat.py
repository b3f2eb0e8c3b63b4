"""Chat.

A chat with streamed answers, files, retry and undo around one function: this one works sums out and looks at pictures.

Try: ask what it can do, send it a photograph, edit your last message, and stop an answer in the middle.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

import millstream as gr
from answers import Assistant
from models import Detector, FetchError, draw_detections

MEDIA = Path(__file__).parent / "media"
WORD_S = 0.03  # about as fast as a language model writes
find_objects = Detector()


def answer(message: dict, history: list[dict], partner: Assistant) -> Iterator[str | list]:
    """Yield the answer as it grows: first what is on the pictures, then what there is to say to the words."""
    seen: list[object] = []
    for path in message["files"]:
        seen += look(path)
        yield list(seen)
    said = ""
    for word in re.findall(r"\S+\s*", "".join(partner.reply(message["text"]))) if message["text"] else ():
        said += word
        yield [*seen, said] if seen else said
        time.sleep(WORD_S)


def look(path: str) -> list[object]:
    """Say what is on a picture, and show where."""
    try:
        picture = np.array(Image.open(path).convert("RGB"))
    except (UnidentifiedImageError, OSError):
        return [f"I can look at pictures only; {Path(path).name} is none."]
    try:
        found = find_objects(picture, threshold=0.4)
    except FetchError as error:  # the weights (33 MB) are fetched once, with the first picture
        raise gr.Error(str(error)) from error
    if not found:
        return ["I see nothing that I know: my list has 23 everyday objects."]
    names = ", ".join(f"**{detection.label.lower()}** ({detection.score:.0%})" for detection in found)
    return [f"I see: {names}.", gr.Image(draw_detections(picture, found))]


demo = gr.ChatInterface(
    answer,
    multimodal=True,
    editable=True,
    title="A small assistant",
    description="It is a simple program, not a language model: `answer` is where yours would go.",
    additional_inputs=[gr.State(Assistant())],
    examples=[
        {"text": "What can you do?"},
        {"text": "What is 15 percent of 80?"},
        {"text": "", "files": [str(MEDIA / "coffee.jpg")]},
    ],
    example_labels=["What can you do?", "What is 15 percent of 80?", "What is on this picture?"],
)

if __name__ == "__main__":
    demo.launch()
