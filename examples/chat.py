"""Chat.

A chat with streamed replies, files, retry and undo around one function, which does sums and describes images.

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
    """Yield the growing reply: first the objects in the images, then a reply to the text."""
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
    """Name the objects in an image, and mark them."""
    try:
        image = np.array(Image.open(path).convert("RGB"))
    except (UnidentifiedImageError, OSError):
        return [f"I can only look at images, and {Path(path).name} is not one."]
    try:
        found = find_objects(image, threshold=0.4)
    except FetchError as error:  # the weights (33 MB) are fetched once, with the first image
        raise gr.Error(str(error)) from error
    if not found:
        return ["I see nothing that I know: my list has 23 everyday objects."]
    names = ", ".join(f"**{detection.label.lower()}** ({detection.score:.0%})" for detection in found)
    return [f"I see: {names}.", gr.Image(draw_detections(image, found))]


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
    example_labels=["What can you do?", "What is 15 percent of 80?", "What is in this image?"],
)

if __name__ == "__main__":
    demo.launch()
