"""Examples.

Inputs to try, which fill the fields they belong to.
"""

import millstream as gr
from stories import MEDIA


def story() -> None:
    with gr.Row():
        photo = gr.Image(label="Photo", sources=["upload"])
        question = gr.Textbox(label="Question", lines=3)
    rows = [[str(MEDIA / "astronaut.jpg"), "Who is this?"], [str(MEDIA / "coffee.jpg"), "What is in the cup?"]]
    gr.Examples(rows, [photo, question])
